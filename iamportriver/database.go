package iamportriver

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/iamport-go/iamport/sqljournal"
)

// Database is where the jobs, the orders and the journal are. TTx is its transaction: [pgx.Tx]
// or [*sql.Tx]. Make one with [Pgx] or [SQLite].
type Database[TTx any] struct {
	driver           riverdriver.Driver[TTx]
	journal          *sqljournal.Journal
	createTables     func(context.Context) error
	alone            func(ctx context.Context, migrate func() error) error // beside other processes
	rows             string                                                // selects the rows of a JSON text $1 as x
	clock            string                                                // the expression of the time now
	now              string                                                // the query of the time in Unix seconds
	lock             string                                                // lets one transaction at a time find what is due
	pool             conn
	begin            func(context.Context) (TTx, error)
	commit, rollback func(context.Context, TTx) error
	conn             func(TTx) conn
}

// Pgx returns the database of pool: PostgreSQL 14 or newer.
func Pgx(pool *pgxpool.Pool) Database[pgx.Tx] {
	return Database[pgx.Tx]{
		driver: riverpgxv5.New(pool), journal: sqljournal.Pgx(pool),
		createTables: func(ctx context.Context) error {
			_, err := pool.Exec(ctx, postgresSchema, pgx.QueryExecModeSimpleProtocol)
			return explain(err)
		},
		alone: func(ctx context.Context, migrate func() error) error { return migrateAlone(ctx, pool, migrate) },
		rows: `jsonb_to_recordset($1::jsonb) AS x (merchant_uid text, period text, try integer,
			customer_uid text, amount numeric, currency text)`,
		clock: `clock_timestamp()`,
		now:   `SELECT extract(epoch FROM clock_timestamp())::bigint`,
		lock:  `SELECT version FROM iamport_river_schema FOR UPDATE`,
		pool:  pgxConn{pool}, begin: pool.Begin,
		commit:   func(ctx context.Context, tx pgx.Tx) error { return tx.Commit(ctx) },
		rollback: func(ctx context.Context, tx pgx.Tx) error { return tx.Rollback(ctx) },
		conn:     func(tx pgx.Tx) conn { return pgxConn{tx} },
	}
}

// SQLite returns the database of db, for one machine. River needs SetMaxOpenConns(1), so a hook
// that gets a transaction must use that transaction, not db. Open the file with
// _txlock=immediate, a busy_timeout of some seconds and journal_mode(WAL).
func SQLite(db *sql.DB) Database[*sql.Tx] {
	return Database[*sql.Tx]{
		driver: riversqlite.New(db), journal: sqljournal.SQLite(db),
		createTables: func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, sqliteSchema)
			return explain(err)
		},
		alone: func(ctx context.Context, migrate func() error) error { return migrateAgain(ctx, migrate) },
		rows: `(SELECT value ->> 'merchant_uid' AS merchant_uid, value ->> 'period' AS period,
			value ->> 'try' AS try, value ->> 'customer_uid' AS customer_uid,
			value ->> 'amount' AS amount, value ->> 'currency' AS currency
			FROM json_each($1)) AS x`,
		clock:    `unixepoch()`,
		now:      `SELECT unixepoch()`,
		lock:     `UPDATE iamport_river_schema SET version = version RETURNING version`,
		pool:     sqlConn{db},
		begin:    func(ctx context.Context) (*sql.Tx, error) { return db.BeginTx(ctx, nil) },
		commit:   func(_ context.Context, tx *sql.Tx) error { return tx.Commit() },
		rollback: func(_ context.Context, tx *sql.Tx) error { return tx.Rollback() },
		conn:     func(tx *sql.Tx) conn { return sqlConn{tx} },
	}
}

// migrateAlone runs migrate while this process has a lock that others wait for. It needs two
// connections.
func migrateAlone(ctx context.Context, pool *pgxpool.Pool, migrate func() error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	const key = `hashtextextended('iamportriver: migrate', 0)`
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(`+key+`)`); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(`+key+`)`) }()
	return migrate()
}

