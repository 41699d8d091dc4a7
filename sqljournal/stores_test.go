package sqljournal

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest/journaltest"
)

// maxConns is so low that the tests which run at once do not need more than the 100 connections
// of an unconfigured server.
const maxConns = 10

// postgresURL is the server of the tests. .ci/postgres starts one at the default.
func postgresURL() string {
	return cmp.Or(os.Getenv("IAMPORT_TEST_POSTGRES"), "host=127.0.0.1 user=postgres database=test")
}

// newSchema returns a configuration whose connections see an empty schema of their own.
func newSchema(t *testing.T, url string) *pgxpool.Config {
	t.Helper()
	name := "journal_" + strings.ToLower(rand.Text())
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE SCHEMA "+name)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	t.Cleanup(func() {
		ctx := context.Background() // that of the test has ended
		if conn, err := pgx.Connect(ctx, url); err == nil {
			_, _ = conn.Exec(ctx, "DROP SCHEMA "+name+" CASCADE")
			_ = conn.Close(ctx)
		}
	})
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	config.ConnConfig.RuntimeParams["search_path"] = name
	config.MaxConns = maxConns
	return config
}

func openPool(t *testing.T, config *pgxpool.Config) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.NewWithConfig(t.Context(), config.Copy())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func openStdlib(t *testing.T, config *pgxpool.Config) *sql.DB {
	t.Helper()
	db := stdlib.OpenDB(*config.ConnConfig)
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newPgx(t *testing.T) (*Journal, *pgxpool.Pool) {
	t.Helper()
	pool := openPool(t, newSchema(t, postgresURL()))
	j := Pgx(pool)
	require.NoError(t, j.Migrate(t.Context()))
	return j, pool
}

func newPostgres(t *testing.T) (*Journal, *sql.DB) {
	t.Helper()
	db := openStdlib(t, newSchema(t, postgresURL()))
	j := Postgres(db)
	require.NoError(t, j.Migrate(t.Context()))
	return j, db
}

func openSQLite(t *testing.T, file string) *sql.DB {
	t.Helper()
	// No test cuts the power, so nothing has to wait for the disk.
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newSQLite(t *testing.T) (*Journal, *sql.DB) {
	t.Helper()
	db := openSQLite(t, filepath.Join(t.TempDir(), "journal.db"))
	j := SQLite(db)
	require.NoError(t, j.Migrate(t.Context()))
	return j, db
}

// The contract of a journal, with two clients that have their own connections.
func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("pgx", func(t *testing.T) {
		t.Parallel()
		journaltest.Run(t, journaltest.Config{
			New: func(t *testing.T) iamport.Journal { j, _ := newPgx(t); return j },
			Second: func(t *testing.T, first iamport.Journal) iamport.Journal {
				return Pgx(openPool(t, first.(*Journal).store.(pgxStore).pool.Config()))
			},
		})
	})
	t.Run("database/sql", func(t *testing.T) {
		t.Parallel()
		journaltest.Run(t, journaltest.Config{
			New: func(t *testing.T) iamport.Journal { j, _ := newPostgres(t); return j },
		})
	})
	t.Run("pgx and database/sql", func(t *testing.T) {
		t.Parallel()
		journaltest.Run(t, journaltest.Config{
			New: func(t *testing.T) iamport.Journal { j, _ := newPgx(t); return j },
			Second: func(t *testing.T, first iamport.Journal) iamport.Journal {
				return Postgres(openStdlib(t, first.(*Journal).store.(pgxStore).pool.Config()))
			},
		})
	})
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		var file string
		journaltest.Run(t, journaltest.Config{
			New: func(t *testing.T) iamport.Journal {
				file = filepath.Join(t.TempDir(), "journal.db")
				j := SQLite(openSQLite(t, file))
				require.NoError(t, j.Migrate(t.Context()))
				return j
			},
			Second: func(t *testing.T, _ iamport.Journal) iamport.Journal { return SQLite(openSQLite(t, file)) },
			Unit:   300 * time.Millisecond,
		})
	})
}
