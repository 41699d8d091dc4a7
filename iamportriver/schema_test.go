package iamportriver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func TestMigrateTogether(t *testing.T) {
	onBoth(t, testMigrateTogether[pgx.Tx], testMigrateTogether[*sql.Tx])
}

// Several processes may migrate one database at once, and any number of times.
func testMigrateTogether[TTx any](t *testing.T, db Database[TTx]) {
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			if err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	require.NoError(t, db.Migrate(t.Context()))
	require.NoError(t, db.Check(t.Context()))
}

func TestCheck(t *testing.T) { onBoth(t, testCheck[pgx.Tx], testCheck[*sql.Tx]) }

func testCheck[TTx any](t *testing.T, db Database[TTx]) {
	require.ErrorContains(t, db.Check(t.Context()), "call Migrate")
	require.NoError(t, db.Migrate(t.Context()))
	change := func(query string) {
		_, err := db.pool.exec(t.Context(), query)
		require.NoError(t, err)
	}
	change(`UPDATE iamport_river_schema SET version = 2`)
	require.ErrorContains(t, db.Check(t.Context()), "the tables are of version 2, and this program needs 1")
	require.ErrorContains(t, db.Migrate(t.Context()), "the tables are of version 2", "a migration does not go back")
	change(`UPDATE iamport_river_schema SET version = 1`)
	change(`DELETE FROM river_migration WHERE version > 4`)
	require.ErrorContains(t, db.Check(t.Context()), "the tables of River are of another version: call Migrate")
	change(`DROP TABLE iamport_river_schema`)
	change(`DROP TABLE river_migration`)
	require.ErrorContains(t, db.Check(t.Context()), "call Migrate")
}

// A machine whose clock shows the local time of Seoul as UTC is nine hours wrong.
func TestCheckOfTheClock(t *testing.T) {
	onBoth(t, testCheckOfTheClock[pgx.Tx], testCheckOfTheClock[*sql.Tx])
}

func testCheckOfTheClock[TTx any](t *testing.T, db Database[TTx]) {
	require.NoError(t, db.Migrate(t.Context()))
	db.now = fmt.Sprintf(`SELECT %d`, time.Now().Add(9*time.Hour).Unix())
	err := db.Check(t.Context())
	require.ErrorContains(t, err, "the clock of the database differs from that of this machine by ")
	require.ErrorContains(t, err, "time zones")
}

