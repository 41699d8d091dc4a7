// Package gate limits how many callers a second begin a work, and how many do it at the
// same time. It does not depend on their work.
package gate

import (
	"context"
	"errors"

	"golang.org/x/time/rate"
)

// Gate is made by New.
type Gate struct {
	limiter *rate.Limiter
	inside  chan struct{} // one element for each caller inside
}

// New returns a Gate that lets perSecond callers a second through, and atOnce of them be
// inside. Both must be more than 0.
func New(perSecond float64, atOnce int) *Gate {
	return &Gate{
		limiter: rate.NewLimiter(rate.Limit(perSecond), atOnce),
		inside:  make(chan struct{}, atOnce),
	}
}

// ErrFull is the error of a caller that may not enter.
var ErrFull = errors.New("too many at once")

// Enter waits until the caller may begin. It returns ErrFull when ctx ends, and at once if the
// caller's turn would come after the deadline of ctx. The work ends when the caller calls leave.
func (g *Gate) Enter(ctx context.Context) (leave func(), err error) {
	if g.limiter.Wait(ctx) != nil {
		return nil, ErrFull
	}
	select {
	case g.inside <- struct{}{}:
		return func() { <-g.inside }, nil
	case <-ctx.Done():
		return nil, ErrFull
	}
}
