-- What an order delivers. external_id at the panel is `<SHOP_ID>-<id>` and never changes.
CREATE TABLE IF NOT EXISTS servers (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  node_id INT UNSIGNED NOT NULL,
  -- the panel's ids, null until the server exists there
  ptero_server_id INT UNSIGNED NULL,
  ptero_uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ptero_identifier VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- host:port as players type it
  address VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  -- when the last create was sent and its outcome is not known; null when it is
  create_sent_at DATETIME(3) NULL,
  -- whether the last create answered 201, so that the first installed look counts
  create_answered BOOLEAN NOT NULL,
  created_at DATETIME(3) NOT NULL,
  active_at DATETIME(3) NULL,
  -- when the panel last confirmed it there and installed
  verified_at DATETIME(3) NULL,
  -- null while the server lives
  deleted_at DATETIME(3) NULL,
  -- the order while the server lives, null once deleted: at most one live server per order
  live_order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (id),
  UNIQUE KEY servers_live_order (live_order_id),
  UNIQUE KEY servers_ptero (ptero_server_id),
  KEY servers_of_user (user_id, created_at),
  KEY servers_of_order (order_id)
) ENGINE=InnoDB;

-- Every move of a server, written with it. Same shape as order_events.
CREATE TABLE IF NOT EXISTS server_events (
  id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  server_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at DATETIME(3) NOT NULL,
  kind VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  facts MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  cause MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  next_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY server_events_of_server (server_id, at, id)
) ENGINE=InnoDB;
