-- What this installation is: SHOP_ID, chosen at the first start and never changed, and a heartbeat.
CREATE TABLE IF NOT EXISTS shop_settings (
  name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB;

-- Who may log in. The address is stored canonical (lower case, ASCII local part, punycode domain).
CREATE TABLE IF NOT EXISTS users (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  password_hash VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  role VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- null until the address is confirmed
  email_verified_at DATETIME(3) NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY users_email (email)
) ENGINE=InnoDB;

-- One Stripe customer per user and currency: a customer cannot have subscriptions in two currencies.
CREATE TABLE IF NOT EXISTS stripe_customers (
  user_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stripe_customer_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (user_id, currency),
  UNIQUE KEY stripe_customers_stripe (stripe_customer_id)
) ENGINE=InnoDB;

-- One signed-in device or program. Writes read this row, so revoking it ends access at once.
CREATE TABLE IF NOT EXISTS sessions (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_agent VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  last_used_at DATETIME(3) NOT NULL,
  -- the absolute end, whatever is refreshed meanwhile
  expires_at DATETIME(3) NOT NULL,
  -- null while the session lives
  revoked_at DATETIME(3) NULL,
  revoked_reason VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (id),
  KEY sessions_of_user (user_id, revoked_at)
) ENGINE=InnoDB;

-- Each refresh token ever issued, as its SHA-256; used once, a second use after the grace is theft.
CREATE TABLE IF NOT EXISTS refresh_tokens (
  token_hash BINARY(32) NOT NULL,
  session_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  -- the idle end of this token
  expires_at DATETIME(3) NOT NULL,
  -- null until it was exchanged for its successor
  used_at DATETIME(3) NULL,
  PRIMARY KEY (token_hash),
  KEY refresh_tokens_of_session (session_id)
) ENGINE=InnoDB;

-- Counters of the rate limits; rate_key is 16 bytes of HMAC(scope|subject), so no address is stored.
CREATE TABLE IF NOT EXISTS rate_limits (
  rate_key BINARY(16) NOT NULL,
  window_start DATETIME(3) NOT NULL,
  hits INT UNSIGNED NOT NULL,
  PRIMARY KEY (rate_key, window_start),
  KEY rate_limits_purge (window_start)
) ENGINE=InnoDB;

-- Who did what: append only.
CREATE TABLE IF NOT EXISTS audit_log (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at DATETIME(3) NOT NULL,
  -- user id, or `system` for what nobody asked for
  actor VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  action VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  detail MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (id),
  KEY audit_log_subject (subject, at)
) ENGINE=InnoDB;

-- What each write that carried an Idempotency-Key made, so that the same key makes it once.
CREATE TABLE IF NOT EXISTS idempotency_keys (
  user_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  idempotency_key VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_hash BINARY(32) NOT NULL,
  -- what the key made: the order's id
  subject_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (user_id, idempotency_key),
  KEY idempotency_keys_purge (created_at)
) ENGINE=InnoDB;
