-- One purchase: one subscription, at most one live server. What was bought is frozen here.
CREATE TABLE IF NOT EXISTS orders (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  plan_id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  game_id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  region_id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  node_id INT UNSIGNED NOT NULL,
  server_name VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  term VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- minor units for one term, before discounts and tax
  unit_amount BIGINT UNSIGNED NOT NULL,
  stripe_price_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- JSON: plan name, limits, egg, image, start-up, fixed and chosen variables, as they were when bought
  bought MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- the panel's numeric server id, null until the server exists there
  ptero_server_id INT UNSIGNED NULL,
  -- null, or why the order waits in a word a page can translate
  waiting_for VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at DATETIME(3) NOT NULL,
  -- when its checkout session ends unpaid
  expires_at DATETIME(3) NOT NULL,
  -- null unless the buyer canceled; written first, for the session at Stripe is ended before the order
  cancel_requested_at DATETIME(3) NULL,
  -- null until payment.sync saw the money
  paid_at DATETIME(3) NULL,
  -- null until paid; when the money goes back if there is no server
  refund_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY orders_of_user (user_id, created_at),
  KEY orders_by_status (status, created_at),
  KEY orders_ptero_server (ptero_server_id)
) ENGINE=InnoDB;

-- The timeline: what happened to an order, when, why, what comes next. Written with every move.
CREATE TABLE IF NOT EXISTS order_events (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at DATETIME(3) NOT NULL,
  kind VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- JSON: facts for the sentence, never a secret
  facts MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- JSON or null: cause, HTTP status and ids, for the operator alone
  cause MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  -- when the next step is due, null when none is planned
  next_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY order_events_of_order (order_id, at, id)
) ENGINE=InnoDB;

-- Each attempt to have an order paid: the whole request to Stripe, fixed before it is sent.
CREATE TABLE IF NOT EXISTS checkout_sessions (
  order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  attempt INT UNSIGNED NOT NULL,
  -- JSON: what is sent to Stripe, so that the same key always carries the same request
  request MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- null until Stripe answered
  stripe_session_id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
  stripe_customer_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  url TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  -- open, complete or expired as Stripe said last
  status VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  PRIMARY KEY (order_id, attempt),
  UNIQUE KEY checkout_sessions_stripe (stripe_session_id)
) ENGINE=InnoDB;

-- Stripe's subscription, mirrored; status is Stripe's word.
CREATE TABLE IF NOT EXISTS subscriptions (
  id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  cancel_at_period_end BOOLEAN NOT NULL,
  current_period_end DATETIME(3) NULL,
  synced_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY subscriptions_order (order_id)
) ENGINE=InnoDB;

-- Money that arrived: one row per paid invoice.
CREATE TABLE IF NOT EXISTS payments (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Stripe's invoice, or the session where a zero total made none
  stripe_ref VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- null when nothing was due
  payment_intent_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  amount BIGINT UNSIGNED NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  paid_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payments_stripe_ref (stripe_ref),
  KEY payments_of_order (order_id)
) ENGINE=InnoDB;

-- Money that went back.
CREATE TABLE IF NOT EXISTS refunds (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payment_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- null until Stripe answered
  stripe_refund_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  amount BIGINT UNSIGNED NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY refunds_stripe (stripe_refund_id),
  KEY refunds_of_order (order_id)
) ENGINE=InnoDB;
