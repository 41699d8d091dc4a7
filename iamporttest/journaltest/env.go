package journaltest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/iamport-go/iamport"
)

// reporter is the part of *testing.T that a case needs. The tests of this package
// replace it to check that a case fails.
type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
	Context() context.Context
}

// env is the environment of a case. Its methods end the case if the journal does not
// behave as they require.
type env struct {
	reporter
	first, second iamport.Journal
	unit          time.Duration
	slack         time.Duration // the difference up to which two times are equal
	probes        int
}

func newEnv(t *testing.T, c Config, r reporter) *env {
	t.Helper()
	e := &env{reporter: r, first: c.New(t), unit: c.Unit}
	e.second = e.first
	if c.Second != nil {
		e.second = c.Second(t, e.first)
	}
	if e.unit <= 0 {
		e.unit = 100 * time.Millisecond
	}
	if !c.Synctest {
		e.slack = e.unit / 10
	}
	return e
}

// span is the start and end of a call by the clock of the test. The journal reads its
// own clock in between, so that no assertion depends on how fast a call is.
type span struct{ from, to time.Time }

// quietHour is the quiet period of most cases. No case takes that long, so that an
// order that must be held is held even on a slow machine.
const quietHour = time.Hour

func (e *env) sleep() { time.Sleep(e.unit) }

// on returns e with another journal as the first one.
func (e *env) on(j iamport.Journal) *env {
	other := *e
	other.first = j
	other.probes += 1000
	return &other
}

// probe returns an unused attempt id.
func (e *env) probe() string {
	e.probes++
	return fmt.Sprintf("probe-%d", e.probes)
}

// try begins an attempt, which must return no error.
func (e *env) try(order, id string, quiet time.Duration) (time.Duration, span) {
	e.Helper()
	from := time.Now()
	wait, err := e.first.Begin(e.Context(), iamport.Attempt{MerchantUID: order, ID: id}, quiet)
	if err != nil {
		e.Fatalf("Begin of order %q, attempt %q, quiet %v: %v", order, id, quiet, err)
	}
	return wait, span{from, time.Now()}
}

// begin begins an attempt, which must be recorded.
func (e *env) begin(order, id string, quiet time.Duration) span {
	e.Helper()
	wait, s := e.try(order, id, quiet)
	if wait != 0 {
		e.Fatalf("Begin of order %q, attempt %q, quiet %v: held for %v, must be recorded", order, id, quiet, wait)
	}
	return s
}

// end ends an attempt.
func (e *env) end(order, id string, notCharged bool) span {
	e.Helper()
	from := time.Now()
	if err := e.first.End(e.Context(), iamport.Attempt{MerchantUID: order, ID: id}, notCharged); err != nil {
		e.Fatalf("End of order %q, attempt %q, notCharged %v: %v", order, id, notCharged, err)
	}
	return span{from, time.Now()}
}

// held requires that the order is held since the call in since.
func (e *env) held(order string, since span) {
	e.Helper()
	e.heldFor(order, quietHour, since)
}

func (e *env) heldFor(order string, quiet time.Duration, since span) {
	e.Helper()
	wait, s := e.try(order, e.probe(), quiet)
	e.checkWait(order, quiet, wait, since, s)
}

// checkWait requires that wait is the rest, at now, of a hold that began in since.
func (e *env) checkWait(order string, quiet, wait time.Duration, since, now span) {
	e.Helper()
	least := quiet - now.to.Sub(since.from) - e.slack
	most := min(quiet, quiet-now.from.Sub(since.to)+e.slack)
	switch {
	case wait == 0:
		e.Fatalf("Begin of order %q, quiet %v: recorded, must be held for %v to %v", order, quiet, least, most)
	case wait < 0, wait < least, wait > most:
		e.Fatalf("Begin of order %q, quiet %v: held for %v, must be held for %v to %v", order, quiet, wait, least, most)
	}
}

// free requires that nothing holds the order.
func (e *env) free(order string) span {
	e.Helper()
	return e.begin(order, e.probe(), quietHour)
}

// used requires that an attempt cannot begin because its id was used.
func (e *env) used(order, id string) {
	e.Helper()
	for _, quiet := range []time.Duration{quietHour, 0} {
		wait, err := e.first.Begin(e.Context(), iamport.Attempt{MerchantUID: order, ID: id}, quiet)
		if !errors.Is(err, iamport.ErrAttemptUsed) {
			e.Fatalf("Begin of order %q, attempt %q, quiet %v, whose id was used: wait %v, error %v, must be ErrAttemptUsed",
				order, id, quiet, wait, err)
		}
	}
}
