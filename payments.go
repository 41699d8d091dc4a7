package iamport

import (
	"context"
	"net/url"
)

// GetPayment returns the payment with iamport's id. One that does not exist Is
// [ErrNotFound], and so is a payment of a test channel unless the client was made
// with [WithSandbox].
//
// API: GET /payments/{imp_uid}
func (c *Client) GetPayment(ctx context.Context, impUID string) (*Payment, error) {
	p := &problems{op: "GetPayment"}
	p.pathID("imp_uid", impUID, 0)
	var query url.Values
	if c.testChannel {
		query = url.Values{"include_sandbox": {"true"}}
	}
	return call[*Payment](ctx, c, endpoint{
		op: p.op, method: "GET", path: []string{"payments", impUID}, query: query, invalid: p.err(),
	})
}

// Sorting is the order of a list of payments. A minus sign means newest first.
type Sorting string

// The orders that the API takes. Without one it is SortStartedDesc.
const (
	SortStartedDesc Sorting = "-started" // by when the payment began
	SortStartedAsc  Sorting = "started"
	SortPaidDesc    Sorting = "-paid" // by when it was paid
	SortPaidAsc     Sorting = "paid"
	SortUpdatedDesc Sorting = "-updated" // by its last change
	SortUpdatedAsc  Sorting = "updated"
)

// FindPaymentQuery narrows [Client.FindPayment]. The zero value takes the newest
// record of any status.
type FindPaymentQuery struct {
	// Status takes records of this status only.
	Status Status `json:"payment_status" enum:"ready,paid,cancelled,failed"`
	// Sorting decides which record is the first.
	Sorting Sorting `json:"sorting" enum:"-started,started,-paid,paid,-updated,updated"`
}

// FindPayment returns the first record with your order number. One that does not
// exist Is [ErrNotFound]. Where an order number was tried several times, ask for
// StatusPaid to learn whether it was paid.
//
// API: GET /payments/find/{merchant_uid}/{payment_status}
func (c *Client) FindPayment(ctx context.Context, merchantUID string, q FindPaymentQuery) (*Payment, error) {
	p := &problems{op: "FindPayment"}
	p.pathID("merchant_uid", merchantUID, 40)
	p.fields(q)
	path := []string{"payments", "find", merchantUID}
	if q.Status != "" {
		path = append(path, string(q.Status))
	}
	var query url.Values
	if q.Sorting != "" {
		query = url.Values{"sorting": {string(q.Sorting)}}
	}
	return call[*Payment](ctx, c, endpoint{op: p.op, method: "GET", path: path, query: query, invalid: p.err()})
}

// maxLimit is the largest page that the API gives.
const maxLimit = 1000

// FindPaymentsQuery narrows [Client.FindPayments]. The zero value takes every
// record, newest first.
type FindPaymentsQuery struct {
	// Status takes records of this status only.
	Status Status `json:"payment_status" enum:"ready,paid,cancelled,failed"`
	// Sorting is the order of the records.
	Sorting Sorting `json:"sorting" enum:"-started,started,-paid,paid,-updated,updated"`
	// Limit is the number of records fetched at a time, 1 to 1000; 0 takes the
	// API's 20.
	Limit int `json:"limit"`
}

// findAll fetches one page of the records with an order number.
// API: GET /payments/findAll/{merchant_uid}/{payment_status}
func (c *Client) findAll(ctx context.Context, op, merchantUID string, q FindPaymentsQuery, page int) (*Page[*Payment], error) {
	p := &problems{op: op}
	p.pathID("merchant_uid", merchantUID, 40)
	p.fields(q)
	p.limit(q.Limit)
	path := []string{"payments", "findAll", merchantUID}
	if q.Status != "" {
		path = append(path, string(q.Status))
	}
	query := url.Values{}
	if q.Sorting != "" {
		query.Set("sorting", string(q.Sorting))
	}
	setInt(query, "limit", q.Limit)
	if page > 1 {
		setInt(query, "page", page)
	}
	return call[*Page[*Payment]](ctx, c, endpoint{op: op, method: "GET", path: path, query: query, invalid: p.err()})
}
