package sandbox

import "sync"

// Changes tells who waits for it that something has changed: the state, the clock, the fault rules, or the exchanges.
type Changes struct {
	mu      sync.Mutex
	waiting map[chan struct{}]struct{}
}

func newChanges() *Changes { return &Changes{waiting: map[chan struct{}]struct{}{}} }

// Subscribe returns a channel that receives after each change. Changes while nobody receives are one. stop ends it.
func (c *Changes) Subscribe() (changed <-chan struct{}, stop func()) {
	channel := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[channel] = struct{}{}
	return channel, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, channel)
	}
}

// Notify tells all who wait.
func (c *Changes) Notify() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for channel := range c.waiting {
		select {
		case channel <- struct{}{}:
		default:
		}
	}
}
