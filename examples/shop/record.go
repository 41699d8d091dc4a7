package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/iamport-go/iamport"
)

// Who brings a payment to the database.
const (
	fromCall    = "call" // the answer of a charge, a refund or a look-up
	fromWebhook = "webhook"
	fromNight   = "night" // the nightly reconciliation
)

// What a payment changed.
const (
	outcomeRecorded = "recorded"
	outcomeKnown    = "known"    // this state of the payment was recorded before
	outcomeNothing  = "nothing"  // such as the failed payment of a charge whose call has the answer
	outcomeReview   = "review"   // it is not on the terms of its order: a person must look
	outcomeNoOrder  = "no order" // a payment that this shop did not make
	outcomeForged   = "forged"   // a webhook whose payment does not exist
)

// record brings the database to the state of a payment that the API returned: the order,
// the ledger, the subscription. Everything that is paid, declined by a schedule, or
// refunded comes here, from whichever source, in any order and any number of times. The
// unique key of payments makes it happen once, because tx has both.
func (s *shop) record(ctx context.Context, tx *sql.Tx, source string, p *iamport.Payment) (string, error) {
	o, err := one(orders(ctx, tx, `merchant_uid = ?`, p.MerchantUID))
	if errors.Is(err, sql.ErrNoRows) {
		return outcomeNoOrder, nil
	}
	if err != nil {
		return "", err
	}
	isNew, err := changed(tx.ExecContext(ctx, `INSERT INTO payments (imp_uid, status, cancelled, merchant_uid, source, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, p.ImpUID, p.Status, p.CancelAmount, p.MerchantUID, source, iamport.UnixTime(s.now())))
	if err != nil || !isNew {
		return outcomeKnown, err
	}
	switch {
	case p.PaidAt.IsZero() && p.Status == iamport.StatusFailed && o.isBooked():
		return outcomeRecorded, s.decline(ctx, tx, o, p.FailReason)
	case p.PaidAt.IsZero():
		return outcomeNothing, nil
	case p.Amount != o.Amount || p.Currency != "KRW" || o.ImpUID != "" && o.ImpUID != p.ImpUID:
		s.log.Error("a payment is not on the terms of its order", "merchant_uid", o.MerchantUID, "imp_uid", p.ImpUID)
		_, err := tx.ExecContext(ctx, `UPDATE orders SET state = ?, reason = ? WHERE merchant_uid = ? AND state <> ?`,
			orderReview, "paid on other terms as "+p.ImpUID, o.MerchantUID, orderPaid)
		return outcomeReview, err
	}
	return outcomeRecorded, errors.Join(s.paid(ctx, tx, o, p), refunded(ctx, tx, p))
}

// recordNow records one payment in a transaction of its own.
func (s *shop) recordNow(ctx context.Context, source string, p *iamport.Payment) (outcome string, err error) {
	ctx, cancel := afterCharge(ctx)
	defer cancel()
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		outcome, err = s.record(ctx, tx, source, p)
		return err
	})
	return outcome, err
}

// paid records that an order is paid, unless it is recorded already.
func (s *shop) paid(ctx context.Context, tx *sql.Tx, o order, p *iamport.Payment) error {
	isNew, err := changed(tx.ExecContext(ctx, `INSERT INTO ledger (entry, merchant_uid, amount, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		o.MerchantUID, o.MerchantUID, p.Amount, p.PaidAt))
	if err != nil || !isNew {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = ?, reason = '', imp_uid = ?, paid_at = ? WHERE merchant_uid = ?`,
		orderPaid, p.ImpUID, p.PaidAt, o.MerchantUID); err != nil {
		return err
	}
	switch o.Kind {
	case kindUpgrade:
		if err := revokeLater(ctx, tx, o.CustomerID); err != nil { // it has the old price
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE customers SET plan = ? WHERE id = ?`, o.Plan, o.CustomerID)
	case kindRenewal:
		_, err = tx.ExecContext(ctx, `UPDATE customers SET state = ?, period_start = ?, period_end = ?, declined_on = NULL, next_try = NULL
			WHERE id = ?`, stateActive, o.PeriodStart, o.PeriodEnd, o.CustomerID)
	case kindSignUp: // the first month begins on the day of the payment, which may be days after a decline
		start := dateOf(p.PaidAt.Time)
		_, err = tx.ExecContext(ctx, `UPDATE customers SET state = ?, period_start = ?, period_end = ?, anchor_day = ? WHERE id = ?`,
			stateActive, iamport.UnixTime(start), iamport.UnixTime(nextPeriod(start, start.Day())), start.Day(), o.CustomerID)
	}
	return err
}

// refunded records what was refunded of a payment beyond what the ledger has. The sum
// only grows, so an older state of the payment that comes later changes nothing.
func refunded(ctx context.Context, tx *sql.Tx, p *iamport.Payment) error {
	known, err := sum(ctx, tx, `SELECT COALESCE(SUM(amount), 0) FROM ledger WHERE merchant_uid = ? AND amount < 0`, p.MerchantUID)
	if err != nil || p.CancelAmount.Sign() == 0 {
		return err
	}
	more, err := known.Add(p.CancelAmount) // known is 0 or less
	if err != nil || more.Sign() <= 0 {
		return err
	}
	out, err := iamport.KRW(0).Sub(more)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO ledger (entry, merchant_uid, amount, at) VALUES (?, ?, ?, ?)`,
		"refund:"+p.MerchantUID+":"+p.CancelAmount.String(), p.MerchantUID, out, p.CancelledAt)
	return err
}
