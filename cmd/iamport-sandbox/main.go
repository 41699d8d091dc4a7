// Iamport-sandbox serves the test double of iamport (PortOne V1) to programs in any language: no network, no money.
//
//	go run -C cmd/iamport-sandbox .
//
// README.md describes it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/clock"
	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/fault"
)

const (
	exitOK = iota
	exitFailed
	exitBadFlags
)

const usage = `Iamport-sandbox simulates the subscription API of iamport (PortOne V1) at a local address, for programs in any
language. It needs no network and moves no money. The state survives restarts: a change that was answered is on disk.

It prints its address, the key and the secret, and two curl commands to begin with. Requests without a token are
accepted, as the guides of iamport write them, unless -require-token is set; a wrong token is always refused. Ctrl-C
ends it, after the answers that are in progress, at most 10 seconds later. The start text goes to the standard output,
the log to the standard error. It reads no environment variables, except those that say where the cache folder is.

Exit codes: 0 after Ctrl-C or SIGTERM, 1 if it failed, 2 for bad flags.

Flags:
`

const usageRules = `
Fault rules (-fault, or: curl -d 'rule=...' ADDRESS/_/faults)

` + fault.Grammar + `

Administration (parameters as a form or in the query, answers in JSON)

  GET    /_/clock                              the time of the sandbox
  POST   /_/clock/jump by=31d                  moves the clock forward and runs what is due
  GET    /_/faults                             the fault rules
  POST   /_/faults rule=RULE                   adds one
  DELETE /_/faults/ID                          removes one
  POST   /_/customers/CUSTOMER_UID/decline     declines its charges with reason=..., without a reason no longer
  GET    /_/state                              the newest payments, customers and schedules
  GET    /_/exchanges                          the newest requests and answers, without card data; merchant_uid=...
`

func main() {
	interrupted, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(interrupted, restore) // the second signal ends the process, as it does without a handler
	os.Exit(run(interrupted, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It stops when ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	settings, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitBadFlags
	}
	if err := serve(ctx, settings, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "iamport-sandbox:", err)
		return exitFailed
	}
	return exitOK
}

// parseFlags returns the settings of the command line. It has written its error to stderr.
func parseFlags(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("iamport-sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
		_, _ = fmt.Fprint(stderr, usageRules)
	}
	flags.StringVar(&s.listen, "listen", "", "listen at this `address`, such as 127.0.0.1:9000. Without it, 127.0.0.1:8787, or a "+
		"free port if that is taken. An address that other computers can reach is allowed, with a warning")
	flags.StringVar(&s.file, "db", "", "SQLite `file` of the state. Without it, iamport-sandbox/sandbox.db in the cache folder of the user")
	flags.BoolVar(&s.memory, "memory", false, "keep the state in memory only")
	flags.BoolVar(&s.RequireToken, "require-token", false, "refuse requests without a token, as iamport does")
	s.Speed = 1
	flags.Func("clock", "`speed` of the clock: 43200x, or 1mo/1m for a month in a minute (default 1x)", func(text string) (err error) {
		s.Speed, err = clock.ParseSpeed(text)
		return err
	})
	flags.Func("jump", "move the clock forward by a `period` such as 31d at the start; the offset is kept in the file", func(text string) (err error) {
		s.Jump, err = clock.ParsePeriod(text)
		return err
	})
	flags.Func("webhook", "send webhooks to this `URL`, and to the notice_url of a charge if it is on this computer", func(text string) error {
		s.Webhook = text
		if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return errors.New("it must begin with http:// or https:// and a host")
		}
		return nil
	})
	flags.Func("fault", "a fault `rule`, such as \"POST /subscribe/payments/again=lose-after;times=1\"; may be repeated", func(text string) error {
		s.Faults = append(s.Faults, text)
		return fault.Check(text)
	})
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	var err error
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case s.memory && s.file != "":
		err = errors.New("-db and -memory cannot be set together")
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "%v\nUse -h for help.\n", err)
	}
	return s, err
}
