package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/iamport-go/iamport"
)

// workerVariable makes this program a worker process. Its value are the settings in JSON. They are not
// arguments, because everybody on the machine can read those, and the URL may have a password.
const workerVariable = "IAMPORT_BILLING_WORKER"

type workerSettings struct {
	Name, Database, Schema, Sandbox string
	Verbose                         bool
}

// runWorker works jobs until the standard input ends or SIGTERM comes.
func runWorker(settings string, stdin io.Reader, stderr io.Writer) int {
	signal.Ignore(os.Interrupt) // Ctrl-C goes to all processes of a terminal; the parent ends its workers
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		stop()
	}()
	if err := work(ctx, settings, stderr); err != nil && ctx.Err() == nil {
		_, _ = fmt.Fprintln(stderr, "billing: worker:", err)
		return exitFailed
	}
	return exitOK
}

func work(ctx context.Context, settings string, stderr io.Writer) error {
	var w workerSettings
	if err := json.Unmarshal([]byte(settings), &w); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d", w.Name, os.Getpid())
	db, err := openPostgres(ctx, w.Database, w.Schema, name)
	if err != nil {
		return err
	}
	defer db.close()
	if err := db.Check(ctx); err != nil {
		return err
	}
	plan, err := readPlan(ctx, db)
	if err != nil {
		return err
	}
	log := logTo(stderr, w.Verbose)
	client, err := newClient(db.Journal(), log, iamport.WithBaseURL(w.Sandbox))
	if err != nil {
		return err
	}
	jobs, err := newBilling(db, plan, client, name, ownWorkers, log)
	if err != nil {
		return err
	}
	if err := jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	stopJobs(jobs, stderr)
	return nil
}
