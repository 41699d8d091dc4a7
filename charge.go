package iamport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/iamport-go/iamport/internal/exchange"
	"github.com/iamport-go/iamport/internal/redact"
)

const chargeHint = "Settle tells later what became of it, and EnsurePaid charges again only if that is safe"

// chargeOnce charges without a look before.
func (c *Client) chargeOnce(ctx context.Context, p *problems, e endpoint) (*Payment, error) {
	e = e.charging()
	e.claim.own = attemptID(ctx, p)
	e.invalid = p.err()
	return reported(ctx, c, e, func(e endpoint) (*Payment, error) {
		return c.charge(ctx, e, c.newHold(e.merchantUID, e.claim.own, time.Time{}))
	})
}

// charging makes e the endpoint of a charge.
func (e endpoint) charging() endpoint {
	e.charges, e.changes, e.hint = true, true, chargeHint
	return e
}

// charge carries out an endpoint that charges a card. Its results are the four of
// the package comment, and no other:
//
//	validate -> token -> rate limit -> begin -> send once -> read -> look up -> judge -> end
//
// What the records of the order tell is decided by claim.judge alone.
func (c *Client) charge(ctx context.Context, e endpoint, h *hold) (*Payment, error) {
	if e.invalid != nil {
		return nil, e.invalid
	}
	var shown *Payment
	e.result, e.before, e.late = &shown, h.before, h.late
	a, err := c.attempt(ctx, e)
	if err != nil && !exchange.MayHaveBeenSent(err) {
		h.end(ctx, true)
		return nil, c.notSent(e, h, err)
	}
	heard := e.hear(a, shown, err)
	v := heard.verdict
	if v.is == declined { // the answer names its gateway, and it is not Paymentwall
		e.claim.paymentwall = false
	}
	if e.mustLook(heard) {
		v, err = c.settle(ctx, e, heard)
	}
	c.warn(ctx, e, heard, v)
	p, err := e.outcome(heard, v, err)

	// A failed payment of this attempt frees the order, whatever another call does,
	// unless it may still become paid.
	free := errors.Is(err, ErrNotCharged) || heard.verdict.is == declined && v.is == open && !v.late
	h.end(ctx, free)
	if lost, ok := errors.AsType[*OutcomeUnknownError](err); ok {
		lost.RetryAt = h.retryAt(!free)
	}
	return p, err
}

// notSent makes the error of a charge of which nothing left. EnsurePaid speaks of
// the order, which another process may be paying; the others speak of this call.
func (c *Client) notSent(e endpoint, h *hold, err error) error {
	failed := e.failure(err)
	if !e.claim.anyone {
		return notCharged(failed)
	}
	lost := e.nothingSent(failed)
	lost.RetryAt = h.retryAt(false)
	return lost
}

// nothingSent is the outcome of an order of which this call sent nothing.
func (e endpoint) nothingSent(cause error) *OutcomeUnknownError {
	lost := e.unknown(cause)
	lost.Attempt, lost.hint = "", "nothing was sent"
	return lost
}

// heard is what the own answer of a charge says.
type heard struct {
	said    said
	verdict verdict // by the answer alone
	refusal *Error  // the API's no, nil if there is none
	cause   error   // why the answer settles nothing, nil if it does
}

var (
	errContradicts = errors.New("the answer holds an error and a payment")
	errUndecided   = errors.New("the payment in the answer does not settle the charge")
	errShownFailed = errors.New("the answer holds a failed payment")
	errOtherTerms  = errors.New("the payment of this charge has other terms than it asked for")
)

