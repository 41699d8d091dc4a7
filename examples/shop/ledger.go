package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/iamport-go/iamport"
)

// entry is one line of the ledger: won in (positive) or out (negative).
type entry struct {
	Entry, MerchantUID string
	Amount             iamport.Amount
	At                 iamport.Time
}

// ledger returns all entries in the order in which they were recorded.
func (s *shop) ledger(ctx context.Context) ([]entry, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT entry, merchant_uid, amount, at FROM ledger ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer closeRows(rows)
	var all []entry
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.Entry, &e.MerchantUID, &e.Amount, &e.At); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// flow is what came in and went out, by merchant_uid or in total.
type flow struct{ In, Out iamport.Amount }

func (f flow) add(in, out iamport.Amount) (flow, error) {
	var err error
	if f.In, err = f.In.Add(in); err != nil {
		return f, err
	}
	f.Out, err = f.Out.Add(out)
	return f, err
}

func (f flow) String() string { return fmt.Sprintf("%s in, %s out", f.In, f.Out) }

// books are the flows of every order, and their total.
type books struct {
	orders map[string]flow
	total  flow
}

func newBooks() *books {
	return &books{map[string]flow{}, flow{iamport.KRW(0), iamport.KRW(0)}}
}

func (b *books) add(merchantUID string, in, out iamport.Amount) (err error) {
	f, ok := b.orders[merchantUID]
	if !ok {
		f = flow{iamport.KRW(0), iamport.KRW(0)}
	}
	if b.orders[merchantUID], err = f.add(in, out); err != nil {
		return err
	}
	b.total, err = b.total.add(in, out)
	return err
}

// reconciliation compares the ledger with the payments at iamport.
type reconciliation struct {
	Ledger, Iamport flow
	// Differences has a line for every order whose flows are not equal.
	Differences []string
}

// reconcile adds up the ledger and the payments of iamport since the given time.
func (s *shop) reconcile(ctx context.Context, since time.Time) (*reconciliation, error) {
	ours, theirs := newBooks(), newBooks()
	entries, err := s.ledger(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		in, out := e.Amount, iamport.KRW(0)
		if e.Amount.Sign() < 0 {
			in = iamport.KRW(0)
			if out, err = in.Sub(e.Amount); err != nil {
				return nil, err
			}
		}
		if err := ours.add(e.MerchantUID, in, out); err != nil {
			return nil, err
		}
	}
	// Without a Status, because a refund makes a payment cancelled. To is not part of the
	// period, and without one it would be the time of the computer, not that of the shop.
	query := iamport.PaymentQuery{From: since, To: s.now().Add(time.Second), PageSize: 1000}
	for payment, err := range s.client.Payments(ctx, query) {
		if err != nil {
			return nil, err
		}
		if payment.PaidAt.IsZero() {
			continue // declined
		}
		if err := theirs.add(payment.MerchantUID, payment.Amount, payment.CancelAmount); err != nil {
			return nil, err
		}
	}
	r := &reconciliation{Ledger: ours.total, Iamport: theirs.total}
	uids := maps.Clone(ours.orders)
	maps.Copy(uids, theirs.orders)
	for _, uid := range slices.Sorted(maps.Keys(uids)) {
		if ours.orders[uid] != theirs.orders[uid] {
			r.Differences = append(r.Differences, fmt.Sprintf("%s: ledger %v; iamport %v", uid, ours.orders[uid], theirs.orders[uid]))
		}
	}
	return r, nil
}
