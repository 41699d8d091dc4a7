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

// EnsurePaid charges an order unless it is paid already, and returns its payment,
// whichever call made it. It may be called any number of times for one merchant_uid,
// and the order is charged at most once: by a job that restarts after a crash, by two
// workers with the same order, by a buyer who clicks twice. Call it with the same
// request until it returns a payment or an error that is not an
// [*OutcomeUnknownError].
//
//	a payment                  the order is paid, by this call or another: deliver once
//	*DeclinedError             this try was declined; the next call tries the card again
//	*AlreadyPaidError          it is paid on other terms, or was cancelled: see Differs
//	*InvalidRequestError       nothing was sent: correct the request
//	*Error                     the API refused the charge: its Message is the reason
//	*OutcomeUnknownError       call again, at RetryAt if it is set; if its Err holds an
//	                           *Error with StatusCode 401 the key is wrong: stop
//
// It looks the order up first. A payment on the terms of r (amount, currency,
// customer_uid) is the result. A payment that differs or was cancelled is an
// [*AlreadyPaidError] that names the difference. If nothing is paid, EnsurePaid
// charges, unless the [Journal] has an attempt of the order that is in progress or
// whose outcome is not known. Then nothing is sent, and RetryAt of the
// [*OutcomeUnknownError] is when it would charge. After any refusal or decline it
// looks the order up again.
//
// An OutcomeUnknownError with an empty Attempt means that this call sent nothing. Its
// Err is the reason: the look-up failed, the order is held, the sign-in, the limiter
// or the journal failed, the context ended. The error does not match ErrNotCharged
// then, because another process may be paying the order. Err holds the [*Error]: stop
// at StatusCode 401, the key is wrong. If Payment is a record that is neither paid,
// failed nor cancelled, nothing is sent until it changes. Check that record in the
// console; if it never changes, charge with [Client.Again]. An API that answers the
// look-up of an order without records with HTTP 200 and a code instead of 404 also
// has this result, with its message in Err.
//
// A decline is final for the call, not for the order: record it, because the next
// call tries the card again. After a decline the request may name another card
// (CustomerUID) or amount under the same MerchantUID. If an earlier try is paid after
// all, the result is an *AlreadyPaidError that names what differs.
//
// # Conditions
//
// "At most once" is guaranteed within one client. Across clients, processes and
// crashes it needs one journal for all of them ([WithJournal]) with the same quiet
// period and time-out. It does not cover:
//
//   - a PG or API that takes longer than the quiet period minus the time-out, from
//     the sending of a charge, its connection included, until its record is visible
//     ([WithQuietPeriod]);
//   - a charge that the API refuses with a message or 401 but still executes, and
//     that is visible only after the look-up;
//   - Onetime, Again, RetrySchedule, schedules, or anything else that charges the
//     same order at the same time: call Unschedule first;
//   - an id of [WithAttempt] that is used twice, more than two hours apart;
//   - a transport or proxy that repeats requests.
//
// Calls of one client for one order run one after another. [WithAttempt] is ignored:
// each send has its own mark.
//
// API: GET /payments/findAll/{merchant_uid}, POST /subscribe/payments/again or
// /subscribe/payments/onetime
func (c *Client) EnsurePaid(ctx context.Context, r Charge) (*Payment, error) {
	p := &problems{op: "EnsurePaid"}
	e := endpoint{op: p.op}
	switch r.(type) {
	case AgainRequest, *AgainRequest, OnetimeRequest, *OnetimeRequest:
	default: // a struct of the caller that embeds one
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

// Settle looks up the result of a charge whose outcome was unknown. merchantUID and
// attempt come from the [*OutcomeUnknownError], or attempt is the id that was given
// to [WithAttempt]. Settle charges nothing. Its result depends only on the records of
// the API and on attempt, and on [WithPG] if a record names no gateway, so every
// client of a shop gets the same result.
//
// A payment means that the order is paid, by this attempt or by one without a mark in
// its record. Settle does not have the terms: compare the amount. A [*DeclinedError]
// means that the attempt failed. An [*AlreadyPaidError] means that another attempt
// paid the order, or that its payment was cancelled since. Everything else, a failed
// look-up included, is an [*OutcomeUnknownError]: call Settle again later, or call
// [Client.EnsurePaid], which charges again once that is safe. A charge can still be
// running a minute after its answer was lost.
//
// If attempt is "", no record is known to be the call's own: a record with a mark is
// another call's, and a failed record decides nothing.
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
	v := e.claim.judge(answerLost, records)
	return e.outcome(chargeAnswer{cause: errNoRecord}, v, nil)
}

var errNoRecord = errors.New("no record shows the result of the charge")
