package iamport

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"github.com/iamport-go/iamport/internal/exchange"
)

// claim is how a charge recognises its own payment.
type claim struct {
	own         string // the mark that was sent, "" if none was
	terms       terms
	anyone      bool // a payment on the terms is the result, whoever made it (EnsurePaid)
	paymentwall bool // the charge goes to Paymentwall unless its record says otherwise
}

// answerKind is what is known about a charge before its records are judged.
type answerKind int

const (
	answerLost    answerKind = iota // it was sent, and its answer was lost
	answerRefused                   // it was sent, and the API refused it or showed a failed payment
	answerPayment                   // it was sent, and the only record is its own answer
	notSent                         // it has not been sent
)

// verdict is what the records of an order show about a charge.
type verdict struct {
	is ruling
	// payment is the record that decides, or because of which the outcome is open. It
	// may be nil if the outcome is open or unpaid.
	payment *Payment
	// late is true if the outcome is open and a failed record may still become paid, so
	// that no failure frees the order.
	late bool
}

type ruling int

const (
	open     ruling = iota // nothing is certain yet
	clash                  // the charge was paid on other terms than it asked for
	paid                   // paid on the terms
	already                // paid, or paid and cancelled, by another call
	declined               // the charge failed
	unpaid                 // nothing is paid: the answer decides
)

// chargeAnswer is the own answer of a charge.
type chargeAnswer struct {
	kind    answerKind
	verdict verdict // by the answer alone
	refusal *Error  // the API's refusal, nil if there is none
	cause   error   // why the answer does not decide, nil if it does
}

var (
	errContradicts = errors.New("the answer holds an error and a payment")
	errUndecided   = errors.New("the payment in the answer does not settle the charge")
)

// readAnswer classifies an answer: a payment, a refusal, or a lost answer. p is the payment
// in it, nil for none. err is not nil if there is no answer.
func (e endpoint) readAnswer(a *exchange.Answer, p *Payment, err error) chargeAnswer {
	if err != nil {
		return chargeAnswer{cause: errors.Unwrap(err)}
	}
	lost := func(why error) chargeAnswer { return chargeAnswer{cause: e.answered(a, why)} }
	switch {
	case a.IsRefusal(p.isEmpty()):
		return chargeAnswer{kind: answerRefused, verdict: verdict{is: unpaid}, refusal: e.answered(a, nil)}
	case a.Problem != nil || !a.Readable():
		return lost(a.Problem)
	case p.isEmpty():
		return lost(errNoResponse)
	case !p.isOf(e.merchantUID):
		return lost(errOtherOrder)
	}
	p.hideSecrets(e.secrets)
	v := e.claim.judge(answerPayment, []*Payment{p})
	switch {
	case v.is == paid && (a.Code != 0 || !a.OK()):
		return lost(errContradicts)
	case v.is == open:
		h := lost(errUndecided)
		h.verdict = v
		return h
	case v.is == declined:
		return chargeAnswer{kind: answerRefused, verdict: v}
	}
	return chargeAnswer{kind: answerPayment, verdict: v}
}

// isEmpty reports whether an answer holds no payment.
func (p *Payment) isEmpty() bool {
	return p == nil || p.ImpUID == "" && p.MerchantUID == "" && p.Status == ""
}

// judge decides a charge from its own answer and from all records of its order, in
// any order. It is the only place that decides this, for every charge, and it uses
// nothing else: no clock and no state.
//
// A record with the mark of the charge is its own. A record with another mark is
// another call's. A record without a mark may be from any call.
func (c claim) judge(kind answerKind, records []*Payment) verdict {
	own, bare, other := c.sort(records)
	refunded := first(own.refunded, bare.refunded, other.refunded)
	pending := first(own.pending, bare.pending, other.pending)
	late := first(own.late, bare.late, other.late)

	if kind == answerPayment {
		if c.own == "" { // a retry sends no mark, and its record may keep that of an earlier call
			bare.paid, bare.failed = first(bare.paid, other.paid), first(bare.failed, other.failed)
		}
		if p := first(own.paid, bare.paid); p != nil {
			return verdict{is: paid, payment: p}
		}
		if p := first(own.failed, bare.failed); p != nil {
			return verdict{is: declined, payment: p}
		}
		return verdict{is: open, payment: records[0], late: late != nil}
	}

	// What is paid.
	mine := own.paid
	if kind == answerLost {
		mine = first(own.paid, bare.paid)
	}
	if c.anyone {
		mine = first(own.paid, bare.paid, other.paid)
	}
	theirs := first(bare.paid, other.paid, other.differs, refunded)
	switch {
	case kind != notSent && own.differs != nil:
		return verdict{is: clash, payment: own.differs}
	case mine != nil:
		return verdict{is: paid, payment: mine}
	case theirs != nil:
		return verdict{is: already, payment: theirs}
	case kind == answerLost && bare.differs != nil:
		return verdict{is: open, payment: bare.differs} // perhaps its own
	case bare.differs != nil:
		return verdict{is: already, payment: bare.differs}
	}

	// Nothing is paid.
	switch {
	case kind == answerLost && own.failed != nil && own.pending == nil && own.late == nil:
		return verdict{is: declined, payment: own.failed}
	case kind == answerLost:
		return verdict{is: open, payment: first(pending, late), late: late != nil}
	case pending != nil:
		return verdict{is: open, payment: pending, late: late != nil}
	case kind == notSent:
		return verdict{is: unpaid}
	case own.failed != nil && own.late == nil:
		return verdict{is: declined, payment: own.failed}
	case late != nil || c.paymentwall:
		return verdict{is: open, payment: late, late: true}
	}
	return verdict{is: unpaid}
}

