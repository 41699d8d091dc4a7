package iamport

import (
	"context"
	"fmt"
)

// OnetimeRequest is a charge by card number. The API requires MerchantUID, Amount and
// Card.
type OnetimeRequest struct {
	// MerchantUID is your order number, at most 40 characters, a new one for each order.
	// It is the API's only protection against charging twice: the API refuses one that
	// was paid or cancelled before. Smartro accepts letters and digits only.
	MerchantUID string `json:"merchant_uid" required:"true" max:"40"`
	// Amount is the sum to charge, in the major unit of Currency: KRW(3000) is 3,000
	// won.
	Amount Amount `json:"amount" required:"true"`
	// Card is the card to charge. It is not stored unless CustomerUID is set.
	Card Card `json:"-"`
	// CustomerUID, at most 80 characters, also stores the card as a billing key under
	// this id, for [Client.Again]. KSNET and Toss Payments do not store it.
	CustomerUID string `json:"customer_uid,omitzero" max:"80"`

	// Currency is an ISO 4217 code; the API's default is KRW.
	Currency string `json:"currency,omitzero"`
	// TaxFree is the part of Amount without VAT; the API's default is 0.
	TaxFree Amount `json:"tax_free,omitzero"`
	// VATAmount is the VAT within Amount. The API's default is 1/11 of the part that is
	// not tax-free. An explicit KRW(0) with TaxFree KRW(0) is a zero-rated sale.
	VATAmount Amount `json:"vat_amount,omitzero"`
	// PG selects the gateway, or one shop id at it ([PG.MID]), if several are set up. If
	// it is not set up, the API uses the default without an error.
	PG PG `json:"pg,omitzero" max:"80"`
	// ChannelGroupID routes the charge to one channel of a smart-routing group, at
	// most 55 characters. PG is then ignored.
	ChannelGroupID string `json:"channelGroupId,omitzero" max:"55"`
	// Name is what was sold, at most 40 characters. KG Inicis refuses a charge without
	// it.
	Name string `json:"name,omitzero" max:"40"`
	// BuyerName is at most 16 characters. KSNET and Welcome need it. With
	// CustomerUID the buyer fields are stored as the customer's.
	BuyerName     string `json:"buyer_name,omitzero" max:"16"`
	BuyerEmail    string `json:"buyer_email,omitzero" max:"64"`   // At most 64 characters.
	BuyerTel      string `json:"buyer_tel,omitzero" max:"16"`     // At most 16 characters.
	BuyerAddr     string `json:"buyer_addr,omitzero" max:"128"`   // At most 128 characters.
	BuyerPostcode string `json:"buyer_postcode,omitzero" max:"8"` // At most 8 characters.
	// CardQuota is the number of monthly instalments, 2 or more and only from 50,000
	// won; 0 is a single payment.
	CardQuota int `json:"card_quota,omitzero"`
	// InterestFreeByMerchant makes the shop pay the interest of instalments, if the
	// contract with NICE allows it.
	InterestFreeByMerchant bool `json:"interest_free_by_merchant,omitzero"`
	// UseCardPoint pays with the card's points first, if the contract allows it.
	UseCardPoint bool `json:"use_card_point,omitzero"`
	// CustomData is kept with the payment and returned in it as text.
	CustomData string `json:"custom_data,omitzero"`
	// NoticeURL receives the webhook of this payment instead of the console's URL.
	NoticeURL string `json:"notice_url,omitzero"`
	// BrowserIP is the buyer's address; the API's default is the caller's address.
	BrowserIP string `json:"browser_ip,omitzero"`
	// Secure3DChargeID and Secure3DToken are from Paymentwall's 3-D Secure step. fmt and
	// JSON do not show the token; other encoders do.
	Secure3DChargeID string `json:"secure_3d_charge_id,omitzero"`
	Secure3DToken    string `json:"-"`
	// ProductType is needed by KSNET.
	ProductType ProductType `json:"product_type,omitzero" enum:"real,digital"`
	// PromotionID begins with "promotion-id-".
	PromotionID string `json:"promotion_id,omitzero"`
	// Bypass is JSON text that is passed to the PG unchanged.
	Bypass string `json:"bypass,omitzero" form:"json"`
}

// ProductType is the kind of product sold.
type ProductType string

// The product types of the API.
const (
	ProductReal    ProductType = "real"    // physical goods
	ProductDigital ProductType = "digital" // digital content
)

type onetimeFields OnetimeRequest

// Format prints the request under every verb with [card] in place of the card.
func (r OnetimeRequest) Format(f fmt.State, verb rune) {
	if r.Secure3DToken != "" {
		r.Secure3DToken = "[hidden]"
	}
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), onetimeFields(r))
}

// Onetime charges a card by its number. With CustomerUID it also stores the card as a
// billing key. A nil error means paid. The package comment describes the other
// outcomes.
//
// API: POST /subscribe/payments/onetime
func (c *Client) Onetime(ctx context.Context, r OnetimeRequest) (*Payment, error) {
	p := &problems{op: "Onetime"}
	return c.chargeOnce(ctx, p, r.endpoint(c, p))
}

func (r OnetimeRequest) endpoint(c *Client, p *problems) endpoint {
	p.fields(&r) // the body points to the same copy
	p.order("MerchantUID", r.MerchantUID)
	r.Card.check(p)
	c.names(p, "", r.Name, r.BuyerName)
	p.money("", r.Amount, r.TaxFree, r.VATAmount, r.Currency, r.CardQuota)

	return endpoint{
		op: p.op, method: "POST", route: "/subscribe/payments/onetime",
		body: struct {
			*onetimeFields
			cardWire
			Secure3DToken string `json:"secure_3d_token,omitzero"`
		}{(*onetimeFields)(&r), r.Card.wire(), r.Secure3DToken},
		merchantUID: r.MerchantUID, secrets: r.Card.secrets(r.Secure3DToken),
		claim: claim{
			terms:       terms{r.Amount, r.Currency, r.CustomerUID},
			paymentwall: c.pg.isPaymentwall() || r.PG.isPaymentwall(),
		},
	}
}
