// Bulk charges the stored cards of many customers, one order per row of a CSV file.
// It may be stopped, killed and restarted at any time: every order is charged at most
// once.
//
//	go run -C examples/bulk .        # 60 made-up orders on a sandbox inside the program
//
//	cd examples/bulk && go build .
//	./bulk -orders july.csv -results july-results.csv -pg daou -charge-real-card
//
// The orders have the columns customer_uid,merchant_uid,amount,name. They are all
// checked before the first one is charged. The results are written row by row. When
// it is restarted with the same files, bulk skips the orders with a final outcome and
// tries the others again. Ctrl-C finishes the running charges and stops; a second
// Ctrl-C ends the program at once.
//
// Next to the results is a journal (july-results.csv.journal). Every charge is
// recorded there before it is sent. An order whose charge may still be running,
// because its answer was lost or the program was killed, is not sent again before the
// quiet period has passed: restart the program after that. Keep the journal with the
// results, and on one machine.
//
// The key and secret are read from IAMPORT_KEY and IAMPORT_SECRET; IAMPORT_BASE_URL
// is for a test server. The exit code is 0 if all orders are paid, 1 if some are not,
// and 2 if nothing was charged because the input or the configuration is invalid. (go
// run returns 1 for every code except 0.)
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/iamport-go/iamport"
)

const (
	exitAllPaid = iota
	exitNotAllPaid
	exitBadInput
)

const usage = `Bulk charges many orders of stored cards, and each at most once, however often it is started.

Without IAMPORT_KEY and IAMPORT_SECRET it runs on a sandbox inside this program: no network, no money.
It exits with 0 if all orders are paid, 1 if some are not, and 2 if the flags or the file cannot be right.

Environment:
  IAMPORT_KEY, IAMPORT_SECRET    the REST API key and secret; with both the real API is used

Flags:
`

func main() {
	interrupted, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(interrupted, restore) // the second signal ends the process, as it does without a handler
	os.Exit(run(interrupted, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run is the program. It starts no more orders after interrupted ends.
func run(interrupted context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bulk", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		say(stderr, "%s", usage)
		flags.PrintDefaults()
	}
	ordersPath := flags.String("orders", "", "CSV `file` with the orders; without it, made-up ones on the sandbox inside this program")
	resultsPath := flags.String("results", "", "CSV `file` that the results are appended to")
	workers := flags.Int("workers", 16, "charges at the same time")
	grace := flags.Duration("grace", 90*time.Second, "how long charges under way may take to finish after Ctrl-C")
	timeout := flags.Duration("timeout", iamport.DefaultTimeout, "how long one answer is waited for; at least 60s for real charges")
	quiet := flags.Duration("quiet", 0, "how long an order is left alone after a charge whose outcome is unknown; without it, twice what a charge can take")
	pg := flags.String("pg", "", "the gateway of the shop's contract, such as daou: its limits are kept")
	realCharge := flags.Bool("charge-real-card", false, "with IAMPORT_KEY and IAMPORT_SECRET set: really charge the cards")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitAllPaid
	} else if err != nil {
		return exitBadInput
	}
	fail := func(err error) int {
		say(stderr, "bulk: %v\nNothing was charged.\n", err)
		return exitBadInput
	}
	switch {
	case flags.NArg() > 0:
		return fail(fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	case *workers < 1 || *grace < 0:
		return fail(errors.New("-workers must be 1 or more, -grace 0 or more"))
	case *resultsPath == "" && *ordersPath != "":
		return fail(errors.New("-results is missing: without it a second run would not know of the first"))
	}

	journal := new(journal)
	opts := []iamport.Option{
		iamport.WithJournal(journal), iamport.WithTimeout(*timeout), iamport.WithSettleWindow(min(10*time.Second, *timeout)),
	}
	if *quiet != 0 {
		opts = append(opts, iamport.WithQuietPeriod(*quiet))
	}
	if *pg != "" {
		opts = append(opts, iamport.WithPG(iamport.PG(*pg)))
	}
	shop, err := openShop(getenv, *realCharge, stdout, opts...)
	if err != nil {
		return fail(err)
	}
	orders, err := loadOrders(*ordersPath, shop)
	if err != nil {
		return fail(err)
	}
	results, err := openResults(*resultsPath, shop.api)
	if err != nil {
		return fail(err)
	}
	defer results.close()
	if err := journal.open(results.file.Name() + ".journal"); err != nil {
		return fail(err)
	}
	defer journal.close()
	open, err := results.open(orders)
	if err != nil {
		return fail(err)
	}
	if err := shop.signIn(interrupted, orders); err != nil {
		return fail(err)
	}

	if done := len(orders) - len(open); done > 0 {
		say(stdout, "%d of %d orders are done already.\n", done, len(orders))
	}
	b := bulk{client: shop.client, results: results, progress: newProgress(stderr, len(open)), workers: *workers, grace: *grace}
	err = b.charge(interrupted, open)
	b.progress.finish()
	if err != nil {
		say(stderr, "bulk: stopped early: %v\n", err)
	}
	return summarize(stdout, orders, results, b.retryAt)
}

// summarize counts the outcomes of all orders, those of earlier runs included.
// retryAt is when the last of the unknown ones may be sent again.
func summarize(stdout io.Writer, orders []order, results *results, retryAt time.Time) int {
	counts := map[outcome]int{}
	for _, o := range orders {
		counts[results.last[o.merchantUID].outcome]++
	}
	say(stdout, "%d orders:", len(orders))
	for _, kind := range outcomes {
		say(stdout, " %d %s,", counts[kind], kind)
	}
	say(stdout, " %d without a result. See %s\n", counts[""], results.file.Name())
	if other := counts[unknown] + counts[notCharged] + counts[""]; other > 0 {
		when := ""
		if !retryAt.IsZero() {
			when = " after " + retryAt.Add(time.Second).Format(time.TimeOnly)
		}
		say(stdout, "Start again with the same files%s for the other %d: nobody is charged twice.\n", when, other)
	}
	if counts[alreadyPaid] > 0 {
		say(stdout, "Already paid means by a payment that differs from the order, or was refunded: look at the reason.\n")
	}
	if counts[paid] == len(orders) {
		return exitAllPaid
	}
	return exitNotAllPaid
}

// say writes to the terminal. An error is ignored, so that it stops no charge.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
