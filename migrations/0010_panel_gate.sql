-- The one gate that all calls of all processes to the panel pass: how many may still be made, and
-- whether any is worth making. One row.
CREATE TABLE IF NOT EXISTS panel_gate (
  id TINYINT UNSIGNED NOT NULL,
  -- SHA-256 of the panel's address and our key: another one starts afresh
  address_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- calls a minute, as the panel announces them
  per_minute INT NOT NULL,
  -- when the next call would be made if all were spread evenly; calls may run ahead of it a little
  next_at DATETIME(6) NOT NULL,
  -- what the panel said is left of its present minute, less what we took since
  left_in_window INT NOT NULL,
  window_ends_at DATETIME(3) NOT NULL,
  -- no call before then, as the panel asked with 429
  paused_until DATETIME(3) NOT NULL,
  -- since the last sensible answer
  failures INT UNSIGNED NOT NULL,
  failing_since DATETIME(3) NULL,
  -- null while the circuit is closed; `outage` or `configuration`
  open_kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NULL,
  open_since DATETIME(3) NULL,
  -- the one call whose success closes the circuit; null when any does
  open_op VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- the last failure in words; null when there was none since the last sensible answer
  reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  -- from when on one call may try whether an open circuit can close
  probe_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

-- Nodes whose Wings did not take a server lately. A node that took one has no row.
CREATE TABLE IF NOT EXISTS panel_node_faults (
  node_id INT UNSIGNED NOT NULL,
  failures INT UNSIGNED NOT NULL,
  -- the last failure in words
  reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  first_at DATETIME(3) NOT NULL,
  last_at DATETIME(3) NOT NULL,
  -- from when on one order may try the node again
  retry_at DATETIME(3) NOT NULL,
  PRIMARY KEY (node_id)
) ENGINE=InnoDB;

-- How often an installing server is looked at depends on how many there are.
ALTER TABLE servers ADD KEY servers_of_status (status, id);
