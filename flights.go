package iamport

import (
	"context"
	"errors"
	"sync"
)

// ensureFlights lets concurrent calls for one merchant_uid share one run. A run
// is cancelled only when every caller has gone, and no new one begins before it
// has ended.
type ensureFlights struct {
	mu      sync.Mutex
	flights map[string]*ensureFlight
}

type ensureFlight struct {
	callers int // 0: everybody has gone, the run is ending
	cancel  context.CancelFunc
	done    chan struct{}
	payment *Payment
	err     error
}

var (
	errNotJoined = errors.New("gave up before a run began")
	errLeft      = errors.New("gave up while other callers still wait")
	errBroken    = errors.New("the HTTP transport panicked or ended its goroutine")
)

// do runs run for id, or waits for the run that is under way.
func (g *ensureFlights) do(ctx context.Context, id string, run func(context.Context) (*Payment, error)) (*Payment, error) {
	for {
		if ctx.Err() != nil {
			return nil, errNotJoined
		}
		f, joined := g.join(ctx, id, run)
		select {
		case <-f.done:
			if joined {
				return f.result()
			}
			continue // the run of callers who have gone is over
		case <-ctx.Done():
		}
		if !joined {
			return nil, errNotJoined
		}
		if last := g.leave(f); !last {
			return nil, errLeft
		}
		<-f.done // cancelled, so at once, and it knows best what was sent
		return f.result()
	}
}

// join enters the run for id, starting one if there is none. It reports false for
// a run that is ending.
func (g *ensureFlights) join(ctx context.Context, id string, run func(context.Context) (*Payment, error)) (*ensureFlight, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.flights[id]; f != nil {
		if f.callers == 0 {
			return f, false
		}
		f.callers++
		return f, true
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &ensureFlight{callers: 1, cancel: cancel, done: make(chan struct{}), err: errBroken}
	if g.flights == nil {
		g.flights = make(map[string]*ensureFlight)
	}
	g.flights[id] = f
	go func() {
		defer func() {
			// A panic of the caller's transport must not end the process from a
			// goroutine that the caller cannot guard: f.err says errBroken then.
			_ = recover()
			g.mu.Lock()
			delete(g.flights, id)
			g.mu.Unlock()
			cancel()
			close(f.done)
		}()
		f.payment, f.err = run(ctx)
	}()
	return f, true
}

// leave takes a caller out of a run, and cancels the run if it was the last one.
func (g *ensureFlights) leave(f *ensureFlight) (last bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f.callers--
	if f.callers == 0 {
		f.cancel()
	}
	return f.callers == 0
}

// result copies the payment, because every caller may change its own.
func (f *ensureFlight) result() (*Payment, error) {
	if f.err != nil {
		return nil, f.err
	}
	payment := *f.payment
	return &payment, nil
}
