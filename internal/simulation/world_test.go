package simulation

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// world is the whole simulation of one seed.
type world struct {
	shape
	seed      uint64
	srv       *iamporttest.Server
	setup     *iamport.Client // of no process, and without faults
	journal   iamport.Journal
	processes []*process
	orders    []*order
	start     time.Time
	draining  atomic.Bool // no more faults

	mu       sync.Mutex
	calls    []*call
	events   []event
	attempts map[string][]*attempt // by merchant_uid
	findings []finding
}

var card = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "900101", Pwd2Digit: "00"}

// runWorld runs the world of a seed, inside a bubble of virtual time.
func runWorld(seed uint64) *world {
	w := &world{shape: newShape(seed), seed: seed, start: time.Now(), attempts: map[string][]*attempt{}}
	w.srv = w.server()
	w.srv.InjectFunc(w.inject)
	w.journal = iamport.NewMemoryJournal()
	w.newOrders()
	if err := w.prepare(); err != nil {
		w.find(finding{kind: "a call without faults failed", order: w.orders[0]})
		return w
	}
	for range w.shape.processes {
		w.processes = append(w.processes, w.newProcess())
	}
	var group sync.WaitGroup
	for i := range w.workers {
		group.Go(func() { w.work(i + 1) })
	}
	group.Wait()
	w.draining.Store(true)
	w.drain()
	w.judge()
	for _, p := range w.processes {
		p.running().cancel()
	}
	return w
}

// prepare registers the customer, makes the payments to refund, and books schedules
// that fail.
func (w *world) prepare() error {
	ctx := context.Background()
	var err error
	w.setup, err = iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(w.srv.Client()),
		iamport.WithTimeout(19*time.Minute), iamport.WithSettleWindow(0))
	if err != nil {
		return err
	}
	_, err = w.setup.RegisterCustomer(ctx, customer, iamport.RegisterCustomerRequest{Card: card})
	if err != nil {
		return err
	}
	var items []iamport.ScheduleItem
	at := w.srv.Now().Add(2 * time.Hour).Truncate(time.Second)
	for _, o := range w.orders {
		switch o.kind {
		case refunded, cancelled, bothWays:
			p, err := w.setup.Again(ctx, iamport.AgainRequest{
				CustomerUID: customer, MerchantUID: o.uid, Amount: iamport.KRW(o.amount), Name: "refund",
			})
			if err != nil {
				return err
			}
			o.impUID = p.ImpUID
		case scheduled:
			items = append(items, iamport.ScheduleItem{
				MerchantUID: o.uid, ScheduleAt: at, Amount: iamport.KRW(o.amount), Name: "schedule",
			})
		case ensured, plain, sequel, mixed:
		}
	}
	if items != nil {
		_, err = w.setup.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: customer, Schedules: items})
		if err != nil {
			return err
		}
		w.srv.DeclineCustomer(customer, "[2116]limit")
		time.Sleep(time.Until(at) + time.Second)
		w.srv.AllApprovals() // runs them
		w.srv.DeclineCustomer(customer, "")
	}
	time.Sleep(3 * time.Hour) // until every record is visible
	return nil
}

// work is what one worker does.
func (w *world) work(worker int) {
	for number := range w.shape.calls {
		d := newDice(w.seed, forCall, worker, number, 0)
		if pause := newDice(w.seed, forPause, worker, number, 0); pause.chance(0.7) {
			time.Sleep(pause.spread(time.Millisecond, pick(pause, w.timeout/4, w.timeout, 2*w.quiet)))
		}
		if d.chance(w.revokes) {
			w.srv.RevokeTokens()
		}
		o := pick(d, w.orders...)
		if d.chance(0.3) {
			o = w.orders[0] // one order for all workers
		}
		for range 4 {
			if o.isOver() && d.chance(0.8) {
				o = pick(d, w.orders...)
			}
		}
		if d.chance(w.earlyBirds) {
			w.await(d, o)
		}
		c := &call{w: w, id: fmt.Sprintf("%d:%d", worker, number), worker: worker, number: number}
		c.in = w.processes[worker%len(w.processes)].running()
		if d.chance(w.crashes) {
			c.crash = pick(d, atRandom, afterBegin, beforeSend, afterSend, beforeEnd, afterEnd)
			if w.lateCrashes {
				c.crash = pick(d, afterSend, beforeEnd)
			}
		}
		o.choose(d, c)
		w.run(c)
	}
}

// await sleeps until EnsurePaid would charge the order again, or until shortly before.
func (w *world) await(d dice, o *order) {
	o.mu.Lock()
	until := time.Until(o.retryAt)
	o.mu.Unlock()
	if until <= 0 {
		return
	}
	if d.chance(w.punctual) {
		time.Sleep(until + d.upTo(w.timeout))
	} else {
		time.Sleep(until - d.upTo(min(until, w.timeout)))
	}
}

// run makes a call and records its result.
func (w *world) run(c *call) {
	w.mu.Lock()
	w.calls = append(w.calls, c)
	w.mu.Unlock()
	ctx, cancel := c.context()
	defer cancel()
	if c.crash == atRandom {
		d := c.roll(forCrash)
		timer := time.AfterFunc(d.spread(time.Millisecond, 2*w.timeout), func() { c.at(atRandom) })
		defer timer.Stop()
	}
	c.began = time.Now()
	w.note(c, "calls %s %s", c.op, c.subject())
	c.payment, c.err = c.make(ctx)
	c.ended = time.Now()
	c.crashed = c.in.dead()
	c.said = heard(c.payment, c.err)
	if c.crashed {
		w.note(c, "nobody hears what it says")
	} else {
		w.note(c, "says %s: %v", c.said, c.err)
	}
	c.order.done(c)
}

// drain finishes all orders without faults, and checks that each order gets a final
// result.
func (w *world) drain() {
	time.Sleep(3 * (w.quiet + w.network + w.pg + w.late + w.stale))
	number := 0
	next := func(o *order, what op, p *plan) *call {
		number++
		c := &call{w: w, id: fmt.Sprintf("end:%d", number), number: number, op: what, order: o, amount: o.amount, plan: p}
		c.in = w.processes[number%len(w.processes)].running()
		w.run(c)
		return c
	}
	for _, o := range w.orders {
		switch o.kind {
		case ensured, sequel, mixed:
			w.finish(o, func() *call { return next(o, opEnsureAgain, nil) })
		case refunded:
			for _, p := range slices.Backward(o.plans) {
				w.finish(o, func() *call { return next(o, opRefund, p) })
			}
		case plain, scheduled, cancelled, bothWays:
		}
	}
	time.Sleep(3 * (w.quiet + w.network + w.pg + w.late + w.stale))
}

// finish repeats a call at its RetryAt until its result is final.
func (w *world) finish(o *order, next func() *call) {
	const enough = 5
	for range enough {
		c := next()
		if c.said != saidUnknown {
			return
		}
		if at := retryAt(c.err); time.Until(at) > 0 {
			time.Sleep(time.Until(at))
		} else {
			time.Sleep(w.timeout)
		}
	}
	w.find(finding{kind: "never comes to an end", order: o, beyond: o.beyond.of(slowPG)})
}
