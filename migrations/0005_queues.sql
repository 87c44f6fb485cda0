-- Work that leaves our database, enqueued in the transaction of its cause.
CREATE TABLE IF NOT EXISTS jobs (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payload MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- what the job is about; two waiting jobs never share one
  topic VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- the topic while the job waits, null from its claim on, so that a wake-up during a run is kept
  dedupe_key VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- ready, done or dead; a claimed job is ready with a lease_token
  status VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  run_at DATETIME(3) NOT NULL,
  attempts INT UNSIGNED NOT NULL,
  -- attempts that ended in an error; waiting for something is none
  failures INT UNSIGNED NOT NULL DEFAULT 0,
  -- null unless claimed; the lease itself is run_at
  lease_token CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NULL,
  last_error VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  created_at DATETIME(3) NOT NULL,
  finished_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY jobs_dedupe (dedupe_key),
  KEY jobs_due (status, run_at, id),
  KEY jobs_topic (topic)
) ENGINE=InnoDB;

-- The inbox: each event Stripe signed and sent, stored before anything is done. Claimed like a job.
CREATE TABLE IF NOT EXISTS stripe_events (
  id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  type VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- the object it speaks of; its payload is never trusted, the object is read again
  object_type VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  api_version VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  livemode BOOLEAN NOT NULL,
  account VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  body MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  received_at DATETIME(3) NOT NULL,
  -- why the event is kept but not acted on: unknown_type, livemode, account, unreadable
  flag VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NULL,
  status VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  run_at DATETIME(3) NOT NULL,
  attempts INT UNSIGNED NOT NULL,
  -- attempts that ended in an error; waiting for something is none
  failures INT UNSIGNED NOT NULL DEFAULT 0,
  lease_token CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NULL,
  last_error VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  finished_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY stripe_events_due (status, run_at, id),
  KEY stripe_events_object (object_id)
) ENGINE=InnoDB;

-- The outbox: written in the transaction of its cause, once per (cause, template).
CREATE TABLE IF NOT EXISTS mails (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  template VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  cause_id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  body_text MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  body_html MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  created_at DATETIME(3) NOT NULL,
  -- null until a provider took it
  sent_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY mails_once (cause_id, template),
  KEY mails_unsent (sent_at, created_at)
) ENGINE=InnoDB;
