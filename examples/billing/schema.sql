-- The tables of the merchant and of the sandbox, beside those of River and of iamportriver. They are the
-- same in PostgreSQL and in SQLite. Each statement may be run any number of times.

-- What this run is. Its clock goes on while the program does not run.
CREATE TABLE IF NOT EXISTS run (
	one         INTEGER PRIMARY KEY CHECK (one = 1),
	began       BIGINT NOT NULL, -- Unix milliseconds
	day         BIGINT NOT NULL, -- milliseconds
	subscribers INTEGER NOT NULL,
	months      INTEGER NOT NULL,
	dunning     TEXT NOT NULL,
	seed        BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS subscribers (
	id        INTEGER PRIMARY KEY,
	card      TEXT NOT NULL, -- the customer_uid
	price     INTEGER NOT NULL, -- won a month
	first_day INTEGER NOT NULL, -- of the fast clock
	billed    INTEGER NOT NULL DEFAULT 0, -- months that orders were made for
	paid      INTEGER NOT NULL DEFAULT 0, -- months
	state     TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'past due', 'ended'))
);

-- Every won, each once.
CREATE TABLE IF NOT EXISTS ledger (
	merchant_uid TEXT PRIMARY KEY,
	period       TEXT NOT NULL,
	imp_uid      TEXT NOT NULL,
	won          BIGINT NOT NULL
);