// hear reads an answer: a payment, a refusal, or nothing that can be relied on. p
// is the payment in it, if any; err says that there is no answer.
func (e endpoint) hear(a *exchange.Answer, p *Payment, err error) heard {
	if err != nil {
		return heard{cause: errors.Unwrap(err)}
	}
	lost := func(why error) heard { return heard{cause: e.answered(a, why)} }
	switch {
	case a.IsRefusal(p.isEmpty()):
		return heard{said: saidNo, verdict: verdict{is: unpaid}, refusal: e.answered(a, nil)}
	case a.Problem != nil || !a.Readable():
		return lost(a.Problem)
	case p.isEmpty():
		return lost(errNoResponse)
	case !p.isOf(e.merchantUID):
		return lost(errOtherOrder)
	}
	p.hideSecrets(e.secrets)
	v := e.claim.judge(saidPayment, []*Payment{p})
	switch {
	case v.is == paid && (a.Code != 0 || !a.OK()):
		return lost(errContradicts)
	case v.is == open:
		h := lost(errUndecided)
		h.verdict = v
		return h
	case v.is == declined:
		return heard{said: saidNo, verdict: v}
	}
	return heard{said: saidPayment, verdict: v}
}

// isEmpty reports whether there is no payment in an answer.
func (p *Payment) isEmpty() bool {
	return p == nil || p.ImpUID == "" && p.MerchantUID == "" && p.Status == ""
}

// mustLook reports whether the records have to be asked. EnsurePaid asks them after
// any no, so that no final no hides a payment.
func (e endpoint) mustLook(h heard) bool {
	switch {
	case h.verdict.is == paid:
		return false
	case e.claim.anyone:
		return true
	case h.verdict.is == declined:
		return false
	}
	return h.refusal == nil || h.refusal.StatusCode != http.StatusUnauthorized
}

// warn logs a charge without an answer beside a payment of another call: it may still
// go through.
func (c *Client) warn(ctx context.Context, e endpoint, h heard, v verdict) {
	if h.said != saidNothing || v.is != paid && v.is != already {
		return
	}
	if mark := markOf(v.payment); mark != "" && mark != e.claim.own {
		c.log.LogAttrs(ctx, slog.LevelWarn, "iamport charge without an answer beside a payment of another call",
			slog.String("op", e.op), slog.String("merchant_uid", e.merchantUID))
	}
}

// outcome turns what was heard and looked up into one of the four results. err is
// that of the last look-up.
func (e endpoint) outcome(h heard, v verdict, err error) (*Payment, error) {
	switch v.is {
	case paid:
		return v.payment, nil
	case already:
		return nil, e.alreadyPaid(v.payment, h.reason())
	case declined:
		return nil, e.declined(v.payment, h)
	case unpaid:
		return nil, e.refused(h)
	case clash:
		err = errOtherTerms
	case open:
	}
	lost := e.unknown(join(h.reason(), err))
	lost.Payment = first(v.payment, h.verdict.payment)
	return nil, lost
}

// reason is what the answer said, as an error.
func (h heard) reason() error {
	switch {
	case h.refusal != nil:
		return h.refusal
	case h.verdict.is == declined:
		return errShownFailed
	}
	return h.cause
}

func (e endpoint) alreadyPaid(p *Payment, cause error) *AlreadyPaidError {
	differs := e.claim.terms.differences(p)
	if p.Status != StatusPaid {
		differs = append(differs, "status")
	}
	already := &AlreadyPaidError{Op: e.op, Payment: p, Differs: differs, cause: cause}
	already.text = redact.Text(already.Error(), e.secrets)
	return already
}

// declined makes the error of a failed payment.
func (e endpoint) declined(p *Payment, h heard) *DeclinedError {
	d := &DeclinedError{Op: e.op, MerchantUID: e.merchantUID, Payment: p, Reason: p.FailReason, PGCode: pgCode(p.FailReason)}
	if h.refusal != nil {
		d.cause = notCharged(h.refusal)
	}
	return d
}

// refused makes the error of a no that stands: a decline if a failed payment or a
// PG's code shows it.
func (e endpoint) refused(h heard) error {
	switch {
	case h.verdict.is == declined:
		return e.declined(h.verdict.payment, h)
	case h.refusal.PGCode != "":
		return &DeclinedError{
			Op: e.op, MerchantUID: e.merchantUID, Reason: h.refusal.Message, PGCode: h.refusal.PGCode, cause: notCharged(h.refusal),
		}
	}
	return notCharged(h.refusal)
}

// notCharged marks an error as one that moved no money.
func notCharged(e *Error) *Error {
	e.notCharged = true
	return e
}
