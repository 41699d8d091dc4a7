package iamport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/iamport-go/iamport/internal/exchange"
	"github.com/iamport-go/iamport/internal/waits"
)

// EnsureRefunded refunds a payment unless that refund was made already, and returns
// the payment after the refund. It may be called any number of times with one
// request, and refunds at most once: call it until it returns the payment or an error
// that is not an [*OutcomeUnknownError].
//
// Checksum is required. It is the sum that was refundable before the refund.
// Calculate it once and store it with the plan of the refund: two refunds with the
// same checksum are one refund. Full refunds all of it. The payment is looked up
// first. If Checksum minus Amount remains, the refund was made already, by any call.
// If Checksum remains, the refund is sent with the checksum, which the API also
// compares. Any other sum is an [*Error] that names it and matches [ErrNotCharged].
// After a refusal the payment is looked up again.
//
// A refund whose answer was lost is looked up during the settle window. If the
// look-ups do not show it, the payment is held in the [Journal] (under the order
// number "refund:" and the imp_uid) until RetryAt of the [*OutcomeUnknownError], and
// nothing is sent until then. A failed look-up, a held payment, and a failure before
// the send (the sign-in, the journal, the connection) are also OutcomeUnknownErrors:
// another process may be refunding.
//
// With MerchantUID, exactly one record of the order must be paid or cancelled.
// Payments of test channels are found by ImpUID only with [WithSandbox]. Virtual
// accounts and mobile phones are refused, because they are not refunded at once:
// their remaining sum changes days later. The conditions of [Client.EnsurePaid] on
// several processes and the quiet period also apply here. The guarantee does not
// cover an API that compares the checksum with an old state. Do not use
// [Client.CancelPayment] for the same payment.
//
// API: GET /payments/{imp_uid}, POST /payments/cancel
func (c *Client) EnsureRefunded(ctx context.Context, r CancelRequest) (*Payment, error) {
	p := &problems{op: "EnsureRefunded"}
	switch {
	case !r.Checksum.IsSet():
		p.add("Checksum", "is required: what can be refunded before this refund")
	case r.Checksum.Sign() == 0:
		p.add("Checksum", "must be more than 0: nothing can be refunded")
	case r.Amount.IsSet() && r.Amount.Cmp(r.Checksum) > 0:
		p.add("Amount", "must be at most Checksum")
	}
	e := r.endpoint(p)
	e.hint = "call EnsureRefunded again"
	id := r.ImpUID
	if id == "" {
		id = r.MerchantUID
	}
	if id != "" {
		p.pathID("ImpUID or MerchantUID", id, 0)
	}
	if r.Full {
		r.Amount, r.Full = r.Checksum, false
	}
	after, err := r.Checksum.Sub(r.Amount)
	if err != nil {
		p.add("Amount", "must be such that Checksum less Amount is an amount")
	}
	e.invalid = p.err()
	return reported(ctx, c, e, func(e endpoint) (*Payment, error) { return c.ensureRefunded(ctx, e, r, id, after) })
}

func (c *Client) ensureRefunded(ctx context.Context, e endpoint, r CancelRequest, id string, after Amount) (*Payment, error) {
	if e.invalid != nil {
		return nil, e.invalid
	}
	leave, err := c.queues.Enter(ctx, refundOrder(id))
	if err != nil {
		return nil, e.nothingSent(e.failure(err))
	}
	defer leave()
	return c.refund(ctx, e, r, after)
}

func refundOrder(id string) string { return "refund:" + id }

// refund looks the payment up, sends the refund and looks again. after is the sum
// that remains after the refund.
func (c *Client) refund(ctx context.Context, e endpoint, r CancelRequest, after Amount) (*Payment, error) {
	looked := time.Now()
	before, err := c.refundable(ctx, e, r)
	if err != nil {
		return nil, err
	}
	if before.Remaining() == after {
		return before, nil
	}
	if failed := e.remains(before, r.Checksum, after); failed != nil {
		return nil, failed
	}
	r.ImpUID, r.MerchantUID = before.ImpUID, ""
	h := c.newHold(refundOrder(r.ImpUID), randomID(), looked)
	var shown *Payment
	e.body, e.impUID, e.result, e.hold = r, r.ImpUID, &shown, h
	a, err := c.attempt(ctx, e)
	if err != nil && !exchange.MayHaveBeenSent(err) {
		h.end(ctx, true)
		lost := e.nothingSent(e.failure(err))
		lost.RetryAt = h.retryAt(false)
		return nil, lost
	}
	if err == nil && a.OK() && a.Code == 0 && r.shownBy(shown) && shown.Remaining() == after {
		h.end(ctx, true) // the refund is visible, so no hold is needed
		return shown, nil
	}
	var refusal *Error
	switch {
	case err != nil:
	case a.IsRefusal(shown.isEmpty()):
		refusal = e.answered(a, nil)
		err = refusal
	default:
		err = e.answered(a, errRefundNotShown)
	}
	payment, err := c.settleRefund(ctx, e, r, after, refusal, err)
	lost, isLost := errors.AsType[*OutcomeUnknownError](err)
	h.end(ctx, !isLost)
	if isLost {
		lost.RetryAt = h.retryAt(true)
	}
	return payment, err
}

