package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/iamport-go/iamport"
)

// dunningDays are the days after the first decline of a renewal on which it is tried
// again. If the last try is declined, the subscription is cancelled.
var dunningDays = []int{1, 3, 7}

// nextTry returns the day of the next try after a decline today, or false if today's was
// the last one. A day that the shop was down for is not made up.
func nextTry(firstDecline, today time.Time) (time.Time, bool) {
	for _, days := range dunningDays {
		if next := firstDecline.AddDate(0, 0, days); next.After(today) {
			return next, true
		}
	}
	return time.Time{}, false
}

// dun sets the next try of a customer whose renewal was declined now, or cancels the
// subscription.
func (s *shop) dun(ctx context.Context, tx *sql.Tx, customerID int64) error {
	c, err := one(customers(ctx, tx, `id = ? AND state IN (?, ?)`, customerID, stateActive, statePastDue))
	if err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil // ended
		}
		return err
	}
	today := dateOf(s.now())
	first := today
	if c.State == statePastDue {
		first = c.DeclinedOn.In(seoul)
	}
	next, more := nextTry(first, today)
	if !more {
		_, err = tx.ExecContext(ctx, `UPDATE customers SET state = ?, next_try = NULL WHERE id = ?`, stateEnded, c.ID)
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE customers SET state = ?, declined_on = ?, next_try = ? WHERE id = ?`,
		statePastDue, iamport.UnixTime(first), iamport.UnixTime(next), c.ID)
	return err
}

// retry tries the declined renewals again, of one customer or of everyone, whose day has
// come, or whose customer has a card that was not tried. Each try is an order of its own.
func (s *shop) retry(ctx context.Context, id int64) error {
	due, err := customers(ctx, s.db, `state = ? AND `+settled+only("id", id)+` AND (next_try <= ? OR card_uid NOT IN
		(SELECT card_uid FROM orders WHERE customer_id = customers.id AND kind = ? AND period_start = customers.period_end))`,
		statePastDue, iamport.UnixTime(s.now()), kindRenewal)
	return errors.Join(err, s.renewAll(ctx, due))
}
