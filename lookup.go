package iamport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/iamport-go/iamport/internal/waits"
)

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
		whole := page.hasTotal && !page.unreadable && !page.nulls
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
		c.log.LogAttrs(ctx, slog.LevelError, "iamport order paid more than once",
			slog.String("op", e.op), slog.String("merchant_uid", e.merchantUID), slog.Int("payments", n))
	}
}
