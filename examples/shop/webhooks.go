package main

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/iamport-go/iamport"
)

// webhookPath is the path of the webhook URL, which is set in the console of iamport.
const webhookPath = "/iamport/webhook"

// webhook returns the handler of the webhooks.
func (s *shop) webhook(opts ...iamport.WebhookOption) http.Handler {
	return s.client.WebhookHandler(s.received, append(opts, iamport.WithForged(func(ctx context.Context, f iamport.Forgery) {
		s.log.Warn("forged webhook", "error", f.Err)
		if err := s.inTx(ctx, func(tx *sql.Tx) error { return count(ctx, tx, outcomeForged) }); err != nil {
			s.log.Error("the forged webhook was not counted", "error", err)
		}
	}))...)
}

// received records the payment of a webhook as the API returned it. The event itself is
// not used: it may be old or forged. An error is answered with 500, and the database is
// as if the webhook had not come.
func (s *shop) received(ctx context.Context, _ *iamport.Event, p *iamport.Payment) error {
	var outcome string
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		if outcome, err = s.record(ctx, tx, fromWebhook, p); err != nil {
			return err
		}
		return count(ctx, tx, outcome)
	})
	if err != nil || outcome != outcomeRecorded {
		return err
	}
	if err := s.bookFor(ctx, p.MerchantUID); err != nil {
		s.log.Error("the next renewal is not booked yet: the next run does that", "merchant_uid", p.MerchantUID, "error", err)
	}
	return nil
}

// count counts a webhook.
func count(ctx context.Context, tx *sql.Tx, outcome string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO webhooks (outcome, count) VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1`, outcome)
	return err
}

// tally is a number of things of one kind.
type tally struct {
	Name  string
	Count int
}

// tallies returns the rows of a query for a name and a count.
func tallies(ctx context.Context, db queryer, query string, args ...any) ([]tally, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer closeRows(rows)
	var all []tally
	for rows.Next() {
		var t tally
		if err := rows.Scan(&t.Name, &t.Count); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// webhookCounts returns how many webhooks came, by their outcome.
func (s *shop) webhookCounts(ctx context.Context) ([]tally, error) {
	return tallies(ctx, s.db, `SELECT outcome, count FROM webhooks ORDER BY outcome`)
}
