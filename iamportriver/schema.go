package iamportriver

import (
	"context"
	_ "embed" // for the schemas
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river/rivermigrate"
)

var (
	//go:embed schema/postgres.sql
	postgresSchema string
	//go:embed schema/sqlite.sql
	sqliteSchema string
)

// schemaVersion is the version of the tables that this package reads and writes.
const schemaVersion = 1

// maxClockDifference is how far the clocks of this machine and of the database may differ:
// River compares the times of jobs with the clocks of both.
const maxClockDifference = time.Minute

// PostgresSchema returns the statements that create the tables of this package in PostgreSQL.
// River and the journal have their own.
func PostgresSchema() string { return postgresSchema }

// SQLiteSchema returns the statements that create the tables of this package in SQLite.
func SQLiteSchema() string { return sqliteSchema }

// Migrate creates or updates the tables of River, of the journal and of this package. It may be
// called at each start of a program, and by several processes at once. With PostgreSQL it needs
// two connections of the pool at a time.
func (db Database[TTx]) Migrate(ctx context.Context) error {
	migrator, err := rivermigrate.New(db.driver, nil)
	if err != nil {
		return fmt.Errorf("iamportriver: migrate: %w", err)
	}
	err = db.alone(ctx, func() error {
		if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("the tables of River: %w", explain(err))
		}
		if err := db.journal.Migrate(ctx); err != nil {
			return explain(err)
		}
		return db.createTables(ctx)
	})
	if err != nil {
		return fmt.Errorf("iamportriver: migrate: %w", err)
	}
	return db.Check(ctx)
}

// Check reports why jobs cannot run on this database: a table is missing, the tables are of
// another version, or the clocks differ by more than a minute, which delays jobs or runs them
// too early. A machine whose clock is set to the local time of another zone is found that way;
// the time zone of a connection does not matter. Call it at the start of a program.
func (db Database[TTx]) Check(ctx context.Context) error {
	migrator, err := rivermigrate.New(db.driver, nil)
	if err != nil {
		return fmt.Errorf("iamportriver: check: %w", err)
	}
	river, err := migrator.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("iamportriver: check: the tables of River: %w", explain(err))
	}
	if !river.OK {
		return fmt.Errorf("iamportriver: check: the tables of River are of another version: call Migrate (%s)", river.Messages)
	}
	var version, attempts int
	if err := db.pool.row(ctx, `SELECT version FROM iamport_river_schema`, nil, &version); err != nil {
		return fmt.Errorf("iamportriver: check: %w", err)
	}
	if version != schemaVersion {
		return fmt.Errorf("iamportriver: check: the tables are of version %d, and this program needs %d: call Migrate, or deploy the newer program",
			version, schemaVersion)
	}
	err = db.pool.row(ctx, `SELECT 1 FROM iamport_attempts WHERE merchant_uid = ''`, nil, &attempts)
	if err != nil && !errors.Is(err, errNoRow) {
		return fmt.Errorf("iamportriver: check: the journal: %w", err)
	}
	var seconds int64
	asked := time.Now()
	if err := db.pool.row(ctx, db.now, nil, &seconds); err != nil {
		return fmt.Errorf("iamportriver: check: %w", err)
	}
	if difference := time.Unix(seconds, 0).Sub(asked); difference.Abs() > maxClockDifference+time.Since(asked) {
		return fmt.Errorf("iamportriver: check: the clock of the database differs from that of this machine by %s: "+
			"set both to the same time, and check their time zones", difference.Round(time.Second))
	}
	return nil
}
