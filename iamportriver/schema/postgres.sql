-- The tables of package iamportriver. Each statement may be run any number of times.

CREATE TABLE IF NOT EXISTS iamport_river_schema (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL
);

-- One row for each merchant_uid, never removed: what has an end is never charged again.
CREATE TABLE IF NOT EXISTS iamport_orders (
    merchant_uid  text COLLATE "C" PRIMARY KEY,
    period        text COLLATE "C" NOT NULL, -- what is billed: at most one order of it is paid
    try           integer NOT NULL,          -- 1, and one more for each try after a decline
    customer_uid  text NOT NULL,
    amount        numeric NOT NULL,
    currency      text NOT NULL DEFAULT '',
    state         text NOT NULL DEFAULT 'open',
    imp_uid       text NOT NULL DEFAULT '',
    reason        text NOT NULL DEFAULT '',
    pg_code       text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    unknown_since timestamptz,
    ended_at      timestamptz,
    UNIQUE (period, try)
) WITH (fillfactor = 85);
CREATE INDEX IF NOT EXISTS iamport_orders_unknown ON iamport_orders (unknown_since) WHERE unknown_since IS NOT NULL;

-- One row for each refund: the checksum is what could be refunded before it.
CREATE TABLE IF NOT EXISTS iamport_refunds (
    imp_uid       text COLLATE "C" NOT NULL,
    checksum      numeric NOT NULL,
    amount        numeric NOT NULL,
    state         text NOT NULL DEFAULT 'open',
    reason        text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    unknown_since timestamptz,
    ended_at      timestamptz,
    PRIMARY KEY (imp_uid, checksum)
);

-- One row for each state of a payment that a webhook led to.
CREATE TABLE IF NOT EXISTS iamport_events (
    imp_uid    text COLLATE "C" NOT NULL,
    status     text NOT NULL,
    cancelled  numeric NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (imp_uid, status, cancelled)
);

INSERT INTO iamport_river_schema (version) VALUES (1) ON CONFLICT DO NOTHING;
