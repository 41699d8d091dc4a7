package iamport

import (
	"context"
	"errors"
	"time"
)

// Charge is a request that [Client.EnsurePaid] takes: an [AgainRequest] or an
// [OnetimeRequest].
type Charge interface {
	endpoint(c *Client, p *problems) endpoint
}

// EnsurePaid charges an order unless it is paid already, and returns its payment
// whichever call made it. It may be called any number of times for one
// merchant_uid, and the order is charged at most once: by a job that starts again
// after a crash, by two workers with one order, by a buyer who clicks twice. Call it
// with the same request until it gives a payment or an error that is not an
// [*OutcomeUnknownError].
//
// It looks first. A payment on the terms of r (amount, currency, customer_uid) is
// the result; one that differs, or that was cancelled, is an [*AlreadyPaidError] that
// says in what. If nothing is paid it charges, unless the [Journal] knows of an
// attempt of the order that is under way or whose outcome is not known: then nothing
// is sent, and RetryAt of the [*OutcomeUnknownError] is when it would charge. After
// any refusal or decline it looks again.
//
// An OutcomeUnknownError with an empty Attempt says that this call sent nothing. Its
// Err tells why: the look failed, the order is held, the sign-in, the limiter or the
// journal failed, the context ended. "Not charged" is not said then, because another
// process may be paying the order. Err holds the [*Error]: stop at StatusCode 401,
// the key is wrong. If Payment is a record that is neither paid, failed nor
// cancelled, nothing is sent until it changes; look at it in the console, and if it
// never will, charge with [Client.Again]. An API that answers the look for an order
// without records by HTTP 200 and a code, and not by 404, ends here too, with its
// message in Err.
//
// A decline is final for the call, not for the order: write it down, because the
// next call tries the card again.
//
// # What the promise needs
//
// "At most once" holds within one client by itself. Across clients, processes and
// crashes it needs one journal for all of them ([WithJournal]) with the same quiet
// period and time-out. It does not cover:
//
//   - a PG or API that takes longer than the quiet period less the time-out, from the
//     sending of a charge, its connection included, until its record shows
//     ([WithQuietPeriod]);
//   - a charge that the API refuses in words or with 401, executes all the same, and
//     shows only after the look-up;
//   - Onetime, Again, RetrySchedule, schedules, or anything else that charges the same
//     order beside it: Unschedule first;
//   - an id of [WithAttempt] that is used twice, more than two hours apart;
//   - a transport or proxy that repeats requests.
//
// Calls for one order inside a client queue. [WithAttempt] is ignored: each send has
// a mark of its own.
//
// API: GET /payments/findAll/{merchant_uid}, POST /subscribe/payments/again or
// /subscribe/payments/onetime
func (c *Client) EnsurePaid(ctx context.Context, r Charge) (*Payment, error) {
	p := &problems{op: "EnsurePaid"}
	e := endpoint{op: p.op}
	switch r.(type) {
	case AgainRequest, *AgainRequest, OnetimeRequest, *OnetimeRequest:
	default: // a struct of somebody's own that embeds one
		r = nil
	}
	if isNil(r) {
		p.add("Charge", "must be an AgainRequest or an OnetimeRequest, not nil")
	} else {
		e = r.endpoint(c, p)
	}
	e = e.charging()
	e.claim.anyone = true
	e.invalid = p.err()
	return reported(ctx, c, e, func(e endpoint) (*Payment, error) { return c.ensurePaid(ctx, e) })
}

func (c *Client) ensurePaid(ctx context.Context, e endpoint) (*Payment, error) {
	if e.invalid != nil {
		return nil, e.invalid
	}
	leave, err := c.queues.Enter(ctx, e.merchantUID)
	if err != nil {
		return nil, e.nothingSent(e.failure(err))
	}
	defer leave()

	looked := time.Now()
	records, err := c.lookUp(ctx, e, PurposeLookUp)
	if err != nil {
		return nil, e.nothingSent(err)
	}
	switch v := e.claim.judge(notSent, records); v.is {
	case paid:
		return v.payment, nil
	case already:
		return nil, e.alreadyPaid(v.payment, nil)
	case unpaid:
		e.claim.own = randomID()
		return c.charge(ctx, e, c.newHold(e.merchantUID, e.claim.own, looked))
	default:
		lost := e.nothingSent(errPending)
		lost.Payment = v.payment
		return nil, lost
	}
}

var errPending = errors.New("the order has a record that is neither paid, failed nor cancelled")

// Settle asks what became of a charge whose outcome was unknown. merchantUID and
// attempt come from the [*OutcomeUnknownError], or attempt is the id that was given
// to [WithAttempt]. It looks, and charges nothing. The answer depends on the records
// of the API and on attempt alone, and on [WithPG] where a record names no gateway, so
// every client of a shop gets the same.
//
// The result is that of the charge. A payment: the order is paid, by this attempt or
// by one without a mark in its record. Settle does not know the terms: compare the
// amount. [*DeclinedError]: the attempt failed. [*AlreadyPaidError]: another attempt
// paid the order, or its payment was cancelled since. Anything else, a look-up that
// fails included, is an [*OutcomeUnknownError]: ask again later, or call
// [Client.EnsurePaid], which charges again once that is safe. A charge can still be
// running a minute after its answer was lost.
//
// Without an attempt ("") no record is known to be the call's own: one with a mark
// is another call's, and a failed one tells nothing.
//
// API: GET /payments/findAll/{merchant_uid}
func (c *Client) Settle(ctx context.Context, merchantUID, attempt string) (*Payment, error) {
	p := &problems{op: "Settle"}
	p.pathID("MerchantUID", merchantUID, 40)
	if attempt != "" {
		p.attempt("Attempt", attempt)
	}
	e := endpoint{op: p.op, merchantUID: merchantUID, claim: claim{own: attempt, paymentwall: c.pg.isPaymentwall()}}
	if err := p.err(); err != nil {
		return nil, err
	}
	records, err := c.lookUp(ctx, e, PurposeSettle)
	if err != nil {
		return nil, e.unknown(err)
	}
	v := e.claim.judge(saidNothing, records)
	return e.outcome(heard{cause: errNoRecord}, v, nil)
}

var errNoRecord = errors.New("no record tells what became of the charge")
