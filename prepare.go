package iamport

import "context"

// PrepareRequest registers the amount that a buyer will pay in a payment window, so
// that a manipulated page cannot charge another amount.
type PrepareRequest struct {
	// MerchantUID is your order number, at most 40 characters.
	MerchantUID string `json:"merchant_uid" required:"true" max:"40"`
	// Amount is the sum to be charged, KRW(0) for a window that only stores a card.
	Amount Amount `json:"amount" required:"true"`
	// Currency is an ISO 4217 code; without one the currency is not checked.
	Currency string `json:"currency,omitzero"`
}

// PreparedPayment is the registered amount of an order.
type PreparedPayment struct {
	MerchantUID string `json:"merchant_uid"`
	Amount      Amount `json:"amount"`
	Currency    string `json:"currency"`
}

// PreparePayment registers the amount of an order. If the order is registered
// already, it returns an [*Error].
//
// API: POST /payments/prepare
func (c *Client) PreparePayment(ctx context.Context, r PrepareRequest) (*PreparedPayment, error) {
	return c.prepare(ctx, "PreparePayment", "POST", r)
}

// UpdatePreparedPayment changes the registered amount.
//
// API: PUT /payments/prepare
func (c *Client) UpdatePreparedPayment(ctx context.Context, r PrepareRequest) (*PreparedPayment, error) {
	return c.prepare(ctx, "UpdatePreparedPayment", "PUT", r)
}

func (c *Client) prepare(ctx context.Context, op, method string, r PrepareRequest) (*PreparedPayment, error) {
	p := &problems{op: op}
	p.fields(r)
	if r.Amount.Sign() < 0 {
		p.add("Amount", "must be 0 or more")
	}
	if isWon(r.Currency) {
		p.wholeWon("Amount", r.Amount)
	}
	return call[*PreparedPayment](ctx, c, endpoint{
		op: op, method: method, route: "/payments/prepare", body: r, changes: true, invalid: p.err(),
		merchantUID: r.MerchantUID, hint: "call GetPreparedPayment to find out the registered amount",
	})
}

// GetPreparedPayment returns the registered amount of an order. If there is none, the
// error matches [ErrNotFound].
//
// API: GET /payments/prepare/{merchant_uid}
func (c *Client) GetPreparedPayment(ctx context.Context, merchantUID string) (*PreparedPayment, error) {
	p := &problems{op: "GetPreparedPayment"}
	p.pathID("MerchantUID", merchantUID, 40)
	return call[*PreparedPayment](ctx, c, endpoint{
		op: p.op, method: "GET", route: "/payments/prepare/{merchant_uid}", ids: []string{merchantUID}, invalid: p.err(),
	})
}
