package journaltest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/iamport-go/iamport"
)

const (
	goroutines = 100
	rounds     = 10 // enough to show a gap between the check and the record
)

// atOnce begins an attempt in each of many goroutines, half of them with the second
// client, and counts those that were recorded, held, and refused as used.
func (e *env) atOnce(quiet time.Duration, attempt func(i int) iamport.Attempt) (recorded, held, used int) {
	e.Helper()
	type result struct {
		wait time.Duration
		err  error
	}
	results := make([]result, goroutines)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range results {
		j := e.first
		if i%2 == 1 {
			j = e.second
		}
		wg.Go(func() {
			<-start
			results[i].wait, results[i].err = j.Begin(e.Context(), attempt(i), quiet)
		})
	}
	close(start)
	wg.Wait()
	for i, r := range results {
		switch {
		case errors.Is(r.err, iamport.ErrAttemptUsed):
			used++
		case r.err != nil:
			e.Fatalf("Begin of %+v beside %d others, quiet %v: %v", attempt(i), goroutines-1, quiet, r.err)
		case r.wait == 0:
			recorded++
		case r.wait < 0 || r.wait > quiet:
			e.Fatalf("Begin of %+v: wait %v, must be at most the quiet period, %v", attempt(i), r.wait, quiet)
		default:
			held++
		}
	}
	return recorded, held, used
}

func oneOfMany(e *env) {
	for round := range rounds {
		order := fmt.Sprintf("order-%d", round)
		attempt := func(i int) iamport.Attempt { return iamport.Attempt{MerchantUID: order, ID: fmt.Sprintf("id-%d", i)} }
		recorded, held, used := e.atOnce(quietHour, attempt)
		if recorded != 1 || held != goroutines-1 {
			e.Fatalf("%d attempts of one order begin at once: %d recorded, %d held, %d ids used, must be 1, %d, 0",
				goroutines, recorded, held, used, goroutines-1)
		}
		attempt = func(i int) iamport.Attempt { return iamport.Attempt{MerchantUID: order, ID: fmt.Sprintf("zero-%d", i)} }
		if recorded, held, used = e.atOnce(0, attempt); recorded != goroutines {
			e.Fatalf("%d attempts of one order begin at once with quiet 0: %d recorded, %d held, %d ids used, must be all recorded",
				goroutines, recorded, held, used)
		}
	}
}

func oneTakesID(e *env) {
	for round := range rounds {
		a := iamport.Attempt{MerchantUID: fmt.Sprintf("order-%d", round), ID: "a"}
		recorded, held, used := e.atOnce(0, func(int) iamport.Attempt { return a })
		if recorded != 1 || used != goroutines-1 {
			e.Fatalf("one attempt begins %d times at once: %d recorded, %d held, %d ids used, must be 1, 0, %d",
				goroutines, recorded, held, used, goroutines-1)
		}
	}
}

// waitFromBegin has an attempt that never ends.
func waitFromBegin(e *env) {
	began := e.begin("order", "a", quietHour)
	for range 3 {
		e.held("order", began)
		// The quiet period is that of the call.
		e.heldFor("order", quietHour/2, began)
		e.sleep()
	}
	e.begin("order", "b", 2*e.unit)

	began = e.begin("two", "a", 0)
	e.sleep()
	e.held("two", began)
	began = e.begin("two", "b", 0)
	e.sleep()
	e.held("two", began) // the longer of the two holds
}

func overAfterWait(e *env) {
	for quiet := 2 * e.unit; ; quiet *= 2 {
		order := fmt.Sprintf("order-%v", quiet)
		began := e.begin(order, "a", quiet)
		e.sleep()
		wait, now := e.try(order, "b", quiet)
		if wait == 0 && now.to.Sub(began.from) >= quiet-e.slack {
			if quiet > 100*e.unit {
				e.Fatalf("Begin takes %v, which is too long to test waits of %v", now.to.Sub(now.from), quiet)
			}
			continue // the machine was too slow to see the hold
		}
		e.checkWait(order, quiet, wait, began, now)
		time.Sleep(wait + e.slack)
		e.begin(order, "b", quiet)
		return
	}
}

func quietZero(e *env) {
	e.begin("order", "a", 0)
	e.begin("order", "b", 0)
	e.end("order", "b", false)
	e.begin("order", "c", 0)
	e.held("order", e.begin("order", "d", 0))
}

// refusedBegin has one attempt that is refused by a hold, and one by its id.
func refusedBegin(e *env) {
	began := e.begin("order", "a", quietHour)
	e.sleep()
	for range 2 {
		if wait, _ := e.try("order", "b", quietHour); wait == 0 {
			e.Fatalf("Begin of an order that is held: recorded")
		}
		e.used("order", "a")
	}
	e.held("order", began)
	e.end("order", "a", true)
	e.used("order", "a")
	e.begin("order", "b", quietHour)
}

func otherOrders(e *env) {
	e.begin("order-1", "a", quietHour)
	e.end("order-2", "a", false)
	e.begin("order-3", "a", quietHour)
	e.begin("order-4", "b", quietHour)
}
