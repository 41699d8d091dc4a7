package main

import (
	"context"
	"fmt"

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

func (f flow) String() string { return fmt.Sprintf("%s in, %s out", won(f.In), won(f.Out)) }

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
