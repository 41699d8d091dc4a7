package iamportriver

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	maxDueLimit = 10_000
	// dueTime is how long one run of the job looks for what is due; then it lets others run.
	dueTime = 30 * time.Second
	// pruneEvery is how often old entries of the journal are removed.
	pruneEvery = time.Minute
)

// periodic returns the periodic jobs. The process that leads inserts them, also right after it
// becomes the leader, and only if the job of the last time has ended.
func (b *Billing[TTx]) periodic() []*river.PeriodicJob {
	jobs := []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(pruneEvery),
		func() (river.JobArgs, *river.InsertOpts) { return pruneArgs{}, nil },
		&river.PeriodicJobOpts{ID: "iamport_prune", RunOnStart: true})}
	if b.Due != nil {
		jobs = append(jobs, river.NewPeriodicJob(river.PeriodicInterval(b.DueEvery),
			func() (river.JobArgs, *river.InsertOpts) { return dueArgs{}, nil },
			&river.PeriodicJobOpts{ID: "iamport_due", RunOnStart: true}))
	}
	return jobs
}

// oneAtATime are the options of a job that is inserted only if there is none that has not ended.
func oneAtATime() river.InsertOpts {
	return river.InsertOpts{Queue: queueUpkeep, MaxAttempts: maxAttempts, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// dueArgs finds what is due.
type dueArgs struct{}

func (dueArgs) Kind() string                 { return "iamport_due" }
func (dueArgs) InsertOpts() river.InsertOpts { return oneAtATime() }

type dueWorker[TTx any] struct{ worker[TTx, dueArgs] }

func (w *dueWorker[TTx]) Work(ctx context.Context, _ *river.Job[dueArgs]) error {
	b := w.billing
	if b.Due == nil {
		return nil
	}
	for began := time.Now(); time.Since(began) < dueTime; {
		more, err := b.bill(ctx, river.ClientFromContext[TTx](ctx))
		if err != nil {
			return fmt.Errorf("iamportriver: Due: %w", err)
		}
		if !more {
			return nil
		}
	}
	return river.JobSnooze(0)
}

// bill inserts the jobs of what is due, at most DueLimit of them, in the transaction of the
// marks that they are billed. It reports whether there may be more.
func (b *Billing[TTx]) bill(ctx context.Context, client *river.Client[TTx]) (more bool, err error) {
	err = b.Database.inTx(ctx, func(tx TTx) error {
		var version int
		if err := b.Database.conn(tx).row(ctx, b.Database.lock, nil, &version); err != nil {
			return err
		}
		due, err := b.Due(ctx, tx, b.Now().In(b.Location), b.DueLimit)
		if err != nil {
			return err
		}
		// One order that is wrong must not hold back all others, in each run again.
		inserted, err := b.insert(ctx, tx, client, time.Time{}, due, func(a ChargeArgs, err error) error {
			b.Logger.ErrorContext(ctx, "iamport: an order that is due is wrong and is not billed: insert the right one",
				slog.String("merchant_uid", a.MerchantUID), slog.String("period", a.Period), slog.Any("error", err))
			return nil
		})
		if err != nil {
			return err
		}
		more = len(due) >= b.DueLimit
		if more && inserted == 0 {
			more = false
			b.Logger.WarnContext(ctx, "iamport: all that is due is billed already: Due does not mark what it returns", slog.Int("orders", len(due)))
		}
		return nil
	})
	return more, err
}

// pruneArgs removes old entries of the journal.
type pruneArgs struct{}

func (pruneArgs) Kind() string                 { return "iamport_prune" }
func (pruneArgs) InsertOpts() river.InsertOpts { return oneAtATime() }

type pruneWorker[TTx any] struct{ worker[TTx, pruneArgs] }

func (w *pruneWorker[TTx]) Work(ctx context.Context, _ *river.Job[pruneArgs]) error {
	_, err := w.billing.Database.Journal().Prune(ctx)
	return err
}
