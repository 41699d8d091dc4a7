package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamportriver"
)

// A real program keeps the defaults of all of these. Here an unknown outcome is settled within seconds,
// because the sandbox answers within milliseconds.
const (
	timeout     = time.Second
	quiet       = 5 * time.Second // at least three time-outs
	jobTimeout  = 5 * time.Second
	retryWait   = 500 * time.Millisecond
	circuitRest = 2 * time.Second
	dueEvery    = time.Second
)

// newClient returns the client of a worker.
func newClient(j iamport.Journal, log *slog.Logger, opts ...iamport.Option) (*iamport.Client, error) {
	return iamport.NewClient(sandboxKey, sandboxSecret, append([]iamport.Option{
		iamport.WithJournal(j), iamport.WithTimeout(timeout), iamport.WithSettleWindow(0), iamport.WithQuietPeriod(quiet),
		iamport.WithLogger(log),
	}, opts...)...)
}

// newBilling returns the billing of the shop, and the client of River that works its jobs once it is
// started.
func newBilling[TTx any](db database[TTx], p plan, client *iamport.Client, name string, workers int, log *slog.Logger) (*river.Client[TTx], error) {
	waits, err := p.waits()
	if err != nil {
		return nil, err
	}
	billing, err := iamportriver.New(iamportriver.Config[TTx]{
		Client: client, Database: db.Database, Workers: workers,
		Due: func(ctx context.Context, tx TTx, now time.Time, limit int) ([]iamportriver.ChargeArgs, error) {
			return due(ctx, db.in(tx), now, p.months, limit)
		},
		OnResult: func(ctx context.Context, tx TTx, r iamportriver.Result) error {
			return onResult(ctx, db.in(tx), r)
		},
		Dunning: iamportriver.DunningWaits(waits...),
		Now:     p.now, Location: time.UTC, DueEvery: dueEvery,
		RetryWait: retryWait, JobTimeout: jobTimeout, CircuitRest: circuitRest, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	config := &river.Config{
		ID: name, Logger: log, FetchCooldown: 50 * time.Millisecond, FetchPollInterval: 250 * time.Millisecond,
		CompletedJobRetentionPeriod: -1, CancelledJobRetentionPeriod: -1, // the report counts them
	}
	if err := billing.Configure(config); err != nil {
		return nil, err
	}
	return river.NewClient(db.driver, config)
}

// due returns the months that begin by now, and marks them as billed. A month is billed when the one
// before is paid, so that a subscriber who is past due has no second order.
func due(ctx context.Context, tx conn, now time.Time, months, limit int) (orders []iamportriver.ChargeArgs, err error) {
	today := int(now.Sub(dayZero) / (24 * time.Hour))
	err = tx.each(ctx, fmt.Sprintf(`UPDATE subscribers SET billed = billed + 1 WHERE id IN (
		SELECT id FROM subscribers WHERE state = 'active' AND billed = paid AND billed < %d AND first_day + %d * billed <= $1
		ORDER BY id LIMIT $2) RETURNING id, card, price, billed`, months, daysOfMonth),
		[]any{today, limit}, func(scan func(...any) error) error {
			var id, price, month int
			var card string
			err := scan(&id, &card, &price, &month)
			orders = append(orders, iamportriver.ChargeArgs{
				MerchantUID: fmt.Sprintf("sub%06d-month%02d", id, month), Period: fmt.Sprintf("subscription %d, month %d", id, month),
				CustomerUID: card, Amount: iamport.KRW(int64(price)), Name: fmt.Sprintf("month %d", month),
			})
			return err
		})
	return orders, err
}

// onResult writes the ledger and the state of the subscriber. It is called once for each order, in the
// transaction that ends its job.
func onResult(ctx context.Context, tx conn, r iamportriver.Result) error {
	card := r.Args.CustomerUID
	switch r.State {
	case iamportriver.StatePaid:
		won, err := r.Payment.Amount.Int64()
		if err != nil {
			return err
		}
		if err := tx.exec(ctx, `INSERT INTO ledger (merchant_uid, period, imp_uid, won) VALUES ($1, $2, $3, $4)`,
			r.Args.MerchantUID, r.Args.Period, r.Payment.ImpUID, won); err != nil {
			return err
		}
		return tx.exec(ctx, `UPDATE subscribers SET paid = paid + 1, state = 'active' WHERE card = $1`, card)
	case iamportriver.StateDeclined:
		if r.Next != nil { // dunning goes on
			return tx.exec(ctx, `UPDATE subscribers SET state = 'past due' WHERE card = $1`, card)
		}
		return tx.exec(ctx, `UPDATE subscribers SET state = 'ended' WHERE card = $1`, card)
	default: // a person must look; the report counts the order
		return tx.exec(ctx, `UPDATE subscribers SET state = 'ended' WHERE card = $1`, card)
	}
}
