package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/iamport-go/iamport"
)

// account is money by order.
type account map[string]int64

func (a account) sum() (sum int64) {
	for _, won := range a {
		sum += won
	}
	return sum
}

// findings are what the report compares. Each must be 0.
type findings struct {
	difference                   int64 // won
	orders                       int   // whose won differ, or that only one of both has
	paidTwice, billedTwice, open int
	jobs                         int // without an order, without an end, or that failed
	subscribers                  int // whose paid months are not those of the ledger
}

// errDiffers says that the report found something.
var errDiffers = errors.New("something does not agree")

// report prints what was done, and compares the jobs, the ledger and the books of the sandbox.
func (p *program[TTx]) report(ctx context.Context) error {
	p.say("")
	for _, line := range []struct{ title, query string }{
		{"Subscribers", `SELECT state, COUNT(*) FROM subscribers GROUP BY state ORDER BY state`},
		{"Months due", `SELECT 'billed', COALESCE(SUM(billed), 0) FROM subscribers`},
		{"Orders", `SELECT state, COUNT(*) FROM iamport_orders GROUP BY state ORDER BY state`},
		{"  by try", `SELECT CAST(try AS text) || ' ' || state, COUNT(*) FROM iamport_orders GROUP BY try, state ORDER BY try, state`},
		{"Jobs of River", `SELECT CAST(state AS text), COUNT(*) FROM river_job WHERE kind = 'iamport_charge' GROUP BY state ORDER BY state`},
	} {
		found, err := tallies(ctx, p.db, line.query)
		if err != nil {
			return err
		}
		p.line(line.title, list(found))
	}
	p.line("Trouble since the start", list(p.trouble.tallies()))
	ledger, books, f, err := p.compare(ctx)
	if err != nil {
		return err
	}
	p.line("Ledger", fmt.Sprintf("%s won of %s orders", number(ledger.sum()), number(len(ledger))))
	p.line("Books of the sandbox", fmt.Sprintf("%s won of %s orders", number(books.sum()), number(len(books))))
	p.line("Difference", number(f.difference)+" won")
	p.line("Orders that differ", number(f.orders))
	p.line("Orders paid twice", number(f.paidTwice))
	p.line("Months billed twice", number(f.billedTwice))
	p.line("Orders without an end", number(f.open))
	p.line("Jobs that differ", number(f.jobs))
	p.line("Subscribers that differ", number(f.subscribers))
	if f != (findings{}) {
		return errDiffers
	}
	return nil
}

func (p *program[TTx]) line(title, text string) { p.say("%-24s %s", title, text) }

func list(found []tally) string {
	var texts []string
	for _, t := range found {
		texts = append(texts, number(t.count)+" "+t.name)
	}
	return strings.Join(texts, ", ")
}

func (p *program[TTx]) compare(ctx context.Context) (ledger, books account, f findings, err error) {
	ledger, books = account{}, account{}
	periodOf := make(map[string]string)
	err = p.db.each(ctx, `SELECT merchant_uid, period FROM iamport_orders`, nil, func(scan func(...any) error) error {
		var uid, period string
		err := scan(&uid, &period)
		periodOf[uid] = period
		return err
	})
	if err != nil {
		return nil, nil, f, err
	}
	err = p.db.each(ctx, `SELECT merchant_uid, won FROM ledger`, nil, func(scan func(...any) error) error {
		var uid string
		var won int64
		err := scan(&uid, &won)
		ledger[uid] = won
		return err
	})
	if err != nil {
		return nil, nil, f, err
	}
	paid := make(map[string]int) // by period
	for _, a := range p.server.AllApprovals() {
		in, err := won(a.Amount)
		out, err2 := won(a.Cancelled)
		if err := errors.Join(err, err2); err != nil {
			return nil, nil, f, err
		}
		if _, twice := books[a.MerchantUID]; twice {
			f.paidTwice++
		}
		books[a.MerchantUID] += in - out
	}
	for uid, won := range books {
		if in, there := ledger[uid]; !there || in != won {
			f.orders++
		}
		if paid[periodOf[uid]]++; paid[periodOf[uid]] == 2 {
			f.billedTwice++
		}
	}
	for uid := range ledger {
		if _, there := books[uid]; !there {
			f.orders++
		}
	}
	f.difference = ledger.sum() - books.sum()
	for query, count := range map[string]*int{
		`SELECT COUNT(*) FROM iamport_orders WHERE ended_at IS NULL OR state NOT IN ('paid', 'declined')`: &f.open,
		`SELECT (SELECT COUNT(*) FROM river_job WHERE kind = 'iamport_charge' AND state <> 'completed')
			+ ABS((SELECT COUNT(*) FROM river_job WHERE kind = 'iamport_charge') - (SELECT COUNT(*) FROM iamport_orders))`: &f.jobs,
		`SELECT COUNT(*) FROM subscribers WHERE paid <> (SELECT COUNT(*) FROM ledger
			WHERE period LIKE 'subscription ' || subscribers.id || ', month %')`: &f.subscribers,
	} {
		err = errors.Join(err, row(ctx, p.db, query, nil, count))
	}
	return ledger, books, f, err
}

// won reads an amount of the books.
func won(text string) (int64, error) {
	amount, err := iamport.ParseAmount(text)
	if err != nil {
		return 0, err
	}
	return amount.Int64()
}
