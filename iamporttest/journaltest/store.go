package journaltest

import (
	"context"
	"errors"
	"time"

	"github.com/iamport-go/iamport"
)

func endedContexts(e *env) {
	cancelled, cancel := context.WithCancel(e.Context())
	cancel()
	late, cancel := context.WithDeadline(e.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, late} {
		for _, quiet := range []time.Duration{quietHour, 0} {
			a := iamport.Attempt{MerchantUID: "order-" + ctx.Err().Error() + "-" + quiet.String(), ID: "a"}
			wait, err := e.first.Begin(ctx, a, quiet)
			if !errors.Is(err, ctx.Err()) {
				e.Fatalf("Begin with an ended context: wait %v, error %v, must be an error that Is %q", wait, err, ctx.Err())
			}
			// Nothing is recorded: the order is not held, and the id not used.
			e.begin(a.MerchantUID, a.ID, quietHour)
			for _, notCharged := range []bool{false, true} {
				if err := e.first.End(ctx, a, notCharged); err == nil {
					e.Fatalf("End with a context that ended (%v), notCharged %v: no error", ctx.Err(), notCharged)
				}
			}
		}
	}
}

func twoClients(e *env) {
	one, two := e, e.on(e.second)
	began := one.begin("order", "a", quietHour)
	e.sleep()
	two.held("order", began)
	two.used("order", "a")
	ended := two.end("order", "a", false)
	one.held("order", ended)
	e.sleep()
	two.held("order", ended)
	one.end("order", "a", true)
	two.used("order", "a")
	began = two.begin("order", "b", quietHour)
	one.held("order", began)
	e.sleep()
	one.begin("order", "c", 0)
	one.end("order", "c", true)
	two.held("order", began)
	two.end("order", "b", true)
	one.free("order")
}

func keptTwoHours(e *env) {
	const kept = 2 * time.Hour
	start := time.Now()
	until := func(d time.Duration) { time.Sleep(d - time.Since(start)) }
	began := e.begin("begun", "a", 0)
	e.begin("paid", "a", 0)
	e.begin("declined", "a", 0)
	e.begin("both", "a", 0)
	until(time.Hour)
	ended := e.end("paid", "a", false)
	e.end("declined", "a", true)
	bothBegan := e.begin("both", "b", 0)

	until(kept - time.Second)
	for _, order := range []string{"begun", "paid", "declined", "both"} {
		e.used(order, "a")
	}
	e.heldFor("begun", kept-time.Millisecond, began)

	until(kept + time.Hour - time.Second)
	e.used("paid", "a")
	e.used("declined", "a")
	e.used("both", "b")
	e.heldFor("paid", kept-time.Millisecond, ended)
	e.heldFor("both", kept-time.Millisecond, bothBegan)
	e.begin("declined", "b", kept-time.Millisecond)

	until(2*kept + time.Hour + time.Second)
	for _, order := range []string{"begun", "paid", "declined", "both"} {
		e.begin(order, "a", kept-time.Millisecond)
	}
}
