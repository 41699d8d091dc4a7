package iamport

import (
	"sync/atomic"
	"time"
)

// serverClock knows how far the server's clock is from the local one. The API
// stamps records in whole seconds, so an answer bounds the offset on two sides.
type serverClock struct{ bounds atomic.Pointer[offsetBounds] }

type offsetBounds struct{ low, high time.Duration }

// observe takes in that the server said stamp, a whole second, at some moment
// between sent and received.
func (c *serverClock) observe(stamp, sent, received time.Time) {
	// Round(0): the difference of two wall clocks, which monotonic readings are not.
	seen := offsetBounds{
		low:  stamp.Sub(received.Round(0)),
		high: stamp.Add(time.Second).Sub(sent.Round(0)),
	}
	known := c.bounds.Load()
	if known != nil {
		if known.low >= seen.low && known.high <= seen.high {
			return
		}
		// An empty intersection means that one of the clocks was set: start anew.
		if low, high := max(known.low, seen.low), min(known.high, seen.high); low <= high {
			seen = offsetBounds{low: low, high: high}
		}
	}
	c.bounds.Store(&seen)
}

// at returns the server's time at a local moment: the local clock's as long as no
// answer contradicts it, else the earliest that agrees with the answers.
func (c *serverClock) at(local time.Time) time.Time {
	if b := c.bounds.Load(); b != nil && (b.low > 0 || b.high < 0) {
		return local.Add(b.low)
	}
	return local
}

// close reports whether the offset is known well enough to tell which of two
// attempts began first: within the second of the stamps, and what a call takes.
func (c *serverClock) close() bool {
	b := c.bounds.Load()
	return b == nil || b.high-b.low <= 3*time.Second
}

// latest returns the latest that the server's time can have been at a local moment.
func (c *serverClock) latest(local time.Time) time.Time {
	if b := c.bounds.Load(); b != nil {
		return local.Add(b.high)
	}
	return local
}

// earliest returns the earliest that the server's time can have been at a local
// moment.
func (c *serverClock) earliest(local time.Time) time.Time {
	if b := c.bounds.Load(); b != nil {
		return local.Add(b.low)
	}
	return local
}
