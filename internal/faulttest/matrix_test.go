package faulttest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const (
	perRow  = 100 // charges of one row
	workers = 40

	patient = time.Minute            // a time-out or settle window that is long enough on any machine
	brief   = 200 * time.Millisecond // a settle window for charges that no look-up will find
)

// charge is one of the calls that charge a card.
type charge struct {
	name   string
	amount iamport.Amount
	do     func(ctx context.Context, c *iamport.Client, merchantUID string) (*iamport.Payment, error)
}

var (
	onetime = charge{"Onetime", iamport.KRW(3000), func(ctx context.Context, c *iamport.Client, id string) (*iamport.Payment, error) {
		return c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: id, Amount: iamport.KRW(3000), Card: testCard, Name: "onetime"})
	}}
	again = charge{"Again", iamport.KRW(2000), func(ctx context.Context, c *iamport.Client, id string) (*iamport.Payment, error) {
		return c.Again(ctx, iamport.AgainRequest{MerchantUID: id, Amount: iamport.KRW(2000), CustomerUID: customer, Name: "again"})
	}}
	retry = charge{"RetrySchedule", iamport.KRW(1000), func(ctx context.Context, c *iamport.Client, id string) (*iamport.Payment, error) {
		return c.RetrySchedule(ctx, id)
	}}
	allCharges = []charge{onetime, again, retry}
	marking    = []charge{onetime, again}
)

// fault is the fault of a row, and the allowed results of its charges.
type fault struct {
	name            string
	wiring          wiring
	protos          []string           // nil: HTTP/1.1 in the clear
	inject          *iamporttest.Fault // happens to every charge
	timeout, window time.Duration      // zero: patient
	noWindow        bool               // WithSettleWindow(0)
	calls           []charge           // nil: all

	executed outcome // the allowed results of a charge that is in the books
	idle     outcome // and of a charge that is not
	// The same where records keep no mark, if it differs.
	unmarkedExecuted, unmarkedIdle outcome
	none                           bool // the fault prevents every charge
	all                            bool // it prevents none
	workers                        int  // zero: workers

	// drive makes the charges instead of a pool of workers.
	drive func(t *testing.T, a *world, ids []string, charge func(merchantUID string))
	// meanwhile runs during the charges.
	meanwhile func(ctx context.Context, a *world)
	booked    bool // drive books the schedules
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	began := time.Now()
	var table report
	t.Cleanup(func() {
		_, _ = fmt.Fprintf(t.Output(), "%s\n%s", table.String(), time.Since(began).Round(time.Second))
	})
	for _, f := range faults() {
		if f.protos == nil {
			f.protos = []string{""}
		}
		if f.calls == nil {
			f.calls = allCharges
		}
		for i, proto := range f.protos {
			f := f
			f.wiring.proto = proto
			rows := []fault{f}
			if i == 0 { // a mark is the same by every protocol
				rows = append(rows, f.unmarked())
			}
			for _, f := range rows {
				for _, call := range f.calls {
					t.Run(strings.Join([]string{f.name, f.wiring.name(), call.name}, "/"), func(t *testing.T) {
						t.Parallel()
						r := f.run(t, call)
						table.add(r)
						require.Zero(t, r.wrong, strings.Join(r.why, "\n"))
					})
				}
			}
		}
	}
}

// unmarked is the row on a server whose records keep no mark.
func (f fault) unmarked() fault {
	f.wiring.unmarked = true
	f.executed = cmp.Or(f.unmarkedExecuted, f.executed)
	f.idle = cmp.Or(f.unmarkedIdle, f.idle)
	if f.unmarkedIdle == unknown {
		f.window = brief // no look-up will settle it
	}
	return f
}

// name is the name of a row with its protocol.
func (w wiring) name() string {
	if w.unmarked {
		return protoName(w.proto) + ", no marks"
	}
	return protoName(w.proto)
}

func protoName(proto string) string {
	if proto == "" {
		return "h1"
	}
	return proto
}

// told is the result of one charge.
type told struct {
	outcome outcome
	err     error
	early   outcome // the result of Settle right after an unknown one
}

