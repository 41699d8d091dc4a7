CREATE TABLE IF NOT EXISTS documents (
	kind TEXT NOT NULL,
	key  TEXT NOT NULL,
	json BLOB NOT NULL,
	PRIMARY KEY (kind, key)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS settings (
	name  TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS exchanges (
	id   INTEGER PRIMARY KEY AUTOINCREMENT,
	json BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS exchange_orders (
	merchant_uid TEXT NOT NULL,
	exchange     INTEGER NOT NULL,
	PRIMARY KEY (merchant_uid, exchange)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS exchange_orders_exchange ON exchange_orders (exchange);
