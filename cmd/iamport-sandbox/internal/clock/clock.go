// Package clock is the clock of the sandbox: the clock of the computer with an offset, which may grow.
package clock

import (
	"errors"
	"sync"
	"time"
)

// Latest is where the clock stops.
var Latest = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// Clock is a clock that may be faster than the clock of the computer, and that can jump forward. It never goes back.
// All methods are safe for concurrent use.
type Clock struct {
	speed float64

	mu   sync.Mutex
	base time.Time // of the computer, with the monotonic reading
	at   time.Time // of this clock at base
}

// New returns a clock that shows the time of the computer plus offset now, and runs speed times as fast from now on.
func New(offset time.Duration, speed float64) *Clock {
	now := time.Now()
	return &Clock{speed: speed, base: now, at: now.Round(0).Add(offset)}
}

// Now returns the time by this clock, without a monotonic reading.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	passed := float64(time.Since(c.base)) * c.speed
	if passed >= float64(Latest.Sub(c.at)) {
		return Latest
	}
	return c.at.Add(time.Duration(passed))
}

// Jump moves the clock forward by d.
func (c *Clock) Jump(d time.Duration) error {
	if d < 0 {
		return errors.New("the clock cannot go back")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if d > Latest.Sub(now) {
		return errors.New("the clock cannot go beyond the year 2199")
	}
	c.base, c.at = time.Now(), now.Add(d)
	return nil
}

// Speed returns how many times faster the clock is than the clock of the computer.
func (c *Clock) Speed() float64 { return c.speed }

// Offset returns how far the clock is ahead of the clock of the computer now.
func (c *Clock) Offset() time.Duration { return c.Now().Sub(time.Now().Round(0)) }
