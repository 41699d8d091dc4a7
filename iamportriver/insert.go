package iamportriver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
)

// Insert stores orders and their jobs in tx, and returns how many are new. An order that is
// there on the same terms is left as it is, and so is one of a Period whose Try is there under
// another number or not to be made yet: calling Insert again is safe. An order without an end
// whose job was deleted gets a job again. An order that is there on other terms is an
// error, and nothing may be committed. client is that of [river.NewClient]; one that only
// inserts needs no queues.
//
// Insert is the way to make a job: one that is inserted with River's own methods is
// charged too, but its order is stored only when it runs.
func (b *Billing[TTx]) Insert(ctx context.Context, tx TTx, client *river.Client[TTx], orders ...ChargeArgs) (int, error) {
	refuse := func(_ ChargeArgs, err error) error { return err }
	return b.insert(ctx, tx, client, time.Time{}, orders, refuse)
}

// insert calls refused for each order that is wrong, and goes on without it if refused returns nil.
func (b *Billing[TTx]) insert(ctx context.Context, tx TTx, client *river.Client[TTx], at time.Time, orders []ChargeArgs,
	refused func(ChargeArgs, error) error,
) (int, error) {
	rows := make([]ChargeArgs, 0, len(orders))
	for _, a := range orders {
		err := b.check(a)
		if year := at.Year(); year < 1 || year > 9999 { // not both databases store it
			err = fmt.Errorf("%w: At must be between the years 1 and 9999", errBadOrder)
		}
		if err != nil {
			if err := refused(a, fmt.Errorf("iamportriver: Insert: %w", err)); err != nil {
				return 0, err
			}
			continue
		}
		rows = append(rows, a.withDefaults())
	}
	if len(rows) == 0 {
		return 0, nil
	}
	// Two transactions that store the same orders must lock them in the same order.
	slices.SortFunc(rows, func(x, y ChargeArgs) int { return cmp.Compare(x.MerchantUID, y.MerchantUID) })
	conn := b.Database.conn(tx)
	stored, err := b.queries.insertAll(ctx, conn, rows)
	if err != nil {
		return 0, fmt.Errorf("iamportriver: Insert: %w", err)
	}
	jobs, added := make([]river.InsertManyParams, 0, len(stored)), make(map[string]ChargeArgs, len(stored))
	for i, a := range rows {
		first := i == 0 || rows[i-1].MerchantUID != a.MerchantUID // in orders, which may hold it twice
		needed := first && stored[a.MerchantUID]
		if needed {
			added[a.MerchantUID] = a
		} else {
			open, err := b.isOpen(ctx, conn, a)
			if errors.Is(err, errBadOrder) {
				err = refused(a, err)
			}
			if err != nil {
				return 0, err
			}
			needed = first && open // River leaves the job that is there
		}
		if needed {
			jobs = append(jobs, river.InsertManyParams{Args: a, InsertOpts: &river.InsertOpts{ScheduledAt: at}})
		}
	}
	if len(jobs) == 0 {
		return 0, nil
	}
	results, err := client.InsertManyTx(ctx, tx, jobs)
	if err != nil {
		return 0, fmt.Errorf("iamportriver: Insert: %w", explain(err))
	}
	for _, r := range results {
		var there ChargeArgs
		if err := json.Unmarshal(r.Job.EncodedArgs, &there); err != nil {
			return 0, fmt.Errorf("iamportriver: Insert: %w", err)
		}
		a, isNew := added[there.MerchantUID]
		if !isNew || !r.UniqueSkippedAsDuplicate || r.Job.FinalizedAt == nil && rowOf(there.withDefaults()) == rowOf(a) {
			continue
		}
		// A job of River's own Insert, which does not charge this order: it would have no job.
		delete(added, a.MerchantUID)
		if _, err := conn.exec(ctx, b.queries.removeOrder, a.MerchantUID); err != nil {
			return 0, fmt.Errorf("iamportriver: Insert: %w", err)
		}
		err := refused(a, fmt.Errorf("iamportriver: Insert: %w: the job %d of %q is there already, with other terms or at its end: delete it first",
			errBadOrder, r.Job.ID, a.MerchantUID))
		if err != nil {
			return 0, err
		}
	}
	return len(added), nil
}

// isOpen reports whether the table has the order, and it has no end. It returns an error if the
// order has other terms.
func (b *Billing[TTx]) isOpen(ctx context.Context, c conn, a ChargeArgs) (bool, error) {
	o, err := b.queries.find(ctx, c, a.MerchantUID)
	if errors.Is(err, errNoRow) { // another order of the period
		return false, nil
	}
	if err == nil {
		err = o.differs(a)
	}
	if err != nil {
		return false, fmt.Errorf("iamportriver: Insert: %w", err)
	}
	return !o.ended, nil
}

// InsertRefund stores a refund and its job in tx, and reports whether it is new.
func (b *Billing[TTx]) InsertRefund(ctx context.Context, tx TTx, client *river.Client[TTx], r RefundArgs) (bool, error) {
	if err := r.check(); err != nil {
		return false, err
	}
	n, err := b.Database.conn(tx).exec(ctx, b.queries.insertRefund, r.ImpUID, r.Checksum.String(), r.sum().String())
	if err != nil {
		return false, fmt.Errorf("iamportriver: InsertRefund: %w", err)
	}
	if n == 0 {
		if ended, err := b.sameRefund(ctx, b.Database.conn(tx), r); ended || err != nil {
			return false, err
		}
	}
	if _, err := client.InsertTx(ctx, tx, r, nil); err != nil { // River leaves the job that is there
		return false, fmt.Errorf("iamportriver: InsertRefund: %w", explain(err))
	}
	return n == 1, nil
}

// sameRefund reports whether the refund, which is in the table, has an end. It returns an error
// if that is a refund of another amount.
func (b *Billing[TTx]) sameRefund(ctx context.Context, c conn, r RefundArgs) (ended bool, err error) {
	old, err := b.queries.findRefund(ctx, c, r.ImpUID, r.Checksum)
	switch {
	case err != nil:
		return false, fmt.Errorf("iamportriver: InsertRefund: %w", err)
	case old.amount != r.sum().String():
		return false, fmt.Errorf("iamportriver: InsertRefund: a refund of %s with the checksum %s is there already, of %s: "+
			"two refunds of one checksum are one", r.ImpUID, r.Checksum, old.amount)
	}
	return old.ended, nil
}
