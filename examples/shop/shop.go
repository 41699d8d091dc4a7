package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/iamport-go/iamport"
)

// shop is the database, the client and the clock. Its methods may be called by several
// goroutines at once.
type shop struct {
	db     *sql.DB
	client *iamport.Client
	now    func() time.Time
	log    *slog.Logger
}

// account is what is needed to open a client.
type account struct {
	key, secret string
	http        *http.Client
}

// openShop opens the database and a client whose journal is in it.
func openShop(ctx context.Context, d database, a account, now func() time.Time, log *slog.Logger, opts ...iamport.Option) (*shop, error) {
	db, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	client, err := iamport.NewClient(a.key, a.secret, append([]iamport.Option{
		iamport.WithHTTPClient(a.http),
		iamport.WithJournal(&journal{db: db, now: now}),
		iamport.WithPG(iamport.PGDaou),
		iamport.WithLogger(log),
	}, opts...)...)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &shop{db: db, client: client, now: now, log: log}, nil
}

func (s *shop) close() error { return s.db.Close() }

// refusal is an error that the customer or the operator may read.
type refusal string

func (r refusal) Error() string { return string(r) }
