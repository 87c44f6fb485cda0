-- What is played; the headings of the shop.
CREATE TABLE IF NOT EXISTS games (
  id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  summary VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  position INT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

-- Where servers can stand: a panel location with a name for people.
CREATE TABLE IF NOT EXISTS regions (
  id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  country CHAR(2) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- the panel's `short` name of the location, never its numeric id
  panel_location VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- the panel knows no CPU total: what each node of this region offers, in percent of one thread
  node_cpu_percent INT UNSIGNED NOT NULL,
  position INT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

-- What the panel's eggs looked like when they were last read.
CREATE TABLE IF NOT EXISTS panel_eggs (
  nest_name VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  egg_name VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  egg_id INT UNSIGNED NOT NULL,
  egg_uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  startup TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- JSON object label -> image
  docker_images TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- JSON array of the egg's variables with rules and defaults
  variables MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  seen_at DATETIME(3) NOT NULL,
  PRIMARY KEY (nest_name, egg_name)
) ENGINE=InnoDB;

-- What is sold. Editing a plan never changes an order: orders carry their own copy.
CREATE TABLE IF NOT EXISTS plans (
  id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  game_id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  summary VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  memory_mib INT UNSIGNED NOT NULL,
  disk_mib INT UNSIGNED NOT NULL,
  cpu_percent INT UNSIGNED NOT NULL,
  databases_limit INT UNSIGNED NOT NULL,
  backups_limit INT UNSIGNED NOT NULL,
  allocations_limit INT UNSIGNED NOT NULL,
  nest_name VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  egg_name VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  docker_image VARCHAR(191) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- JSON object: variables the host fixes
  environment TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- JSON array of OptionBody with the egg's rule string: what a customer may set
  options MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- JSON array of region ids
  region_ids TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  stripe_product_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- what the catalogue check refuses is not sold; the reason in words, null when sellable
  refused_reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  -- false once it left the catalogue file
  listed BOOLEAN NOT NULL,
  position INT NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

-- The current price of a plan per term and currency, with its Price at Stripe.
CREATE TABLE IF NOT EXISTS plan_prices (
  plan_id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  term VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- minor units for one whole term
  unit_amount BIGINT UNSIGNED NOT NULL,
  stripe_price_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  PRIMARY KEY (plan_id, term, currency)
) ENGINE=InnoDB;

-- Our capacity ledger, one row a node. Free = limit - foreign - held; a hold is one compare-and-swap on this row.
CREATE TABLE IF NOT EXISTS panel_nodes (
  id INT UNSIGNED NOT NULL,
  name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  region_id VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- false while in maintenance, not public, or gone from the panel
  sellable BOOLEAN NOT NULL,
  -- totals with the panel's over-allocation applied
  memory_mib_limit BIGINT NOT NULL,
  disk_mib_limit BIGINT NOT NULL,
  cpu_percent_limit BIGINT NOT NULL,
  ports_limit BIGINT NOT NULL,
  -- taken at the panel by servers that are not ours
  memory_mib_foreign BIGINT NOT NULL,
  disk_mib_foreign BIGINT NOT NULL,
  cpu_percent_foreign BIGINT NOT NULL,
  ports_foreign BIGINT NOT NULL,
  -- set aside for our orders and servers: the sum of this node's open capacity_holds
  memory_mib_held BIGINT NOT NULL,
  disk_mib_held BIGINT NOT NULL,
  cpu_percent_held BIGINT NOT NULL,
  ports_held BIGINT NOT NULL,
  seen_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY panel_nodes_of_region (region_id, sellable)
) ENGINE=InnoDB;

-- Node capacity set aside for an order; it becomes the server's and ends when either does.
CREATE TABLE IF NOT EXISTS capacity_holds (
  order_id CHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  node_id INT UNSIGNED NOT NULL,
  memory_mib BIGINT NOT NULL,
  disk_mib BIGINT NOT NULL,
  cpu_percent BIGINT NOT NULL,
  ports BIGINT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  -- null while the capacity is set aside
  released_at DATETIME(3) NULL,
  PRIMARY KEY (order_id),
  KEY capacity_holds_of_node (node_id, released_at)
) ENGINE=InnoDB;
