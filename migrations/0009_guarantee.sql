-- What a person should look at: one open row for each kind and subject, told once, closed when it is
-- no longer so.
CREATE TABLE IF NOT EXISTS alerts (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- a word of api/alerts/kinds.ts
  kind VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- the id of what it is about, or `shop`
  subject VARCHAR(140) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- kind and subject while the alert is open, null once it is resolved: at most one of each is open
  open_key VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- JSON: facts for the operator, never a secret, never an address
  detail MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  first_seen_at DATETIME(3) NOT NULL,
  last_seen_at DATETIME(3) NOT NULL,
  times_seen INT UNSIGNED NOT NULL,
  -- null while it was seen too short a time to be certain
  confirmed_at DATETIME(3) NULL,
  -- null until a person was told
  notified_at DATETIME(3) NULL,
  -- null while it is so
  resolved_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY alerts_open (open_key),
  KEY alerts_of_kind (kind, resolved_at),
  KEY alerts_purge (resolved_at)
) ENGINE=InnoDB;

-- What was counted, summed over all processes and isolates; each adds what it gathered now and then.
CREATE TABLE IF NOT EXISTS counters (
  -- a name of api/metrics/names.ts, for a histogram with its suffix
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- as Prometheus writes them: `type="invoice.paid",result="stored"`
  labels VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value DOUBLE NOT NULL,
  PRIMARY KEY (name, labels)
) ENGINE=InnoDB;

-- How each sweep stands: how far it has looked, and when it last went through.
CREATE TABLE IF NOT EXISTS sweeps (
  name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- null for a sweep that looks at everything each time
  watermark DATETIME(3) NULL,
  last_success_at DATETIME(3) NULL,
  -- what the last one found that the fast path had missed
  found INT UNSIGNED NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB;
