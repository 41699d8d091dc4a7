package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/iamport-go/iamport"
)

// crowdStart is the day on which the first customers sign up. It is far in the future for
// the reason of storyStart.
var crowdStart = time.Date(2048, 1, 1, 10, 0, 0, 0, seoul)

// crowd plays some months of many customers, one run of the shop a day. They sign up in
// the first 31 days, so that their months begin on every day, also on the 31st.
type crowd struct {
	*shop
	world     world
	start     time.Time // ten in the morning
	customers int
	months    int
	out       io.Writer
}

// world is the sandbox and everything outside the shop that happens to it.
type world interface {
	// morning begins a day: it moves the clock, and waits for the webhooks of its schedules.
	morning(ctx context.Context, today time.Time) error
	// events are what customers and colleagues do on a day before its run.
	events(ctx context.Context, today time.Time) error
	// wait waits for the webhooks that are under way.
	wait(ctx context.Context) error
	// finish waits for all webhooks, and compares the ledger with the books of the sandbox.
	finish(ctx context.Context) error
}

// play plays the months and prints the report. It returns an error if anything differs.
func (c *crowd) play(ctx context.Context) error {
	began := time.Now()
	end := c.start.AddDate(0, c.months+1, 1) // a day for what is unknown on the last one
	days := 0
	for today := c.start; !today.After(end); today = today.AddDate(0, 0, 1) {
		if err := c.day(ctx, today, days); err != nil {
			return err
		}
		days++
	}
	err := errors.Join(c.world.finish(ctx), c.reportMonths(ctx), c.report(ctx, c.out, c.start.Add(-time.Hour)))
	_, _ = fmt.Fprintf(c.out, "%-26s %d days of %d customers in %.1f s\n", "Played", days, c.customers, time.Since(began).Seconds())
	return err
}

func (c *crowd) day(ctx context.Context, today time.Time, number int) error {
	if err := c.world.morning(ctx, today); err != nil {
		return err
	}
	for i := number; number < 31 && i < c.customers; i += 31 {
		if err := c.signUpOne(ctx, i); err != nil {
			return err
		}
	}
	return errors.Join(c.world.events(ctx, today), c.world.wait(ctx), c.run(ctx), c.world.wait(ctx))
}

// signUpOne signs up a customer. One of thirty has a card that is declined.
func (c *crowd) signUpOne(ctx context.Context, i int) error {
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2050-12", Birth: "820213", Pwd2Digit: "00"}
	if i%30 == 29 {
		card.Number = "4000-0000-0000-0028" // a test number of the sandbox: every charge is declined
	}
	name := fmt.Sprintf("Customer %d", i+1)
	_, err := c.signUp(ctx, name, name, plans[i%len(plans)], card)
	return err
}

// reportMonths prints a line for every month.
func (c *crowd) reportMonths(ctx context.Context) error {
	rows, err := c.db.QueryContext(ctx, `SELECT strftime('%Y-%m', ledger.at, '+9 hours'), SUM(amount > 0 AND merchant_uid LIKE 'renewal-%'),
		SUM(MAX(amount, 0)), SUM(amount < 0), -SUM(MIN(amount, 0)) FROM ledger GROUP BY 1 ORDER BY 1`)
	if err != nil {
		return err
	}
	defer closeRows(rows)
	_, _ = fmt.Fprintf(c.out, "%-10s %9s %16s %8s %16s\n", "Month", "Renewals", "In", "Refunds", "Out")
	for rows.Next() {
		var month string
		var renewals, refunds int
		var in, out iamport.Amount
		if err := rows.Scan(&month, &renewals, &in, &refunds, &out); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(c.out, "%-10s %9d %16s %8d %16s\n", month, renewals, won(in), refunds, won(out))
	}
	return rows.Err()
}
