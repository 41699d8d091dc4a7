// Package turns lets one caller at a time work on a name, such as an order; the
// others wait. It does not depend on their work.
package turns

import (
	"context"
	"sync"
)

// Queues holds one queue for each name in use. The zero value is ready to use.
type Queues struct {
	mu     sync.Mutex
	queues map[string]*queue
}

type queue struct {
	turn  chan struct{} // holds one element while no caller works on the name
	calls int           // how many work on it or wait
}

// Enter waits for the turn of the caller, which ends when the caller calls leave. If
// ctx ends first, it returns the error of ctx and a nil leave.
func (q *Queues) Enter(ctx context.Context, name string) (leave func(), err error) {
	own := q.join(name)
	select {
	case <-own.turn:
		return func() {
			own.turn <- struct{}{}
			q.part(name, own)
		}, nil
	case <-ctx.Done():
		q.part(name, own)
		return nil, ctx.Err()
	}
}

func (q *Queues) join(name string) *queue {
	q.mu.Lock()
	defer q.mu.Unlock()
	own := q.queues[name]
	if own == nil {
		own = &queue{turn: make(chan struct{}, 1)}
		own.turn <- struct{}{}
		if q.queues == nil {
			q.queues = make(map[string]*queue)
		}
		q.queues[name] = own
	}
	own.calls++
	return own
}

// part removes a queue after its last caller.
func (q *Queues) part(name string, own *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if own.calls--; own.calls == 0 {
		delete(q.queues, name)
	}
}
