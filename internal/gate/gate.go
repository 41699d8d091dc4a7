// Package gate limits how many callers a second begin a work, and how many do it at the
// same time. It does not depend on their work.
package gate

import (
	"context"

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

// Enter waits until the caller may begin, and reports whether it may. It returns false at
// once if its turn would come after the deadline of ctx. The work ends when the caller
// calls leave.
func (g *Gate) Enter(ctx context.Context) (leave func(), ok bool) {
	if g.limiter.Wait(ctx) != nil {
		return nil, false
	}
	select {
	case g.inside <- struct{}{}:
		return func() { <-g.inside }, true
	case <-ctx.Done():
		return nil, false
	}
}
