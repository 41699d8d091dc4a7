package iamport

import (
	"context"
	"errors"
)

// CancelRequest refunds a payment. ImpUID or MerchantUID is required, and either
// Amount or Full. The API treats a missing amount and an amount of 0 as a refund of
// everything, so Full must be set explicitly here.
type CancelRequest struct {
	// ImpUID is iamport's id of the payment. It is used if both ids are set.
	ImpUID string `json:"imp_uid,omitzero" max:"32"`
	// MerchantUID is your order number.
	MerchantUID string `json:"merchant_uid,omitzero" max:"40"`
	// Amount is the sum to refund, more than 0. It must not be set with Full.
	Amount Amount `json:"amount,omitzero"`
	// Full refunds all that remains.
	Full bool `json:"-"`
	// Checksum is the sum that you expect to be refundable. The API refuses the refund
	// if its own sum differs, which prevents a second refund. KRW(0) is compared too; if
	// Checksum is not set, the API does not compare.
	Checksum Amount `json:"checksum,omitzero"`
	// TaxFree is the tax-free part of Amount. KCP, KICC, NICE and PAYCO need it if the
	// payment had one. For other gateways the default is 0.
	TaxFree Amount `json:"tax_free,omitzero"`
	// VATAmount is the VAT within Amount. Set it if the payment had one.
	VATAmount Amount `json:"vat_amount,omitzero"`
	// Reason is kept with the refund.
	Reason string `json:"reason,omitzero"`
	// RefundHolder, RefundBank (the bank's code), RefundAccount and RefundTel are
	// the account to refund to, for virtual accounts and some mobile payments.
	RefundHolder  string `json:"refund_holder,omitzero"`
	RefundBank    string `json:"refund_bank,omitzero"`
	RefundAccount string `json:"refund_account,omitzero"`
	RefundTel     string `json:"refund_tel,omitzero"`
	// RetainPromotion keeps a promotion even if the remaining payment no longer meets
	// its terms.
	RetainPromotion bool `json:"retain_promotion,omitzero"`
	// EnableWebhook sends a webhook of the refund if the payment had one. By default the
	// API sends none for its refunds.
	EnableWebhook bool `json:"enable_webhook,omitzero"`
	// Extra is needed by Naver Pay.
	Extra CancelExtra `json:"extra,omitzero"`
}

// CancelExtra holds parameters of single gateways.
type CancelExtra struct {
	// Requester says who asked for the refund, for Naver Pay.
	Requester Requester `json:"requester,omitzero" enum:"customer,admin"`
}

// CancelPayment refunds a payment, in whole or in part, and returns the payment after
// the refund. After a partial refund its status is also cancelled: see
// [Payment.Remaining].
//
// A refund that the API or PG refuses is an [*Error] with the message, for example:
// cancelled in full already, a different checksum, not enough settlement money. It
// matches [ErrNotCharged]: no money moved. A refund whose answer is lost or does not
// show it is an [*OutcomeUnknownError] and is not sent again. To find out whether it
// was made, read CancelAmount and CancelHistory from [Client.GetPayment], or from
// [Client.FindPayment] for an order number. [Client.Settle] is only for charges.
//
// Virtual accounts and mobile phones are refunded on the next working day: their
// answer may not show the refund, so check CancelAmount.
//
// A second call after an unknown outcome can refund twice; [Client.EnsureRefunded]
// cannot. Do not use both for one payment.
//
// API: POST /payments/cancel
func (c *Client) CancelPayment(ctx context.Context, r CancelRequest) (*Payment, error) {
	p := &problems{op: "CancelPayment"}
	e := r.endpoint(p)
	e.invalid = p.err()
	return reported(ctx, c, e, func(e endpoint) (*Payment, error) {
		payment, err := decoded[*Payment](ctx, c, e)
		if err == nil && !r.shownBy(payment) {
			lost := e.unknown(errRefundNotShown)
			lost.Payment = payment
			return nil, lost
		}
		return payment, err
	})
}

func (r CancelRequest) endpoint(p *problems) endpoint {
	p.fields(r)
	if r.ImpUID == "" && r.MerchantUID == "" {
		p.add("ImpUID", "is required, or MerchantUID")
	}
	switch {
	case r.Full && r.Amount.IsSet():
		p.add("Amount", "must not be given together with Full")
	case !r.Full && !r.Amount.IsSet():
		p.add("Amount", "is required, or Full for all that remains")
	case !r.Full && r.Amount.Sign() <= 0:
		p.add("Amount", "must be more than 0: the API takes 0 for a refund of everything")
	}
	for _, sum := range []struct {
		field  string
		amount Amount
	}{{"Checksum", r.Checksum}, {"TaxFree", r.TaxFree}, {"VATAmount", r.VATAmount}} {
		if sum.amount.Sign() < 0 {
			p.add(sum.field, "must be 0 or more")
		}
	}
	return endpoint{
		op: p.op, method: "POST", route: "/payments/cancel", body: r,
		changes: true, merchantUID: r.MerchantUID, impUID: r.ImpUID, secrets: []string{r.RefundAccount, digitsOf(r.RefundAccount)},
		hint: "call GetPayment, or FindPayment for an order number: cancel_amount shows whether the refund was made",
	}
}

var errRefundNotShown = errors.New("the answer does not show the refund")

// shownBy reports whether the answer p shows the refund: the requested payment, less
// the amount.
func (r CancelRequest) shownBy(p *Payment) bool {
	switch {
	case !r.isAbout(p) || p.Status != StatusPaid && p.Status != StatusCancelled:
		return false
	case p.refundsLater():
		return true
	case r.Full:
		return p.Remaining() == KRW(0)
	}
	return p.CancelAmount.Cmp(r.Amount) >= 0
}

// isAbout reports whether p is the payment that the refund names.
func (r CancelRequest) isAbout(p *Payment) bool {
	switch {
	case p.isEmpty():
		return false
	case r.ImpUID != "":
		return p.ImpUID == r.ImpUID || p.ImpUID == "" && p.MerchantUID != "" && p.MerchantUID == r.MerchantUID
	default:
		return p.isOf(r.MerchantUID)
	}
}

// refundsLater reports whether a refund is paid out on a later day.
func (p *Payment) refundsLater() bool {
	return p.PayMethod == PayMethodVbank || p.PayMethod == PayMethodPhone
}
