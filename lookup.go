package iamport

import (
	"context"
	"errors"
	"log/slog"

	"github.com/iamport-go/iamport/internal/redact"
)

const maxLookUpPages = 10 // of 1,000 records each

var (
	errPartialLookUp = errors.New("the look-up may have left records out")
	errOtherOrder    = errors.New("the answer is about another merchant_uid")
)

// lookUp returns every record that the API has for the order of e, the newest
// first. No record at all is a result too, if the API says so. An answer that may
// leave a record out is a look-up that failed.
//
// API: GET /payments/findAll/{merchant_uid}
func (c *Client) lookUp(ctx context.Context, e endpoint) ([]*Payment, error) {
	var records []*Payment
	seen := make(map[string]bool)
	for number := 1; number != 0; {
		find := findAll(e.op, e.merchantUID, FindPaymentsQuery{Limit: maxLimit}, number)
		find.secrets = e.secrets
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
			p.FailReason = redact.Text(p.FailReason, e.secrets)
			if p.ImpUID == "" || !seen[p.ImpUID] {
				seen[p.ImpUID] = true
				records = append(records, p)
			}
		}
		// A list that does not tell its total may have been cut.
		whole := page.hasTotal && !page.unreadable && !page.nulls
		last := page.Next == 0
		if !whole || last && len(records) < page.Total || !last && (page.Next != number+1 || number == maxLookUpPages) {
			return nil, errPartialLookUp
		}
		number = page.Next
	}
	c.reportTwicePaid(ctx, e, records)
	return records, nil
}

// isOf reports whether p is a record of the order. One that names no order is
// taken for it if it has an id, since it answers a question about this order.
func (p *Payment) isOf(merchantUID string) bool {
	return p.MerchantUID == merchantUID || p.MerchantUID == "" && p.ImpUID != ""
}

// reportTwicePaid logs an order that was charged twice: somebody has to refund one.
func (c *Client) reportTwicePaid(ctx context.Context, e endpoint, records []*Payment) {
	n := 0
	for _, p := range records {
		if p.Status == StatusPaid {
			n++
		}
	}
	if n > 1 {
		c.log.LogAttrs(ctx, slog.LevelError, "iamport order paid more than once",
			slog.String("op", e.op), slog.String("merchant_uid", e.merchantUID), slog.Int("payments", n))
	}
}
