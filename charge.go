package iamport

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/iamport-go/iamport/internal/exchange"
	"github.com/iamport-go/iamport/internal/redact"
)

const chargeHint = "call Settle later to find out the result; EnsurePaid charges again only if that is safe"

// chargeOnce charges without a look-up before.
func (c *Client) chargeOnce(ctx context.Context, p *problems, e endpoint) (*Payment, error) {
	e = e.charging()
	e.claim.own = attemptID(ctx, p)
	e.invalid = p.err()
	paid, err := c.charge(ctx, e, c.newHold(e.merchantUID, e.claim.own, time.Time{}))
	c.ended(ctx, e, err)
	return paid, err
}

// charging makes e the endpoint of a charge.
func (e endpoint) charging() endpoint {
	e.charges, e.changes, e.hint = true, true, chargeHint
	e.sends = &sends{began: time.Now()}
	return e
}

// charge runs an endpoint that charges a card. Its results are the four of the
// package comment:
//
//	validate -> token -> rate limit -> begin -> send once -> read -> look up -> judge -> end
//
// Only claim.judge decides what the records of the order mean.
func (c *Client) charge(ctx context.Context, e endpoint, h *hold) (*Payment, error) {
	if e.invalid != nil {
		return nil, e.invalid
	}
	var shown *Payment
	e.result, e.hold = &shown, h
	a, err := c.attempt(ctx, e)
	if err != nil && !exchange.MayHaveBeenSent(err) {
		h.end(ctx, true)
		return nil, c.notSent(e, h, err)
	}
	answer := e.readAnswer(a, shown, err)
	v := answer.verdict
	if v.is == declined { // the answer names its gateway, and it is not Paymentwall
		e.claim.paymentwall = false
	}
	if e.mustLook(answer) {
		v, err = c.settle(ctx, e, answer)
	}
	c.warn(ctx, e, answer, v)
	p, err := e.outcome(answer, v, err)

	// A failed payment of this attempt frees the order, even if another call is unknown,
	// unless it may still become paid.
	free := errors.Is(err, ErrNotCharged) || answer.verdict.is == declined && v.is == open && !v.late
	h.end(ctx, free)
	if lost, ok := errors.AsType[*OutcomeUnknownError](err); ok {
		lost.RetryAt = h.retryAt(!free)
	}
	return p, err
}

// notSent returns the error of a charge that was not sent. The error of EnsurePaid is
// about the order, which another process may be paying; that of other charges is
// about this call.
func (c *Client) notSent(e endpoint, h *hold, err error) error {
	failed := e.failure(err)
	if !e.claim.anyone {
		return notCharged(failed)
	}
	lost := e.nothingSent(failed)
	lost.RetryAt = h.retryAt(false)
	return lost
}

// nothingSent returns the unknown outcome of an order for which this call sent
// nothing.
func (e endpoint) nothingSent(cause error) *OutcomeUnknownError {
	lost := e.unknown(cause)
	lost.Attempt, lost.hint = "", "nothing was sent"
	return lost
}

