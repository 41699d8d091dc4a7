package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/iamport-go/iamport"
)

const (
	// unsettled selects the orders whose outcome is not known.
	unsettled = `state IN ('` + orderOpen + `', '` + orderUnknown + `')`
	// settled selects the customers without an order that may still be charged, or that a
	// person must look at.
	settled = `NOT EXISTS (SELECT 1 FROM orders WHERE customer_id = customers.id AND state NOT IN
		('` + orderPaid + `', '` + orderDeclined + `', '` + orderRevoked + `'))`
)

// run does what is due: it finds out unknown charges and refunds, renews, tries declined
// renewals again, ends cancelled subscriptions, and books the next renewals. It may be
// stopped at any time and started again, and two may run at once. A failure of one order
// does not stop the others.
func (s *shop) run(ctx context.Context) error {
	return errors.Join(s.night(ctx), s.settle(ctx), s.renew(ctx), s.retry(ctx, everyone), s.book(ctx, everyone), ctx.Err())
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
	return err
}

// renew charges the next month of every subscription whose period is over. One whose
// renewal is booked is charged by iamport, and one with an unknown charge waits until
// that is settled.
func (s *shop) renew(ctx context.Context) error {
	due, err := customers(ctx, s.db, `state = ? AND period_end <= ? AND `+settled+` ORDER BY id`, stateActive, iamport.UnixTime(s.now()))
	return errors.Join(err, s.renewAll(ctx, due))
}

// renewAll plans the renewals of customers in one transaction, and charges them one by
// one. It ends the subscriptions that are cancelled.
func (s *shop) renewAll(ctx context.Context, due []customer) error {
	if len(due) == 0 {
		return nil
	}
	var planned []order
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, c := range due {
			if c.CancelAtEnd {
				if err := end(ctx, tx, c.ID); err != nil {
					return err
				}
				continue
			}
			o, err := planRenewal(ctx, tx, c, orderOpen)
			if err != nil {
				return err
			}
			planned = append(planned, o)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, o := range planned {
		if ctx.Err() != nil {
			break
		}
		err = errors.Join(err, s.charge(ctx, o.MerchantUID))
	}
	return err
}

// planRenewal stores the next try to renew a subscription, and returns it. While a try
// may still be charged it is the next one. So the number of the new one counts the tries
// that certainly failed, and work that is done twice plans the same order.
func planRenewal(ctx context.Context, tx *sql.Tx, c customer, state string) (order, error) {
	tries, err := orders(ctx, tx, `customer_id = ? AND kind = ? AND period_start = ?`, c.ID, kindRenewal, c.PeriodEnd)
	if err != nil {
		return order{}, err
	}
	merchantUID := renewalOrder(c)
	if n := len(tries); n > 0 {
		if last := tries[n-1]; last.State != orderDeclined && last.State != orderRevoked {
			return last, nil
		}
		merchantUID = fmt.Sprintf("%s-%d", merchantUID, n+1)
	}
	p, _ := planOf(c.Plan)
	o := order{
		MerchantUID: merchantUID, CustomerID: c.ID, Kind: kindRenewal, Plan: c.Plan, Amount: p.Price, PeriodStart: c.PeriodEnd,
		PeriodEnd: iamport.UnixTime(nextPeriod(c.PeriodEnd.Time, c.AnchorDay)), State: state,
	}
	if state == orderToBook {
		o.RunAt = iamport.UnixTime(c.PeriodEnd.Add(bookedHour))
	}
	return o, planOrder(ctx, tx, o)
}

// renewalOrder is the number of the first try to renew a subscription for its next month.
func renewalOrder(c customer) string { return fmt.Sprintf("renewal-%d-%s", c.ID, day(c.PeriodEnd)) }

// end ends a subscription, unless a charge of it has begun meanwhile.
func end(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE customers SET state = ?, next_try = NULL WHERE id = ? AND `+settled, stateEnded, id)
	return err
}

// day writes a date of Seoul, as in a merchant_uid.
func day(t iamport.Time) string { return t.In(seoul).Format("20060102") }
