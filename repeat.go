package iamport

import (
	"context"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// maxTries is how often a read is sent at most.
	maxTries = 4
	// maxRetryAfter is the longest Retry-After that a read waits out; a longer one
	// is handed to the caller.
	maxRetryAfter = 30 * time.Second
)

// waits is a growing row of pauses with full jitter: each is drawn from 0 to
// twice the interval, and the interval doubles.
type waits struct{ policy backoff.ExponentialBackOff }

func newWaits(first, longest time.Duration) *waits {
	return &waits{backoff.ExponentialBackOff{
		InitialInterval: first, MaxInterval: longest, Multiplier: 2, RandomizationFactor: 1,
	}}
}

// next returns the next pause.
func (w *waits) next() time.Duration { return w.policy.NextBackOff() }

// sleep waits for d, and reports whether ctx is still alive after it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// transient reports whether the same read may go well a moment later: no answer,
// an answer cut short, 429 or 5xx.
func transient(a *answer, err error) bool {
	if err != nil {
		return !isRefusal(err)
	}
	if a.retryAfter > maxRetryAfter {
		return false
	}
	return a.status == http.StatusTooManyRequests || a.status >= 500 || a.ok() && a.problem != nil
}