// mustLook reports whether the order must be looked up. EnsurePaid looks it up after
// any refusal or decline, so that neither hides a payment.
func (e endpoint) mustLook(h chargeAnswer) bool {
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

// warn logs a charge without an answer whose order another call paid: the charge may
// still be executed.
func (c *Client) warn(ctx context.Context, e endpoint, h chargeAnswer, v verdict) {
	if h.kind != answerLost || v.is != paid && v.is != already {
		return
	}
	if mark := markOf(v.payment); mark != "" && mark != e.claim.own {
		c.log.WarnContext(ctx, "iamport charge without an answer beside a payment of another call",
			"op", e.op, "merchant_uid", e.merchantUID)
	}
}

var (
	errShownFailed = errors.New("the answer holds a failed payment")
	errOtherTerms  = errors.New("the payment of this charge has other terms than it asked for")
)

// outcome returns one of the four results from the answer and the look-ups. err is
// the error of the last look-up.
func (e endpoint) outcome(h chargeAnswer, v verdict, err error) (*Payment, error) {
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

// reason returns the answer as an error.
func (h chargeAnswer) reason() error {
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
		differs = append(differs, DiffersStatus)
	}
	already := &AlreadyPaidError{Op: e.op, Payment: p, Differs: differs, cause: cause}
	already.text = redact.Text(already.Error(), e.secrets)
	return already
}

// declined returns the error of a failed payment.
func (e endpoint) declined(p *Payment, h chargeAnswer) *DeclinedError {
	d := &DeclinedError{Op: e.op, MerchantUID: e.merchantUID, Payment: p, Reason: p.FailReason, PGCode: pgCode(p.FailReason)}
	if h.refusal != nil {
		d.cause = notCharged(h.refusal)
	}
	return d
}

// refused returns the error of a final refusal: a decline if a failed payment or a PG
// code shows it.
func (e endpoint) refused(h chargeAnswer) error {
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

// terms are the values of a charge that its payment must have.
type terms struct {
	amount      Amount // not set: the terms are not known
	currency    string // "": KRW
	customerUID string // "": not asked for
}

// The names in Differs of an [AlreadyPaidError].
const (
	DiffersAmount      = "amount"
	DiffersCurrency    = "currency"
	DiffersCustomerUID = "customer_uid"
	DiffersStatus      = "status"
)

// differences returns the names of the values in p that differ: the amount always,
// the currency and the customer_uid if the record has them.
func (t terms) differences(p *Payment) []string {
	if !t.amount.IsSet() {
		return nil
	}
	var names []string
	if p.Amount != t.amount {
		names = append(names, DiffersAmount)
	}
	currency := t.currency
	if currency == "" {
		currency = "KRW"
	}
	if p.Currency != "" && !strings.EqualFold(p.Currency, currency) {
		names = append(names, DiffersCurrency)
	}
	if t.customerUID != "" && p.CustomerUID != "" && p.CustomerUID != t.customerUID {
		names = append(names, DiffersCustomerUID)
	}
	return names
}

// order refuses a merchant_uid that could be charged but not looked up, or be
// confused with another.
func (p *problems) order(field, merchantUID string) {
	switch {
	case merchantUID == "." || merchantUID == "..":
		p.pathID(field, merchantUID, 0)
	case strings.TrimSpace(merchantUID) != merchantUID || strings.ContainsFunc(merchantUID, unicode.IsControl):
		p.add(field, "must not begin or end with white space, or hold control characters")
	}
}

// money checks the sums of one charge or schedule item.
func (p *problems) money(prefix string, amount, taxFree, vat Amount, currency string, quota int) {
	if amount.IsSet() && amount.Sign() <= 0 {
		p.add(prefix+"Amount", "must be more than 0")
	}
	if taxFree.Sign() < 0 {
		p.add(prefix+"TaxFree", "must be 0 or more")
	}
	if vat.Sign() < 0 {
		p.add(prefix+"VATAmount", "must be 0 or more")
	}
	inWon := isWon(currency)
	if inWon {
		p.wholeWon(prefix+"Amount", amount)
		p.wholeWon(prefix+"TaxFree", taxFree)
		p.wholeWon(prefix+"VATAmount", vat)
	}
	switch {
	case quota < 0 || quota == 1:
		p.add(prefix+"CardQuota", "must be 0 for a single payment, or 2 or more months")
	case quota >= 2 && inWon && amount.Sign() > 0 && amount.Cmp(KRW(50_000)) < 0:
		p.add(prefix+"CardQuota", "must be 0 for an amount below 50000 won")
	}
}

// isWon reports whether a currency is won; "" is won.
func isWon(currency string) bool { return currency == "" || strings.EqualFold(currency, "KRW") }

// wholeWon refuses a sum in won that has a fraction.
func (p *problems) wholeWon(field string, sum Amount) {
	if sum.scale != 0 {
		p.add(field, "must be whole won; an amount with a fraction needs its Currency")
	}
}
