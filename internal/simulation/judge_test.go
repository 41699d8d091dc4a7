package simulation

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// finding is a difference between a result and the books. It is a lie unless an
// exclusion explains it.
type finding struct {
	kind   string
	order  *order
	call   *call // nil if it is about the order
	beyond exclusions
}

func (w *world) find(f finding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.findings = append(w.findings, f)
}

// lies returns the findings without an explanation.
func (w *world) lies() []finding {
	return slices.DeleteFunc(slices.Clone(w.findings), func(f finding) bool { return f.beyond != 0 })
}

// books are the approvals of the server.
type books struct {
	byRequest map[string][]iamporttest.Approval
	byOrder   map[string][]iamporttest.Approval
	byImpUID  map[string]iamporttest.Approval
}

func (w *world) books() books {
	b := books{map[string][]iamporttest.Approval{}, map[string][]iamporttest.Approval{}, map[string]iamporttest.Approval{}}
	for _, a := range w.srv.AllApprovals() {
		if a.RequestID != "" {
			b.byRequest[a.RequestID] = append(b.byRequest[a.RequestID], a)
		}
		b.byOrder[a.MerchantUID] = append(b.byOrder[a.MerchantUID], a)
		b.byImpUID[a.ImpUID] = a
	}
	return b
}

// judge compares all results with the books, after the last change of the books.
func (w *world) judge() {
	b := w.books()
	for _, o := range w.orders {
		w.judgeOrder(o, b)
	}
	w.judgeMarks()
	for _, c := range w.calls {
		own := b.byRequest[c.id]
		if c.op != opForeign && len(own) > 1 {
			w.find(finding{kind: "one call charged twice", order: c.order, call: c, beyond: c.beyond.of(repeatedPost, refusedLate)})
		}
		if c.crashed || c.op == opForeign {
			continue
		}
		j := &judgement{world: w, books: b, call: c, own: own}
		switch {
		case c.said == saidNonsense:
			j.find("none or several of the results")
		case c.op == opRefund || c.op == opCancel:
			j.refund()
		case c.op == opSettle:
			j.settle()
		default:
			j.charge()
		}
	}
}

// judgeMarks searches for two calls that sent the same attempt id. The journal
// detects that for two hours. Calls that are farther apart, and Settle for them, are
// excluded.
func (w *world) judgeMarks() {
	senders := map[string]*call{} // by order and mark
	for _, c := range w.calls {
		if len(c.marks) == 0 || c.op == opForeign {
			continue
		}
		name := c.order.uid + " " + c.marks[0]
		first := senders[name]
		senders[name] = c
		if first == nil {
			continue
		}
		if c.sentAt.Sub(first.sentAt).Abs() >= 2*time.Hour {
			for _, about := range w.calls {
				if about == c || about == first || about.order == c.order && about.op == opSettle && about.attempt == c.marks[0] {
					about.beyond.add(usedTwice)
				}
			}
			c.order.beyond.add(usedTwice)
		}
		w.find(finding{kind: "an attempt id was sent by two calls", order: c.order, call: c, beyond: c.beyond.of(usedTwice)})
	}
}

// judgement is about the result of one call.
type judgement struct {
	*world
	books
	call *call
	own  []iamporttest.Approval // what its requests took
}

func (j *judgement) find(kind string, explained ...exclusion) {
	j.world.find(finding{kind: kind, order: j.call.order, call: j.call, beyond: j.call.beyond.of(append(explained, usedTwice)...)})
}

// charge judges the results of Again, Onetime, RetrySchedule and EnsurePaid.
func (j *judgement) charge() {
	c := j.call
	switch c.said {
	case saidPaid:
		j.paid(c.payment)
	case saidAlready:
		j.already()
	case saidDeclined, saidNotCharged:
		if len(j.own) > 0 {
			j.find("said not charged, and charged", j.explainsNo(), repeatedPost)
		}
		if c.op.ensures() {
			j.finalNo()
		}
	case saidUnknown:
		j.unknown()
	case saidNonsense:
	}
}

// explainsNo returns refusedLate if the record of a refused but executed charge was
// visible too late for the look-ups. EnsurePaid looks until the settle window ends if
// the refusal has no code.
func (j *judgement) explainsNo() exclusion {
	c := j.call
	last := c.heardNo
	if _, declined := errors.AsType[*iamport.DeclinedError](c.err); c.op.ensures() && !declined {
		last = last.Add(max(0, j.window-lastLook))
	}
	if c.sent == 1 && c.undisturbed() && j.own[0].At.Add(c.lateness+j.stale).Before(last.Round(0)) {
		return allExclusions // nothing explains it
	}
	return refusedLate
}

