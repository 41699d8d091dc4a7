package main

import (
	"context"
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

// books keeps what the sandbox knows, so that a run that was killed can be reconciled. It is an
// [iamporttest.Store].
type books struct {
	conn conn
	inTx func(ctx context.Context, f func(conn) error) error
}

// saveTime is how long one transaction may take.
const saveTime = 10 * time.Second

func (b books) Load() (all []iamporttest.Document, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), saveTime)
	defer cancel()
	if err := b.conn.exec(ctx, booksSchema); err != nil {
		return nil, err
	}
	err = b.conn.each(ctx, `SELECT kind, key, json FROM sandbox_books`, nil, func(scan func(...any) error) error {
		var d iamporttest.Document
		var text string
		err := scan(&d.Kind, &d.Key, &text)
		d.JSON = []byte(text)
		all = append(all, d)
		return err
	})
	return all, err
}

func (b books) Save(changed []iamporttest.Document) error {
	ctx, cancel := context.WithTimeout(context.Background(), saveTime)
	defer cancel()
	return b.inTx(ctx, func(tx conn) error {
		for _, d := range changed {
			var err error
			if d.JSON == nil {
				err = tx.exec(ctx, `DELETE FROM sandbox_books WHERE kind = $1 AND key = $2`, d.Kind, d.Key)
			} else {
				err = tx.exec(ctx, `INSERT INTO sandbox_books (kind, key, json) VALUES ($1, $2, $3)
					ON CONFLICT (kind, key) DO UPDATE SET json = excluded.json`, d.Kind, d.Key, string(d.JSON))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
