-- Amounts are whole won in INTEGER columns. Times are UTC text of whole seconds, so they sort as text.

CREATE TABLE IF NOT EXISTS customers (
	id            INTEGER PRIMARY KEY,
	key           TEXT NOT NULL UNIQUE, -- the token of the sign-up form, then the cookie of the account
	name          TEXT NOT NULL,
	plan          TEXT NOT NULL,
	state         TEXT NOT NULL CHECK (state IN ('new', 'active', 'past due', 'ended')),
	cancel_at_end BOOLEAN NOT NULL DEFAULT FALSE,
	anchor_day    INTEGER NOT NULL DEFAULT 0, -- the day of the month on which every period begins, if the month has it
	period_start  TIMESTAMP,
	period_end    TIMESTAMP,
	card_number   INTEGER NOT NULL DEFAULT 0, -- counts the cards of the customer; it is not the number on a card
	card_uid      TEXT NOT NULL DEFAULT '',   -- the customer_uid of the card
	card_label    TEXT NOT NULL DEFAULT '',   -- ****-****-****-1234
	declined_on   TIMESTAMP, -- the day of the first decline of a renewal that is past due
	next_try      TIMESTAMP  -- the day of its next try
);

CREATE INDEX IF NOT EXISTS customers_by_state ON customers (state, period_end);

CREATE TABLE IF NOT EXISTS orders (
	merchant_uid TEXT PRIMARY KEY,
	customer_id  INTEGER NOT NULL REFERENCES customers (id),
	kind         TEXT NOT NULL CHECK (kind IN ('sign-up', 'renewal', 'upgrade')),
	plan         TEXT NOT NULL,
	card_uid     TEXT NOT NULL,
	amount       INTEGER NOT NULL CHECK (amount > 0),
	period_start TIMESTAMP NOT NULL,
	period_end   TIMESTAMP NOT NULL,
	run_at       TIMESTAMP, -- when iamport charges it by a schedule
	state        TEXT NOT NULL CHECK (state IN
		('open', 'unknown', 'declined', 'paid', 'review', 'to book', 'booked', 'to revoke', 'revoked')),
	reason       TEXT NOT NULL DEFAULT '',
	tries        INTEGER NOT NULL DEFAULT 0,
	imp_uid      TEXT NOT NULL DEFAULT '',
	paid_at      TIMESTAMP
);

CREATE INDEX IF NOT EXISTS orders_of_customer ON orders (customer_id, state);
CREATE INDEX IF NOT EXISTS orders_by_state ON orders (state, run_at);

-- Every state of a payment that was recorded, each once, with what it changed.
CREATE TABLE IF NOT EXISTS payments (
	imp_uid      TEXT NOT NULL,
	status       TEXT NOT NULL,
	cancelled    INTEGER NOT NULL,
	merchant_uid TEXT NOT NULL REFERENCES orders (merchant_uid),
	source       TEXT NOT NULL CHECK (source IN ('call', 'webhook', 'night')), -- who brought it first
	at           TIMESTAMP NOT NULL,
	PRIMARY KEY (imp_uid, status, cancelled)
);

CREATE INDEX IF NOT EXISTS payments_by_time ON payments (at);

-- How many webhooks came, by what they changed.
CREATE TABLE IF NOT EXISTS webhooks (
	outcome TEXT PRIMARY KEY,
	count   INTEGER NOT NULL
);

-- The nightly reconciliations.
CREATE TABLE IF NOT EXISTS nights (
	day   TEXT PRIMARY KEY, -- of Seoul, such as 20270228
	began TIMESTAMP NOT NULL,
	found INTEGER NOT NULL  -- states of payments that nobody had brought before
);

CREATE TABLE IF NOT EXISTS refunds (
	imp_uid      TEXT NOT NULL,
	checksum     INTEGER NOT NULL CHECK (checksum >= amount), -- what was refundable before this refund
	merchant_uid TEXT NOT NULL REFERENCES orders (merchant_uid),
	amount       INTEGER NOT NULL CHECK (amount > 0),
	why          TEXT NOT NULL,
	state        TEXT NOT NULL CHECK (state IN ('open', 'unknown', 'made', 'refused')),
	reason       TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (imp_uid, checksum)
);

-- Every won in (amount > 0) and out (amount < 0), each once.
CREATE TABLE IF NOT EXISTS ledger (
	entry        TEXT PRIMARY KEY, -- the merchant_uid of a payment; of a refund "refund:MERCHANT_UID:SUM", its sum so far
	merchant_uid TEXT NOT NULL REFERENCES orders (merchant_uid),
	amount       INTEGER NOT NULL CHECK (amount <> 0),
	at           TIMESTAMP NOT NULL
);

CREATE INDEX IF NOT EXISTS ledger_of_order ON ledger (merchant_uid);

-- The attempts of iamport.Journal. Times are Unix nanoseconds.
CREATE TABLE IF NOT EXISTS attempts (
	merchant_uid TEXT NOT NULL,
	id           TEXT NOT NULL,
	since        INTEGER NOT NULL, -- its hold starts here
	free         BOOLEAN NOT NULL, -- it certainly moved no money
	PRIMARY KEY (merchant_uid, id)
);

CREATE INDEX IF NOT EXISTS attempts_by_age ON attempts (since);
