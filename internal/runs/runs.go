// Package runs lets callers that ask for the same share one run of a function, which
// begins after each of them asked. It does not depend on what the function does.
//
// It uses the package turns.
package runs

import (
	"context"
	"sync"

	"github.com/iamport-go/iamport/internal/turns"
)

// Group holds the runs that have not begun. Its zero value is ready to use.
type Group[T any] struct {
	turns   turns.Queues
	mu      sync.Mutex
	waiting map[string]*run[T] // those that have not begun
}

type run[T any] struct {
	done   chan struct{}
	result T
}

// Do returns the result of a run of do that begins after the call of Do. Calls with the
// same key that wait for a run to begin share it. The first of them gives it its do, and
// the values and the deadline of its ctx. Runs with the same subject are made one after
// another.
//
// If ctx ends first, Do returns its error and late, and the run goes on until its deadline.
// If the deadline passes before the run's turn, do is not called, and the result is late. If
// do ends its goroutine, the result is the zero T. do must not panic.
func (g *Group[T]) Do(ctx context.Context, key, subject string, late T, do func(context.Context) T) (T, error) {
	own := g.join(ctx, key, subject, late, do)
	select {
	case <-own.done:
		return own.result, nil
	case <-ctx.Done():
		return late, ctx.Err()
	}
}

func (g *Group[T]) join(ctx context.Context, key, subject string, late T, do func(context.Context) T) *run[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if own := g.waiting[key]; own != nil {
		return own
	}
	own := &run[T]{done: make(chan struct{})}
	if g.waiting == nil {
		g.waiting = make(map[string]*run[T])
	}
	g.waiting[key] = own
	go func() {
		defer close(own.done)
		ctx, cancel := onlyDeadline(ctx)
		defer cancel()
		leave, err := g.turns.Enter(ctx, subject)
		if err == nil {
			defer leave()
		}
		g.begin(key)
		if ctx.Err() != nil { // the turn may come together with the deadline
			own.result = late
			return
		}
		own.result = do(ctx)
	}()
	return own
}

// onlyDeadline returns a context with the values and the deadline of ctx, which ctx does not
// cancel.
func onlyDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	detached := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(detached, deadline)
	}
	return context.WithCancel(detached)
}

// begin ends the time in which other calls may share the waiting run of a key.
func (g *Group[T]) begin(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waiting, key)
}
