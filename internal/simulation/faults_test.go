package simulation

import (
	"net/http"
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

// planned is a fault with its name in the table.
type planned struct {
	name       string
	fault      iamporttest.Fault
	unreadable bool          // the answer, if any, decides nothing
	refused    bool          // with a message, executed or not
	network    time.Duration // how long it keeps the request
	turns      time.Duration // when a failed record becomes paid
	late       time.Duration // until look-ups show the record, once it is decided
	soon       time.Duration // the same, 0 for any
	beyond     exclusions
}

const (
	page          = "<html><body>gateway</body></html>"
	html          = "text/html"
	jsonType      = "application/json; charset=UTF-8"
	words         = `{"code":-1,"message":"refused","response":null}`
	wordsWithCode = `{"code":-1,"message":"[F113]refused","response":null}`
	unauthorized  = `{"code":-1,"message":"Unauthorized","response":null}`
	tooMany       = `{"code":-1,"message":"too many requests","response":null}`
	nothing       = `{"code":0,"message":null,"response":null}`
)

// inject draws the fault of one request.
func (w *world) inject(r *http.Request) *iamporttest.Fault {
	c := callOf(r.Context())
	switch {
	case c == nil:
		return nil
	case w.draining.Load():
		if movesMoney(r) {
			p := planned{name: "none", late: w.late}
			if w.pg+w.late+w.stale > w.allowed {
				p.beyond.add(slowPG)
			}
			c.take(p)
		}
		return nil
	}
	switch {
	case isCharge(r):
		return c.take(w.chargeFault(c.roll(forMoney), c.op))
	case isRefund(r):
		return c.take(w.refundFault(c.roll(forMoney), c.op))
	case r.URL.Path == "/users/getToken":
		if d := c.roll(forSignIn); d.chance(w.signInFaults) && c.op != opForeign {
			return c.meet(w.signInFault(d))
		}
	default:
		if d := c.roll(forRead); d.chance(w.readFaults) {
			return c.meet(w.readFault(d, r))
		}
	}
	return nil
}

// take records the effect of a fault on the call of the charge or refund.
func (c *call) take(p planned) *iamporttest.Fault {
	c.mu.Lock()
	c.faults = append(c.faults, p.name)
	c.unreadable = p.unreadable
	c.beyond |= p.beyond
	c.lateness = p.late
	c.mu.Unlock()
	c.order.meet(p.beyond)
	c.w.note(c, "meets: %s", p.name)
	return &p.fault
}

// meet records a fault of a request that moves no money.
func (c *call) meet(name string, f iamporttest.Fault) *iamporttest.Fault {
	c.mu.Lock()
	c.reads++
	c.mu.Unlock()
	c.w.note(c, "a look-up or sign-in meets: %s", name)
	return &f
}

func (o *order) meet(e exclusions) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.beyond |= e
}

// chargeFault draws the fault of a charge, and how long each step takes.
func (w *world) chargeFault(d dice, o op) planned {
	var p planned
	switch {
	case o == opForeign:
		p = planned{name: "none"}
		if d.chance(0.4) {
			p = planned{name: "declined", fault: iamporttest.Decline("[2116]limit")}
		}
	case d.chance(w.chargeFaults):
		p = draw(d, w.chargeFaultsOf(d, o))
	case d.chance(w.declines):
		p = planned{name: "declined", fault: iamporttest.Decline("[2116]limit")}
	case d.chance(w.refusals):
		p = planned{name: "refused with a message", fault: iamporttest.Answer(200, jsonType, pick(d, words, wordsWithCode)), refused: true}
	default:
		p = planned{name: "none"}
	}
	pg, late := w.pg, w.late
	if !w.atLimit && d.chance(0.3) {
		pg, late = d.upTo(pg), d.upTo(late)
	}
	if d.chance(0.3) && p.network == 0 {
		p.network = min(w.kept(d), d.upTo(w.timeout*5/4))
		p.fault = p.fault.After(p.network)
	}
	switch {
	case p.refused && !p.beyond.has(refusedLate) && !w.clientKnows:
		late = 0 // at once, because the guarantee does not cover it otherwise
	case p.soon > 0:
		pg, late = 0, p.soon
	}
	p.fault, p.late = p.fault.PGTime(pg).Late(late), late
	if p.network+pg+max(late, p.turns)+w.stale > w.allowed {
		p.beyond.add(slowPG)
	}
	return p
}

// kept draws how long the network keeps a request.
func (w *world) kept(d dice) time.Duration {
	if w.atLimit && d.chance(0.7) {
		return w.network
	}
	return d.upTo(w.network)
}

