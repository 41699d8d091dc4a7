package sqltest_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// store is one connection to a database. Its tables are temporary, so that nothing is
// left in the database and tests do not meet.
type store struct {
	exec func(query string, args ...any) error
	scan func(query string, args []any, dest ...any) error // of one row
}

// must executes query, which cannot fail.
func (s store) must(t *testing.T, query string, args ...any) {
	t.Helper()
	require.NoError(t, s.exec(query, args...), query)
}

// column is the only one, v, of a table of at most one row.
type column struct {
	store
	table string
}

// column makes a table of one column of the type.
func (s store) column(t *testing.T, columnType string) column {
	t.Helper()
	c := column{store: s, table: "kept_" + strings.ToLower(rand.Text())}
	s.must(t, "CREATE TEMPORARY TABLE "+c.table+" (v "+columnType+")")
	return c
}

// keep stores v in place of what is there.
func (c column) keep(t *testing.T, v any) {
	t.Helper()
	c.must(t, "DELETE FROM "+c.table)
	c.must(t, "INSERT INTO "+c.table+" (v) VALUES ($1)", v)
}

// read reads the expression of v into dest.
func (c column) read(t *testing.T, expression string, dest any) {
	t.Helper()
	require.NoError(t, c.scan("SELECT "+expression+" FROM "+c.table, nil, dest))
}

// rows counts those that the condition is true of.
func (c column) rows(t *testing.T, condition string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, c.scan("SELECT count(*) FROM "+c.table+" WHERE "+condition, args, &n))
	return n
}

func fromSQL(t *testing.T, db *sql.DB) store {
	t.Helper()
	db.SetMaxOpenConns(1) // temporary tables are those of a connection
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return store{
		exec: func(query string, args ...any) error {
			_, err := db.ExecContext(t.Context(), query, args...)
			return err
		},
		scan: func(query string, args []any, dest ...any) error {
			return db.QueryRowContext(t.Context(), query, args...).Scan(dest...)
		},
	}
}

func sqlite(t *testing.T, options ...string) store {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+strings.Join(options, "&"))
	require.NoError(t, err)
	return fromSQL(t, db)
}

// postgresConfig is that of the database that the environment names.
func postgresConfig(t *testing.T, mode pgx.QueryExecMode) *pgxpool.Config {
	t.Helper()
	dsn := os.Getenv("IAMPORT_TEST_POSTGRES")
	if dsn == "" {
		dsn = "host=127.0.0.1 user=postgres database=test"
	}
	config, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err, "IAMPORT_TEST_POSTGRES")
	config.MaxConns = 1 // temporary tables are those of a connection
	config.ConnConfig.DefaultQueryExecMode = mode
	// A connection far from UTC: the database writes its times with +09.
	config.ConnConfig.RuntimeParams["timezone"] = "Asia/Seoul"
	return config
}

// postgresPool is pgx without database/sql.
func postgresPool(t *testing.T, mode pgx.QueryExecMode) *pgxpool.Pool {
	t.Helper()
	config := postgresConfig(t, mode)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, pool.Ping(ctx), "these tests need PostgreSQL, and there is none at %s: run .ci/postgres, or name one in IAMPORT_TEST_POSTGRES",
		net.JoinHostPort(config.ConnConfig.Host, strconv.Itoa(int(config.ConnConfig.Port))))
	return pool
}

func fromPool(t *testing.T, pool *pgxpool.Pool) store {
	t.Helper()
	return store{
		exec: func(query string, args ...any) error {
			_, err := pool.Exec(t.Context(), query, args...)
			return err
		},
		scan: func(query string, args []any, dest ...any) error {
			return pool.QueryRow(t.Context(), query, args...).Scan(dest...)
		},
	}
}

// modes are the ways in which pgx sends the values of a query. The last two prepare no
// statement, for the sake of poolers, and so do not know the types of the columns.
var modes = []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol}

// eachPostgres runs the test in every way to talk to PostgreSQL.
func eachPostgres(t *testing.T, test func(t *testing.T, s store)) {
	t.Helper()
	for _, mode := range modes {
		t.Run("pgx "+mode.String(), func(t *testing.T) {
			t.Parallel()
			test(t, fromPool(t, postgresPool(t, mode)))
		})
		t.Run("database_sql "+mode.String(), func(t *testing.T) {
			t.Parallel()
			db := stdlib.OpenDBFromPool(postgresPool(t, mode))
			db.SetMaxIdleConns(0) // the pool keeps them
			test(t, fromSQL(t, db))
		})
	}
}

// requireKept keeps each amount in a column of the type, and one that is not set, and
// reads them back.
func requireKept(t *testing.T, s store, columnType string, amounts ...string) {
	t.Helper()
	c := s.column(t, columnType)
	for _, text := range append(slices.Clone(amounts), "") {
		want := amount(text)
		c.keep(t, want)
		got := iamport.KRW(77)
		c.read(t, "v", &got)
		require.True(t, got == want, "%s: %q became %q", columnType, text, got)
		require.Equal(t, !want.IsSet(), c.rows(t, "v IS NULL") == 1, "%s %q", columnType, text)
	}
}

// requireKeptTimes keeps each time in a column of the type, and the zero Time, and reads
// them back in UTC.
func requireKeptTimes(t *testing.T, s store, columnType string, unit time.Duration) {
	t.Helper()
	c := s.column(t, columnType)
	for _, want := range append(slices.Clone(moments), time.Time{}) {
		want = want.Truncate(unit)
		c.keep(t, iamport.Time{Time: want})
		got := iamport.Time{Time: time.Unix(77, 0)}
		c.read(t, "v", &got)
		require.Equal(t, iamport.Time{Time: want.UTC()}, got, columnType)
		require.Equal(t, want.IsZero(), c.rows(t, "v IS NULL") == 1, "%s %s", columnType, want)
		require.Equal(t, !want.IsZero(), c.rows(t, "v = $1", iamport.Time{Time: want}) == 1, "%s %s", columnType, want)
	}
}

// amount is one that is not set for "".
func amount(text string) iamport.Amount {
	if text == "" {
		return iamport.Amount{}
	}
	return clienttest.Amount(text)
}
