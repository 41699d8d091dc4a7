package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// event is a line of the history of an order.
type event struct {
	at     time.Duration
	order  *order
	call   *call
	format string
	args   []any
}

// note adds a line to the history of the order of c.
func (w *world) note(c *call, format string, args ...any) {
	if c == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, event{time.Since(w.start), c.order, c, format, args})
}

// story returns the history of an order, by time.
func (w *world) story(f finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "LIE %s\n", f.kind)
	if f.call != nil {
		fmt.Fprintf(&b, "  call %s %s said %s\n", f.call.id, f.call.op, f.call.said)
	}
	fmt.Fprintf(&b, "  order %s; time-out %v, window %v, quiet %v, allowed %v; network %v, pg %v, late %v, stale %v; "+
		"duplicates %d, User-Agent limit %d, paymentwall %t (known: %t)\n", f.order.uid, w.timeout, w.window, w.quiet, w.allowed,
		w.network, w.pg, w.late, w.stale, w.duplicates, w.agentLimit, w.paymentwall, w.clientKnows)
	lines := map[time.Duration][]string{}
	for _, e := range w.events {
		if e.order == f.order {
			lines[e.at] = append(lines[e.at], fmt.Sprintf("%s %s %s", e.call.id, e.call.op, fmt.Sprintf(e.format, e.args...)))
		}
	}
	for _, a := range w.srv.Approvals(f.order.uid) {
		at := a.At.Sub(w.start.Round(0))
		lines[at] = append(lines[at], fmt.Sprintf("BOOKS: %s charged %s by request %s (cancelled: %s)", a.ImpUID, a.Amount, a.RequestID, a.Cancelled))
		for _, r := range w.srv.Refunds(a.ImpUID) {
			at := r.At.Sub(w.start.Round(0))
			lines[at] = append(lines[at], fmt.Sprintf("BOOKS: %s refunded %s by request %s", a.ImpUID, r.Amount, r.RequestID))
		}
	}
	for _, at := range slices.Sorted(maps.Keys(lines)) {
		for _, line := range lines[at] {
			fmt.Fprintf(&b, "  %14v  %s\n", at, line)
		}
	}
	fmt.Fprintf(&b, "again: go test ./internal/simulation -run TestSimulation -sim.seed=%d -v\n", w.seed)
	return b.String()
}

// row is a line of the table.
type row struct {
	call  op
	fault string
	said  said
	truth string
}

// report adds up the results of the worlds.
type report struct {
	mu                             sync.Mutex
	seeds, calls, charges, refunds int
	approvals, unknowns, unheard   int
	table                          map[row]int
	excused                        [allExclusions]int // findings
	concerned                      [allExclusions]int // orders
	stories                        map[string]string  // the shortest of each kind of lie
	kinds                          map[string]int
	inTime, undisturbed            settledShare
}

// add adds a world to the report.
func (r *report) add(w *world) {
	b := w.books()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seeds++
	for _, c := range w.calls {
		r.calls++
		if c.op.charges() {
			r.charges += c.sent
		} else if c.op != opForeign {
			r.refunds += c.sent
		}
		if c.crashed {
			r.unheard++
			continue
		}
		if c.said == saidUnknown {
			r.unknowns++
		}
		if c.op != opForeign {
			r.table[row{c.op, c.fault(), c.said, w.truth(c, b)}]++
		}
	}
	for _, list := range b.byOrder {
		r.approvals += len(list)
	}
	for _, o := range w.orders {
		for e := range allExclusions {
			if o.beyond.has(e) {
				r.concerned[e]++
			}
		}
	}
	for _, f := range w.findings {
		for e := range allExclusions {
			if f.beyond.has(e) {
				r.excused[e]++
			}
		}
	}
	for _, f := range w.lies() {
		r.kinds[f.kind]++
		if story, known := w.story(f), r.stories[f.kind]; known == "" || len(story) < len(known) {
			r.stories[f.kind] = story
		}
	}
	r.addSettled(w, b)
}

// truth is a short text of the books about a call.
func (w *world) truth(c *call, b books) string {
	if c.op == opRefund || c.op == opCancel {
		for _, a := range b.byOrder[c.order.uid] {
			for _, r := range w.srv.Refunds(a.ImpUID) {
				if r.RequestID == c.id {
					return "refunded by it"
				}
			}
		}
		return "not refunded by it"
	}
	switch {
	case len(b.byRequest[c.id]) > 0:
		return "charged by it"
	case len(b.byOrder[c.order.uid]) > 0:
		return "charged by another"
	}
	return "not charged"
}

// String is the table and the totals.
func (r *report) String() string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "call\tfault\tsaid\tin the books\tcount")
	rows := slices.SortedFunc(maps.Keys(r.table), func(x, y row) int {
		return cmp.Or(cmp.Compare(x.call, y.call), cmp.Compare(x.fault, y.fault), cmp.Compare(x.said, y.said), cmp.Compare(x.truth, y.truth))
	})
	for _, one := range rows {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\n", one.call, one.fault, one.said, one.truth, r.table[one])
	}
	_ = t.Flush()
	return b.String()
}

// totals is the summary of the run.
func (r *report) totals() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %d calls (%d unheard, their process crashed), %d charges sent, %d refunds sent, %d approvals, %d unknown, %d lies\n",
		r.seeds, r.calls, r.unheard, r.charges, r.refunds, r.approvals, r.unknowns, r.lies())
	fmt.Fprintf(&b, "lost charges whose record showed within the settle window: %d, settled %.2f%%; "+
		"of these with undisturbed look-ups: %d, settled %.2f%%\n", r.inTime.shown, r.inTime.percent(),
		r.undisturbed.shown, r.undisturbed.percent())
	for e := range allExclusions {
		fmt.Fprintf(&b, "excluded: %s: %d orders, %d findings left out\n", e, r.concerned[e], r.excused[e])
	}
	for _, kind := range slices.Sorted(maps.Keys(r.kinds)) {
		fmt.Fprintf(&b, "LIES: %s: %d\n", kind, r.kinds[kind])
	}
	return b.String()
}

// lies returns how many lies were found.
func (r *report) lies() int {
	n := 0
	for _, count := range r.kinds {
		n += count
	}
	return n
}
