-- When a person was told that it is no longer so; null until then.
ALTER TABLE alerts ADD COLUMN resolved_told_at DATETIME(3) NULL;

-- How many deliveries to the webhook were refused for their signature, by the minute.
CREATE TABLE IF NOT EXISTS webhook_refusals (
  minute DATETIME NOT NULL,
  refused INT UNSIGNED NOT NULL,
  PRIMARY KEY (minute)
) ENGINE=InnoDB;
