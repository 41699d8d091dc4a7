// Package waits makes the pauses between tries. It does not depend on what is tried.
package waits

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Waits is a sequence of growing pauses with full jitter: each is random from 0 to
// twice the interval, and the interval doubles.
type Waits struct{ policy backoff.ExponentialBackOff }

// New returns a sequence that begins with the interval first and grows up to longest.
func New(first, longest time.Duration) *Waits {
	return &Waits{backoff.ExponentialBackOff{
		InitialInterval: first, MaxInterval: longest, Multiplier: 2, RandomizationFactor: 1,
	}}
}

// Next returns the next pause.
func (w *Waits) Next() time.Duration { return w.policy.NextBackOff() }

// Sleep waits for d, and reports whether ctx has not ended. If the deadline of ctx is
// before that, Sleep returns false at once.
func Sleep(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
