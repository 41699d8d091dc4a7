// Package runs hands values about one subject to one run at a time. A run gets all values
// that arrived before it began, each once, so that a flood about one subject is few runs.
// The package does not depend on what a run does.
package runs

import (
	"context"
	"sync"
	"time"
)

// MaxWaiting is how many different values about one subject may wait for a run.
const MaxWaiting = 256

// Group calls Run for the values of Do.
type Group[V, R any] struct {
	// Run handles the items and finishes each. ctx has the values of the first caller, and
	// ends when no caller waits any more. Items that Run leaves unfinished, because it ends
	// its goroutine, get the zero R. Run must not panic.
	Run func(ctx context.Context, items []*Item[V, R])

	mu       sync.Mutex
	subjects map[string]*subject[V, R]
}

// subject has a goroutine as long as it is in the map.
type subject[V, R any] struct {
	waiting []*Item[V, R]
}

// Item is one value, with all callers that have it.
type Item[V, R any] struct {
	Value V

	key    string
	ctx    context.Context //nolint:containedctx // That of the first caller, for its values.
	latest time.Time       // when the last of the callers stops waiting
	done   chan struct{}
	result R
}

// Finish gives the callers of the item their result. Only the first call counts.
func (i *Item[V, R]) Finish(result R) {
	select {
	case <-i.done:
	default:
		i.result = result
		close(i.done)
	}
}

// Do hands value to a run about subject that begins later, and waits for its result. Values
// with one key are one. ok is false if ctx ended first, or if too many others wait. ctx must
// have a deadline.
func (g *Group[V, R]) Do(ctx context.Context, about, key string, value V) (result R, ok bool) {
	item := g.join(ctx, about, key, value)
	if item == nil {
		return result, false
	}
	select {
	case <-item.done:
		return item.result, true
	case <-ctx.Done():
		return result, false
	}
}

// join returns the item of the key, nil if there is no room for one.
func (g *Group[V, R]) join(ctx context.Context, about, key string, value V) *Item[V, R] {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.subjects[about]
	if s == nil {
		if g.subjects == nil {
			g.subjects = make(map[string]*subject[V, R])
		}
		s = &subject[V, R]{}
		g.subjects[about] = s
		go g.work(about, s)
	}
	deadline, _ := ctx.Deadline()
	for _, item := range s.waiting {
		if item.key == key {
			item.latest = deadline // later than that of the callers before
			return item
		}
	}
	if len(s.waiting) == MaxWaiting {
		return nil
	}
	item := &Item[V, R]{Value: value, key: key, ctx: context.WithoutCancel(ctx), latest: deadline, done: make(chan struct{})}
	s.waiting = append(s.waiting, item)
	return item
}

// work runs what waits about a subject, until nothing does.
func (g *Group[V, R]) work(about string, s *subject[V, R]) {
	ended := false
	defer func() {
		if !ended { // Run ended this goroutine
			go g.work(about, s)
		}
	}()
	for {
		items := g.take(about, s)
		if items == nil {
			ended = true
			return
		}
		g.run(items)
	}
}

// take returns what waits, and ends the subject if nothing does.
func (g *Group[V, R]) take(about string, s *subject[V, R]) []*Item[V, R] {
	g.mu.Lock()
	defer g.mu.Unlock()
	items := s.waiting
	s.waiting = nil
	if items == nil {
		delete(g.subjects, about)
	}
	return items
}

func (g *Group[V, R]) run(items []*Item[V, R]) {
	latest := items[0].latest
	for _, item := range items {
		if item.latest.After(latest) {
			latest = item.latest
		}
	}
	ctx, cancel := context.WithDeadline(items[0].ctx, latest)
	defer cancel()
	defer func() {
		var none R
		for _, item := range items {
			item.Finish(none)
		}
	}()
	if ctx.Err() == nil { // a caller still waits
		g.Run(ctx, items)
	}
}
