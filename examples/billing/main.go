// Billing bills the subscribers of a shop with package iamportriver: due months become jobs of River, jobs
// become charges, declined ones are tried again, and in the end the jobs, the ledger and iamport must be
// equal to the won.
//
//	go run -C examples/billing .                                                          # 1,000 subscribers on SQLite
//	go run -C examples/billing . -database postgres://postgres@127.0.0.1/test -workers 3  # three worker processes
//	go run -C examples/billing . -ui                                                      # with River's page
//
// It runs on a sandbox inside the program: no network, no money. Kill any of it and start it again.
// README.md describes the code.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5"
)

const (
	exitOK = iota
	exitFailed
	exitBadFlags
	exitStopped
)

func main() {
	interrupted, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(interrupted, restore) // the second signal ends the process, as it does without a handler
	if os.Getenv(workerVariable) != "" {
		os.Exit(runWorker(os.Getenv(workerVariable), os.Stdin, os.Stderr))
	}
	os.Exit(run(interrupted, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without its worker processes. It stops when ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, code := parse(args, stderr)
	if code >= 0 {
		return code
	}
	err := o.play(ctx, stdout, stderr)
	switch {
	case errors.Is(err, errStopped):
		return exitStopped
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "billing:", err)
		return exitFailed
	}
	return exitOK
}

// play runs the program on the database of the flags.
func (o options) play(ctx context.Context, stdout, stderr io.Writer) error {
	if o.database != "" {
		return o.onPostgres(ctx, stdout, stderr)
	}
	temporary := o.dir == ""
	if temporary {
		folder, err := os.MkdirTemp("", "billing-*")
		if err != nil {
			return err
		}
		o.dir = folder
	}
	db, err := openSQLite(ctx, o)
	if err != nil {
		return err
	}
	err = (&program[*sql.Tx]{options: o, db: db, stdout: stdout, stderr: stderr, goOn: "-dir " + o.dir}).run(ctx)
	db.close()
	if temporary && err == nil { // otherwise it is there to look at, or to go on with
		err = os.RemoveAll(o.dir)
	}
	return err
}

func (o options) onPostgres(ctx context.Context, stdout, stderr io.Writer) error {
	release, err := preparePostgres(ctx, o.database, o.schema, o.reset)
	if err != nil {
		return err
	}
	defer release()
	db, err := openPostgres(ctx, o.database, o.schema, processName())
	if err != nil {
		return err
	}
	defer db.close()
	return (&program[pgx.Tx]{options: o, db: db, stdout: stdout, stderr: stderr, goOn: "the same -database, -schema " + o.schema}).run(ctx)
}

// processName is the name of this process in the databases.
func processName() string { return fmt.Sprintf("billing-%d", os.Getpid()) }