// The zone of a connection does not change what is stored.
func TestTimeZoneOfTheConnection(t *testing.T) {
	t.Parallel()
	config := newSchema(t)
	config.ConnConfig.RuntimeParams["timezone"] = "Pacific/Kiritimati" // UTC+14
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	s := newShop(t, Pgx(pool), nil)
	s.insert(won("order-1", "card-1"))
	s.start()
	s.ends(1)
	s.jobs("iamport_charge")
	var ended time.Time
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT ended_at FROM iamport_orders`).Scan(&ended))
	require.WithinDuration(t, time.Now(), ended, time.Minute)
}

// A missing table is named while jobs run, and they go on when it is there.
func TestTableIsMissing(t *testing.T) {
	onBoth(t, testTableIsMissing[pgx.Tx], testTableIsMissing[*sql.Tx])
}

func testTableIsMissing[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	s.insert(won("order-1", "card-1"))
	_, err := db.pool.exec(t.Context(), `ALTER TABLE iamport_orders RENAME TO elsewhere`)
	require.NoError(t, err)
	s.start()
	var job *rivertype.JobRow
	require.Eventually(t, func() bool {
		job, err = s.river.JobGet(t.Context(), 1)
		return err == nil && len(job.Errors) > 0
	}, 10*time.Second, 10*time.Millisecond)
	require.Contains(t, job.Errors[0].Error, "a table is missing: call Migrate")
	_, err = db.pool.exec(t.Context(), `ALTER TABLE elsewhere RENAME TO iamport_orders`)
	require.NoError(t, err)
	s.ends(1)
}

// A file that may not grow is a full disk. Nothing is lost, and the jobs go on when it may.
func TestDiskIsFull(t *testing.T) {
	t.Parallel()
	db := emptySQLite(t)
	s := newShop(t, db, nil)
	for i := range 20 {
		s.insert(won(fmt.Sprintf("order-%02d", i), "card-1"))
	}
	limit := func(pages int) {
		_, err := db.pool.texts(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
		require.NoError(t, err)
	}
	limit(1) // at least the present size
	_, err := db.pool.exec(t.Context(), `CREATE TABLE large AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		SELECT i, hex(randomblob(100)) FROM n`)
	require.ErrorContains(t, err, "the disk of the database is full: jobs go on when it has space")
	s.start()
	time.Sleep(500 * time.Millisecond)
	limit(1 << 30)
	s.ends(20)
	s.jobs("iamport_charge")
	require.Len(t, s.ledger(), 20)
	require.Equal(t, 20, s.server.TotalCharges())
}

// A journal that cannot be written means that nothing is sent.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Log("the superuser may write every file: the query is made read-only instead")
	}
	db := emptySQLite(t)
	s := newShop(t, db, nil)
	s.insert(won("order-1", "card-1"))
	_, err := db.pool.exec(t.Context(), `PRAGMA query_only = 1`)
	require.NoError(t, err)
	_, err = db.pool.exec(t.Context(), `DELETE FROM ledger`)
	require.ErrorContains(t, err, "the database is read-only")
	a := won("order-1", "card-1")
	_, err = s.Client.EnsurePaid(t.Context(), a.request())
	require.Error(t, err)
	require.Empty(t, s.requests(again))
}

// The connections of PostgreSQL are cut again and again while orders are charged.
func TestConnectionsAreCut(t *testing.T) {
	t.Parallel()
	config := newSchema(t)
	config.ConnConfig.RuntimeParams["application_name"] = "cut_" + config.ConnConfig.RuntimeParams["search_path"]
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	s := newShop(t, Pgx(pool), func(c *Config[pgx.Tx]) { c.JobTimeout = 2 * time.Second })
	const orders = 200
	for i := range orders {
		s.insert(won(fmt.Sprintf("order-%03d", i), "card-1"))
	}
	s.start()
	other, err := pgx.Connect(t.Context(), postgresURL())
	require.NoError(t, err)
	t.Cleanup(func() { _ = other.Close(context.Background()) })
	cut := 0
	for range 5 {
		var n int
		require.NoError(t, other.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1`,
			config.ConnConfig.RuntimeParams["application_name"]).Scan(&n))
		cut += n
		time.Sleep(100 * time.Millisecond)
	}
	require.Positive(t, cut)
	require.Eventually(t, func() bool { return len(s.ledger()) == orders }, 30*time.Second, 50*time.Millisecond)
	require.Equal(t, orders, s.server.TotalCharges())
	require.Len(t, s.server.ChargedUIDs(), orders)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := New(Config[*sql.Tx]{Workers: -1, PGs: map[iamport.PG]PG{"": {}}, DueLimit: 20_000})
	for _, problem := range []string{"Client is required", "Database is required", "OnResult is required", "Workers must be more than 0",
		"DueLimit must be at most 10000", "must be the name of a PG"} {
		require.ErrorContains(t, err, problem)
	}
	server := iamporttest.NewServer()
	config := Config[*sql.Tx]{Client: newClient(t, server), Database: emptySQLite(t),
		OnResult: func(context.Context, *sql.Tx, Result) error { return nil }}
	b, err := New(config)
	require.NoError(t, err)
	require.Equal(t, "Asia/Seoul", b.Location.String())
}

// The statements can be run by another tool.
func TestSchemas(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", sqliteURL(filepath.Join(t.TempDir(), "schema.db")))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	for range 2 {
		_, err = db.ExecContext(t.Context(), SQLiteSchema())
		require.NoError(t, err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), newSchema(t).ConnConfig)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for range 2 {
		_, err = conn.Exec(t.Context(), PostgresSchema())
		require.NoError(t, err)
	}
}

// An error of PostgreSQL says what to do, and stays the error that it is.
func TestErrorsOfPostgresAreExplained(t *testing.T) {
	t.Parallel()
	db := emptyPostgres(t)
	for code, hint := range map[string]string{
		"42P01": "a table is missing: call Migrate",
		"42703": "the tables are of another version: call Migrate",
		"53100": "the disk of the database is full: jobs go on when it has space",
		"25006": "the database is read-only",
	} {
		_, err := db.pool.exec(t.Context(), fmt.Sprintf(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '%s'; END $$`, code))
		require.ErrorContains(t, err, hint)
		pgErr, ok := errors.AsType[*pgconn.PgError](err)
		require.True(t, ok)
		require.Equal(t, code, pgErr.Code)
	}
	_, err := db.pool.exec(t.Context(), `DO $$ BEGIN RAISE EXCEPTION 'another'; END $$`)
	require.NotContains(t, err.Error(), ": call")
}
