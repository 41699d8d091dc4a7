package sqljournal

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/iamport-go/iamport"
)

// The statements of both ways to PostgreSQL. Each is a transaction of its own.
const (
	beginSQL = `SELECT iamport_journal_begin($1, $2, $3)`
	endSQL   = `SELECT iamport_journal_end($1, $2, $3)`
	pruneSQL = `SELECT iamport_journal_prune($1)`
	// lockSQL lets one migration run at a time: CREATE OR REPLACE FUNCTION fails beside another.
	lockSQL = `SELECT pg_advisory_xact_lock(hashtextextended('iamport: migrate', 0))`
)

// attemptUsed is what iamport_journal_begin returns for an id that was used.
const attemptUsed = -1

// waitOf returns what iamport_journal_begin returned, in microseconds.
func waitOf(result int64) (wait time.Duration, used bool) {
	if result == attemptUsed {
		return 0, true
	}
	return time.Duration(result) * time.Microsecond, false
}

// micros rounds up, so that a quiet period above 0 is never 0.
func micros(quiet time.Duration) int64 {
	return int64((quiet + time.Microsecond - 1) / time.Microsecond)
}

type pgxStore struct{ pool *pgxpool.Pool }

func (s pgxStore) migrate(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockSQL); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, postgresSchema, pgx.QueryExecModeSimpleProtocol)
		return err
	})
}

func (s pgxStore) begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (wait time.Duration, used bool, err error) {
	var result int64
	if err := s.pool.QueryRow(ctx, beginSQL, a.MerchantUID, a.ID, micros(quiet)).Scan(&result); err != nil {
		return 0, false, err
	}
	wait, used = waitOf(result)
	return wait, used, nil
}

func (s pgxStore) end(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	_, err := s.pool.Exec(ctx, endSQL, a.MerchantUID, a.ID, notCharged)
	return err
}

func (s pgxStore) prune(ctx context.Context, batch int) (removed int64, err error) {
	err = s.pool.QueryRow(ctx, pruneSQL, batch).Scan(&removed)
	return removed, err
}

type sqlStore struct{ db *sql.DB }

func (s sqlStore) migrate(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // After Commit it does nothing.
	for _, statement := range []string{lockSQL, postgresSchema} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (s sqlStore) begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (wait time.Duration, used bool, err error) {
	var result int64
	if err := s.db.QueryRowContext(ctx, beginSQL, a.MerchantUID, a.ID, micros(quiet)).Scan(&result); err != nil {
		return 0, false, err
	}
	wait, used = waitOf(result)
	return wait, used, nil
}

func (s sqlStore) end(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	_, err := s.db.ExecContext(ctx, endSQL, a.MerchantUID, a.ID, notCharged)
	return err
}

func (s sqlStore) prune(ctx context.Context, batch int) (removed int64, err error) {
	err = s.db.QueryRowContext(ctx, pruneSQL, batch).Scan(&removed)
	return removed, err
}