// settleRefund looks up a refund that its own answer does not show, until a look-up
// shows it or the settle window ends. After a refusal it ends with the first look-up
// that succeeds.
func (c *Client) settleRefund(ctx context.Context, e endpoint, r CancelRequest, after Amount, refusal *Error, cause error) (*Payment, error) {
	window := c.settleWindow
	if refusal != nil {
		window = max(window, c.http.Timeout)
	}
	began := time.Now()
	looks, cancel := context.WithTimeout(ctx, window)
	defer cancel()
	lost := e.unknown(cause)
	for pauses := waits.New(250*time.Millisecond, time.Second); looks.Err() == nil; {
		asked := time.Now()
		p, err := c.lookAt(looks, e, r.ImpUID, PurposeSettle)
		switch {
		case err != nil && looks.Err() == nil:
			lost.Err = join(cause, fmt.Errorf("the look-up failed: %w", err))
		case err != nil:
		case !r.isAbout(p) || !p.Remaining().IsSet():
		case p.Remaining() == after:
			return p, nil
		case refusal != nil && p.Remaining() == r.Checksum:
			return nil, notCharged(refusal)
		case refusal != nil: // another refund was made, and this one may or may not have been made
			lost.Err, lost.Payment = join(cause, e.remains(p, r.Checksum, after)), p
			return nil, lost
		default:
			lost.Payment = p
		}
		if !sleepBeforeLook(looks, pauses, asked) {
			break
		}
	}
	lost.Err = join(lost.Err, endedEarly(ctx, began.Add(window)))
	return nil, lost
}

// refundable returns the payment to refund as it is now.
func (c *Client) refundable(ctx context.Context, e endpoint, r CancelRequest) (*Payment, error) {
	var p *Payment
	var err error
	if r.ImpUID != "" {
		p, err = c.lookAt(ctx, e, r.ImpUID, PurposeLookUp)
	} else {
		p, err = c.onePayment(ctx, e)
	}
	failed, isError := errors.AsType[*Error](err)
	switch {
	case isError && (failed.notFound || failed.notCharged):
		return nil, notCharged(failed)
	case err != nil:
		return nil, e.nothingSent(err)
	case !r.isAbout(p) || p.ImpUID == "" || !p.Remaining().IsSet():
		return nil, e.nothingSent(errOtherPayment)
	case p.Status != StatusPaid && p.Status != StatusCancelled:
		return nil, e.notRefundable(errNotPaid)
	case p.refundsLater():
		return nil, e.notRefundable(errRefundsLater)
	case p.Currency != "" && isWon(p.Currency) && (r.Amount.scale != 0 || r.Checksum.scale != 0):
		return nil, e.notRefundable(errPartOfAWon)
	}
	return p, nil
}

// lookAt returns a payment as it is now.
func (c *Client) lookAt(ctx context.Context, e endpoint, impUID string, purpose Purpose) (*Payment, error) {
	look := c.paymentEndpoint(e.op, impUID)
	look.purpose = purpose
	return call[*Payment](ctx, c, look)
}

// onePayment returns the one payment of an order that is paid or cancelled.
func (c *Client) onePayment(ctx context.Context, e endpoint) (*Payment, error) {
	records, err := c.lookUp(ctx, e, PurposeLookUp)
	if err != nil {
		return nil, err
	}
	var payment *Payment
	for _, p := range records {
		switch {
		case p.Status != StatusPaid && p.Status != StatusCancelled:
		case payment != nil:
			return nil, e.notRefundable(errTwoPayments)
		default:
			payment = p
		}
	}
	if payment == nil {
		return nil, e.notRefundable(errNoPayment)
	}
	return payment, nil
}

var (
	errOtherPayment = errors.New("the look-up returned another payment, or one without the sum that remains")
	errRefundsLater = errors.New("virtual accounts and mobile phones are refunded on a later day: use CancelPayment")
	errNotPaid      = errors.New("only a payment with status paid, or one that was refunded in part, can be refunded")
	errPartOfAWon   = errors.New("Amount and Checksum must be whole won for a payment in KRW")
	errTwoPayments  = errors.New("the order has more than one payment: name the one to refund by its ImpUID")
	errNoPayment    = errors.New("the order has no payment")
)

// notRefundable returns the error of a refund that was not sent because it is
// invalid.
func (e endpoint) notRefundable(why error) *Error { return notCharged(&Error{Op: e.op, cause: why}) }

// remains returns an error unless checksum remains of the payment.
func (e endpoint) remains(p *Payment, checksum, after Amount) *Error {
	if p.Remaining() == checksum {
		return nil
	}
	return e.notRefundable(fmt.Errorf("%v remains of the payment; it must be %v to be refunded, or %v after it", p.Remaining(), checksum, after))
}
