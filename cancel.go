package iamport

import (
	"context"
	"errors"
	"time"
)

// CancelRequest refunds a payment. ImpUID or MerchantUID is required, and either
// Amount or Full: the API takes a missing amount, and an amount of 0, for a refund
// of everything, so it has to be said here.
type CancelRequest struct {
	// ImpUID is iamport's id of the payment. It wins if both ids are given.
	ImpUID string `json:"imp_uid,omitzero" max:"32"`
	// MerchantUID is your order number.
	MerchantUID string `json:"merchant_uid,omitzero" max:"40"`
	// Amount is what to refund, above 0. Leave it out with Full.
	Amount Amount `json:"amount,omitzero"`
	// Full refunds all that remains.
	Full bool `json:"-"`
	// Checksum is what you believe can still be refunded: the API refuses the
	// refund if it has another sum, which guards against refunding twice. KRW(0) is
	// a value; not set skips the check.
	Checksum Amount `json:"checksum,omitzero"`
	// TaxFree is the tax-free part of Amount. KCP, KICC, NICE and PAYCO want it
	// wherever the payment had one; elsewhere it is 0 without one.
	TaxFree Amount `json:"tax_free,omitzero"`
	// VATAmount is the VAT within Amount. Give it where the payment had one.
	VATAmount Amount `json:"vat_amount,omitzero"`
	// Reason is kept with the refund.
	Reason string `json:"reason,omitzero"`
	// RefundHolder, RefundBank (the bank's code), RefundAccount and RefundTel are
	// the account to refund to, for virtual accounts and some mobile payments.
	RefundHolder  string `json:"refund_holder,omitzero"`
	RefundBank    string `json:"refund_bank,omitzero"`
	RefundAccount string `json:"refund_account,omitzero"`
	RefundTel     string `json:"refund_tel,omitzero"`
	// RetainPromotion keeps a promotion even if what remains no longer meets its terms.
	RetainPromotion bool `json:"retain_promotion,omitzero"`
	// EnableWebhook sends the webhook of the refund, which API refunds do not
	// otherwise, if the payment had one.
	EnableWebhook bool `json:"enable_webhook,omitzero"`
	// Extra is needed by Naver Pay.
	Extra CancelExtra `json:"extra,omitzero"`
}

// CancelExtra holds parameters of single gateways.
type CancelExtra struct {
	// Requester says who asked for the refund, for Naver Pay.
	Requester Requester `json:"requester,omitzero" enum:"customer,admin"`
}

// CancelPayment refunds a payment, in whole or in part, and returns it as it is
// then. After a partial refund its status is cancelled too: see [Payment.Remaining].
// Virtual accounts and some mobile payments are refunded on the next working day:
// look at CancelAmount.
//
// A refund that the API or PG refuses is an [*Error] with the message: cancelled
// in full already, a checksum that differs, not enough money to settle against. A
// refund whose answer is lost is not sent again: it is an [*OutcomeUnknownError],
// and [Client.GetPayment], or [Client.FindPayment] for an order number, tells by
// cancel_amount and cancel_history whether it was made; [Client.Settle] is for
// charges. Any other error Is [ErrNotCharged]: no money moved. Give a Checksum
// before you repeat a refund.
//
// API: POST /payments/cancel
func (c *Client) CancelPayment(ctx context.Context, r CancelRequest) (*Payment, error) {
	p := &problems{op: "CancelPayment"}
	p.fields(r)
	if r.ImpUID == "" && r.MerchantUID == "" {
		p.add("imp_uid", "is required, or merchant_uid")
	}
	switch {
	case r.Full && r.Amount.IsSet():
		p.add("amount", "cannot be given together with Full")
	case !r.Full && !r.Amount.IsSet():
		p.add("amount", "is required, or Full for all that remains")
	case !r.Full && r.Amount.Sign() <= 0:
		p.add("amount", "wants more than 0: the API takes 0 for a refund of everything")
	}
	for _, sum := range []struct {
		field  string
		amount Amount
	}{{"checksum", r.Checksum}, {"tax_free", r.TaxFree}, {"vat_amount", r.VATAmount}} {
		if sum.amount.Sign() < 0 {
			p.add(sum.field, "wants 0 or more")
		}
	}
	e := endpoint{
		op: p.op, method: "POST", path: []string{"payments", "cancel"}, body: r,
		effect: movesMoney, invalid: p.err(), merchantUID: r.MerchantUID, impUID: r.ImpUID, secrets: []string{r.RefundAccount},
		hint: "GetPayment tells by cancel_amount whether the refund was made, and FindPayment does by order number",
	}
	began := time.Now()
	payment, err := call[*Payment](ctx, c, e)
	if err == nil && !payment.answers(r) {
		return nil, c.unknown(e, began, errOtherPayment)
	}
	return payment, err
}

var errOtherPayment = errors.New("the answer is not about the payment to refund")

// answers reports whether p can be the payment that a refund was asked for.
func (p *Payment) answers(r CancelRequest) bool {
	switch {
	case p.ImpUID == "" && p.Status == "", p.Status == StatusFailed:
		return false
	case r.ImpUID != "":
		return p.ImpUID == "" || p.ImpUID == r.ImpUID
	default:
		return p.MerchantUID == "" || p.MerchantUID == r.MerchantUID
	}
}
