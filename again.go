package iamport

import "context"

// AgainRequest is a charge against a stored billing key. CustomerUID, MerchantUID
// and Amount are required.
type AgainRequest struct {
	// CustomerUID is the id under which the card is stored, at most 80 characters.
	CustomerUID string `json:"customer_uid" required:"true" max:"80"`
	// MerchantUID is your order number, at most 40 characters, a new one for each order.
	// It is the API's only protection against charging twice: the API refuses one that
	// was paid or cancelled before. Smartro accepts letters and digits only.
	MerchantUID string `json:"merchant_uid" required:"true" max:"40"`
	// Amount is the sum to charge, in the major unit of Currency: KRW(3000) is 3,000
	// won.
	Amount Amount `json:"amount" required:"true"`
	// Name is what was sold, at most 40 characters. The schema requires it and the
	// guides of several PGs omit it, so it is optional here. KG Inicis answers HTTP 400
	// without it, and Danal's card module (danal_tpay) needs it. With other PGs the
	// record then has no title. Send it.
	Name string `json:"name,omitzero" max:"40"`

	// Currency is an ISO 4217 code; the API's default is KRW. PayPal needs one and does
	// not accept KRW.
	Currency string `json:"currency,omitzero"`
	// TaxFree is the part of Amount without VAT; the API's default is 0.
	TaxFree Amount `json:"tax_free,omitzero"`
	// VATAmount is the VAT within Amount. The API's default is 1/11 of the part that is
	// not tax-free. An explicit KRW(0) with TaxFree KRW(0) is a zero-rated sale.
	VATAmount Amount `json:"vat_amount,omitzero"`
	// BuyerName is at most 16 characters. KSNET, Smartro and Welcome need it.
	BuyerName string `json:"buyer_name,omitzero" max:"16"`
	// BuyerEmail is at most 64 characters. Paymentwall and Smartro need it.
	BuyerEmail string `json:"buyer_email,omitzero" max:"64"`
	// BuyerTel is at most 16 characters. Smartro needs it.
	BuyerTel      string `json:"buyer_tel,omitzero" max:"16"`
	BuyerAddr     string `json:"buyer_addr,omitzero" max:"128"`   // At most 128 characters.
	BuyerPostcode string `json:"buyer_postcode,omitzero" max:"8"` // At most 8 characters.
	// CardQuota is the number of monthly instalments, 2 or more and only from 50,000
	// won; 0 is a single payment.
	CardQuota int `json:"card_quota,omitzero"`
	// InterestFreeByMerchant makes the shop pay the interest of instalments, if the
	// contract allows it.
	InterestFreeByMerchant bool `json:"interest_free_by_merchant,omitzero"`
	// UseCardPoint pays with the card's points first, if the contract allows it.
	UseCardPoint bool `json:"use_card_point,omitzero"`
	// CustomData is kept with the payment and returned in it as text.
	CustomData string `json:"custom_data,omitzero"`
	// NoticeURL receives the webhook of this payment instead of the console's URL.
	NoticeURL string `json:"notice_url,omitzero"`
	// BrowserIP is the buyer's address; the API's default is the caller's address.
	BrowserIP string `json:"browser_ip,omitzero"`
	// ProductType is needed by KSNET.
	ProductType ProductType `json:"product_type,omitzero" enum:"real,digital"`
	// ProductCount is the number of items sold; the API's default is 1.
	ProductCount int `json:"product_count,omitzero"`
	// CashReceiptType is the kind of cash receipt that Toss Pay issues.
	CashReceiptType CashReceiptType `json:"cash_receipt_type,omitzero" enum:"person,company,anonymous"`
	// Bypass is JSON text that is passed to the PG unchanged.
	Bypass string `json:"bypass,omitzero" form:"json"`
	// Extra is needed by some contracts with Naver Pay.
	Extra Extra `json:"extra,omitzero"`
	// PromotionID begins with "promotion-id-".
	PromotionID string `json:"promotion_id,omitzero"`
	// ChannelKey selects one channel of a super billing key, at most 55 characters.
	ChannelKey string `json:"channel_key,omitzero" max:"55"`
}

// CashReceiptType is the kind of a cash receipt.
type CashReceiptType string

// The kinds of cash receipt of the API.
const (
	CashReceiptPerson    CashReceiptType = "person"
	CashReceiptCompany   CashReceiptType = "company"
	CashReceiptAnonymous CashReceiptType = "anonymous" // Toss Pay issues none
)

// Extra holds parameters of single gateways.
type Extra struct {
	// NaverUseCfm is the last day of use, as YYYYMMDD, for Naver Pay.
	NaverUseCfm string `json:"naverUseCfm,omitzero"`
}

// Again charges the card that is stored under CustomerUID. A nil error means paid.
// The package comment describes the other outcomes.
//
// API: POST /subscribe/payments/again
func (c *Client) Again(ctx context.Context, r AgainRequest) (*Payment, error) {
	p := &problems{op: "Again"}
	return c.chargeOnce(ctx, p, r.endpoint(c, p))
}

func (r AgainRequest) endpoint(c *Client, p *problems) endpoint {
	var body any = r // one copy of a large struct
	p.fields(body)
	p.order("MerchantUID", r.MerchantUID)
	c.names(p, "", r.Name, r.BuyerName)
	p.money("", r.Amount, r.TaxFree, r.VATAmount, r.Currency, r.CardQuota)
	if r.ProductCount < 0 {
		p.add("ProductCount", "must be 1 or more, or 0 to leave it out")
	}
	return endpoint{
		op: p.op, method: "POST", route: "/subscribe/payments/again", body: body, merchantUID: r.MerchantUID,
		claim: claim{terms: terms{r.Amount, r.Currency, r.CustomerUID}, paymentwall: c.pg.isPaymentwall()},
	}
}