// paid judges a payment: the books must have it, on the terms, and with marks it must
// be the call's own.
func (j *judgement) paid(p *iamport.Payment) {
	c := j.call
	a, found := j.byImpUID[p.ImpUID]
	switch {
	case p.Status != iamport.StatusPaid || !found || a.MerchantUID != c.order.uid || a.At.After(c.ended):
		j.find("said paid, and the books have no such payment")
	case a.Amount != strconv.FormatInt(c.amount, 10) && c.op != opRetrySchedule:
		j.find("said paid, on other terms")
	case a.RequestID != c.id && !c.op.ensures() && j.markShown(a) != "":
		j.find("said paid, by the charge of another call")
	case a.RequestID != c.id && !c.op.ensures() && c.refused:
		j.find("said paid after a refusal, by a charge that may be another's", repeatedPost)
	}
}

// markShown returns the mark that the record of an approval shows.
func (j *judgement) markShown(a iamporttest.Approval) string {
	for _, c := range j.calls {
		if c.id == a.RequestID && len(c.marks) > 0 && j.shows(c.marks[0]) {
			return c.marks[0]
		}
	}
	return ""
}

// already judges an AlreadyPaidError: another call paid the order. The call itself
// may have paid it if it was refused with a message and its record shows no mark, or
// if its payment was cancelled since.
func (j *judgement) already() {
	c := j.call
	already, _ := errors.AsType[*iamport.AlreadyPaidError](c.err)
	if already.Payment == nil {
		j.find("said already paid, and names no payment")
		return
	}
	p := already.Payment
	a, found := j.byImpUID[p.ImpUID]
	switch {
	case !found || a.MerchantUID != c.order.uid || a.At.After(c.ended):
		j.find("said already paid, and the books have no such payment")
	case p.Status == iamport.StatusCancelled && a.Cancelled == "0":
		j.find("said cancelled, and the books have no refund")
	case p.Status != iamport.StatusCancelled && a.RequestID == c.id && (!c.refused || j.markShown(a) != ""):
		j.find("said already paid, by its own charge", repeatedPost)
	case c.op != opRetrySchedule && slices.Contains(already.Differs, "amount") != (a.Amount != strconv.FormatInt(c.amount, 10)):
		j.find("said already paid, and names wrong differences")
	case c.op.ensures() && p.Status == iamport.StatusPaid && len(already.Differs) == 0:
		j.find("said already paid of a payment on the terms")
	}
}

// finalNo judges a refusal or decline of EnsurePaid for the whole order: EnsurePaid
// looked the order up after it.
func (j *judgement) finalNo() {
	c := j.call
	if c.sent == 0 {
		j.find("a final no, and nothing was sent")
	}
	for _, a := range j.byOrder[c.order.uid] {
		if a.RequestID != c.id && a.At.Add(j.late+j.stale).Before(c.heardNo) {
			j.find("a final no that hides a payment")
			return
		}
	}
}

// unknown judges the fields of an OutcomeUnknownError.
func (j *judgement) unknown() {
	c := j.call
	unknown, _ := errors.AsType[*iamport.OutcomeUnknownError](c.err)
	sent := ""
	if len(c.marks) > 0 {
		sent = c.marks[0]
	}
	switch {
	case unknown.Attempt == "" && c.sent > c.waved && c.op.marked():
		j.find("said that nothing was sent, and it was")
	case unknown.Attempt != "" && unknown.Attempt != sent:
		j.find("said unknown of an attempt that was not sent")
	case unknown.MerchantUID != c.order.uid:
		j.find("said unknown of another order")
	case c.sent == 0 && !c.op.ensures():
		j.find("said unknown, and nothing was sent")
	case !unknown.RetryAt.IsZero() && unknown.RetryAt.Before(c.ended):
		j.find("said to come back in the past")
	case unknown.RetryAt.Sub(c.ended) > j.quiet+2*j.timeout+time.Hour/2:
		j.find("said to come back much too late")
	case c.sent > 0 && !c.op.ensures() && unknown.RetryAt.IsZero():
		j.find("said unknown without a time to come back")
	case unknown.Attempt == "" && !unknown.RetryAt.IsZero() && !j.held("", c):
		j.find("held, and nothing holds the order")
	}
}