func (f fault) run(t *testing.T, call charge) *row {
	if f.timeout == 0 {
		f.timeout = patient
	}
	if f.window == 0 && !f.noWindow {
		f.window = patient
	}
	a := newWorld(t, f.wiring, iamport.WithTimeout(f.timeout), iamport.WithSettleWindow(f.window))
	ids := orderIDs()
	if call.name == retry.name && !f.booked {
		a.bookFailed(t, ids)
		a.srv.SetClockOffset(2 * time.Minute)
	}
	a.signIn(t)
	if f.inject != nil {
		a.inject(f.inject)
	}

	var mu sync.Mutex
	results := map[string]told{}
	one := func(id string) {
		p, err := call.do(t.Context(), a.client, id)
		got := told{outcome: said(id, call.amount, p, err), err: err}
		if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
			p, err := a.setup.Settle(t.Context(), id, lost.Attempt)
			got.early = said(id, call.amount, p, err)
		}
		mu.Lock()
		defer mu.Unlock()
		results[id] = got
	}
	ctx, cancel := context.WithCancel(t.Context())
	var background sync.WaitGroup
	if f.meanwhile != nil {
		background.Go(func() { f.meanwhile(ctx, a) })
	}
	if f.drive != nil {
		f.drive(t, a, ids, one)
	} else {
		pool(ids, cmp.Or(f.workers, workers), one)
	}
	cancel()
	background.Wait()

	a.srv.InjectFunc(nil)
	a.srv.SetClockOffset(24 * time.Hour) // late charges are executed by now
	return f.judge(t, a, call, ids, results)
}

// judge compares the results of the client with the books.
func (f fault) judge(t *testing.T, a *world, call charge, ids []string, results map[string]told) *row {
	r := &row{fault: f.name, proto: f.wiring.name(), call: call.name, charges: len(ids)}
	for _, id := range ids {
		got, charges := results[id], a.srv.Charges(id)
		r.add(got.outcome)
		r.executed += charges
		if charges > 1 {
			r.blame("%s: %d charges", id, charges)
		}
		if n := a.seen.of(id); n > 1 {
			r.blame("%s: the charge was sent %d times", id, n)
		}
		switch {
		case charges > 0 && got.early&(notCharged|contradictory) != 0, charges == 0 && got.early&(paid|alreadyPaid) != 0:
			r.blame("%s: %d charges, but Settle said %d at once", id, charges, got.early)
		case charges == 0 && got.outcome&(paid|alreadyPaid) != 0, charges > 0 && got.outcome == notCharged:
			r.blame("%s: %d charges, but: %v", id, charges, got.err)
		case charges == 0 && got.outcome&f.idle == 0, charges > 0 && got.outcome&f.executed == 0:
			r.blame("%s: %d charges, not to be told by: %v", id, charges, got.err)
		}
		if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](got.err); ok {
			a.settle(t, r, call, lost, charges)
		}
	}
	if n := a.seen.of(""); n > 0 {
		r.blame("%d charge requests for no order", n)
	}
	if f.none && r.executed > 0 || f.all && r.executed < len(ids) || !f.none && r.executed == 0 {
		r.blame("the fault did not do what it is for: %d executed", r.executed)
	}
	if total, http2 := a.seen.all(); f.wiring.proto == "h2" && http2 != total || f.wiring.proto != "h2" && http2 != 0 {
		r.blame("%d of %d requests came by HTTP/2", http2, total)
	}
	return r
}

// settle calls Settle later for a charge whose outcome was unknown.
func (a *world) settle(t *testing.T, r *row, call charge, lost *iamport.OutcomeUnknownError, charges int) {
	id := lost.MerchantUID
	p, err := a.setup.Settle(t.Context(), id, lost.Attempt)
	switch o := said(id, call.amount, p, err); {
	case charges > 0 && o != paid:
		r.blame("%s: %d charges, but Settle says: %v", id, charges, err)
	case charges == 0 && o != unknown: // no row leaves a failed record of an unknown charge
		r.blame("%s: no charge, but Settle says: %v", id, err)
	}
}

// pool runs do for every id, n at a time.
func pool(ids []string, n int, do func(id string)) {
	queue := make(chan string)
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			for id := range queue {
				do(id)
			}
		})
	}
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	group.Wait()
}
