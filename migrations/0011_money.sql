-- Why the order is being ended, from the moment that is decided; null unless it is. The delivery is
-- stopped with it, and a job returns the money.
ALTER TABLE orders ADD COLUMN
  ending VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- Why the order's server must not run; null while it may.
ALTER TABLE orders ADD COLUMN
  on_hold VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- order (what it was placed for), renewal, or extra: paid a second time, and returned.
ALTER TABLE payments ADD COLUMN
  role VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'order';

-- The subscription that was paid for; null for rows of before.
ALTER TABLE payments ADD COLUMN
  subscription_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- Why the payment goes back; null while it is ours.
ALTER TABLE payments ADD COLUMN
  return_reason VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- When all of it had gone back, or was on its way; null until then, and again if it came back.
ALTER TABLE payments ADD COLUMN returned_at DATETIME(3) NULL;

-- How many idempotency keys were used up: Stripe gives a stored error again for a day.
ALTER TABLE payments ADD COLUMN refund_tries INT UNSIGNED NOT NULL DEFAULT 0;

ALTER TABLE payments ADD KEY payments_intent (payment_intent_id);

ALTER TABLE payments ADD KEY payments_returning (return_reason, returned_at);

ALTER TABLE refunds ADD KEY refunds_of_payment (payment_id);

-- What a cardholder told their bank, mirrored; status and reason are Stripe's words.
CREATE TABLE IF NOT EXISTS disputes (
  id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payment_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT UNSIGNED NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- until when evidence may be sent; null when it may not
  due_at DATETIME(3) NULL,
  created_at DATETIME(3) NOT NULL,
  -- null while the bank has not decided
  closed_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY disputes_of_payment (payment_id),
  KEY disputes_of_order (order_id)
) ENGINE=InnoDB;

-- When a suspended server whose money went back is deleted; null unless it is to be.
ALTER TABLE servers ADD COLUMN delete_after DATETIME(3) NULL;
