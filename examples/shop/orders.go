package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/iamport-go/iamport"
)

// The kinds of an order.
const (
	kindSignUp  = "sign-up"
	kindRenewal = "renewal"
	kindUpgrade = "upgrade"
)

// The states of an order.
const (
	orderOpen     = "open"     // planned, or a try began and its result is not recorded
	orderUnknown  = "unknown"  // it may or may not be charged; the next run finds out
	orderDeclined = "declined" // certainly not charged; it may be tried again
	orderPaid     = "paid"
	orderReview   = "review" // its payment differs or was cancelled: a person must look
)

// order is one charge. It is stored before it is sent, and its merchant_uid follows
// from what is charged, so that work that is done twice has the same order.
type order struct {
	MerchantUID            string
	CustomerID             int64
	Kind, Plan, CardUID    string
	Amount                 iamport.Amount
	PeriodStart, PeriodEnd iamport.Time
	State, Reason          string
	Tries, Declines        int
	DeclinedAt             iamport.Time
	ImpUID                 string
	PaidAt                 iamport.Time
}

const orderColumns = `merchant_uid, customer_id, kind, plan, card_uid, amount, period_start, period_end, state, reason,
	tries, declines, declined_at, imp_uid, paid_at`

func (o *order) fields() []any {
	return []any{&o.MerchantUID, &o.CustomerID, &o.Kind, &o.Plan, &o.CardUID, &o.Amount, &o.PeriodStart, &o.PeriodEnd, &o.State, &o.Reason,
		&o.Tries, &o.Declines, &o.DeclinedAt, &o.ImpUID, &o.PaidAt}
}

// orders returns the orders that the SQL condition selects.
func orders(ctx context.Context, db queryer, condition string, args ...any) ([]order, error) {
	return scanOrders(db.QueryContext(ctx, `SELECT `+orderColumns+` FROM orders WHERE `+condition+` ORDER BY rowid`, args...))
}

func scanOrders(rows *sql.Rows, err error) ([]order, error) {
	if err != nil {
		return nil, err
	}
	defer closeRows(rows)
	var all []order
	for rows.Next() {
		var o order
		if err := rows.Scan(o.fields()...); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

// planOrder stores an order unless there is one. The terms of a declined one may change,
// because it certainly moved no money; all others keep theirs, because EnsurePaid needs
// the same request again.
func (s *shop) planOrder(ctx context.Context, o order) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO orders (merchant_uid, customer_id, kind, plan, card_uid, amount, period_start, period_end, state)
		SELECT ?, id, ?, ?, card_uid, ?, ?, ?, ? FROM customers WHERE id = ?
		ON CONFLICT (merchant_uid) DO UPDATE SET plan = excluded.plan, amount = excluded.amount WHERE state = ?`,
		o.MerchantUID, o.Kind, o.Plan, o.Amount, o.PeriodStart, o.PeriodEnd, orderOpen, o.CustomerID, orderDeclined)
	return err
}

// charge charges an order at most once, however often it is called, and records the
// result. A decline is a result, not an error. An error means that the database failed
// or that no charge can work, such as with a wrong key.
func (s *shop) charge(ctx context.Context, merchantUID string) error {
	// A declined order takes the card that the customer has now. The others keep theirs.
	o, err := one(scanOrders(s.db.QueryContext(ctx, `UPDATE orders SET tries = tries + 1, state = ?,
			card_uid = CASE state WHEN ? THEN (SELECT card_uid FROM customers WHERE id = customer_id) ELSE card_uid END
		WHERE merchant_uid = ? AND state IN (?, ?, ?) RETURNING `+orderColumns,
		orderOpen, orderDeclined, merchantUID, orderOpen, orderUnknown, orderDeclined)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil // paid, or for a person to look at
	}
	if err != nil {
		return err
	}
	p, _ := planOf(o.Plan)
	payment, err := s.client.EnsurePaid(ctx, iamport.AgainRequest{
		MerchantUID: o.MerchantUID, CustomerUID: o.CardUID, Amount: o.Amount, Name: p.Title + " " + o.Kind,
	})
	return s.record(ctx, o, payment, err)
}

// record stores the result of EnsurePaid.
func (s *shop) record(ctx context.Context, o order, payment *iamport.Payment, err error) error {
	ctx, cancel := afterCharge(ctx)
	defer cancel()
	if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		if !slices.Equal(already.Differs, []string{"customer_uid"}) {
			return s.setState(ctx, o, orderReview, err.Error())
		}
		payment, err = already.Payment, nil // paid with another card of the customer
	}
	if err == nil {
		return s.paid(ctx, o, payment)
	}
	if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		if cause, ok := errors.AsType[*iamport.Error](err); ok && cause.StatusCode == 401 {
			err = fmt.Errorf("the key or secret is wrong: %w", err)
		} else {
			err = nil
		}
		return errors.Join(err, s.setState(ctx, o, orderUnknown, lost.Err.Error()))
	}
	reason := err.Error()
	if declined, ok := errors.AsType[*iamport.DeclinedError](err); ok {
		reason = declined.Reason
	} else if refused, ok := errors.AsType[*iamport.Error](err); ok && refused.Refused() {
		reason = refused.Message
	} else {
		return errors.Join(err, s.setState(ctx, o, orderReview, reason)) // a request that the shop must not make
	}
	return s.declined(ctx, o, reason)
}

// setState records a result unless another try has begun or the order is paid.
func (s *shop) setState(ctx context.Context, o order, state, reason string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE orders SET state = ?, reason = ? WHERE merchant_uid = ? AND tries = ? AND state <> ?`,
		state, reason, o.MerchantUID, o.Tries, orderPaid)
	return err
}

