package sqljournal

import (
	"context"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestMigrateByManyAtOnceAndAgain(t *testing.T) {
	t.Parallel()
	config := newSchema(t, postgresURL())
	pool, db := openPool(t, config), openStdlib(t, config)
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() { require.NoError(t, Pgx(pool).Migrate(t.Context())) })
		wait.Go(func() { require.NoError(t, Postgres(db).Migrate(t.Context())) })
	}
	wait.Wait()
	var tables int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()`).Scan(&tables))
	require.Equal(t, 1, tables)
}

// lockOrder locks order_1 until the transaction ends.
func lockOrder(t *testing.T, pool *pgxpool.Pool) pgx.Tx {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // after Commit it does nothing
	_, err = tx.Exec(t.Context(), `SELECT iamport_journal_lock('order_1')`)
	require.NoError(t, err)
	return tx
}

// An attempt that another one holds up waits for the lock, and reads what was committed and
// the time after that: the order is held from the moment of the entry, not from its own start.
func TestBeginReadsAfterTheLock(t *testing.T) {
	t.Parallel()
	j, pool := newPgx(t)
	tx := lockOrder(t, pool)

	type result struct {
		wait time.Duration
		err  error
	}
	waits := make(chan result, 1)
	go func() {
		wait, err := j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: "b"}, time.Hour)
		waits <- result{wait, err}
	}()
	require.Eventually(t, func() bool {
		var n int
		err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE wait_event = 'advisory' AND query LIKE '%iamport_journal_begin%'`).Scan(&n)
		return err == nil && n > 0
	}, 20*time.Second, 10*time.Millisecond)
	_, err := tx.Exec(t.Context(), `INSERT INTO iamport_attempts (merchant_uid, id, since) VALUES ('order_1', 'a', clock_timestamp())`)
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
	got := <-waits
	require.NoError(t, got.err)
	require.Greater(t, got.wait, time.Hour-time.Minute)
	require.LessOrEqual(t, got.wait, time.Hour)
}

// A transaction that would not see the commits of others is refused.
func TestOnlyReadCommitted(t *testing.T) {
	t.Parallel()
	config := newSchema(t, postgresURL())
	require.NoError(t, Pgx(openPool(t, config)).Migrate(t.Context()))
	for isolation, allowed := range map[string]bool{
		"read committed": true, "read uncommitted": true, "repeatable read": false, "serializable": false,
	} {
		config := config.Copy()
		config.ConnConfig.RuntimeParams["default_transaction_isolation"] = isolation
		j := Pgx(openPool(t, config))
		a := iamport.Attempt{MerchantUID: isolation, ID: "a"}
		_, err := j.Begin(t.Context(), a, 0)
		if allowed {
			require.NoError(t, err)
			require.NoError(t, j.End(t.Context(), a, true))
			continue
		}
		require.ErrorContains(t, err, "the journal of iamport needs READ COMMITTED")
		require.ErrorContains(t, j.End(t.Context(), a, false), "needs READ COMMITTED")
	}
}

// A commit waits for the disk, also where the connection says that it need not.
func TestCommitsAreSynchronous(t *testing.T) {
	t.Parallel()
	_, pool := newPgx(t)
	for set, want := range map[string]string{"off": "on", "local": "on", "on": "on", "remote_apply": "remote_apply"} {
		require.NoError(t, pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `SET LOCAL synchronous_commit TO `+set)
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), `SELECT iamport_journal_begin($1, 'a', 0)`, "order_"+set)
			require.NoError(t, err)
			var got string
			require.NoError(t, tx.QueryRow(t.Context(), `SELECT current_setting('synchronous_commit')`).Scan(&got))
			require.Equal(t, want, got)
			return nil
		}))
	}
}

// An attempt whose connection is cut while it waits for the order is not recorded, and the
// order is not locked after it.
func TestConnectionThatIsCutInBegin(t *testing.T) {
	t.Parallel()
	j, pool := newPgx(t)
	tx := lockOrder(t, pool)

	failed := make(chan error, 1)
	go func() {
		_, err := j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: "a"}, time.Hour)
		failed <- err
	}()
	require.Eventually(t, func() bool {
		var cut bool
		err := pool.QueryRow(t.Context(), `SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE wait_event = 'advisory' AND query LIKE '%iamport_journal_begin%' AND pid <> pg_backend_pid()
			AND backend_type = 'client backend' AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
				AND (classid::bigint << 32 | objid::bigint) = hashtextextended('iamport:order_1', 0))`).Scan(&cut)
		return err == nil && cut
	}, 20*time.Second, 10*time.Millisecond)
	require.Error(t, <-failed)
	require.NoError(t, tx.Commit(t.Context()))

	wait, err := j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: "b"}, time.Hour)
	require.NoError(t, err)
	require.Zero(t, wait)
}

