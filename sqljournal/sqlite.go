package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/iamport-go/iamport"
)

// kept is how long an entry must be kept.
const kept = 2 * time.Hour

type sqliteStore struct {
	db  *sql.DB
	now func() time.Time
}

// locked runs do in a transaction that has the lock of the database from its start, so that
// what it reads is what it changes.
func (s sqliteStore) locked(ctx context.Context, do func(*sql.Conn) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// Also if ctx has ended: a connection must not go back into the pool within a transaction.
	defer func() {
		if err != nil {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		}
	}()
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	if err := do(conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `COMMIT`)
	return err
}

func (s sqliteStore) migrate(ctx context.Context) error {
	return s.locked(ctx, func(conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, sqliteSchema)
		return err
	})
}

func (s sqliteStore) begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (wait time.Duration, used bool, err error) {
	err = s.locked(ctx, func(conn *sql.Conn) error {
		now := s.now().UnixNano() // after the lock
		var held sql.NullInt64
		if err := conn.QueryRowContext(ctx, `SELECT coalesce(max(id = ?), 0), max(since) FILTER (WHERE NOT free)
			FROM iamport_attempts WHERE merchant_uid = ?`, a.ID, a.MerchantUID).Scan(&used, &held); err != nil {
			return err
		}
		if held.Valid {
			wait = max(0, min(quiet, quiet-time.Duration(now-held.Int64)))
		}
		if used || wait > 0 {
			return nil
		}
		_, err := conn.ExecContext(ctx, `INSERT INTO iamport_attempts (merchant_uid, id, since) VALUES (?, ?, ?)`,
			a.MerchantUID, a.ID, now)
		return err
	})
	return wait, used, err
}

func (s sqliteStore) end(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	return s.locked(ctx, func(conn *sql.Conn) error {
		statement := `INSERT INTO iamport_attempts (since, merchant_uid, id) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET since = excluded.since, free = 0`
		if notCharged {
			statement = `UPDATE iamport_attempts SET since = ?, free = 1 WHERE merchant_uid = ? AND id = ?`
		}
		_, err := conn.ExecContext(ctx, statement, s.now().UnixNano(), a.MerchantUID, a.ID)
		return err
	})
}

func (s sqliteStore) prune(ctx context.Context, batch int) (removed int64, err error) {
	err = s.locked(ctx, func(conn *sql.Conn) error {
		result, err := conn.ExecContext(ctx, `DELETE FROM iamport_attempts WHERE (merchant_uid, id) IN (
			SELECT merchant_uid, id FROM iamport_attempts WHERE since < ? ORDER BY since LIMIT ?)`,
			s.now().Add(-kept).UnixNano(), batch)
		if err != nil {
			return err
		}
		removed, err = result.RowsAffected()
		return err
	})
	return removed, err
}
