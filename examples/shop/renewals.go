package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/iamport-go/iamport"
)

// A declined renewal is tried again every three days. After the fourth decline the
// subscription ends.
const (
	retryAfter  = 3 * 24 * time.Hour
	maxDeclines = 4
)

// unsettled selects the orders whose outcome is not known.
const unsettled = `state IN ('` + orderOpen + `', '` + orderUnknown + `')`

// run does what is due: it finds out unknown charges and refunds, renews, tries declined
// renewals again, and ends cancelled subscriptions. It may be stopped at any time and
// started again, and two may run at once. A failure of one order does not stop the
// others.
func (s *shop) run(ctx context.Context) error {
	return errors.Join(s.settle(ctx), s.renew(ctx), s.retry(ctx))
}

// settle charges the orders again whose outcome is not known. EnsurePaid looks them up
// first and charges only when that is safe.
func (s *shop) settle(ctx context.Context) error {
	open, err := orders(ctx, s.db, unsettled)
	for _, o := range open {
		if ctx.Err() != nil {
			break
		}
		err = errors.Join(err, s.charge(ctx, o.MerchantUID))
	}
	refunds, failed := refunds(ctx, s.db, `state IN (?, ?)`, refundOpen, refundUnknown)
	err = errors.Join(err, failed)
	for _, r := range refunds {
		if ctx.Err() != nil {
			break
		}
		err = errors.Join(err, s.send(ctx, r))
	}
	return errors.Join(err, ctx.Err())
}

// renew charges the next month of every subscription whose period is over. One with an
// unknown charge waits until that is settled.
func (s *shop) renew(ctx context.Context) error {
	due, err := customers(ctx, s.db, `state = ? AND period_end <= ?
		AND NOT EXISTS (SELECT 1 FROM orders WHERE customer_id = customers.id AND (`+unsettled+` OR state = ?)) ORDER BY id`,
		stateActive, iamport.UnixTime(s.now()), orderReview)
	for _, c := range due {
		if ctx.Err() != nil {
			break
		}
		if c.CancelAtEnd {
			err = errors.Join(err, s.end(ctx, c.ID))
			continue
		}
		p, _ := planOf(c.Plan)
		merchantUID := fmt.Sprintf("renewal-%d-%s", c.ID, day(c.PeriodEnd))
		failed := s.planOrder(ctx, order{
			MerchantUID: merchantUID, CustomerID: c.ID, Kind: kindRenewal, Plan: c.Plan, Amount: p.Price, PeriodStart: c.PeriodEnd,
			PeriodEnd: iamport.UnixTime(nextPeriod(c.PeriodEnd.Time, c.AnchorDay)),
		})
		if failed == nil {
			failed = s.charge(ctx, merchantUID)
		}
		err = errors.Join(err, failed)
	}
	return errors.Join(err, ctx.Err())
}

// retry tries declined renewals again, or ends the subscription.
func (s *shop) retry(ctx context.Context) error {
	declined, err := orders(ctx, s.db, `state = ? AND kind = ? AND declined_at <= ?
		AND customer_id IN (SELECT id FROM customers WHERE state = ?)`,
		orderDeclined, kindRenewal, iamport.UnixTime(s.now().Add(-retryAfter)), statePastDue)
	for _, o := range declined {
		if ctx.Err() != nil {
			break
		}
		c, failed := s.customer(ctx, o.CustomerID)
		switch {
		case failed != nil:
		case c.CancelAtEnd || o.Declines >= maxDeclines:
			failed = s.end(ctx, c.ID)
		default:
			failed = s.charge(ctx, o.MerchantUID)
		}
		err = errors.Join(err, failed)
	}
	return errors.Join(err, ctx.Err())
}

// end ends a subscription, unless a charge of it has begun meanwhile.
func (s *shop) end(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, `UPDATE customers SET state = ? WHERE id = ?
		AND NOT EXISTS (SELECT 1 FROM orders WHERE customer_id = customers.id AND `+unsettled+`)`, stateEnded, id)
	return err
}

// day writes a date of Seoul, as in a merchant_uid.
func day(t iamport.Time) string { return t.In(seoul).Format("20060102") }

// sum returns the sum of a column of amounts.
func sum(ctx context.Context, tx *sql.Tx, query string, args ...any) (iamport.Amount, error) {
	var total iamport.Amount
	err := tx.QueryRowContext(ctx, query, args...).Scan(&total)
	return total, err
}
