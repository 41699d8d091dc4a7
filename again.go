package iamport

import "context"

// AgainRequest is a charge against a stored billing key. CustomerUID, MerchantUID
// and Amount are required.
type AgainRequest struct {
	// CustomerUID is the id that the card was stored under, at most 80 characters.
	CustomerUID string `json:"customer_uid" required:"true" max:"80"`
	// MerchantUID is your order number, at most 40 characters, a new one for each
	// order. It is the only guard against charging twice: the API refuses one that
	// was paid or cancelled before. Smartro takes letters and digits only.
	MerchantUID string `json:"merchant_uid" required:"true" max:"40"`
	// Amount is what to charge, in the major unit of Currency: KRW(3000) is 3,000 won.
	Amount Amount `json:"amount" required:"true"`
	// Name is what was sold, at most 40 characters. The schema calls it required and
	// the guides of several PGs leave it out, so it is optional here: KG Inicis
	// answers HTTP 400 without it, Danal's card module (danal_tpay) needs it, and
	// elsewhere the record stays without a title. Send it.
	Name string `json:"name,omitzero" max:"40"`

	// Currency is an ISO 4217 code; without it the API takes KRW. PayPal needs one
	// and does not take KRW.
	Currency string `json:"currency,omitzero"`
	// TaxFree is the part of Amount that bears no VAT; without it the API takes 0.
	TaxFree Amount `json:"tax_free,omitzero"`
	// VATAmount is the VAT within Amount. Without it the API takes 1/11 of what is
	// not tax-free; an explicit KRW(0) with TaxFree KRW(0) is a zero-rated sale.
	VATAmount Amount `json:"vat_amount,omitzero"`
	// BuyerName is at most 16 characters. KSNET, Smartro and Welcome need it.
	BuyerName string `json:"buyer_name,omitzero" max:"16"`
	// BuyerEmail is at most 64 characters. Paymentwall and Smartro need it.
	BuyerEmail string `json:"buyer_email,omitzero" max:"64"`
	// BuyerTel is at most 16 characters. Smartro needs it.
	BuyerTel      string `json:"buyer_tel,omitzero" max:"16"`
	BuyerAddr     string `json:"buyer_addr,omitzero" max:"128"`   // At most 128 characters.
	BuyerPostcode string `json:"buyer_postcode,omitzero" max:"8"` // At most 8 characters.
	// CardQuota is the number of monthly instalments, 2 or more and only from
	// 50,000 won; 0 pays at once.
	CardQuota int `json:"card_quota,omitzero"`
	// InterestFreeByMerchant makes the shop bear the interest of instalments, where
	// the contract says so.
	InterestFreeByMerchant bool `json:"interest_free_by_merchant,omitzero"`
	// UseCardPoint pays with the card's points first, where the contract says so.
	UseCardPoint bool `json:"use_card_point,omitzero"`
	// CustomData is kept with the payment and comes back in it as text.
	CustomData string `json:"custom_data,omitzero"`
	// NoticeURL receives the webhook of this payment in place of the console's URL.
	NoticeURL string `json:"notice_url,omitzero"`
	// BrowserIP is the buyer's address; without it the API takes the caller's.
	BrowserIP string `json:"browser_ip,omitzero"`
	// ProductType is needed by KSNET.
	ProductType ProductType `json:"product_type,omitzero" enum:"real,digital"`
	// ProductCount is the number of things sold; without it the API takes 1.
	ProductCount int `json:"product_count,omitzero"`
	// CashReceiptType says whom Toss Pay issues a cash receipt to.
	CashReceiptType CashReceiptType `json:"cash_receipt_type,omitzero" enum:"person,company,anonymous"`
	// Bypass is JSON text that is handed to the PG as it is.
	Bypass string `json:"bypass,omitzero" form:"json"`
	// Extra is needed by some contracts with Naver Pay.
	Extra Extra `json:"extra,omitzero"`
	// PromotionID begins with "promotion-id-".
	PromotionID string `json:"promotion_id,omitzero"`
	// ChannelKey picks one channel of a super billing key, at most 55 characters.
	ChannelKey string `json:"channel_key,omitzero" max:"55"`
}

// CashReceiptType says whom a cash receipt is issued to.
type CashReceiptType string

// The kinds of cash receipt that the API takes.
const (
	CashReceiptPerson    CashReceiptType = "person"
	CashReceiptCompany   CashReceiptType = "company"
	CashReceiptAnonymous CashReceiptType = "anonymous" // Toss Pay issues none
)

// Extra holds parameters of single gateways.
type Extra struct {
	// NaverUseCfm is the day on which the use ends, as YYYYMMDD, for Naver Pay.
	NaverUseCfm string `json:"naverUseCfm,omitzero"`
}

// Again charges the card that is stored under CustomerUID. A nil error means
// paid; the package comment tells the other outcomes apart.
//
// API: POST /subscribe/payments/again
func (c *Client) Again(ctx context.Context, r AgainRequest) (*Payment, error) {
	p := &problems{op: "Again"}
	return c.chargeOnce(ctx, p, r.endpoint(c, p))
}

func (r AgainRequest) endpoint(c *Client, p *problems) endpoint {
	p.fields(r)
	p.order("MerchantUID", r.MerchantUID)
	c.names(p, "", r.Name, r.BuyerName)
	p.money("", r.Amount, r.TaxFree, r.VATAmount, r.Currency, r.CardQuota)
	if r.ProductCount < 0 {
		p.add("ProductCount", "must be 1 or more, or 0 to leave it out")
	}
	return endpoint{
		op: p.op, method: "POST", route: "/subscribe/payments/again", body: r, merchantUID: r.MerchantUID,
		claim: claim{terms: terms{r.Amount, r.Currency, r.CustomerUID}, paymentwall: c.pg.isPaymentwall()},
	}
}