// group holds the first record of each state, for records of one origin.
type group struct {
	paid     *Payment // on the terms
	differs  *Payment // paid on other terms
	refunded *Payment // paid before, then cancelled in whole or in part
	failed   *Payment
	late     *Payment // failed at Paymentwall, where it may become paid
	pending  *Payment // ready, or an unknown status
}

// sort groups the records: the charge's own, those without a mark, and those of other
// calls.
func (c claim) sort(records []*Payment) (own, bare, other group) {
	for _, p := range records {
		of := &other
		switch markOf(p) {
		case "":
			of = &bare
		case c.own:
			of = &own
		}
		place := &of.pending
		switch p.Status {
		case StatusPaid:
			place = &of.paid
			if c.terms.differences(p) != nil {
				place = &of.differs
			}
		case StatusCancelled:
			place = &of.refunded
		case StatusFailed:
			place = &of.failed
			if c.mayStillBePaid(p) {
				place = &of.late
			}
		case StatusReady:
		}
		*place = first(*place, p)
	}
	return own, bare, other
}

// mayStillBePaid reports whether p failed at Paymentwall.
func (c claim) mayStillBePaid(p *Payment) bool {
	return p.PGProvider.isPaymentwall() || p.PGProvider == "" && c.paymentwall
}

func first(payments ...*Payment) *Payment {
	for _, p := range payments {
		if p != nil {
			return p
		}
	}
	return nil
}

type attemptKey struct{}

// WithAttempt sets the mark of the next [Client.Onetime] or [Client.Again] with the
// context. An id is valid for one send only: never use it again, because a failed
// record of the earlier send would count as that of the later one. If you store the
// id before the call, [Client.Settle] can find the outcome of the charge after a
// crash.
//
// id is 1 to 64 characters of a-z, 0-9, '.', '_' and '-'. With any other id the
// charge returns an [*InvalidRequestError] and nothing is sent. "" means a random
// mark, which is the default. Do not use one context with an id for several charges
// of one order: the second charge fails with [ErrAttemptUsed]. The journal detects a
// used id for two hours only. [Client.EnsurePaid] and [Client.RetrySchedule] ignore
// it.
func WithAttempt(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, attemptKey{}, id)
}

// attemptID returns the mark of a charge under ctx.
func attemptID(ctx context.Context, p *problems) string {
	id, _ := ctx.Value(attemptKey{}).(string)
	if id == "" {
		return randomID()
	}
	p.attempt("WithAttempt", id)
	return id
}

// randomID returns 26 characters of at least 128 random bits.
func randomID() string { return strings.ToLower(rand.Text()) }

// attempt checks the id of an attempt.
func (p *problems) attempt(field, id string) {
	if !isAttemptID(id) {
		p.add(field, "must be 1 to 64 characters of a-z, 0-9, '.', '_' and '-'")
	}
}

func isAttemptID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

// userAgent returns the User-Agent header of a call. mark is that of a charge, "" for
// every other call. Brackets are used only for a mark.
func (c *Client) userAgent(mark string) string {
	if mark == "" {
		return c.baseAgent
	}
	return product + Version + " (" + mark + ")" + strings.TrimPrefix(c.baseAgent, product+Version)
}

// markOf returns the mark of the charge that made a record, "" if there is none. A
// mark without its closing bracket, or not at the start of the text, does not count.
// iamport may change the case, so the text is read in lower case.
func markOf(p *Payment) string {
	userAgent := strings.ToLower(p.UserAgent)
	userAgent, ours := strings.CutPrefix(userAgent, product)
	version, rest, bracket := strings.Cut(userAgent, " (")
	mark, _, closed := strings.Cut(rest, ")")
	if !ours || !bracket || !closed || strings.Trim(version, "abcdefghijklmnopqrstuvwxyz0123456789.+-") != "" || !isAttemptID(mark) {
		return ""
	}
	return mark
}
