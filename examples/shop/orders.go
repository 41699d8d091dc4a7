package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
	orderReview   = "review" // it is paid on other terms: a person must look

	// Those of a renewal by schedule.
	orderToBook   = "to book"   // planned, or its booking is not known to have arrived
	orderBooked   = "booked"    // iamport charges it on its day
	orderToRevoke = "to revoke" // its terms have changed
	orderRevoked  = "revoked"   // certainly not charged
)

// order is one charge. It is stored before it is sent, and its merchant_uid follows
// from what is charged, so that work that is done twice has the same order.
type order struct {
	MerchantUID            string
	CustomerID             int64
	Kind, Plan, CardUID    string
	Amount                 iamport.Amount
	PeriodStart, PeriodEnd iamport.Time
	RunAt                  iamport.Time // when iamport charges it by a schedule
	State, Reason          string
	Tries                  int
	ImpUID                 string
	PaidAt                 iamport.Time
}

const orderColumns = `merchant_uid, customer_id, kind, plan, card_uid, amount, period_start, period_end, run_at, state, reason,
	tries, imp_uid, paid_at`

func (o *order) fields() []any {
	return []any{&o.MerchantUID, &o.CustomerID, &o.Kind, &o.Plan, &o.CardUID, &o.Amount, &o.PeriodStart, &o.PeriodEnd, &o.RunAt, &o.State,
		&o.Reason, &o.Tries, &o.ImpUID, &o.PaidAt}
}

// isBooked reports whether iamport may charge the order by a schedule.
func (o *order) isBooked() bool {
	return o.State == orderToBook || o.State == orderBooked || o.State == orderToRevoke
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

// execer is a *sql.DB or a *sql.Tx.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// planOrder stores an order unless there is one. The terms of a declined one may change,
// because it certainly moved no money; all others keep theirs, because EnsurePaid needs
// the same request again.
func planOrder(ctx context.Context, db execer, o order) error {
	_, err := db.ExecContext(ctx, `INSERT INTO orders (merchant_uid, customer_id, kind, plan, card_uid, amount, period_start, period_end, run_at, state)
		SELECT ?, id, ?, ?, card_uid, ?, ?, ?, ?, ? FROM customers WHERE id = ?
		ON CONFLICT (merchant_uid) DO UPDATE SET plan = excluded.plan, amount = excluded.amount WHERE state = ?`,
		o.MerchantUID, o.Kind, o.Plan, o.Amount, o.PeriodStart, o.PeriodEnd, o.RunAt, o.State, o.CustomerID, orderDeclined)
	return err
}

// charge charges an order at most once, however often it is called, and records the
// result. A decline is a result, not an error. An error means that the database failed
// or that no charge can work, such as with a wrong key.
func (s *shop) charge(ctx context.Context, merchantUID string) error {
	// A declined order takes the card that the customer has now. The others keep theirs. A
	// declined renewal has its next try under another number.
	o, err := one(scanOrders(s.db.QueryContext(ctx, `UPDATE orders SET tries = tries + 1, state = ?,
			card_uid = CASE state WHEN ? THEN (SELECT card_uid FROM customers WHERE id = customer_id) ELSE card_uid END
		WHERE merchant_uid = ? AND (state IN (?, ?) OR state = ? AND kind <> ?) RETURNING `+orderColumns,
		orderOpen, orderDeclined, merchantUID, orderOpen, orderUnknown, orderDeclined, kindRenewal)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil // paid, booked, or for a person to look at
	}
	if err != nil {
		return err
	}
	p, _ := planOf(o.Plan)
	payment, err := s.client.EnsurePaid(ctx, iamport.AgainRequest{
		MerchantUID: o.MerchantUID, CustomerUID: o.CardUID, Amount: o.Amount, Name: p.Title + " " + o.Kind,
	})
	return s.charged(ctx, o, payment, err)
}

// charged records the result of EnsurePaid.
func (s *shop) charged(ctx context.Context, o order, payment *iamport.Payment, err error) error {
	ctx, cancel := afterCharge(ctx)
	defer cancel()
	if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok && already.Payment != nil {
		payment, err = already.Payment, nil // refunded since, or paid with another card of the customer, or on other terms
	}
	if err == nil {
		_, err = s.recordNow(ctx, fromCall, payment)
		return err
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
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.decline(ctx, tx, o, reason) })
}

// setState records a result unless another try has begun, or another result was recorded
// meanwhile.
func (s *shop) setState(ctx context.Context, o order, state, reason string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE orders SET state = ?, reason = ? WHERE merchant_uid = ? AND tries = ? AND state = ?`,
		state, reason, o.MerchantUID, o.Tries, o.State)
	return err
}

// decline records that an order was declined, by the same rule. For a renewal it sets the
// next try.
func (s *shop) decline(ctx context.Context, tx *sql.Tx, o order, reason string) error {
	isNew, err := changed(tx.ExecContext(ctx, `UPDATE orders SET state = ?, reason = ? WHERE merchant_uid = ? AND tries = ? AND state = ?`,
		orderDeclined, reason, o.MerchantUID, o.Tries, o.State))
	if err != nil || !isNew || o.Kind != kindRenewal {
		return err
	}
	return s.dun(ctx, tx, o.CustomerID)
}
