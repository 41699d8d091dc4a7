package iamportriver

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/iamport-go/iamport"
)

// unknown ends a run of a job whose outcome is not known: the job is snoozed until it may charge
// or refund again. mark stores that.
func (b *Billing[TTx]) unknown(ctx context.Context, queue string, reason error, metadata []byte, mark func(context.Context) error) error {
	stopping := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.finishTimeout)
	defer cancel()
	lost, isLost := errors.AsType[*iamport.OutcomeUnknownError](reason)
	held := isLost && lost.Attempt == "" && !lost.RetryAt.IsZero() // by an attempt that is counted already
	if !held {
		if err := mark(ctx); err != nil {
			b.Logger.WarnContext(ctx, "iamport: an unknown outcome is not stored", slog.Any("error", err))
		}
	}
	// The API has answered, and the record stays as it is: that says nothing about the PG now.
	pending := isLost && lost.Attempt == "" && lost.Payment != nil
	if !held && !pending && !stopping {
		b.trip(ctx, queue, reason)
	}
	wait := b.wait(snoozes(metadata))
	if isLost && !lost.RetryAt.IsZero() {
		wait = max(time.Until(lost.RetryAt), time.Millisecond)
	} else if stopping {
		wait = 0 // another process goes on
	}
	return river.JobSnooze(wait)
}

// wait returns the wait after that many failures.
func (b *Billing[TTx]) wait(failures int) time.Duration {
	return min(b.RetryWait<<min(failures, 10), max(b.RetryWait, maxRetryWait))
}

// snoozes returns how often River has snoozed a job.
func snoozes(metadata []byte) int {
	var m struct {
		Snoozes int `json:"snoozes"`
	}
	_ = json.Unmarshal(metadata, &m) // without it, 0
	return m.Snoozes
}

// circuit counts the unknown outcomes in a row of one queue in this process.
type circuit struct{ inARow atomic.Int64 }

func (c *circuit) known() {
	if c != nil && c.inARow.Load() != 0 {
		c.inARow.Store(0)
	}
}

// trip counts an unknown outcome, and pauses the queue after too many.
func (b *Billing[TTx]) trip(ctx context.Context, queue string, reason error) {
	c := b.circuits[queue]
	if c == nil || b.Circuit < 0 || c.inARow.Add(1) < int64(b.Circuit) {
		return
	}
	c.inARow.Store(0)
	rests, err := b.rest(ctx, queue)
	if err != nil {
		b.Logger.ErrorContext(ctx, "iamport: the circuit could not pause its queue", slog.String("queue", queue), slog.Any("error", err))
		return
	}
	if !rests {
		return
	}
	b.Logger.ErrorContext(ctx, "iamport: the queue is paused: too many unknown outcomes in a row",
		slog.String("queue", queue), slog.Duration("rest", b.CircuitRest), slog.Any("error", reason))
	if b.OnCircuit != nil {
		b.OnCircuit(ctx, queue, reason)
	}
}

// rest pauses a queue, and inserts the job that resumes it, in one transaction. It leaves a queue
// that is paused already, by a person or by another process, and reports whether it paused it.
func (b *Billing[TTx]) rest(ctx context.Context, queue string) (rests bool, err error) {
	client := river.ClientFromContext[TTx](ctx)
	err = b.Database.inTx(ctx, func(tx TTx) error {
		// An update locks the queue, so that nobody pauses it between here and the pause.
		before, err := client.QueueUpdateTx(ctx, tx, queue, &river.QueueUpdateParams{})
		if err != nil || before.PausedAt != nil {
			return err
		}
		if err := client.QueuePauseTx(ctx, tx, queue, nil); err != nil {
			return err
		}
		paused, err := client.QueueGetTx(ctx, tx, queue)
		if err != nil {
			return err
		}
		rests = true
		args := resumeArgs{Queue: queue, PausedAt: paused.PausedAt.UTC()}
		_, err = client.InsertTx(ctx, tx, args, &river.InsertOpts{ScheduledAt: time.Now().Add(b.CircuitRest)})
		return err
	})
	if err != nil || !rests {
		return false, err
	}
	return true, client.QueuePause(ctx, queue, nil) // tells a process without LISTEN too
}

// resumeArgs ends the rest of a queue, unless a person paused it since.
type resumeArgs struct {
	Queue    string    `json:"queue" river:"unique"`
	PausedAt time.Time `json:"paused_at" river:"unique"`
}

func (resumeArgs) Kind() string { return "iamport_resume" }

func (resumeArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: queueUpkeep, Priority: 1, MaxAttempts: maxAttempts,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()},
	}
}

type resumeWorker[TTx any] struct{ worker[TTx, resumeArgs] }

func (w *resumeWorker[TTx]) Work(ctx context.Context, job *river.Job[resumeArgs]) error {
	client := river.ClientFromContext[TTx](ctx)
	queue, err := client.QueueGet(ctx, job.Args.Queue)
	if err != nil {
		if errors.Is(err, river.ErrNotFound) {
			return nil
		}
		return err
	}
	if queue.PausedAt == nil || !queue.PausedAt.Equal(job.Args.PausedAt) {
		return nil
	}
	w.billing.Logger.InfoContext(ctx, "iamport: the queue is resumed", slog.String("queue", job.Args.Queue))
	return client.QueueResume(ctx, job.Args.Queue, nil)
}

// Pause stops the queue of a PG in all processes, until [Billing.Resume]; "" is the queue of
// the orders without a PG. Charges that have begun are finished. A process must have worked the
// queue before.
func (b *Billing[TTx]) Pause(ctx context.Context, client *river.Client[TTx], pg iamport.PG) error {
	queue := queueOf(pg)
	// The pause gets a new time, so that the end of a circuit's rest does not end it. In one
	// transaction no circuit can pause the queue in between.
	err := b.Database.inTx(ctx, func(tx TTx) error {
		return errors.Join(client.QueueResumeTx(ctx, tx, queue, nil), client.QueuePauseTx(ctx, tx, queue, nil))
	})
	if err != nil {
		return err
	}
	return client.QueuePause(ctx, queue, nil) // tells a process without LISTEN too
}

// Resume starts the queue of a PG again, after Pause or before the end of a circuit's rest.
func (b *Billing[TTx]) Resume(ctx context.Context, client *river.Client[TTx], pg iamport.PG) error {
	return client.QueueResume(ctx, queueOf(pg), nil)
}