func (w *world) chargeFaultsOf(d dice, o op) []weighted[planned] {
	lost := func(name string, f iamporttest.Fault) planned { return planned{name: name, fault: f, unreadable: true} }
	kept := w.kept(d)
	tooSlow := d.between(w.timeout, 2*w.timeout)
	changes := d.upTo(w.quiet * 5 / 2) // the record is visible meanwhile
	list := []weighted[planned]{
		{4, planned{name: "lost, executed later", fault: iamporttest.LoseThenExecute(kept), unreadable: true, network: kept}},
		{2, lost("lost after", iamporttest.LoseAfter())},
		{1, lost("lost before", iamporttest.LoseBefore())},
		{1, lost("answered too late", iamporttest.Fault{}.Slow(tooSlow))},
		{1, lost("answer cut", iamporttest.CutAfter(d.IntN(900)))},
		{1, lost("502 after", iamporttest.AnswerAfter(502, html, page))},
		{0.5, lost("500 in JSON after", iamporttest.AnswerAfter(500, jsonType, words))},
		{1, lost("502 instead", iamporttest.Answer(502, html, page))},
		{1, lost("a gateway's 401 after", iamporttest.AnswerAfter(401, html, page))},
		{1, lost("a gateway's 401 in JSON after", iamporttest.AnswerAfter(401, jsonType, `{"code":16,"message":"Unauthenticated","details":[]}`))},
		{0.5, lost("a gateway's 404 in JSON after", iamporttest.AnswerAfter(404, jsonType, `{"code":5,"message":"Not Found","details":[]}`))},
		{0.5, lost("a gateway's 401 instead", iamporttest.Answer(401, html, page))},
		{0.3, lost("a gateway's 429 after", iamporttest.AnswerAfter(429, html, page))},
		{0.3, lost("null after", iamporttest.AnswerAfter(200, jsonType, nothing))},
		{0.3, lost("connection refused", iamporttest.Refuse())},
		{1, lost("declined, answered too late", iamporttest.Decline("[2116]limit").Slow(tooSlow))},
		{w.denials, planned{name: "401 of the API", fault: iamporttest.Answer(401, jsonType, unauthorized).After(d.upTo(w.timeout * 11 / 10))}},
		{0.5, planned{name: "429 of the API", fault: iamporttest.Answer(429, jsonType, tooMany), refused: true}},
		{1, planned{name: "ready, then paid", fault: iamporttest.Pending(changes, true), unreadable: true}},
		{0.5, planned{name: "ready, then failed", fault: iamporttest.Pending(changes, false), unreadable: true}},
	}
	after := func(status int, text string) iamporttest.Fault {
		return iamporttest.AnswerAfter(status, jsonType, text)
	}
	if w.stale == 0 || w.clientKnows {
		list = append(list,
			weighted[planned]{1.5, planned{name: "refused with a message, executed", fault: after(200, pick(d, words, wordsWithCode)), refused: true}},
			weighted[planned]{0.3, planned{name: "refused by 429, executed", fault: after(429, tooMany), refused: true}})
	}
	late := exclusions(1 << refusedLate)
	if o.ensures() && w.stale == 0 && w.window > lastLook {
		// EnsurePaid finds it unless its look-ups fail: see judgement.explainsNo.
		list = append(list, weighted[planned]{w.soon, planned{
			name: "refused with a message, executed, shown soon", fault: after(200, words), refused: true, beyond: late,
			soon: 1 + d.upTo(w.window-lastLook),
		}})
	}
	if w.refusedLate {
		list = append(list,
			weighted[planned]{1, planned{name: "refused with a message, executed, shown late", fault: after(200, words), refused: true, beyond: late}},
			weighted[planned]{1, planned{name: "401 of the API, executed", fault: after(401, unauthorized), refused: true, beyond: late}})
	}
	if w.paymentwall || w.spare > w.allowed/4 {
		turns := d.upTo(w.spare)
		weight := 0.3
		if w.paymentwall {
			weight = 4
		}
		list = append(list, weighted[planned]{weight, planned{
			name: "failed, then paid (Paymentwall)", fault: iamporttest.FailThenPay(turns, "[PW]pending"), unreadable: true, turns: turns,
		}})
	}
	return list
}

// refundFault draws what happens to a refund.
func (w *world) refundFault(d dice, o op) planned {
	p := planned{name: "none"}
	after := func(status int, contentType, text string) iamporttest.Fault {
		return iamporttest.AnswerAfter(status, contentType, text)
	}
	if d.chance(w.chargeFaults) {
		kept := w.kept(d)
		list := []weighted[planned]{
			{3, planned{name: "lost, executed later", fault: iamporttest.LoseThenExecute(kept), network: kept}},
			{2, planned{name: "lost after", fault: iamporttest.LoseAfter()}},
			{1, planned{name: "lost before", fault: iamporttest.LoseBefore()}},
			{1, planned{name: "answered too late", fault: iamporttest.Fault{}.Slow(d.between(w.timeout, 2*w.timeout))}},
			{1, planned{name: "answer cut", fault: iamporttest.CutAfter(d.IntN(900))}},
			{1, planned{name: "502 after", fault: after(502, html, page)}},
			{1, planned{name: "502 instead", fault: iamporttest.Answer(502, html, page)}},
			{1, planned{name: "a gateway's 401 after", fault: after(401, html, page)}},
			{1, planned{name: "a gateway's 401 in JSON after", fault: after(401, jsonType, `{"code":16,"message":"Unauthenticated","details":[]}`)}},
			{0.5, planned{name: "null after", fault: after(200, jsonType, nothing)}},
			{1, planned{name: "401 of the API", fault: iamporttest.Answer(401, jsonType, unauthorized).After(d.upTo(w.timeout))}},
			{1, planned{name: "refused with a message", fault: iamporttest.Answer(200, jsonType, words)}},
		}
		executed := planned{name: "refused with a message, executed", fault: after(200, jsonType, words)}
		switch {
		case o == opCancel:
			executed.beyond.add(refusedCancel)
		case w.stale > 0:
			executed.beyond.add(refusedLate)
		}
		if executed.beyond == 0 || w.refusedLate {
			list = append(list, weighted[planned]{1, executed})
		}
		p = draw(d, list)
	}
	if p.network+w.pg+w.stale > w.allowed {
		p.beyond.add(slowPG)
	}
	return p
}
