package main

import (
	"context"
	"database/sql"
	"time"

	"github.com/iamport-go/iamport"
)

// journal is an iamport.Journal in the database of the shop. It is read and written in
// transactions that lock the database first (_txlock=immediate in openDB).
//
// SQLite is on one machine, so the clock of that machine is the clock of the database.
type journal struct {
	db  *sql.DB
	now func() time.Time
}

// kept is how long an attempt stays in the journal.
const kept = 2 * time.Hour

// Begin records an attempt unless another one holds the order.
func (j *journal) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (wait time.Duration, err error) {
	// Without the lock first: one that must wait does not need it.
	if wait, err = j.hold(ctx, j.db, a, quiet); wait > 0 || err != nil {
		return wait, err
	}
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // After Commit it does nothing.
	if wait, err = j.hold(ctx, tx, a, quiet); wait > 0 || err != nil {
		return wait, err
	}
	now := j.now() // after the lock
	if _, err := tx.ExecContext(ctx, `DELETE FROM attempts WHERE since < ?`, now.Add(-kept).UnixNano()); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO attempts (merchant_uid, id, since, free) VALUES (?, ?, ?, FALSE)`,
		a.MerchantUID, a.ID, now.UnixNano()); err != nil {
		return 0, err
	}
	return 0, tx.Commit()
}

// hold returns how long the order of a is held, and ErrAttemptUsed if it has used the id
// of a before.
func (j *journal) hold(ctx context.Context, db queryer, a iamport.Attempt, quiet time.Duration) (wait time.Duration, err error) {
	rows, err := db.QueryContext(ctx, `SELECT id, since, free FROM attempts WHERE merchant_uid = ?`, a.MerchantUID)
	if err != nil {
		return 0, err
	}
	defer closeRows(rows)
	now, used := j.now(), false
	for rows.Next() {
		var id string
		var since int64
		var free bool
		if err := rows.Scan(&id, &since, &free); err != nil {
			return 0, err
		}
		used = used || id == a.ID
		if !free {
			wait = max(wait, min(quiet, quiet-now.Sub(time.Unix(0, since))))
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if used {
		return 0, iamport.ErrAttemptUsed
	}
	return wait, nil
}

// End records how an attempt ended.
func (j *journal) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // After Commit it does nothing.
	now := j.now().UnixNano()
	if notCharged {
		_, err = tx.ExecContext(ctx, `UPDATE attempts SET since = ?, free = TRUE WHERE merchant_uid = ? AND id = ?`,
			now, a.MerchantUID, a.ID)
	} else {
		_, err = tx.ExecContext(ctx, `INSERT INTO attempts (merchant_uid, id, since, free) VALUES (?, ?, ?, FALSE)
			ON CONFLICT DO UPDATE SET since = excluded.since, free = FALSE`, a.MerchantUID, a.ID, now)
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}
