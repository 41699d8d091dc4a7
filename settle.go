package iamport

import (
	"context"
	"errors"
	"net/http"
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

// lookUp fetches the history of the order of e. No record at all is a history too,
// if the API says so with 404 or an empty list. An answer that may leave a record
// out is a look-up that failed.
func (c *Client) lookUp(ctx context.Context, e endpoint, since time.Time) (history, error) {
	var h history
	failures, seen := 0, 0
	for number := 1; number != 0; {
		find := findAll(e.op, e.merchantUID, FindPaymentsQuery{Limit: maxLimit}, number)
		find.secrets = e.secrets
		page, err := call[*recordPage](ctx, c, find)
		if isNoRecord(err) && number == 1 {
			return history{}, nil
		}
		if err != nil {
			return history{}, err
		}
		seen += len(page.List)
		last := page.Next == 0
		whole := page.sound && (last && seen >= page.Total || page.Next == number+1 && number < maxLookUpPages)
		if !whole {
			return history{}, errPartialLookUp
		}
		for _, p := range page.List {
			if p.MerchantUID != "" && p.MerchantUID != e.merchantUID {
				return history{}, errOtherOrder
			}
			failures += h.add(p, since)
		}
		number = page.Next
	}
	if e.retry && failures < 2 {
		h.failed = nil // the failure that is retried, perhaps of the same second
	}
	return h, nil
}

// recordPage is a page of records that knows whether it is all there.
type recordPage struct {
	Page[*Payment]
	sound bool
}

// UnmarshalJSON reads what a Page does.
func (p *recordPage) UnmarshalJSON(data []byte) (err error) {
	p.sound, err = p.read(data)
	return err
}

// isNoRecord reports whether err is the API's word that there is no record: 404
// with a code of its own, or with nothing at all. A gateway's 404 is neither.
func isNoRecord(err error) bool {
	api, ok := errors.AsType[*Error](err)
	return ok && api.notFound && (api.Code != 0 || errors.Is(api.cause, errEmptyAnswer))
}

const maxLookUpPages = 10 // of 1,000 attempts each

var errPartialLookUp = errors.New("the look-up may have left records out")

// add takes in one record, the newest first, and returns 1 for a failed one.
func (h *history) add(p *Payment, since time.Time) int {
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
		return 1
	case StatusReady:
	}
	return 0
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
// within the settle window, and returns what the records say of it.
func (c *Client) settleLost(ctx context.Context, e endpoint, began time.Time, cause error) (*Payment, error) {
	lost := c.unknown(e, began, cause)
	since, certain := c.attempts.before(e.merchantUID, c.clock.at(began).Truncate(time.Second))
	// Where others try the same order too, or an earlier attempt is still open, a
	// failed record may be theirs while this charge still runs.
	certain = certain && !e.shared && c.clock.close()

	ctx, cancel := context.WithTimeout(ctx, c.settleWindow)
	defer cancel()
	for pauses := newWaits(250*time.Millisecond, 2*time.Second); ctx.Err() == nil; {
		if h, err := c.lookUp(ctx, e, since); err == nil {
			if h.paid != nil {
				return settledByPayment(e, h.paid, c.clock.earliest(began), lost)
			}
			if h.failed != nil && certain && !c.attempts.crowded(e.merchantUID) {
				c.attempts.declined(e.merchantUID, h.failed)
				return nil, declined(e, h.failed)
			}
		}
		if !pauses.sleep(ctx, 0) {
			break
		}
	}
	c.attempts.unknown(e.merchantUID)
	return nil, lost
}

// settledByPayment tells whether the payment on record is that of a call whose
// answer was lost. Of two calls in the same second it may take the other's: the
// order is paid all the same.
func settledByPayment(e endpoint, p *Payment, began time.Time, lost *OutcomeUnknownError) (*Payment, error) {
	earlier := !p.began().IsZero() && p.began().Before(began.Truncate(time.Second))
	if p.Status == StatusCancelled || earlier {
		return nil, e.alreadyPaid(p, lost.Err)
	}
	if names := e.terms.differences(p); names != nil {
		lost.hint = "a payment that began after this call differs in " + strings.Join(names, ", ")
		return nil, lost
	}
	return p, nil
}

// checkRefusal looks up whether a charge was refused because the order is paid
// already, and returns what the caller is to be told. The wording of the refusal
// is never asked.
func (c *Client) checkRefusal(ctx context.Context, e endpoint, began time.Time, a *answer, refusal error) error {
	switch a.status {
	case http.StatusUnauthorized, http.StatusTooManyRequests,
		http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusLengthRequired, http.StatusRequestEntityTooLarge,
		http.StatusRequestURITooLong, http.StatusUnsupportedMediaType, http.StatusRequestHeaderFieldsTooLarge:
		return refusal // about the form of the HTTP request, not about the order
	}
	lookUp, cancel := context.WithTimeout(ctx, max(c.settleWindow, defaultSettleWindow))
	defer cancel()
	h, err := c.lookUp(lookUp, e, time.Time{})
	switch {
	case err == nil && h.paid != nil:
		return e.alreadyPaid(h.paid, a.failure(e, nil))
	case err == nil:
		if h.failed != nil {
			c.attempts.declined(e.merchantUID, h.failed) // the record of this refusal, or an older one
		}
		return refusal
	case a.status == http.StatusBadRequest && !e.retry:
		// A parameter is wrong, which no payment explains. Of a retry HTTP 400 may say
		// that the schedule is paid.
		return refusal
	}
	unknown := c.unknown(e, began, errors.Join(a.failure(e, nil), err))
	c.attempts.unknown(e.merchantUID)
	return unknown
}

func (e endpoint) alreadyPaid(p *Payment, cause error) *AlreadyPaidError {
	names := e.terms.differences(p)
	if p.Status != StatusPaid {
		names = append(names, "status")
	}
	return &AlreadyPaidError{Payment: p, Differs: names, op: e.op, cause: cause}
}
