package iamport

import (
	"context"
	"errors"
	"net/http"
)

// charge carries out an endpoint that charges a card. Its results are the four of
// the package comment, and no other:
//
//	validate -> rate limit -> token -> send once -> read envelope -> judge -> look up
func (c *Client) charge(ctx context.Context, e endpoint) (*Payment, error) {
	if e.invalid != nil {
		return nil, e.invalid
	}
	defer c.attempts.begin(e.merchantUID)()
	var result *Payment
	e.result = &result
	answer, began, err := c.attempt(ctx, e)
	if err != nil {
		if mayHaveBeenSent(err) {
			return c.settleLost(ctx, e, began, err)
		}
		return nil, notCharged(c.failure(e, err))
	}
	p, err := judge(e, answer, result)
	switch {
	case err == nil:
		return p, nil
	case mayHaveBeenSent(err):
		return c.settleLost(ctx, e, began, err)
	}
	if decline, ok := errors.AsType[*DeclinedError](err); ok && decline.Payment != nil {
		c.attempts.declined(e.merchantUID, decline.Payment)
		return nil, err
	}
	return nil, c.checkRefusal(ctx, e, began, answer, err)
}

var (
	errOtherOrder  = errors.New("the answer is about another merchant_uid")
	errContradicts = errors.New("the answer holds an error and a payment")
	errUndecided   = errors.New("the payment is neither paid nor failed")
)

// judge reads what an answer says of a charge; p is the payment in it, if any. An
// *exchangeError means that it does not say whether the card was charged.
func judge(e endpoint, a *answer, p *Payment) (*Payment, error) {
	unreadable := func(cause error) error {
		return &exchangeError{cause: a.failure(e, cause), sent: true}
	}
	if p != nil && p.ImpUID == "" && p.Status == "" {
		p = nil
	}
	switch {
	case a.unseen() || a.saysNo() && p == nil:
		return nil, refusal(e, a)
	case a.status == http.StatusRequestTimeout || a.problem != nil || !a.ok() && (a.status < 400 || a.status > 499):
		return nil, unreadable(a.problem)
	case p == nil:
		return nil, unreadable(errNoResponse)
	case p.MerchantUID != "" && p.MerchantUID != e.merchantUID:
		return nil, unreadable(errOtherOrder)
	case p.Status == StatusFailed:
		return nil, declined(e, p)
	case a.refused() || !a.ok():
		return nil, unreadable(errContradicts)
	case p.Status == StatusPaid:
		return p, nil
	}
	return nil, unreadable(errUndecided)
}

// refusal is a no in words: a decline if they hold a PG's code.
func refusal(e endpoint, a *answer) error {
	failed := notCharged(a.failure(e, a.problem))
	if failed.PGCode == "" {
		return failed
	}
	return &DeclinedError{Reason: failed.Message, PGCode: failed.PGCode, op: e.op, cause: failed}
}

func declined(e endpoint, p *Payment) *DeclinedError {
	p.FailReason = safeMessage(p.FailReason, e.secrets)
	return &DeclinedError{Payment: p, Reason: p.FailReason, PGCode: pgCode(p.FailReason), op: e.op}
}

func notCharged(e *Error) *Error {
	e.notCharged = true
	return e
}
