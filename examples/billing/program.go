package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// program is one run: the sandbox, the workers or the worker processes, and the report.
type program[TTx any] struct {
	options
	db             database[TTx]
	stdout, stderr io.Writer
	goOn           string // the flags that go on with this run

	server   *iamporttest.Server
	trouble  *trouble
	jobs     *river.Client[TTx]
	progress progress
}

// errStopped says that a signal came before the end.
var errStopped = errors.New("stopped")

// ownWorkers is how many charges a process makes at once.
const ownWorkers = 32

func (p *program[TTx]) say(format string, args ...any) {
	_, _ = fmt.Fprintf(p.stdout, format+"\n", args...)
}

// run plays the run to its end, or until ctx ends.
func (p *program[TTx]) run(ctx context.Context) error {
	if err := p.prepare(ctx); err != nil {
		return stopped(ctx, err)
	}
	if p.ui {
		page, err := startPage(ctx, p.jobs, p.listen, logTo(p.stderr, p.verbose))
		if err != nil {
			return err
		}
		defer page.stop()
		p.say("River's page: %s", page.url)
	}
	p.progress = newProgress(p.stderr, p.plan.subscribers*p.plan.months)
	stop, failed, err := p.start(ctx)
	if err != nil {
		return stopped(ctx, err)
	}
	defer stop()
	if err = p.watch(ctx, failed); err == nil {
		err = p.report(ctx)
	}
	if err = stopped(ctx, err); errors.Is(err, errStopped) {
		p.say("Stopped before the end. To go on: %s", p.goOn)
	} else if p.ui {
		p.say("River's page is there until Ctrl-C.")
		<-ctx.Done()
	}
	return err
}

// stopped returns errStopped instead of an error that the end of ctx made.
func stopped(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errStopped
	}
	return err
}

// prepare makes the tables, the plan, the subscribers, and the sandbox.
func (p *program[TTx]) prepare(ctx context.Context) error {
	err := p.db.Migrate(ctx)
	if err == nil {
		err = p.db.exec(ctx, schema)
	}
	if err != nil {
		return err
	}
	var resumed bool
	if p.plan, resumed, err = p.plan.resume(ctx, p.db, p.given); err != nil {
		return err
	}
	if err := p.plan.subscribe(ctx, p.db); err != nil {
		return err
	}
	if p.server, p.trouble, err = p.plan.openSandbox(p.db.books); err != nil {
		return err
	}
	client, err := newClient(p.db.Journal(), logTo(p.stderr, p.verbose), iamport.WithHTTPClient(p.server.Client()))
	if err != nil {
		return err
	}
	if p.jobs, err = newBilling(p.db, p.plan, client, processName(), ownWorkers, logTo(p.stderr, p.verbose)); err != nil {
		return err
	}
	p.say("Sandbox inside this program: no network, no money. If this is killed, go on with: %s", p.goOn)
	if resumed {
		p.say("Going on with %s subscribers, %d months. After a kill River needs up to 20 s to elect a leader, which then finds the jobs that were running.",
			number(p.plan.subscribers), p.plan.months)
	}
	return nil
}

// start starts the workers, here or in processes of their own. failed gets an error if they cannot work.
func (p *program[TTx]) start(ctx context.Context) (stop func(), failed <-chan error, err error) {
	if p.workers > 0 {
		return p.startProcesses(ctx)
	}
	if err := p.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, nil, err
	}
	return func() { stopJobs(p.jobs, p.stderr) }, nil, nil
}

// stopTime is how long the charges that are running may take until they are cancelled, and how long that
// may take.
const stopTime = 5 * time.Second

// stopJobs lets the charges that are running end, and cancels those that do not.
func stopJobs[TTx any](jobs *river.Client[TTx], stderr io.Writer) {
	gently, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if jobs.Stop(gently) == nil {
		return
	}
	hard, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := jobs.StopAndCancel(hard); err != nil {
		_, _ = fmt.Fprintln(stderr, "billing: a charge does not end; it is finished when the program runs again:", err)
	}
}

// logTo returns the logger of River and of the client.
func logTo(w io.Writer, verbose bool) *slog.Logger {
	if !verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
