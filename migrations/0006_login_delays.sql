-- Log-ins tried for one address since the last success; account_key is 16 bytes of HMAC(scope|address),
-- kept for addresses without an account too, so that the answers do not tell which have one.
CREATE TABLE IF NOT EXISTS login_delays (
  account_key BINARY(16) NOT NULL,
  failures INT NOT NULL,
  blocked_until DATETIME(3) NOT NULL,
  PRIMARY KEY (account_key),
  KEY login_delays_purge (blocked_until)
) ENGINE=InnoDB;
