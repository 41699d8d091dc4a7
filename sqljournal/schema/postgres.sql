-- The journal of iamport, for PostgreSQL 12 and later. It may be run any number of times.
--
-- since is when the attempt began, or ended paid or unknown; free is true after an end that is
-- certain to have moved no money. COLLATE "C" compares byte by byte.
CREATE TABLE IF NOT EXISTS iamport_attempts (
	merchant_uid text COLLATE "C" NOT NULL,
	id           text COLLATE "C" NOT NULL,
	since        timestamptz NOT NULL,
	free         boolean NOT NULL DEFAULT false,
	PRIMARY KEY (merchant_uid, id)
);

-- For the removal of old entries.
CREATE INDEX IF NOT EXISTS iamport_attempts_since ON iamport_attempts (since);

-- iamport_journal_lock locks an order until the end of the transaction. Two orders with one hash
-- wait for each other, and nothing else. The statements after it must see what others have
-- committed meanwhile, so the transaction must be READ COMMITTED.
CREATE OR REPLACE FUNCTION iamport_journal_lock(order_uid text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
		RAISE EXCEPTION 'the journal of iamport needs READ COMMITTED' USING ERRCODE = 'invalid_transaction_state';
	END IF;
	IF current_setting('synchronous_commit') IN ('off', 'local') THEN
		PERFORM set_config('synchronous_commit', 'on', true); -- no commit may be lost
	END IF;
	PERFORM pg_advisory_xact_lock(hashtextextended('iamport:' || order_uid, 0));
END
$$;

-- iamport_journal_begin records an attempt and returns 0, or records nothing and returns for how
-- many microseconds the order is held, or -1 if the order has used the id.
CREATE OR REPLACE FUNCTION iamport_journal_begin(order_uid text, attempt_id text, quiet_us bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	moment timestamptz;
	used   boolean;
	wait   bigint;
BEGIN
	PERFORM iamport_journal_lock(order_uid);
	moment := clock_timestamp(); -- after the lock
	SELECT coalesce(bool_or(a.id = attempt_id), false),
		coalesce(max(least(quiet_us, quiet_us - (extract(epoch FROM moment - a.since) * 1000000)::bigint))
			FILTER (WHERE NOT a.free), 0)
		INTO used, wait
		FROM iamport_attempts a WHERE a.merchant_uid = order_uid;
	IF used THEN
		RETURN -1;
	ELSIF wait > 0 THEN
		RETURN wait;
	END IF;
	INSERT INTO iamport_attempts (merchant_uid, id, since) VALUES (order_uid, attempt_id, moment);
	RETURN 0;
END
$$;

-- iamport_journal_end records how an attempt ended.
CREATE OR REPLACE FUNCTION iamport_journal_end(order_uid text, attempt_id text, not_charged boolean) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM iamport_journal_lock(order_uid);
	IF not_charged THEN
		UPDATE iamport_attempts SET since = clock_timestamp(), free = true WHERE merchant_uid = order_uid AND id = attempt_id;
	ELSE
		INSERT INTO iamport_attempts (merchant_uid, id, since) VALUES (order_uid, attempt_id, clock_timestamp())
			ON CONFLICT (merchant_uid, id) DO UPDATE SET since = excluded.since, free = false;
	END IF;
END
$$;

-- iamport_journal_prune removes at most batch entries that are older than two hours, and returns
-- how many. It skips those that another call is removing.
CREATE OR REPLACE FUNCTION iamport_journal_prune(batch integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	removed bigint;
BEGIN
	DELETE FROM iamport_attempts WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM iamport_attempts WHERE since < clock_timestamp() - interval '2 hours'
			ORDER BY since LIMIT batch FOR UPDATE SKIP LOCKED));
	GET DIAGNOSTICS removed = ROW_COUNT;
	RETURN removed;
END
$$;
