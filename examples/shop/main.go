// Shop is a small subscription shop: sign-up with a card, monthly renewals by its own run
// or by schedule, webhooks, upgrades, declined cards, refunds, and a ledger that is
// compared with iamport.
//
//	go run -C examples/shop .                         # fourteen months in some seconds
//	go run -C examples/shop . -customers 1000         # a year of many customers, in about a minute
//	go run -C examples/shop . -serve 127.0.0.1:8080   # the web site
//
// They run on a sandbox inside the program: no network, no money. README.md describes
// the code.
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
)

const (
	exitOK = iota
	exitFailed
	exitBadFlags
)

const usage = `Shop is a small subscription shop on a sandbox inside this program: no network, no money.

Without -serve it plays fourteen months of three customers, or some months of -customers, and compares
the database of the shop with iamport. It exits with 0 if they are equal to the won, 1 if not or if it
failed, and 2 for bad flags. With -serve it is a web site until Ctrl-C, which waits for the charges that
are running.

It reads no environment variables.

Flags:
`

func main() {
	interrupted, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(interrupted, restore) // the second signal ends the process, as it does without a handler
	os.Exit(run(interrupted, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It stops when ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	var m mode
	flags.StringVar(&m.serve, "serve", "", "serve the web site at this `address`, such as 127.0.0.1:8080")
	flags.StringVar(&m.file, "db", "", "SQLite `file` for the state; without it, a temporary one that is removed")
	flags.StringVar(&m.sandbox, "sandbox", "", "use the iamport-sandbox at this `URL`, whose -webhook is the path "+webhookPath+" of -serve")
	flags.IntVar(&m.customers, "customers", 0, "play this `number` of customers instead of three, with declines, lost answers, lost webhooks and refunds")
	flags.IntVar(&m.months, "months", 12, "how many `months` -customers plays")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitBadFlags
	}
	wrong := ""
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Sprintf("unexpected argument %q", flags.Arg(0))
	case m.customers < 0 || m.months < 1:
		wrong = "-customers must be 0 or more, and -months 1 or more"
	case m.sandbox != "" && m.serve == "":
		wrong = "-sandbox needs -serve, where the webhooks come"
	case m.sandbox == "" && m.serve != "" && m.customers > 0:
		wrong = "-customers with -serve needs -sandbox"
	}
	if wrong != "" {
		_, _ = fmt.Fprintln(stderr, wrong)
		flags.Usage()
		return exitBadFlags
	}
	if err := m.play(ctx, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "shop:", err)
		return exitFailed
	}
	return exitOK
}