// A context that ends while the order is locked ends Begin.
func TestBeginEndsWithItsContext(t *testing.T) {
	t.Parallel()
	j, pool := newPgx(t)
	lockOrder(t, pool)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := j.Begin(ctx, iamport.Attempt{MerchantUID: "order_1", ID: "a"}, 0)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// Time is that of the database: entries of its past and future hold as they say, whatever the
// clock of this process shows.
func TestTheClockIsThatOfTheDatabase(t *testing.T) {
	t.Parallel()
	j, pool := newPgx(t)
	for order, since := range map[string]string{"past": "- interval '90 minutes'", "now": "", "future": "+ interval '5 hours'"} {
		_, err := pool.Exec(t.Context(), `INSERT INTO iamport_attempts (merchant_uid, id, since) VALUES ($1, 'a', clock_timestamp() `+since+`)`, order)
		require.NoError(t, err)
	}
	for order, want := range map[string]time.Duration{"past": 0, "now": time.Hour, "future": time.Hour} {
		wait, err := j.Begin(t.Context(), iamport.Attempt{MerchantUID: order, ID: "b"}, time.Hour)
		require.NoError(t, err)
		require.InDelta(t, want, wait, float64(30*time.Second), order)
		require.LessOrEqual(t, wait, time.Hour)
	}
}

// Begin and Prune use the indexes of the table, however large it is.
func TestIndexesAreUsed(t *testing.T) {
	t.Parallel()
	_, pool := newPgx(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO iamport_attempts (merchant_uid, id, since)
		SELECT 'order_' || n, 'a', clock_timestamp() - n * interval '1 second' FROM generate_series(1, 20000) n`)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `ANALYZE iamport_attempts`)
	require.NoError(t, err)
	for statement, index := range map[string]string{
		`SELECT bool_or(a.id = 'b'), max(a.since) FROM iamport_attempts a WHERE a.merchant_uid = 'order_77'`:               "iamport_attempts_pkey",
		`SELECT ctid FROM iamport_attempts WHERE since < clock_timestamp() - interval '2 hours' ORDER BY since LIMIT 1000`: "iamport_attempts_since",
	} {
		rows, err := pool.Query(t.Context(), "EXPLAIN "+statement)
		require.NoError(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Contains(t, strings.Join(plan, "\n"), index, statement)
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	j, pool := newPgx(t)
	removed, err := j.Prune(t.Context())
	require.NoError(t, err)
	require.Zero(t, removed)
	_, err = pool.Exec(t.Context(), `INSERT INTO iamport_attempts (merchant_uid, id, since)
		SELECT 'order_' || n, 'a', clock_timestamp() - CASE WHEN n > 2500 THEN interval '119 minutes' ELSE interval '121 minutes' END
		FROM generate_series(1, 3000) n`)
	require.NoError(t, err)
	// Three at once share the work.
	var total atomic.Int64
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			n, err := j.Prune(t.Context())
			require.NoError(t, err)
			total.Add(n)
		})
	}
	wait.Wait()
	again, err := j.Prune(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(2500), total.Load()+again)
	var left int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM iamport_attempts`).Scan(&left))
	require.Equal(t, 500, left)
}

func TestErrorsNameTheCall(t *testing.T) {
	t.Parallel()
	j := Pgx(openPool(t, newSchema(t, postgresURL()))) // not migrated
	a := iamport.Attempt{MerchantUID: "order_1", ID: "a"}
	_, err := j.Begin(t.Context(), a, 0)
	require.ErrorContains(t, err, "sqljournal: begin: ")
	require.ErrorContains(t, j.End(t.Context(), a, false), "sqljournal: end: ")
	_, err = j.Prune(t.Context())
	require.ErrorContains(t, err, "sqljournal: prune: ")
}

// The clocks of the clients of PostgreSQL differ without effect, because none is read.
func TestClocksOfClientsAreNotRead(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("postgres.go")
	require.NoError(t, err)
	require.NotRegexp(t, `time\.(Now|Since|Until)`, string(source))
}
