package iamport

import (
	"context"
	"iter"
	"net/url"
	"slices"
	"time"

	"github.com/iamport-go/iamport/internal/pages"
)

const (
	// paymentWindow is the longest period of one call: 90 days from its first second to
	// its last, which is part of it.
	paymentWindow = 90*24*time.Hour + time.Second
)

func impUID(p *Payment) string      { return p.ImpUID }
func merchantUID(p *Payment) string { return p.MerchantUID }

// GetPaymentsRequest names the payments to fetch: by iamport's id, by order
// number, or both.
type GetPaymentsRequest struct {
	ImpUIDs      []string
	MerchantUIDs []string
}

// GetPayments returns the payments that exist, in the API's order, and the ids and
// order numbers that were not found, in the given order. Missing payments are not an
// error, even if all are missing. More than 100 ids take several calls; if one of
// them fails, only the error is returned.
//
// API: GET /payments
func (c *Client) GetPayments(ctx context.Context, r GetPaymentsRequest) (found []*Payment, missing []string, err error) {
	p := &problems{op: "GetPayments"}
	if len(r.ImpUIDs)+len(r.MerchantUIDs) == 0 {
		p.add("ImpUIDs", "must have at least one id, or MerchantUIDs")
	}
	p.listIDs("ImpUIDs", r.ImpUIDs, 0)
	p.listIDs("MerchantUIDs", r.MerchantUIDs, 40)
	if err := p.err(); err != nil {
		return nil, nil, err
	}
	seen := make(map[string]bool)
	fetch := func(name string, ids []string, of func(*Payment) string) error {
		for chunk := range slices.Chunk(ids, maxIDs) {
			payments, err := many[*Payment](ctx, c, endpoint{
				op: p.op, method: "GET", route: "/payments", query: url.Values{name: chunk},
			})
			if err != nil {
				return err
			}
			for _, payment := range payments {
				if payment.ImpUID == "" || !seen[payment.ImpUID] {
					seen[payment.ImpUID] = true
					found = append(found, payment)
				}
			}
		}
		missing = append(missing, without(ids, found, of)...)
		return nil
	}
	if err := fetch("imp_uid[]", unique(r.ImpUIDs), impUID); err != nil {
		return nil, nil, err
	}
	if err := fetch("merchant_uid[]", unique(r.MerchantUIDs), merchantUID); err != nil {
		return nil, nil, err
	}
	return found, missing, nil
}

// FindPaymentsQuery selects records for [Client.FindPayments]. The zero value selects
// every record, newest first.
type FindPaymentsQuery struct {
	// Status selects records of this status only.
	Status Status `json:"payment_status" enum:"ready,paid,cancelled,failed"`
	// Sorting is the order of the records.
	Sorting Sorting `json:"sorting" enum:"-started,started,-paid,paid,-updated,updated"`
	// PageSize is the number of records fetched at a time, 1 to 1000; 0 means the API's
	// default of 20.
	PageSize int `json:"limit"`
}

// FindPayments iterates over every record with your order number: failed attempts and
// the one that was paid. If there is no record, it yields nothing. An error is
// yielded once and ends the iteration.
//
// API: GET /payments/findAll/{merchant_uid}/{payment_status}
func (c *Client) FindPayments(ctx context.Context, merchantUID string, q FindPaymentsQuery) iter.Seq2[*Payment, error] {
	return walk(func(page int) (*Page[*Payment], error) {
		return noneIsEmpty(fetchPage[*Payment](ctx, c, findAll("FindPayments", merchantUID, q, page), page))
	}, q.PageSize, impUID)
}

// findAll returns the endpoint of one page of the records with an order number.
func findAll(op, merchantUID string, q FindPaymentsQuery, page int) endpoint {
	p := &problems{op: op}
	p.pathID("MerchantUID", merchantUID, 40)
	p.fields(q)
	p.pageSize(q.PageSize)
	route, ids := withStatus("/payments/findAll/{merchant_uid}", merchantUID, q.Status)
	query := url.Values{}
	setText(query, "sorting", string(q.Sorting))
	setInt(query, "limit", q.PageSize)
	setInt(query, "page", page)
	return endpoint{op: op, method: "GET", route: route, ids: ids, query: query, invalid: p.err()}
}

// PaymentQuery selects payments by status and by the time at which they got that
// status. The zero value selects all of the last 90 days.
//
// A refund, even a partial one, makes a payment cancelled and moves it to the time of
// the refund. To get the sales of July, query from July until now without a Status,
// and keep the payments whose PaidAt is in July.
type PaymentQuery struct {
	// Status selects payments of this status only; "" selects all.
	Status Status `json:"payment_status" enum:"ready,paid,cancelled,failed,all"`
	// From and To bound the time at which a payment got its status, to the second: From
	// is part of the period and To is not, as in every query of this package. The default
	// of To is now by the clock of this computer, this second included, and that of From is
	// 90 days before To.
	From, To time.Time `json:"-"`
	// Sorting is the order. A period of more than 90 days is split into parts of 90
	// days, and each part is sorted by itself. The newest part comes first unless the
	// order is ascending.
	Sorting Sorting `json:"sorting" enum:"-started,started,-paid,paid,-updated,updated"`
	// PageSize is the number of payments fetched at a time, 1 to 1000; 0 means the API's
	// default of 20.
	PageSize int `json:"limit"`
}

