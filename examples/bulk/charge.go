package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/iamport-go/iamport"
)

// bulk charges several orders at a time.
type bulk struct {
	client   *iamport.Client
	results  *results
	progress progress
	workers  int
	grace    time.Duration

	mu      sync.Mutex
	retryAt time.Time // when the last of the held orders may be sent again
}

// charge starts the orders one after the other until all are started or interrupted
// ends. It returns when all started orders have their result in the file. The error
// is the reason for an early stop other than interrupted.
func (b *bulk) charge(interrupted context.Context, orders []order) error {
	stop, stopFor := context.WithCancelCause(interrupted)
	defer stopFor(nil)
	// Cancelling a charge makes its outcome unknown, so running charges continue after
	// interrupted.
	charging, abandon := context.WithCancel(context.WithoutCancel(interrupted))
	defer abandon()
	unhook := context.AfterFunc(stop, func() {
		b.progress.say("Stopping: charges under way are finished first. A second Ctrl-C ends at once; the next run looks them up.")
		time.AfterFunc(b.grace, abandon)
	})
	defer unhook()

	stopping := func() bool { return stop.Err() != nil }
	var workers errgroup.Group
	workers.SetLimit(b.workers)
	for _, o := range orders {
		if stopping() {
			break
		}
		workers.Go(func() error { // waits for a worker
			if stopping() {
				return nil
			}
			payment, err := b.client.EnsurePaid(charging, o.request())
			if api, ok := errors.AsType[*iamport.Error](err); ok && api.StatusCode == http.StatusUnauthorized {
				stopFor(err) // the key is wrong: every other order would fail too
			}
			if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
				b.wait(lost.RetryAt)
			}
			result := o.result(payment, err)
			if err := b.results.add(result); err != nil {
				stopFor(err)
				return err
			}
			b.progress.step(result.outcome)
			return nil
		})
	}
	err := workers.Wait()
	if cause := context.Cause(stop); err == nil && interrupted.Err() == nil {
		err = cause
	}
	return err
}

// wait records when an order may be sent again.
func (b *bulk) wait(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.retryAt) {
		b.retryAt = until
	}
}

// result returns the outcome of a charge as a row.
func (o order) result(payment *iamport.Payment, err error) result {
	r := result{merchantUID: o.merchantUID, amount: o.amount.String()}
	if err == nil {
		r.outcome, r.impUID = paid, payment.ImpUID
		return r
	}
	r.outcome, r.reason = notCharged, err.Error()
	if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		r.outcome, r.impUID = alreadyPaid, already.Payment.ImpUID
		return r
	}
	if decline, ok := errors.AsType[*iamport.DeclinedError](err); ok {
		r.outcome, r.reason = declined, decline.Reason
		if decline.Payment != nil {
			r.impUID = decline.Payment.ImpUID
		}
		return r
	}
	if !errors.Is(err, iamport.ErrNotCharged) {
		r.outcome = unknown
	}
	return r
}
