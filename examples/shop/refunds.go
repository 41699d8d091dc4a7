package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/iamport-go/iamport"
)

// The states of a refund.
const (
	refundOpen    = "open"
	refundUnknown = "unknown" // it may or may not have been made; the next run finds out
	refundMade    = "made"
	refundRefused = "refused" // certainly not made
)

// refund is the plan of one refund. The payment and the checksum identify it: two
// requests with the same checksum are one refund.
type refund struct {
	ImpUID, MerchantUID string
	Checksum, Amount    iamport.Amount
	Why, State, Reason  string
}

// refunds returns the refunds that the SQL condition selects.
func refunds(ctx context.Context, db queryer, condition string, args ...any) ([]refund, error) {
	rows, err := db.QueryContext(ctx, `SELECT imp_uid, merchant_uid, checksum, amount, why, state, reason FROM refunds
		WHERE `+condition+` ORDER BY rowid`, args...)
	if err != nil {
		return nil, err
	}
	defer closeRows(rows)
	var all []refund
	for rows.Next() {
		var r refund
		if err := rows.Scan(&r.ImpUID, &r.MerchantUID, &r.Checksum, &r.Amount, &r.Why, &r.State, &r.Reason); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// refund refunds a part of a paid order. checksum is what was refundable when the
// operator decided: a form that is sent twice refunds once.
func (s *shop) refund(ctx context.Context, merchantUID string, amount, checksum iamport.Amount, why string) (refund, error) {
	if amount.Sign() <= 0 || amount.Cmp(checksum) > 0 {
		return refund{}, refusal("the sum must be more than 0 and at most what remains")
	}
	var r refund
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		o, err := one(orders(ctx, tx, `merchant_uid = ? AND state = ?`, merchantUID, orderPaid))
		if errors.Is(err, sql.ErrNoRows) {
			return refusal("no such paid order")
		}
		if err != nil {
			return err
		}
		r, err = one(refunds(ctx, tx, `imp_uid = ? AND checksum = ?`, o.ImpUID, checksum))
		if err == nil && r.Amount == amount && r.State != refundRefused {
			return nil // the same form again
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		remaining, err := sum(ctx, tx, `SELECT SUM(amount) FROM ledger WHERE merchant_uid = ?`, merchantUID)
		if err != nil {
			return err
		}
		if _, err := one(refunds(ctx, tx, `imp_uid = ? AND state IN (?, ?)`, o.ImpUID, refundOpen, refundUnknown)); err == nil || remaining != checksum {
			return refusal("another refund of this order was made or is under way: open the page again")
		}
		r = refund{ImpUID: o.ImpUID, MerchantUID: merchantUID, Checksum: checksum, Amount: amount, Why: why, State: refundOpen}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO refunds (imp_uid, merchant_uid, checksum, amount, why, state) VALUES (?, ?, ?, ?, ?, ?)`,
			r.ImpUID, r.MerchantUID, r.Checksum, r.Amount, r.Why, r.State) // replaces a refused one only
		return err
	})
	if err != nil || r.State == refundMade {
		return r, err
	}
	if err := s.send(ctx, r); err != nil {
		return r, err
	}
	return one(refunds(ctx, s.db, `imp_uid = ? AND checksum = ?`, r.ImpUID, r.Checksum))
}

// send makes a planned refund, at most once, and records the result.
func (s *shop) send(ctx context.Context, r refund) error {
	payment, err := s.client.EnsureRefunded(ctx, iamport.CancelRequest{
		ImpUID: r.ImpUID, Amount: r.Amount, Checksum: r.Checksum, Reason: r.Why,
	})
	ctx, cancel := afterCharge(ctx)
	defer cancel()
	state, reason := refundMade, ""
	if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		state, reason = refundUnknown, lost.Err.Error()
	} else if err != nil {
		state, reason = refundRefused, err.Error()
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE refunds SET state = ?, reason = ? WHERE imp_uid = ? AND checksum = ? AND state <> ?`,
			state, reason, r.ImpUID, r.Checksum, refundMade); err != nil || state != refundMade {
			return err
		}
		_, err := s.record(ctx, tx, fromCall, payment)
		return err
	})
}
