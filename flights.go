package iamport

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ensureFlights lets concurrent calls for one merchant_uid share one run. A run
// is cancelled only when every caller has gone, and no new one begins before it
// has ended.
type ensureFlights struct {
	mu      sync.Mutex
	flights map[string]*ensureFlight
}

type ensureFlight struct {
	terms   terms
	began   time.Time
	callers int // 0: everybody has gone, the run is ending
	cancel  context.CancelFunc
	done    chan struct{}
	payment *Payment
	err     error
}

// leftError says that a caller went while others still wait.
type leftError struct{ began time.Time }

func (*leftError) Error() string { return "other callers of the same merchant_uid still wait for it" }

var (
	errNotJoined = errors.New("gave up before a run began")
	errBroken    = errors.New("the run panicked, or ended its goroutine")
)

// do runs run for the order of e, or waits for the run that is under way. A run of
// other terms settles this call only if it ended with a payment.
func (g *ensureFlights) do(ctx context.Context, e endpoint, run func(context.Context) (*Payment, error)) (*Payment, error) {
	for {
		if ctx.Err() != nil {
			return nil, errNotJoined
		}
		f, joined := g.join(ctx, e, run)
		select {
		case <-f.done:
			switch {
			case joined && f.terms == e.terms:
				return f.result()
			case joined && f.payment != nil:
				return e.paidBefore(e.alreadyPaid(f.payment.clone(), nil))
			}
			continue // a run of other terms, or of callers who have gone, is over
		case <-ctx.Done():
		}
		if !joined {
			return nil, errNotJoined
		}
		if last := g.leave(f); !last {
			return nil, &leftError{f.began}
		}
		<-f.done // cancelled, and it knows best what was sent
		return f.result()
	}
}

// join enters the run for an order, starting one if there is none. It reports
// false for a run that is ending.
func (g *ensureFlights) join(ctx context.Context, e endpoint, run func(context.Context) (*Payment, error)) (*ensureFlight, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.flights[e.merchantUID]; f != nil {
		if f.callers == 0 {
			return f, false
		}
		f.callers++
		return f, true
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &ensureFlight{
		terms: e.terms, began: time.Now(), callers: 1, cancel: cancel, done: make(chan struct{}), err: errBroken,
	}
	if g.flights == nil {
		g.flights = make(map[string]*ensureFlight)
	}
	g.flights[e.merchantUID] = f
	go func() {
		defer func() {
			// A panic of the caller's transport must not end the process from a
			// goroutine that the caller cannot guard: f.err says errBroken then.
			_ = recover()
			g.mu.Lock()
			delete(g.flights, e.merchantUID)
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

// result copies what the run gave, because every caller may change its own.
func (f *ensureFlight) result() (*Payment, error) {
	switch err := f.err.(type) { //nolint:errorlint // The run's own error, not one inside it.
	case nil:
		return f.payment.clone(), nil
	case *DeclinedError:
		own := *err
		own.Payment = err.Payment.clone()
		return nil, &own
	case *AlreadyPaidError:
		own := *err
		own.Payment = err.Payment.clone()
		return nil, &own
	case *OutcomeUnknownError:
		own := *err
		return nil, &own
	default:
		return nil, err
	}
}

// clone returns a copy that shares nothing with p; p may be nil.
func (p *Payment) clone() *Payment {
	if p == nil {
		return nil
	}
	own := *p
	own.CancelHistory = slices.Clone(p.CancelHistory)
	own.DepositHistory = slices.Clone(p.DepositHistory)
	own.CancelReceiptURLs = slices.Clone(p.CancelReceiptURLs)
	if p.CardType != nil {
		own.CardType = new(*p.CardType)
	}
	if p.Promotion != nil {
		own.Promotion = new(*p.Promotion)
	}
	return &own
}
