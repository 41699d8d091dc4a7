// Package turns lets one caller at a time work on a name, such as an order; the
// others wait. It knows nothing of what they do.
package turns

import (
	"context"
	"sync"
)

// Queues holds one queue for each name that somebody works on. The zero value is
// ready to use.
type Queues struct {
	mu     sync.Mutex
	queues map[string]*queue
}

type queue struct {
	turn  chan struct{} // holds one element while nobody works on the name
	calls int           // how many work on it or wait
}

// Enter waits for the turn of the caller, which ends when it calls leave. It returns
// the error of ctx, and no leave, if ctx ends before that.
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

// part forgets a queue with its last caller.
func (q *Queues) part(name string, own *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if own.calls--; own.calls == 0 {
		delete(q.queues, name)
	}
}
