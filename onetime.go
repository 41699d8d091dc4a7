package iamport

import (
	"context"
	"fmt"
)

// OnetimeRequest is a charge by card number. The three fields that the API
// requires are MerchantUID, Amount and Card.
type OnetimeRequest struct {
	// MerchantUID is your order number, at most 40 characters, a new one for each
	// order. It is the only guard against charging twice: the API refuses one that
	// was paid or cancelled before. Smartro takes letters and digits only.
	MerchantUID string `json:"merchant_uid" required:"true" max:"40"`
	// Amount is what to charge, in the major unit of Currency: KRW(3000) is 3,000 won.
	Amount Amount `json:"amount" required:"true"`
	// Card is the card to charge. It is not kept unless CustomerUID is given.
	Card Card `json:"-"`
	// CustomerUID, at most 80 characters, also stores the card as a billing key
	// under this id, for [Client.Again]. KSNET and Toss Payments do not.
	CustomerUID string `json:"customer_uid,omitzero" max:"80"`

	// Currency is an ISO 4217 code; without it the API takes KRW.
	Currency string `json:"currency,omitzero"`
	// TaxFree is the part of Amount that bears no VAT; without it the API takes 0.
	TaxFree Amount `json:"tax_free,omitzero"`
	// VATAmount is the VAT within Amount. Without it the API takes 1/11 of what is
	// not tax-free; an explicit KRW(0) with TaxFree KRW(0) is a zero-rated sale.
	VATAmount Amount `json:"vat_amount,omitzero"`
	// PG picks the gateway, or one shop id at it ([PG.MID]), where several are set
	// up. One that is not set up is not an error: the API then takes the default.
	PG PG `json:"pg,omitzero" max:"80"`
	// ChannelGroupID routes the charge to one channel of a smart-routing group, at
	// most 55 characters. PG is then ignored.
	ChannelGroupID string `json:"channelGroupId,omitzero" max:"55"`
	// Name is what was sold, at most 40 characters. KG Inicis refuses without it.
	Name string `json:"name,omitzero" max:"40"`
	// BuyerName is at most 16 characters. KSNET and Welcome need it. With
	// CustomerUID the buyer fields are stored as the customer's.
	BuyerName     string `json:"buyer_name,omitzero" max:"16"`
	BuyerEmail    string `json:"buyer_email,omitzero" max:"64"`   // At most 64 characters.
	BuyerTel      string `json:"buyer_tel,omitzero" max:"16"`     // At most 16 characters.
	BuyerAddr     string `json:"buyer_addr,omitzero" max:"128"`   // At most 128 characters.
	BuyerPostcode string `json:"buyer_postcode,omitzero" max:"8"` // At most 8 characters.
	// CardQuota is the number of monthly instalments, 2 or more and only from
	// 50,000 won; 0 pays at once.
	CardQuota int `json:"card_quota,omitzero"`
	// InterestFreeByMerchant makes the shop bear the interest of instalments, where
	// the contract with NICE says so.
	InterestFreeByMerchant bool `json:"interest_free_by_merchant,omitzero"`
	// UseCardPoint pays with the card's points first, where the contract says so.
	UseCardPoint bool `json:"use_card_point,omitzero"`
	// CustomData is kept with the payment and comes back in it as text.
	CustomData string `json:"custom_data,omitzero"`
	// NoticeURL receives the webhook of this payment in place of the console's URL.
	NoticeURL string `json:"notice_url,omitzero"`
	// BrowserIP is the buyer's address; without it the API takes the caller's.
	BrowserIP string `json:"browser_ip,omitzero"`
	// Secure3DChargeID and Secure3DToken come from Paymentwall's 3-D Secure step.
	// fmt and JSON do not show the token; other encoders do.
	Secure3DChargeID string `json:"secure_3d_charge_id,omitzero"`
	Secure3DToken    string `json:"-"`
	// ProductType is needed by KSNET.
	ProductType ProductType `json:"product_type,omitzero" enum:"real,digital"`
	// PromotionID begins with "promotion-id-".
	PromotionID string `json:"promotion_id,omitzero"`
	// Bypass is JSON text that is handed to the PG as it is.
	Bypass string `json:"bypass,omitzero" form:"json"`
}

// ProductType says what kind of thing is sold.
type ProductType string

// The product types that the API takes.
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

// Onetime charges a card by its number, and with CustomerUID stores it as a
// billing key as well. A nil error means paid; the package comment tells the
// other outcomes apart.
//
// API: POST /subscribe/payments/onetime
func (c *Client) Onetime(ctx context.Context, r OnetimeRequest) (*Payment, error) {
	p := &problems{op: "Onetime"}
	return c.chargeOnce(ctx, p, r.endpoint(c, p))
}

func (r OnetimeRequest) endpoint(c *Client, p *problems) endpoint {
	p.fields(r)
	p.order("MerchantUID", r.MerchantUID)
	r.Card.check(p)
	c.names(p, "", r.Name, r.BuyerName)
	p.money("", r.Amount, r.TaxFree, r.VATAmount, r.Currency, r.CardQuota)

	return endpoint{
		op: p.op, method: "POST", route: "/subscribe/payments/onetime",
		body: struct {
			onetimeFields
			cardWire
			Secure3DToken string `json:"secure_3d_token,omitzero"`
		}{onetimeFields(r), r.Card.wire(), r.Secure3DToken},
		merchantUID: r.MerchantUID, secrets: append(r.Card.secrets(), r.Secure3DToken),
		claim: claim{
			terms:       terms{r.Amount, r.Currency, r.CustomerUID},
			paymentwall: c.pg.isPaymentwall() || r.PG.isPaymentwall(),
		},
	}
}
