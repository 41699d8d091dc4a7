package simulation

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// kind is the set of calls for an order or a payment.
type kind int

const (
	ensured   kind = iota // EnsurePaid alone
	plain                 // Again, Onetime and other programs
	sequel                // plain charges first, and EnsurePaid once all of them have returned
	scheduled             // RetrySchedule, and plain charges
	mixed                 // EnsurePaid and plain charges at the same time: excluded
	refunded              // EnsureRefunded
	cancelled             // CancelPayment
	bothWays              // both: excluded
)

// order is one merchant_uid.
type order struct {
	kind   kind
	uid    string
	amount int64
	impUID string // of a payment to refund

	mu       sync.Mutex
	open     int       // plain calls that run
	switched bool      // a sequel: EnsurePaid has begun
	over     bool      // it is paid, and gets only a few more calls
	known    []string  // attempts that Settle may be asked about
	chosen   []used    // ids that were given to WithAttempt
	retryAt  time.Time // of the last unknown outcome of EnsurePaid
	plans    []*plan
	beyond   exclusions
}

type used struct {
	id string
	at time.Time
}

// plan is a refund as it was calculated once.
type plan struct {
	checksum, amount int64
	full             bool
}

func (p *plan) after() int64 {
	if p.full {
		return 0
	}
	return p.checksum - p.amount
}

const customer = "customer_1"

// newOrders draws the orders of a world.
func (w *world) newOrders() {
	d := newDice(w.seed, forOrders, 0, 0, 0)
	n := 2 + d.IntN(2+w.workers)
	for i := range n {
		k := draw(d, []weighted[kind]{
			{10, ensured}, {4, plain}, {w.sequels, sequel}, {1.5, scheduled}, {w.mixed, mixed}, {2.5, refunded}, {0.7, cancelled}, {0.2, bothWays},
		})
		if i == 0 {
			k = ensured
		}
		o := &order{kind: k, uid: fmt.Sprintf("order-%d", i), amount: 10_000}
		switch k {
		case refunded, cancelled, bothWays:
			// Two of the plans have the same checksum: only one of them can be executed.
			first := 1000 * int64(1+d.IntN(9))
			o.plans = []*plan{{checksum: 10_000, amount: first}, {checksum: 10_000 - first, full: true}}
			if d.chance(0.5) {
				o.plans = append(o.plans, &plan{checksum: 10_000, amount: 1000 * int64(1+d.IntN(9))})
			}
		case ensured, plain, sequel, scheduled, mixed:
		}
		if k == mixed {
			o.beyond.add(plainBeside)
		}
		if k == bothWays {
			o.beyond.add(cancelBeside)
		}
		w.orders = append(w.orders, o)
	}
}

// choose draws a call for the order, and reports false if there is none now.
func (o *order) choose(d dice, c *call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.order, c.amount = o, o.amount
	if d.chance(c.w.otherTerms) {
		c.amount += 500
	}
	charge := []weighted[op]{{3, opAgain}, {1, opOnetime}, {1.5, opForeign}}
	ensure := []weighted[op]{{5, opEnsureAgain}, {2, opEnsureOnetime}}
	var from []weighted[op]
	switch o.kind {
	case ensured:
		from = ensure
	case plain:
		from = charge
	case sequel:
		from = charge[:2] // another program would not tell the journal
		if o.switched || o.open == 0 && d.chance(0.3) {
			from = ensure
		}
	case scheduled:
		from = []weighted[op]{{4, opRetrySchedule}, {1, opAgain}, {0.5, opForeign}}
	case mixed:
		from = append(charge, ensure...)
	case refunded:
		from = []weighted[op]{{1, opRefund}}
	case cancelled:
		from = []weighted[op]{{1, opCancel}}
	case bothWays:
		from = []weighted[op]{{1, opRefund}, {1, opCancel}}
	}
	switch {
	case o.impUID == "" && d.chance(0.15):
		c.op = opSettle
	case o.impUID == "" && d.chance(c.w.cancels):
		c.op = opCancel
	default:
		c.op = draw(d, from)
	}
	switch {
	case c.op == opSettle && (o.kind == scheduled || len(o.known) == 0 || d.chance(0.1)):
		c.attempt = ""
	case c.op == opSettle:
		c.attempt = pick(d, o.known...)
	case (c.op == opAgain || c.op == opOnetime) && d.chance(0.5):
		c.attempt = o.newAttempt(d, c.id)
	case c.op == opRefund || c.op == opCancel:
		c.plan = &plan{full: true}
		if o.plans != nil {
			c.plan = pick(d, o.plans...)
		}
	}
	if c.op.ensures() && o.kind == sequel {
		o.switched = true
	}
	if !c.op.ensures() {
		o.open++
	}
	return true
}

// newAttempt returns an id for WithAttempt: a new one, or sometimes a used one, which
// the journal must detect for two hours.
func (o *order) newAttempt(d dice, id string) string {
	if n := len(o.chosen); n > 0 && d.chance(0.15) {
		if last := o.chosen[n-1]; time.Since(last.at) < time.Hour {
			return last.id
		}
	}
	id = "try-" + strings.ReplaceAll(id, ":", "-")
	o.chosen = append(o.chosen, used{id, time.Now()})
	o.known = append(o.known, id)
	return id
}

// done records the result of a call.
func (o *order) done(c *call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !c.op.ensures() {
		o.open--
	}
	c.mu.Lock()
	o.known = append(o.known, c.marks...)
	o.beyond |= c.beyond
	c.mu.Unlock()
	if c.op.ensures() && (c.said == saidPaid || c.said == saidAlready) {
		o.over = true
	}
	if c.said == saidUnknown && !c.crashed && c.op.ensures() {
		o.retryAt = retryAt(c.err)
	}
}

// isOver reports whether the order needs no more calls.
func (o *order) isOver() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.over
}

// quoted returns an attempt of the order whose mark another program may send.
func (o *order) quoted() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := len(o.chosen); n > 0 {
		return o.chosen[n-1].id
	}
	return "none"
}
