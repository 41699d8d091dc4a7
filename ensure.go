package iamport

import (
	"context"
	"errors"
	"time"
)

// Settle asks what became of a charge whose outcome was unknown. merchantUID and
// since come from the [*OutcomeUnknownError]. It looks, and charges nothing.
//
// A paid record gives the payment. A failed one that began at or after since, and
// no paid one, gives a [*DeclinedError]. A payment that was refunded since, in
// whole or in part, gives an [*AlreadyPaidError]. Anything else, a look-up that
// fails included, is an [*OutcomeUnknownError] with the same Since: ask again
// later; so is a failed record if this client tried the order again meanwhile, for
// it may be of either attempt. A charge can still be running a minute after its answer was lost. When no
// record has come up within some minutes it was most likely never made; charge
// again under the same merchant_uid then, which the API refuses if it was paid
// after all: [Client.EnsurePaid], or Onetime with the same request.
//
// A process that died during a charge has no error to take since from: write down
// the time before the call. With a zero since any failed record counts, an old one
// too.
//
// API: GET /payments/findAll/{merchant_uid}
func (c *Client) Settle(ctx context.Context, merchantUID string, since time.Time) (*Payment, error) {
	e := endpoint{op: "Settle", merchantUID: merchantUID}
	p := &problems{op: e.op}
	p.pathID("merchant_uid", merchantUID, 40)
	if err := p.err(); err != nil {
		return nil, err
	}
	h, err := c.lookUp(ctx, e, since.Truncate(time.Second))
	lost := &OutcomeUnknownError{Op: e.op, MerchantUID: merchantUID, Since: since, Err: err}
	switch {
	case err != nil:
		return nil, lost
	case h.paid != nil && h.paid.Status == StatusPaid:
		return h.paid, nil
	case h.paid != nil:
		return nil, e.alreadyPaid(h.paid, nil)
	case h.failed != nil && !c.attempts.mixed(merchantUID):
		return nil, declined(e, h.failed)
	}
	lost.Err = errNoRecord
	return nil, lost
}

var errNoRecord = errors.New("no record tells what became of the charge")

// EnsurePaid charges an order unless it is paid already, and returns its payment
// whichever call made it. It is for work that may run more than once: a job that
// starts again after a crash, two workers with one order, a buyer who clicks
// twice. Call it with the same request until it gives a payment, or an error that
// is not an [*OutcomeUnknownError]. Write down a decline when you see one: the next
// call would try the card once more.
//
// It looks first. If that look fails the error is an [*OutcomeUnknownError] and
// nothing was sent. If a payment is there, its amount, currency and customer_uid
// must be those of r: a payment that differs, or that was refunded, is an
// [*AlreadyPaidError] that says in what. If none is there it charges, as
// [Client.Again] does and with the same results.
//
// Calls for one merchant_uid within the process share one look and one charge.
// Between processes the guard is iamport's own: it refuses a merchant_uid that
// was paid. A charge whose answer was lost is never settled here by a failed
// record, which may be that of another process: it stays unknown, and the next
// call tries again.
//
// API: GET /payments/findAll/{merchant_uid}, POST /subscribe/payments/again
func (c *Client) EnsurePaid(ctx context.Context, r AgainRequest) (*Payment, error) {
	e := c.againEndpoint("EnsurePaid", r)
	e.shared = true
	if e.invalid != nil {
		return nil, e.invalid
	}
	p, err := c.ensuring.do(ctx, e, func(ctx context.Context) (*Payment, error) { return c.ensure(ctx, e) })
	if left, ok := errors.AsType[*leftError](err); ok {
		lost := c.unknown(e, left.began, ctx.Err())
		lost.hint = left.Error()
		return nil, lost
	}
	if lost, ok := errors.AsType[*OutcomeUnknownError](err); ok && ctx.Err() != nil && errors.Is(lost.Err, context.Canceled) {
		lost.Err = ctx.Err() // the run was cancelled because this caller, the last one, went
	}
	switch {
	case errors.Is(err, errNotJoined):
		return nil, notCharged(&Error{Op: e.op, cause: ctx.Err()})
	case errors.Is(err, errBroken):
		return nil, c.unknown(e, time.Now(), err)
	}
	return p, err
}

func (c *Client) ensure(ctx context.Context, e endpoint) (*Payment, error) {
	began := time.Now()
	h, err := c.lookUp(ctx, e, time.Time{})
	if err != nil {
		lost := c.unknown(e, began, err)
		lost.hint = "nothing was sent: the look before the charge failed"
		return nil, lost
	}
	if h.paid != nil {
		return e.paidBefore(e.alreadyPaid(h.paid, nil))
	}
	if h.failed != nil {
		c.attempts.declined(e.merchantUID, h.failed) // not of the charge that follows
	}
	p, err := c.charge(ctx, e)
	if already, ok := errors.AsType[*AlreadyPaidError](err); ok {
		return e.paidBefore(already)
	}
	return p, err
}

// paidBefore takes an earlier payment for this call's if it is what was asked for.
func (e endpoint) paidBefore(already *AlreadyPaidError) (*Payment, error) {
	if len(already.Differs) > 0 {
		return nil, already
	}
	return already.Payment, nil
}
