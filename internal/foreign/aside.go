package foreign

import (
	"sync/atomic"
	"time"
)

const (
	// maxAside is how long Aside.Call waits for a function.
	maxAside = 50 * time.Millisecond
	// maxRunning is how many functions of one Aside run at once at most.
	maxRunning = 1000
)

// Aside calls functions of the user that must not delay the caller. The zero Aside is
// ready for use.
type Aside struct{ running, late atomic.Int64 }

// Call calls f on its own goroutine and waits until it returns, at most 50 ms. While
// an earlier call is late, it does not wait at all. While 1,000 calls are running, it
// does not call f. A panic of f is ignored.
func (a *Aside) Call(f func()) {
	if a.running.Add(1) > maxRunning {
		a.running.Add(-1)
		return
	}
	wait := a.late.Load() == 0
	done := make(chan struct{})
	var left atomic.Bool // the caller went on before f returned
	go func() {
		defer func() {
			_ = recover()
			a.running.Add(-1)
			if !left.CompareAndSwap(false, true) {
				a.late.Add(-1)
			}
			close(done)
		}()
		f()
	}()
	if wait {
		timer := time.NewTimer(maxAside)
		defer timer.Stop()
		select {
		case <-done:
			return
		case <-timer.C:
		}
	}
	a.late.Add(1)
	if !left.CompareAndSwap(false, true) {
		a.late.Add(-1)
	}
}
