package iamportriver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// worker is what the workers of all kinds of jobs have in common.
type worker[TTx any, TArgs river.JobArgs] struct {
	river.WorkerDefaults[TArgs]
	billing *Billing[TTx]
}

// Timeout is [Config.JobTimeout].
func (w worker[TTx, TArgs]) Timeout(*river.Job[TArgs]) time.Duration { return w.billing.JobTimeout }

// NextRetry is when a job runs again after an error of the database or of a hook.
func (w worker[TTx, TArgs]) NextRetry(job *river.Job[TArgs]) time.Time {
	return time.Now().Add(w.billing.wait(len(job.Errors)))
}

// Middleware bounds the errors that River keeps.
func (w worker[TTx, TArgs]) Middleware(job *rivertype.JobRow) []rivertype.WorkerMiddleware {
	return w.billing.bounded(job)
}

// maxErrors is how many errors of a job River keeps. A hook that fails for weeks must neither
// fill the table with its errors nor use up the attempts of the job.
const maxErrors = 50

// bounded returns what a job with many errors runs in: one more is logged, and the job is
// snoozed instead of failed.
func (b *Billing[TTx]) bounded(job *rivertype.JobRow) []rivertype.WorkerMiddleware {
	if len(job.Errors) < maxErrors {
		return nil
	}
	return []rivertype.WorkerMiddleware{river.WorkerMiddlewareFunc(
		func(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) (err error) {
			defer func() {
				if panicked := recover(); panicked != nil {
					err = fmt.Errorf("panic: %v", panicked)
				}
				_, cancelled := errors.AsType[*river.JobCancelError](err)
				_, snoozed := errors.AsType[*river.JobSnoozeError](err)
				if err != nil && !cancelled && !snoozed {
					b.Logger.ErrorContext(ctx, "iamport: a job fails again and again", slog.String("kind", job.Kind),
						slog.Int64("job", job.ID), slog.Any("error", err))
					err = river.JobSnooze(b.wait(len(job.Errors)))
				}
			}()
			return work(ctx)
		})}
}
