-- The tables of package iamportriver. Each statement may be run any number of times.
-- Times are Unix seconds, and amounts decimal text.

CREATE TABLE IF NOT EXISTS iamport_river_schema (
    one     INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    version INTEGER NOT NULL
);

-- One row for each merchant_uid, never removed: what has an end is never charged again.
CREATE TABLE IF NOT EXISTS iamport_orders (
    merchant_uid  TEXT PRIMARY KEY,
    period        TEXT NOT NULL,    -- what is billed: at most one order of it is paid
    try           INTEGER NOT NULL, -- 1, and one more for each try after a decline
    customer_uid  TEXT NOT NULL,
    amount        TEXT NOT NULL,
    currency      TEXT NOT NULL DEFAULT '',
    state         TEXT NOT NULL DEFAULT 'open',
    imp_uid       TEXT NOT NULL DEFAULT '',
    reason        TEXT NOT NULL DEFAULT '',
    pg_code       TEXT NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL DEFAULT (unixepoch()),
    unknown_since INTEGER,
    ended_at      INTEGER,
    UNIQUE (period, try)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS iamport_orders_unknown ON iamport_orders (unknown_since) WHERE unknown_since IS NOT NULL;

-- One row for each refund: the checksum is what could be refunded before it.
CREATE TABLE IF NOT EXISTS iamport_refunds (
    imp_uid       TEXT NOT NULL,
    checksum      TEXT NOT NULL,
    amount        TEXT NOT NULL,
    state         TEXT NOT NULL DEFAULT 'open',
    reason        TEXT NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL DEFAULT (unixepoch()),
    unknown_since INTEGER,
    ended_at      INTEGER,
    PRIMARY KEY (imp_uid, checksum)
) WITHOUT ROWID;

-- One row for each state of a payment that a webhook led to.
CREATE TABLE IF NOT EXISTS iamport_events (
    imp_uid    TEXT NOT NULL,
    status     TEXT NOT NULL,
    cancelled  TEXT NOT NULL,
    created_at INTEGER NOT NULL DEFAULT (unixepoch()),
    PRIMARY KEY (imp_uid, status, cancelled)
) WITHOUT ROWID;

INSERT INTO iamport_river_schema (one, version) VALUES (1, 1) ON CONFLICT DO NOTHING;
