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
	return call[*Payment](ctx, c, c.paymentEndpoint("GetPayment", impUID))
}

func (c *Client) paymentEndpoint(op, impUID string) endpoint {
	p := &problems{op: op}
	p.pathID("ImpUID", impUID, 0)
	var query url.Values
	if c.testChannel {
		query = url.Values{"include_sandbox": {"true"}}
	}
	return endpoint{op: op, method: "GET", path: []string{"payments", impUID}, query: query, invalid: p.err()}
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
// exist matches [ErrNotFound]. Where an order number was tried several times, ask for
// StatusPaid to learn whether it was paid.
//
// API: GET /payments/find/{merchant_uid}/{payment_status}
func (c *Client) FindPayment(ctx context.Context, merchantUID string, q FindPaymentQuery) (*Payment, error) {
	p := &problems{op: "FindPayment"}
	p.pathID("MerchantUID", merchantUID, 40)
	p.fields(q)
	path := []string{"payments", "find", merchantUID}
	if q.Status != "" {
		path = append(path, string(q.Status))
	}
	query := url.Values{}
	setText(query, "sorting", string(q.Sorting))
	return call[*Payment](ctx, c, endpoint{op: p.op, method: "GET", path: path, query: query, invalid: p.err()})
}
