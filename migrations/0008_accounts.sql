-- How the customer wants to be called; null until they say.
ALTER TABLE users ADD COLUMN
  name VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL;

-- The address the account is to have once it is confirmed; null when no change is under way.
ALTER TABLE users ADD COLUMN
  pending_email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- Each link that was mailed to prove an address, or to set a new password. The token in it is made of
-- the id and a key that is not in the database; only its SHA-256 is here, to find it by.
CREATE TABLE IF NOT EXISTS mail_tokens (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- verify, reset or change_email
  purpose VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- the address it was sent to, and which alone it speaks for
  email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_hash BINARY(32) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  -- null until it was used
  used_at DATETIME(3) NULL,
  -- null unless a newer one, or another change of the account, took its place
  revoked_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY mail_tokens_hash (token_hash),
  KEY mail_tokens_of_user (user_id, purpose),
  KEY mail_tokens_purge (expires_at)
) ENGINE=InnoDB;

ALTER TABLE sessions ADD KEY sessions_purge (expires_at);

ALTER TABLE refresh_tokens ADD KEY refresh_tokens_purge (expires_at);
