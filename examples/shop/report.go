package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// report prints what the shop has done, and its reconciliation with iamport since the
// given time. It returns an error if anything differs or is not known yet.
func (s *shop) report(ctx context.Context, out io.Writer, since time.Time) error {
	lines := []struct{ title, query string }{
		{"Renewals", `SELECT CASE WHEN run_at IS NULL THEN 'by run ' ELSE 'by schedule ' END || state, COUNT(*)
			FROM orders WHERE kind = 'renewal' AND merchant_uid NOT LIKE 'renewal-%-%-%' GROUP BY 1 ORDER BY 1`},
		{"Further tries", `SELECT CASE WHEN run_at IS NULL THEN 'by run ' ELSE 'by schedule ' END || state, COUNT(*)
			FROM orders WHERE merchant_uid LIKE 'renewal-%-%-%' GROUP BY 1 ORDER BY 1`},
		{"Dunning", `SELECT 'paid on day ' || CAST(julianday(paid_at) - julianday(period_start) AS INTEGER), COUNT(*) FROM orders
			JOIN (SELECT DISTINCT customer_id, period_start FROM orders WHERE kind = 'renewal' AND state = 'declined') USING (customer_id, period_start)
			WHERE kind = 'renewal' AND state = 'paid' GROUP BY 1
			UNION ALL SELECT 'cancelled', COUNT(*) FROM customers WHERE state = 'ended' AND declined_on IS NOT NULL
			UNION ALL SELECT 'under way', COUNT(*) FROM customers WHERE state = 'past due'`},
		{"Other orders", `SELECT kind || ' ' || state, COUNT(*) FROM orders WHERE kind <> 'renewal' GROUP BY 1 ORDER BY 1`},
		{"Customers", `SELECT state, COUNT(*) FROM customers GROUP BY 1 ORDER BY 1`},
		{"Refunds", `SELECT CASE WHEN state = 'made' THEN 'by the shop' ELSE state END, COUNT(*) FROM refunds GROUP BY 1 ORDER BY 1`},
		{"Webhooks", `SELECT outcome, count FROM webhooks ORDER BY 1`},
		{"Payments first brought by", `SELECT source, COUNT(*) FROM payments WHERE status <> 'failed' GROUP BY 1 ORDER BY 1`},
		{"Found by night only", `SELECT 'states of payments', COALESCE(SUM(found), 0) FROM nights`},
	}
	_, _ = fmt.Fprintln(out)
	for _, line := range lines {
		found, err := tallies(ctx, s.db, line.query)
		if err != nil {
			return err
		}
		var text []string
		for _, t := range found {
			text = append(text, fmt.Sprintf("%d %s", t.Count, t.Name))
		}
		_, _ = fmt.Fprintf(out, "%-26s %s\n", line.title, strings.Join(text, ", "))
	}
	r, err := s.reconcile(ctx, since)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%-26s %d\n%-26s %v (%s of it in the console)\n%-26s %v\n", "Booked at iamport", r.Booked,
		"Ledger", r.Ledger, won(r.Console), "Payments of iamport", r.Iamport)
	open, err := orders(ctx, s.db, `state NOT IN (?, ?, ?, ?)`, orderPaid, orderDeclined, orderRevoked, orderBooked)
	if err != nil {
		return err
	}
	for _, o := range open {
		r.differ("%s: still %s: %s", o.MerchantUID, o.State, o.Reason)
	}
	for _, difference := range r.Differences {
		_, _ = fmt.Fprintln(out, difference)
	}
	_, _ = fmt.Fprintf(out, "%-26s %d\n", "Differences", len(r.Differences))
	if len(r.Differences) > 0 {
		return errors.New("the database and iamport differ, or something is still unknown")
	}
	return nil
}
