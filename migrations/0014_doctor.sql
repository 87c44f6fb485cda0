-- Which seal closed the row; null until the next one is made.
ALTER TABLE audit_log ADD COLUMN seal_no INT UNSIGNED NULL;

ALTER TABLE audit_log ADD KEY audit_log_seal (seal_no, id);

-- A chain over the audit log, a link for each batch: whoever changes, adds or removes a row of before
-- breaks every link from there on. Purchases only add rows; the links are made after them.
CREATE TABLE IF NOT EXISTS audit_seals (
  seal_no INT UNSIGNED NOT NULL,
  sealed_at DATETIME(3) NOT NULL,
  -- how many rows it closed
  row_count INT UNSIGNED NOT NULL,
  -- SHA-256 over the hash of the seal before and those rows, see api/accounts/audit_seals.ts
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (seal_no)
) ENGINE=InnoDB;
