package simulation

import (
	"context"
	"sync"
	"time"

	"github.com/iamport-go/iamport"
)

// op is a method of the client, or a charge by another program.
type op string

const (
	opAgain         op = "Again"
	opOnetime       op = "Onetime"
	opRetrySchedule op = "RetrySchedule"
	opEnsureAgain   op = "EnsurePaid/again"
	opEnsureOnetime op = "EnsurePaid/onetime"
	opSettle        op = "Settle"
	opRefund        op = "EnsureRefunded"
	opCancel        op = "CancelPayment"
	opForeign       op = "another program"
)

func (o op) ensures() bool { return o == opEnsureAgain || o == opEnsureOnetime }

// charges reports whether the call may charge a card.
func (o op) charges() bool {
	return o.ensures() || o == opAgain || o == opOnetime || o == opRetrySchedule
}

// marked reports whether the call sends a mark.
func (o op) marked() bool { return o.charges() && o != opRetrySchedule }

// moment is a point in a call at which its process may crash.
type moment int

const (
	never moment = iota
	atRandom
	afterBegin
	beforeSend
	afterSend
	beforeEnd
	afterEnd
)

// call is one call of one worker, with its result.
type call struct {
	w              *world
	id             string // the X-Request-Id of its requests
	worker, number int
	op             op
	order          *order
	in             *incarnation
	amount         int64
	attempt        string // of WithAttempt, or the argument of Settle
	plan           *plan  // of a refund
	crash          moment
	patient        bool // its context does not end

	mu         sync.Mutex
	dice       [16]int // how often each purpose was drawn for
	sent       int     // charges or refunds that were sent
	waved      int     // of these, how many the API answered by its own 401
	marks      []string
	faults     []string // of the charges or refunds that were sent, in their order
	refused    bool     // the last answer is a refusal with a message
	reads      int      // faults of everything else
	beyond     exclusions
	unreadable bool      // the last answer decides nothing
	lostAt     time.Time // when the answer of its charge was lost
	lateness   time.Duration
	heardNo    time.Time // when the last answer of its charge arrived

	began, ended time.Time
	sentAt       time.Time // the last time
	crashed      bool      // nobody got its result
	payment      *iamport.Payment
	err          error
	said         said
}

type callKey struct{}

// callOf returns the call of a context, nil for none.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// roll returns the dice for the next choice of one purpose.
func (c *call) roll(purpose uint64) dice {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.dice[purpose]
	c.dice[purpose]++
	return newDice(c.w.seed, purpose, c.worker, c.number, n)
}

// at crashes the process of the call if the plan has a crash at this moment.
func (c *call) at(m moment) {
	if c != nil && c.crash == m {
		c.w.note(c, "its process crashes")
		c.in.die()
	}
}

// leave records that a charge or a refund is sent, and its mark.
func (c *call) leave(mark string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sentAt = time.Now()
	c.sent++
	if mark != "" {
		c.marks = append(c.marks, mark)
	}
}

// fault names the fault of the last send; the table has only the first one.
func (c *call) fault() string {
	if len(c.faults) > 0 {
		return c.faults[0]
	}
	switch {
	case c.sent > 0:
		return "none"
	case c.reads > 0:
		return "nothing sent, other faults"
	}
	return "nothing sent"
}

// context returns the context of the call, and a function that ends it.
func (c *call) context() (context.Context, context.CancelFunc) {
	ctx := context.WithValue(c.in.ctx, callKey{}, c)
	d := c.roll(forContext)
	longest := pick(d, 2*(3*c.w.timeout+c.w.window), max(c.w.window, time.Second))
	if !d.chance(c.w.contexts) || c.w.draining.Load() {
		c.patient = true
		return context.WithCancel(ctx)
	}
	if d.chance(0.5) {
		return context.WithTimeout(ctx, d.spread(time.Millisecond, longest))
	}
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(d.spread(time.Millisecond, longest), cancel)
	return ctx, func() { timer.Stop(); cancel() }
}
