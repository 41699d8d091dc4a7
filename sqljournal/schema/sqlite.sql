-- The journal of iamport, for SQLite 3.30 and later. It may be run any number of times.
--
-- since is when the attempt began, or ended paid or unknown, in Unix nanoseconds; free is 1 after
-- an end that is certain to have moved no money. BINARY compares byte by byte.
CREATE TABLE IF NOT EXISTS iamport_attempts (
	merchant_uid TEXT COLLATE BINARY NOT NULL,
	id           TEXT COLLATE BINARY NOT NULL,
	since        INTEGER NOT NULL,
	free         INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (merchant_uid, id)
) WITHOUT ROWID;

-- For the removal of old entries.
CREATE INDEX IF NOT EXISTS iamport_attempts_since ON iamport_attempts (since);
