package main

import (
	"context"
	"sync"

	"github.com/iamport-go/iamport"
)

// orders are those of a shop. A real shop keeps both maps in its database, seen with a unique
// key, and changes them in one transaction: examples/shop does that.
type orders struct {
	mu     sync.Mutex
	amount map[string]iamport.Amount // of each order
	seen   map[state]bool
	paid   []string
}

// state is one state of a payment. Several webhooks about one state are handled once.
type state struct {
	impUID    string
	status    iamport.Status
	cancelled iamport.Amount
}

// handle is called by the webhook handler with what the API says about a payment.
func (o *orders) handle(_ context.Context, _ *iamport.Event, p *iamport.Payment) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := state{p.ImpUID, p.Status, p.CancelAmount}
	if o.seen[now] {
		return nil
	}
	o.seen[now] = true
	amount, known := o.amount[p.MerchantUID]
	if known && p.Status == iamport.StatusPaid && p.Amount == amount {
		o.paid = append(o.paid, p.MerchantUID)
	}
	return nil
}
