package iamport

import (
	"context"
	"errors"
	"strings"
	"time"
)

// defaultSettleWindow is how long a lost answer is looked up; see WithSettleWindow.
const defaultSettleWindow = 10 * time.Second

// terms are what a charge asked for, to tell its payment from another.
type terms struct {
	amount      Amount // not set: not known
	currency    string
	customerUID string
}

// differences names what in p is not as asked. A property that the record leaves
// empty is not held against it, but the amount.
func (t terms) differences(p *Payment) []string {
	if !t.amount.IsSet() {
		return nil
	}
	var names []string
	if p.Amount != t.amount {
		names = append(names, "amount")
	}
	currency := t.currency
	if currency == "" {
		currency = "KRW"
	}
	if p.Currency != "" && p.Currency != currency {
		names = append(names, "currency")
	}
	if p.CustomerUID != "" && p.CustomerUID != t.customerUID {
		names = append(names, "customer_uid")
	}
	return names
}

// history is what the API has on record for one merchant_uid, seen from a call
// that began at a certain second by the server's clock.
type history struct {
	paid   *Payment // the money was taken, and perhaps refunded since
	failed *Payment // an attempt that began at or after the call
}

// lookUp fetches the history of a merchant_uid. No record at all is a history too.
func (c *Client) lookUp(ctx context.Context, op, merchantUID string, since time.Time) (history, error) {
	page, err := c.findAll(ctx, op, merchantUID, FindPaymentsQuery{Limit: maxLimit}, 1)
	if errors.Is(err, ErrNotFound) {
		return history{}, nil
	}
	if err != nil {
		return history{}, err
	}
	var h history
	for _, p := range page.List {
		if p.MerchantUID != merchantUID {
			continue
		}
		switch p.Status {
		case StatusPaid:
			if h.paid == nil || h.paid.Status == StatusCancelled {
				h.paid = p
			}
		case StatusCancelled:
			if h.paid == nil {
				h.paid = p
			}
		case StatusFailed:
			if h.failed == nil && !p.began().Before(since) {
				h.failed = p
			}
		case StatusReady:
		}
	}
	return h, nil
}

// began is when the record began, as well as the record tells.
func (p *Payment) began() time.Time {
	for _, t := range []Time{p.StartedAt, p.PaidAt, p.FailedAt} {
		if !t.IsZero() {
			return t.Truncate(time.Second)
		}
	}
	return time.Time{}
}

// settleLost looks up a charge that was sent and not answered, again and again
// within the settle window, and turns lost into what the records say.
func (c *Client) settleLost(ctx context.Context, e endpoint, lost *OutcomeUnknownError) (*Payment, error) {
	if c.settleWindow <= 0 {
		return nil, lost
	}
	ctx, cancel := context.WithTimeout(ctx, c.settleWindow)
	defer cancel()
	for waits := newWaits(250*time.Millisecond, 3*time.Second); ctx.Err() == nil; {
		if h, err := c.lookUp(ctx, e.op, e.merchantUID, lost.Since); err == nil {
			if p, err := settled(e, lost, h); p != nil || err != nil {
				return p, err
			}
		}
		if !waits.sleep(ctx, 0) {
			break
		}
	}
	return nil, lost
}

// settled reads a history for a charge that was not answered; nil and nil if it
// settles nothing.
func settled(e endpoint, lost *OutcomeUnknownError, h history) (*Payment, error) {
	switch p := h.paid; {
	case p != nil && (p.Status == StatusCancelled || p.began().Before(lost.Since)):
		return nil, e.alreadyPaid(p, lost.Err)
	case p != nil:
		if names := e.terms.differences(p); names != nil {
			lost.hint = "a payment that began after this call differs in " + strings.Join(names, ", ")
			return nil, lost
		}
		return p, nil
	case h.failed != nil:
		return nil, declined(e, h.failed)
	}
	return nil, nil //nolint:nilnil // Neither a payment nor an error: not settled.
}

// checkRefusal looks up whether a charge was refused because the order is paid
// already, and returns what the caller is to be told. The wording of the refusal
// is never asked.
func (c *Client) checkRefusal(ctx context.Context, e endpoint, began time.Time, a *answer, refusal error) error {
	switch a.status {
	case 401, 405, 406, 411, 413, 414, 415, 422, 429, 431:
		return refusal // about the form of the request, not about the order
	}
	lookUp, cancel := context.WithTimeout(ctx, max(c.settleWindow, defaultSettleWindow))
	defer cancel()
	h, err := c.lookUp(lookUp, e.op, e.merchantUID, time.Time{})
	switch {
	case err == nil && h.paid != nil:
		return e.alreadyPaid(h.paid, a.failure(e, nil))
	case err == nil || a.status == 400:
		// HTTP 400 is certain by itself: it names a parameter. The look-up could
		// only have added an earlier payment.
		return refusal
	}
	return c.unknown(e, began, errors.Join(a.failure(e, nil), err))
}

func (e endpoint) alreadyPaid(p *Payment, cause error) *AlreadyPaidError {
	names := e.terms.differences(p)
	if p.Status != StatusPaid {
		names = append(names, "status")
	}
	return &AlreadyPaidError{Payment: p, Differs: names, op: e.op, cause: cause}
}