// ListPayments returns one page of the payments of the shop. Pages count from 1, and 0 is
// also the first. A period of more than 90 days is refused; [Client.Payments] takes longer
// ones.
//
// API: GET /payments/status/{payment_status}
func (c *Client) ListPayments(ctx context.Context, q PaymentQuery, page int) (*Page[*Payment], error) {
	p := &problems{op: "ListPayments"}
	q = q.check(p)
	if q.To.Sub(q.From) > paymentWindow {
		p.add("To", "must be at most 90 days after From; Payments takes longer periods")
	}
	p.page(page)
	e := q.endpoint(p.op, page)
	e.invalid = p.err()
	return fetchPage[*Payment](ctx, c, e, page)
}

// Payments iterates over the payments of the shop in a period of any length, with one
// page in memory at a time. An error is yielded once and ends the iteration.
//
// API: GET /payments/status/{payment_status}
func (c *Client) Payments(ctx context.Context, q PaymentQuery) iter.Seq2[*Payment, error] {
	p := &problems{op: "Payments"}
	q = q.check(p)
	if err := p.err(); err != nil {
		return pages.Failed[*Payment](err)
	}
	return pages.Chain(func(yield func(iter.Seq2[*Payment, error]) bool) {
		for from, to := range pages.Windows(q.From, q.To, paymentWindow, q.Sorting.ascends()) {
			q := q
			q.From, q.To = from, to
			part := walk(func(page int) (*Page[*Payment], error) {
				return fetchPage[*Payment](ctx, c, q.endpoint(p.op, page), page)
			}, q.PageSize, impUID)
			if !yield(part) {
				return
			}
		}
	})
}

// check checks the query and fills in its defaults.
func (q PaymentQuery) check(p *problems) PaymentQuery {
	p.fields(q)
	p.pageSize(q.PageSize)
	if q.Status == "" {
		q.Status = "all"
	}
	if q.To.IsZero() {
		q.To = time.Now().Truncate(time.Second).Add(time.Second)
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-paymentWindow)
	}
	if !q.From.Before(q.To) {
		p.add("From", "must be a time before To")
	}
	q.From, q.To = wholeSeconds(q.From, q.To)
	return q
}

// endpoint is one page of a query that was checked. The API takes the last second of the
// period, not its end.
func (q PaymentQuery) endpoint(op string, page int) endpoint {
	query := url.Values{}
	setTime(query, "from", q.From)
	setTime(query, "to", q.To.Add(-time.Second))
	setText(query, "sorting", string(q.Sorting))
	setInt(query, "limit", q.PageSize)
	setInt(query, "page", page)
	return endpoint{
		op: op, method: "GET", route: "/payments/status/{payment_status}", ids: []string{string(q.Status)}, query: query,
	}
}

// Balance is the breakdown of a payment by means of payment. The API has it for PAYCO
// only.
type Balance struct {
	Amount      Amount           `json:"amount"` // the sum first paid
	CashReceipt BalancePart      `json:"cash_receipt"`
	Primary     BalancePart      `json:"primary"`   // card, bank, mobile phone
	Secondary   BalancePart      `json:"secondary"` // points of the PG or card
	Discount    BalancePart      `json:"discount"`  // by the PG or card company
	Histories   []BalanceHistory `json:"histories"`
}

// BalancePart is one part of a [Balance], without what was refunded of it.
type BalancePart struct {
	TaxFree Amount `json:"tax_free"`
	Supply  Amount `json:"supply"` // the taxable part, without the VAT
	VAT     Amount `json:"vat"`
	Service Amount `json:"service"`
}

// BalanceHistory is a [Balance] as it was at some time.
type BalanceHistory struct {
	CashReceipt BalancePart `json:"cash_receipt"`
	Primary     BalancePart `json:"primary"`
	Secondary   BalancePart `json:"secondary"`
	Discount    BalancePart `json:"discount"`
	Created     Time        `json:"created"`
}

// GetBalance returns the breakdown of a payment. If there is none, the error matches
// [ErrNotFound].
//
// API: GET /payments/{imp_uid}/balance
func (c *Client) GetBalance(ctx context.Context, impUID string) (*Balance, error) {
	p := &problems{op: "GetBalance"}
	p.pathID("ImpUID", impUID, 0)
	return call[*Balance](ctx, c, endpoint{
		op: p.op, method: "GET", route: "/payments/{imp_uid}/balance", ids: []string{impUID}, invalid: p.err(),
	})
}