// declined records a decline. A declined renewal makes the customer past due.
func (s *shop) declined(ctx context.Context, o order, reason string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE orders SET state = ?, reason = ?, declines = declines + 1, declined_at = ?
			WHERE merchant_uid = ? AND tries = ? AND state <> ?`,
			orderDeclined, reason, iamport.UnixTime(s.now()), o.MerchantUID, o.Tries, orderPaid)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 || o.Kind != kindRenewal {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE customers SET state = ? WHERE id = ? AND state = ?`, statePastDue, o.CustomerID, stateActive)
		return err
	})
}

// paid records a payment: the order, the ledger and the subscription, all or nothing,
// and once.
func (s *shop) paid(ctx context.Context, o order, payment *iamport.Payment) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO ledger (entry, merchant_uid, amount, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			o.MerchantUID, o.MerchantUID, payment.Amount, payment.PaidAt)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err // another call has recorded it
		}
		if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = ?, reason = '', imp_uid = ?, paid_at = ? WHERE merchant_uid = ?`,
			orderPaid, payment.ImpUID, payment.PaidAt, o.MerchantUID); err != nil {
			return err
		}
		switch o.Kind {
		case kindUpgrade:
			_, err = tx.ExecContext(ctx, `UPDATE customers SET plan = ? WHERE id = ?`, o.Plan, o.CustomerID)
		case kindRenewal:
			_, err = tx.ExecContext(ctx, `UPDATE customers SET state = ?, period_start = ?, period_end = ? WHERE id = ?`,
				stateActive, o.PeriodStart, o.PeriodEnd, o.CustomerID)
		case kindSignUp: // the first month begins on the day of the payment, which may be days after a decline
			start := dateOf(payment.PaidAt.Time)
			_, err = tx.ExecContext(ctx, `UPDATE customers SET state = ?, period_start = ?, period_end = ?, anchor_day = ? WHERE id = ?`,
				stateActive, iamport.UnixTime(start), iamport.UnixTime(nextPeriod(start, start.Day())), start.Day(), o.CustomerID)
		}
		return err
	})
}
