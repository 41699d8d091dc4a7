// Package sqljournal keeps the journal of [iamport.EnsurePaid] and EnsureRefunded in a table of
// PostgreSQL or SQLite, so that the promise "at most once" holds for all processes of a shop,
// also after a crash:
//
//	pool, err := pgxpool.New(ctx, "postgres://...")
//	journal := sqljournal.Pgx(pool)
//	err = journal.Migrate(ctx)
//	client, err := iamport.NewClient(key, secret, iamport.WithJournal(journal))
//
// An attempt costs two round trips to PostgreSQL, one before the charge and one after it, each
// a transaction of its own. An order takes about 150 bytes for two hours; call [Journal.Prune]
// every minute or so to remove what is older.
//
// # What the database must do
//
// A commit must not be lost. With PostgreSQL the package sets synchronous_commit to on for its
// own transactions, where it is off or local. A failover to a standby that had not received a
// commit also loses it, so use a synchronous standby, or wait for a quiet period
// ([iamport.WithQuietPeriod]) after a failover. With SQLite set PRAGMA synchronous to FULL if
// the machine may lose its power.
//
// Time is that of the database: PostgreSQL's clock_timestamp(), and for SQLite, which is a file
// on one machine, the clock of that machine. The clocks of the callers do not matter.
package sqljournal

import (
	"context"
	"database/sql"
	_ "embed" // for the schemas
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/iamport-go/iamport"
)

// The schemas, for a migration tool. Each may be run any number of times.
var (
	//go:embed schema/postgres.sql
	postgresSchema string
	//go:embed schema/sqlite.sql
	sqliteSchema string
)

// PostgresSchema returns the statements that [Journal.Migrate] runs in PostgreSQL: a table and
// four functions whose names begin with iamport_.
func PostgresSchema() string { return postgresSchema }

// SQLiteSchema returns the statements that [Journal.Migrate] runs in SQLite: one table.
func SQLiteSchema() string { return sqliteSchema }

// Journal is an [iamport.Journal] in a database. It is safe for concurrent use.
type Journal struct{ store store }

var _ iamport.Journal = (*Journal)(nil)

// store is one kind of database.
type store interface {
	migrate(ctx context.Context) error
	// begin returns the wait, or used.
	begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (wait time.Duration, used bool, err error)
	end(ctx context.Context, a iamport.Attempt, notCharged bool) error
	prune(ctx context.Context, batch int) (removed int64, err error)
}

// Pgx returns the journal in PostgreSQL, with connections of pool.
func Pgx(pool *pgxpool.Pool) *Journal { return &Journal{pgxStore{pool}} }

// Postgres returns the journal in PostgreSQL, with connections of db. Any driver of
// database/sql will do that has the placeholders $1, $2.
func Postgres(db *sql.DB) *Journal { return &Journal{sqlStore{db}} }

// SQLite returns the journal in SQLite. db should have a busy_timeout of some seconds and the
// journal mode WAL: the calls of a busy database fail otherwise, and then nothing is charged.
func SQLite(db *sql.DB) *Journal { return &Journal{sqliteStore{db, time.Now}} }

// Migrate creates the table and the functions, where they are not there or are older. It may
// be called by several processes at once.
func (j *Journal) Migrate(ctx context.Context) error {
	if err := j.store.migrate(ctx); err != nil {
		return fmt.Errorf("sqljournal: migrate: %w", err)
	}
	return nil
}

// Begin records an attempt, unless the order is held or has used the id. See [iamport.Journal].
func (j *Journal) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	wait, used, err := j.store.begin(ctx, a, quiet)
	switch {
	case err != nil:
		return 0, fmt.Errorf("sqljournal: begin: %w", err)
	case used:
		return 0, iamport.ErrAttemptUsed
	}
	return wait, nil
}

// End records how an attempt ended. See [iamport.Journal].
func (j *Journal) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := j.store.end(ctx, a, notCharged); err != nil {
		return fmt.Errorf("sqljournal: end: %w", err)
	}
	return nil
}

// pruneBatch is so small that no charge waits for a removal.
const pruneBatch = 1000

// Prune removes the entries that are older than two hours, 1,000 in a transaction, and returns
// how many it removed. It holds no order back, and several calls at once share the work.
func (j *Journal) Prune(ctx context.Context) (removed int64, err error) {
	for {
		n, err := j.store.prune(ctx, pruneBatch)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("sqljournal: prune: %w", err)
		}
		if n < pruneBatch {
			return removed, nil
		}
	}
}
