package iamport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/iamport-go/iamport/internal/waits"
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
	paid, err := c.ensurePaid(ctx, e)
	c.ended(ctx, e, err)
	return paid, err
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

// settle looks an order up until its records decide the charge. A lost answer is
// looked up within the settle window, a refusal once. After a refusal, a look-up that
// fails or shows an undecided record is repeated for as long as a time-out. The error
// is that of the last look-up that failed by itself.
func (c *Client) settle(ctx context.Context, e endpoint, h chargeAnswer) (v verdict, err error) {
	window := c.settleWindow
	if h.kind == answerRefused && !e.claim.paymentwall {
		window = max(window, c.http.Timeout)
	}
	began := time.Now()
	looks, cancel := context.WithTimeout(ctx, window)
	defer cancel()
	for pauses := waits.New(250*time.Millisecond, time.Second); looks.Err() == nil; {
		asked := time.Now()
		records, failed := c.lookUp(looks, e, PurposeSettle)
		switch {
		case failed == nil:
			v, err = e.claim.judge(h.kind, records), nil
		case looks.Err() == nil: // a look-up that the end of the window stopped does not count
			v.is, err = open, fmt.Errorf("the look-up failed: %w", failed)
		}
		if v.is != open && (v.is != unpaid || h.isFinal(e) || time.Since(began) >= c.settleWindow) {
			return v, nil
		}
		if !sleepBeforeLook(looks, pauses, asked) {
			break
		}
	}
	if v.is == unpaid && endedEarly(ctx, began.Add(c.settleWindow)) != nil {
		v = verdict{} // the caller's context ended the look-ups early
	}
	return v, join(err, endedEarly(ctx, began.Add(window)))
}

// endedEarly returns the error of a caller's context that has ended, or ends before end.
func endedEarly(ctx context.Context, end time.Time) error {
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) && ctx.Err() == nil {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// sleepBeforeLook waits for the next look-up, and reports whether there is time for
// one. asked is when the previous one started. The last one starts shortly before the
// end of looks, with twice the time of the previous one left.
func sleepBeforeLook(looks context.Context, pauses *waits.Waits, asked time.Time) bool {
	end, _ := looks.Deadline()
	rest := time.Until(end) - max(2*time.Since(asked), 50*time.Millisecond)
	return rest > 0 && waits.Sleep(looks, min(pauses.Next(), rest))
}

// isFinal reports whether one look-up that finds nothing paid confirms a refusal. For
// EnsurePaid a refusal without a PG code may be that of a charge that is still
// running.
func (h chargeAnswer) isFinal(e endpoint) bool {
	return !e.claim.anyone || h.verdict.is == declined || h.refusal.PGCode != ""
}

const maxLookUpPages = 10 // of 1,000 records each

var (
	errPartialLookUp = errors.New("the look-up may be incomplete")
	errOtherOrder    = errors.New("the answer is about another merchant_uid")
)

// lookUp returns all records of the order of e, the newest first. If the API answers
// that there are none, it returns none. An answer that may be incomplete is an error.
//
// API: GET /payments/findAll/{merchant_uid}
func (c *Client) lookUp(ctx context.Context, e endpoint, purpose Purpose) ([]*Payment, error) {
	var records []*Payment
	distinct, total, seen := 0, 0, make(map[string]bool)
	for number := 1; number != 0; {
		find := findAll(e.op, e.merchantUID, FindPaymentsQuery{PageSize: maxLimit}, number)
		find.secrets, find.purpose = e.secrets, purpose
		page, err := call[*Page[*Payment]](ctx, c, find)
		if number == 1 && errors.Is(err, ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, p := range page.List {
			if !p.isOf(e.merchantUID) {
				return nil, errOtherOrder
			}
			// A record that is listed twice, because it changed meanwhile, is judged twice.
			records = append(records, p)
			if p.ImpUID == "" || !seen[p.ImpUID] {
				seen[p.ImpUID] = true
				distinct++
			}
		}
		// A list without a total may be truncated.
		whole := page.text.hasTotal && !page.text.unreadable && !page.text.nulls
		last := page.Next == 0
		total = max(total, page.Total) // a list that shrinks while it is read is incomplete
		if !whole || last && distinct < total || !last && (page.Next != number+1 || number == maxLookUpPages) {
			return nil, errPartialLookUp
		}
		number = page.Next
	}
	c.reportTwicePaid(ctx, e, records)
	return records, nil
}

// isOf reports whether p is a record of the order. A record without an order number
// counts if it has an id, because it is the answer to a request about this order.
func (p *Payment) isOf(merchantUID string) bool {
	return p.MerchantUID == merchantUID || p.MerchantUID == "" && p.ImpUID != ""
}

// reportTwicePaid logs an order that was charged twice: somebody must refund one
// payment.
func (c *Client) reportTwicePaid(ctx context.Context, e endpoint, records []*Payment) {
	ids := make(map[string]bool)
	for _, p := range records {
		if p.Status == StatusPaid {
			ids[p.ImpUID] = true
		}
	}
	if n := len(ids); n > 1 {
		c.log.ErrorContext(ctx, "iamport order paid more than once", "op", e.op, "merchant_uid", e.merchantUID, "payments", n)
	}
}
