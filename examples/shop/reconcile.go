package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/iamport-go/iamport"
)

// reconciliation compares the database with iamport.
type reconciliation struct {
	Ledger, Iamport flow
	// Console is what was refunded in the console of iamport: all refunds of the ledger but
	// those of the shop.
	Console iamport.Amount
	// Booked is the number of renewals that are booked at iamport now.
	Booked int
	// Differences has a line for everything that is not equal.
	Differences []string
}

func (r *reconciliation) differ(format string, args ...any) {
	r.Differences = append(r.Differences, fmt.Sprintf(format, args...))
}

// reconcile compares every won of the ledger, every state of a payment and every
// schedule with iamport, since the given time.
func (s *shop) reconcile(ctx context.Context, since time.Time) (*reconciliation, error) {
	r := new(reconciliation)
	ours, err := s.ledgerBooks(ctx)
	if err != nil {
		return nil, err
	}
	theirs, err := s.iamportBooks(ctx, since, r)
	if err != nil {
		return nil, err
	}
	r.Ledger, r.Iamport = ours.total, theirs.total
	uids := maps.Clone(ours.orders)
	maps.Copy(uids, theirs.orders)
	for _, uid := range slices.Sorted(maps.Keys(uids)) {
		if ours.orders[uid] != theirs.orders[uid] {
			r.differ("%s: ledger %v; iamport %v", uid, ours.orders[uid], theirs.orders[uid])
		}
	}
	var byShop iamport.Amount
	if err := s.db.QueryRowContext(ctx, `SELECT COALESCE(SUM(amount), 0) FROM refunds WHERE state = ?`, refundMade).Scan(&byShop); err != nil {
		return nil, err
	}
	if r.Console, err = r.Ledger.Out.Sub(byShop); err != nil {
		return nil, err
	}
	return r, s.reconcileSchedules(ctx, since, r)
}

// ledgerBooks adds up the ledger.
func (s *shop) ledgerBooks(ctx context.Context) (*books, error) {
	entries, err := s.ledger(ctx)
	if err != nil {
		return nil, err
	}
	b := newBooks()
	for _, e := range entries {
		in, out := e.Amount, iamport.KRW(0)
		if e.Amount.Sign() < 0 {
			in = iamport.KRW(0)
			if out, err = in.Sub(e.Amount); err != nil {
				return nil, err
			}
		}
		if err := b.add(e.MerchantUID, in, out); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// iamportBooks adds up the payments of iamport, and compares their states with the
// recorded ones.
func (s *shop) iamportBooks(ctx context.Context, since time.Time, r *reconciliation) (*books, error) {
	recorded, err := s.recordedStates(ctx, since)
	if err != nil {
		return nil, err
	}
	b := newBooks()
	// Without a Status, because a refund makes a payment cancelled. To is not part of the
	// period, and without one it would be the time of the computer, not that of the shop.
	query := iamport.PaymentQuery{From: since, To: s.now().Add(time.Second), PageSize: 1000}
	for p, err := range s.client.Payments(ctx, query) {
		if err != nil {
			return nil, err
		}
		if p.PaidAt.IsZero() {
			continue // declined
		}
		if err := b.add(p.MerchantUID, p.Amount, p.CancelAmount); err != nil {
			return nil, err
		}
		if !recorded[stateKey(p)] {
			r.differ("%s: nobody has brought the payment %s as %s with %s cancelled", p.MerchantUID, p.ImpUID, p.Status, p.CancelAmount)
		}
	}
	return b, nil
}

// reconcileSchedules compares the booked renewals with the schedules of iamport.
func (s *shop) reconcileSchedules(ctx context.Context, since time.Time, r *reconciliation) error {
	ours, err := orders(ctx, s.db, `run_at IS NOT NULL`)
	if err != nil {
		return err
	}
	byUID := map[string]order{}
	missing := map[string]bool{} // booked orders without a schedule
	for _, o := range ours {
		byUID[o.MerchantUID] = o
		if o.State == orderBooked {
			missing[o.MerchantUID] = true
		}
	}
	// A renewal is booked at most a month before.
	query := iamport.ScheduleQuery{From: since, To: s.now().AddDate(0, 2, 0), PageSize: 1000}
	for theirs, err := range s.client.Schedules(ctx, query) {
		if err != nil {
			return err
		}
		delete(missing, theirs.MerchantUID)
		o := byUID[theirs.MerchantUID]
		if o.State == orderBooked {
			r.Booked++
		}
		if want := stateOf(theirs); o.State != want || o.Amount != theirs.Amount || o.CardUID != theirs.CustomerUID || !o.RunAt.Equal(theirs.ScheduleAt.Time) {
			r.differ("%s: %s, %s of %s at %s; iamport %s, %s of %s at %s", theirs.MerchantUID,
				o.State, o.Amount, o.CardUID, o.RunAt, want, theirs.Amount, theirs.CustomerUID, theirs.ScheduleAt)
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(missing)) {
		r.differ("%s: booked, but iamport has no schedule", uid)
	}
	return nil
}

// stateOf returns the state that the order of a schedule must have.
func stateOf(sch *iamport.Schedule) string {
	switch {
	case sch.ScheduleStatus == iamport.ScheduleScheduled:
		return orderBooked
	case sch.ScheduleStatus == iamport.ScheduleRevoked:
		return orderRevoked
	case sch.PaymentStatus == iamport.StatusFailed:
		return orderDeclined
	}
	return orderPaid
}
