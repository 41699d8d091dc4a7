package iamportriver

import (
	"time"

	"github.com/iamport-go/iamport"
)

// State is the end of an order, in [Result] and in the column state of iamport_orders, where an
// order without an end is open.
type State string

// The ends of an order.
const (
	StatePaid        State = "paid"         // paid on the terms of the order, or accepted by OnAlreadyPaid
	StateDeclined    State = "declined"     // refused by the API, the PG or the card issuer; nothing was charged
	StateAlreadyPaid State = "already_paid" // paid on other terms, or refunded since: a person must look
	StateInvalid     State = "invalid"      // the request is wrong, nothing was sent; the job is cancelled
)

// Result is the end of an order.
type Result struct {
	Args  ChargeArgs
	State State
	// Payment is the payment, or the failed record of a decline; nil if there is none, or if
	// an earlier run could not store the end of the decline.
	Payment *iamport.Payment
	// Err is nil if the order is paid. Otherwise it is the error of EnsurePaid.
	Err error
	// Next is the next try after a decline, whose job is inserted in the same transaction, and
	// NextAt its time. Next is nil if there is none.
	Next   *ChargeArgs
	NextAt time.Time
}

// output is what River shows of a job that has ended.
type output struct {
	State  State  `json:"state"`
	ImpUID string `json:"imp_uid,omitzero"`
	Next   string `json:"next,omitzero"`
}

func (r Result) output() output {
	o := output{State: r.State}
	if r.Payment != nil {
		o.ImpUID = r.Payment.ImpUID
	}
	if r.Next != nil {
		o.Next = r.Next.MerchantUID
	}
	return o
}
