package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/iamport-go/iamport"
)

const (
	// everyone is no customer's id.
	everyone = int64(0)
	// bookedHour is when a booked renewal is charged, from the beginning of its day.
	bookedHour = 9 * time.Hour
	// overdue is how long after that a booked renewal without a payment is looked up.
	overdue = 24 * time.Hour
)

// book makes the schedules at iamport what the orders say: it revokes those that are no
// longer right, and books the next renewal of every active subscription whose plan is
// renewed by schedule. It does so for one customer, or for everyone.
func (s *shop) book(ctx context.Context, id int64) error {
	return errors.Join(s.sendAll(ctx, id, s.revoke, `state = ?`, orderToRevoke), s.bookNext(ctx, id))
}

// bookNext is the second half of book.
func (s *shop) bookNext(ctx context.Context, id int64) error {
	return errors.Join(s.planBookings(ctx, id), s.sendAll(ctx, id, s.bookOne, `(state = ? OR state = ? AND run_at <= ?)`,
		orderToBook, orderBooked, iamport.UnixTime(s.now().Add(-overdue))))
}

// bookFor books the next renewal of the customer of an order.
func (s *shop) bookFor(ctx context.Context, merchantUID string) error {
	o, err := one(orders(ctx, s.db, `merchant_uid = ?`, merchantUID))
	if p, _ := planOf(o.Plan); err != nil || p.Renewal != bySchedule {
		return err
	}
	return s.bookNext(ctx, o.CustomerID)
}

// only limits a condition to one customer, or not.
func only(column string, id int64) string {
	if id == everyone {
		return ""
	}
	return fmt.Sprintf(" AND %s = %d", column, id)
}

// planBookings stores the renewals that are booked next, in one transaction.
func (s *shop) planBookings(ctx context.Context, id int64) error {
	all, err := customers(ctx, s.db, `state = ? AND period_end > ? AND NOT cancel_at_end AND plan IN (`+plansBySchedule+`) AND `+settled+only("id", id),
		stateActive, iamport.UnixTime(s.now()))
	if err != nil || len(all) == 0 {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for _, c := range all {
			if _, err := planRenewal(ctx, tx, c, orderToBook); err != nil {
				return err
			}
		}
		return nil
	})
}

// sendAll counts a try of the orders that the condition selects, in one transaction, and
// then sends them one by one. An order that is tried again may have arrived before.
func (s *shop) sendAll(ctx context.Context, id int64, send func(context.Context, order) error, condition string, args ...any) error {
	found, err := scanOrders(s.db.QueryContext(ctx, `UPDATE orders SET tries = tries + 1
		WHERE `+condition+only("customer_id", id)+` RETURNING `+orderColumns, args...))
	for _, o := range found {
		if ctx.Err() != nil {
			break
		}
		err = errors.Join(err, send(ctx, o))
	}
	return err
}

// bookOne books an order, at most once, or records the schedule that it has.
func (s *shop) bookOne(ctx context.Context, o order) error {
	if o.Tries > 1 {
		if exists, err := s.lookUpSchedule(ctx, o); exists || err != nil {
			return err
		}
	}
	if !o.RunAt.After(s.now()) {
		return s.setState(ctx, o, orderOpen, "it was not booked in time") // the run charges it
	}
	p, _ := planOf(o.Plan)
	_, err := s.client.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: o.CardUID, Schedules: []iamport.ScheduleItem{{
		MerchantUID: o.MerchantUID, ScheduleAt: o.RunAt.Time, Amount: o.Amount, Name: p.Title + " " + o.Kind,
	}}})
	if err == nil {
		return s.setState(ctx, o, orderBooked, "")
	}
	// A lost answer or a refusal: the next run looks whether it is booked, and tries again
	// until its day. Then the run charges it, and finds out what is wrong with the card.
	return s.setState(ctx, o, orderToBook, err.Error())
}

// revoke revokes the schedule of an order, or records that it has run.
func (s *shop) revoke(ctx context.Context, o order) error {
	revoked, err := s.client.Unschedule(ctx, iamport.UnscheduleRequest{CustomerUID: o.CardUID, MerchantUIDs: []string{o.MerchantUID}})
	if err == nil && slices.ContainsFunc(revoked, func(r *iamport.Schedule) bool { return r.MerchantUID == o.MerchantUID }) {
		return s.setState(ctx, o, orderRevoked, "")
	}
	exists, err := s.lookUpSchedule(ctx, o)
	if !exists && err == nil {
		return s.setState(ctx, o, orderRevoked, "it was never booked")
	}
	return err
}

// lookUpSchedule reports whether iamport has a schedule for an order, and records its
// state, and its payment if it ran.
func (s *shop) lookUpSchedule(ctx context.Context, o order) (exists bool, err error) {
	found, err := s.client.GetSchedule(ctx, o.MerchantUID)
	if errors.Is(err, iamport.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch found.ScheduleStatus {
	case iamport.ScheduleRevoked:
		return true, s.setState(ctx, o, orderRevoked, "")
	case iamport.ScheduleExecuted:
		payment, err := s.client.GetPayment(ctx, found.ImpUID)
		if err != nil {
			return true, err
		}
		_, err = s.recordNow(ctx, fromCall, payment)
		return true, err
	case iamport.ScheduleScheduled:
		if o.State == orderToBook {
			return true, s.setState(ctx, o, orderBooked, "")
		}
	}
	return true, nil // an order to revoke is tried again by the next run
}

// revokeLater marks the booked renewal of a customer, whose terms have changed.
func revokeLater(ctx context.Context, tx *sql.Tx, customerID int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE orders SET state = ? WHERE customer_id = ? AND state IN (?, ?)`,
		orderToRevoke, customerID, orderToBook, orderBooked)
	return err
}
