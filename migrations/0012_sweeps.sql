-- What came and went on a day, as it was reported: one row a day, written once.
CREATE TABLE IF NOT EXISTS money_reports (
  -- the day in UTC, as 2026-11-24
  day CHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- JSON: a MoneyReport of api/payments/money_report.ts
  body MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (day)
) ENGINE=InnoDB;
