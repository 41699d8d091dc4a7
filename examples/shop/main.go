// Shop is a small subscription shop: sign-up with a card, monthly renewals, upgrades,
// declined cards, refunds, and a ledger that is compared with iamport.
//
//	go run -C examples/shop .                         # fourteen months in some seconds
//	go run -C examples/shop . -serve 127.0.0.1:8080   # the web site
//
// Both run on a sandbox inside the program: no network, no money. README.md describes
// the code.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/iamport-go/iamport"
)

const (
	exitOK = iota
	exitFailed
	exitBadFlags
)

const usage = `Shop is a small subscription shop on a sandbox inside this program: no network, no money.

Without -serve it plays fourteen months of three customers and compares the ledger of the shop with
iamport. It exits with 0 if they are equal to the won, 1 if not or if it failed, and 2 for bad flags.
With -serve it is a web site until Ctrl-C, which waits for the charges that are running.

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
	address := flags.String("serve", "", "serve the web site at this `address`, such as 127.0.0.1:8080")
	file := flags.String("db", "", "SQLite `file` for the state; without it, a temporary one that is removed")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitBadFlags
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(stderr, "unexpected argument %q\n", flags.Arg(0))
		flags.Usage()
		return exitBadFlags
	}
	if err := play(ctx, *address, *file, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "shop:", err)
		return exitFailed
	}
	return exitOK
}

func play(ctx context.Context, address, file string, stdout, stderr io.Writer) (err error) {
	d := database{file: file}
	if file == "" {
		folder, err := os.MkdirTemp("", "shop-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder) //nolint:errcheck // It is in the folder of temporary files.
		d = database{filepath.Join(folder, "shop.db"), true}
	}
	if address == "" {
		sandbox := newSandbox(storyStart, "")
		log := slog.New(slog.DiscardHandler) // the story has lost answers, which the client warns of
		shop, err := sandbox.openShop(ctx, d, log, iamport.WithSettleWindow(300*time.Millisecond))
		if err != nil {
			return err
		}
		return errors.Join((&story{shop, sandbox, stdout}).tell(ctx), shop.close())
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	start := time.Now()
	sandbox := newSandbox(start, "http://"+listener.Addr().String()+webhookPath)
	shop, err := sandbox.openShop(ctx, d, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	_, _ = fmt.Fprintf(stdout, "Sandbox inside this program: no network, no money. http://%s/ and /admin; Ctrl-C ends it.\n", listener.Addr())
	err = serve(ctx, listener, &site{shop: shop, forward: sandbox.forward, since: start.Add(-time.Minute)})
	return errors.Join(err, shop.close())
}
