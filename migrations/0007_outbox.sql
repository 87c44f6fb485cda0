-- The outbox: written in the transaction of its cause, once per (cause, template), and sent by a job.
-- A mail is written out only when it is sent, so that no link that opens an account is kept here.
CREATE TABLE IF NOT EXISTS outbox (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  template VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  cause_id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- JSON: what the template's words need, never a secret
  facts MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  -- when the link in it ends, so that it is of no use any more; null for a mail without one
  expires_at DATETIME(3) NULL,
  -- null until a provider took it
  sent_at DATETIME(3) NULL,
  -- the provider's own id of it, null until sent or where it gives none
  provider_id VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- null unless it will never be sent: refused for good, or of no use any more
  given_up_at DATETIME(3) NULL,
  -- why it waits or was given up; null until something went wrong, and again once it is sent
  last_error VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  PRIMARY KEY (id),
  UNIQUE KEY outbox_once (cause_id, template),
  KEY outbox_unsent (sent_at, created_at)
) ENGINE=InnoDB;

-- What was here before could be read, but not sent.
DROP TABLE IF EXISTS mails;