// migrateAgain repeats migrate a few times: another process may be migrating the same file, and
// then the next try finds its tables.
func migrateAgain(ctx context.Context, migrate func() error) error {
	err := migrate()
	for tries := 0; err != nil && tries < 5; tries++ {
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
		err = migrate()
	}
	return err
}

// Journal returns the journal of this database, for [iamport.WithJournal].
func (db Database[TTx]) Journal() *sqljournal.Journal { return db.journal }

// inTx runs do in a transaction, which is rolled back if do fails or panics.
func (db Database[TTx]) inTx(ctx context.Context, do func(tx TTx) error) error {
	tx, err := db.begin(ctx)
	if err != nil {
		return explain(err)
	}
	committed := false
	defer func() {
		if !committed {
			_ = db.rollback(context.WithoutCancel(ctx), tx)
		}
	}()
	if err := do(tx); err != nil {
		return err
	}
	if err := db.commit(ctx, tx); err != nil {
		return explain(err)
	}
	committed = true
	return nil
}

// conn is a connection or a transaction. Its errors are explained.
type conn interface {
	// exec returns how many rows the statement changed.
	exec(ctx context.Context, query string, args ...any) (int64, error)
	// row scans the only row into dest, or returns errNoRow.
	row(ctx context.Context, query string, args []any, dest ...any) error
	// texts returns the first column of all rows.
	texts(ctx context.Context, query string, args ...any) ([]string, error)
}

var errNoRow = errors.New("no row")

type pgxConn struct {
	db interface {
		Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
		QueryRow(ctx context.Context, query string, args ...any) pgx.Row
	}
}

func (c pgxConn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := c.db.Exec(ctx, query, args...)
	return tag.RowsAffected(), explain(err)
}

func (c pgxConn) row(ctx context.Context, query string, args []any, dest ...any) error {
	err := c.db.QueryRow(ctx, query, args...).Scan(dest...)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoRow
	}
	return explain(err)
}

func (c pgxConn) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := c.db.Query(ctx, query, args...)
	if err != nil {
		return nil, explain(err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return texts, explain(err)
}

type sqlConn struct {
	db interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
}

func (c sqlConn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := c.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, explain(err)
	}
	return result.RowsAffected()
}

func (c sqlConn) row(ctx context.Context, query string, args []any, dest ...any) error {
	err := c.db.QueryRowContext(ctx, query, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return errNoRow
	}
	return explain(err)
}

func (c sqlConn) texts(ctx context.Context, query string, args ...any) (texts []string, err error) {
	rows, err := c.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explain(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, explain(err)
		}
		texts = append(texts, text)
	}
	return texts, explain(rows.Err())
}

// explain says what to do about an error of a database, where that is known.
func explain(err error) error {
	if err == nil {
		return nil
	}
	pgErr, _ := errors.AsType[*pgconn.PgError](err)
	text := err.Error()
	hint := ""
	switch {
	case pgErr != nil && pgErr.Code == "42P01", strings.Contains(text, "no such table"):
		hint = "a table is missing: call Migrate"
	case pgErr != nil && pgErr.Code == "42703", strings.Contains(text, "no such column"), strings.Contains(text, "has no column named"):
		hint = "the tables are of another version: call Migrate"
	case pgErr != nil && pgErr.Code == "53100", strings.Contains(text, "database or disk is full"):
		hint = "the disk of the database is full: jobs go on when it has space"
	case pgErr != nil && pgErr.Code == "25006", strings.Contains(text, "readonly database"):
		hint = "the database is read-only: a standby, or a file without permission to write"
	}
	if hint == "" {
		return err
	}
	return &databaseError{hint, err}
}

type databaseError struct {
	hint string
	err  error
}

func (e *databaseError) Error() string { return e.hint + ": " + e.err.Error() }
func (e *databaseError) Unwrap() error { return e.err }
