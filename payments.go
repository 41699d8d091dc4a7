package iamport

import (
	"context"
	"net/url"

	"github.com/iamport-go/iamport/internal/redact"
)

// Payment is one payment record. A string that is null at the API is "". The time of
// an event that has not happened is zero.
type Payment struct {
	// ImpUID is iamport's id: "imps_..." for payments made through the API.
	ImpUID string `json:"imp_uid"`
	// MerchantUID is your order number. Several records can share one: failed
	// attempts and the one that was paid.
	MerchantUID string `json:"merchant_uid"`
	// PayMethod is one of the constants such as PayMethodCard.
	PayMethod string `json:"pay_method"`
	// Channel is ChannelAPI for payments without the buyer, ChannelPC or ChannelMobile for
	// others.
	Channel string `json:"channel"`
	// PGProvider is the gateway. EmbPGProvider is the wallet inside it, "" for none.
	PGProvider    PG     `json:"pg_provider"`
	EmbPGProvider string `json:"emb_pg_provider"`
	PGTID         string `json:"pg_tid"` // the gateway's own transaction id
	PGID          string `json:"pg_id"`  // the shop id at the gateway
	// Sandbox reports whether the payment is of a test channel.
	Sandbox bool `json:"sandbox"`
	Escrow  bool `json:"escrow"`
	// ApplyNum is the approval number of the card company.
	ApplyNum string `json:"apply_num"`
	BankCode string `json:"bank_code"`
	BankName string `json:"bank_name"`
	CardInfo
	// CardQuota is the number of monthly instalments, 0 for none.
	CardQuota int `json:"card_quota"`

	// The virtual account that the buyer was told to pay into.
	VbankCode     string `json:"vbank_code"`
	VbankName     string `json:"vbank_name"`
	VbankNum      string `json:"vbank_num"`
	VbankHolder   string `json:"vbank_holder"`
	VbankDate     Time   `json:"vbank_date"`
	VbankIssuedAt Time   `json:"vbank_issued_at"`

	Name string `json:"name"`
	// Amount is the sum charged. CancelAmount is the part that was refunded.
	Amount       Amount `json:"amount"`
	CancelAmount Amount `json:"cancel_amount"`
	Currency     string `json:"currency"`

	BuyerName     string `json:"buyer_name"`
	BuyerEmail    string `json:"buyer_email"`
	BuyerTel      string `json:"buyer_tel"`
	BuyerAddr     string `json:"buyer_addr"`
	BuyerPostcode string `json:"buyer_postcode"`
	// CustomData is the custom_data of the request, as text.
	CustomData string `json:"custom_data"`
	// UserAgent is the User-Agent header of the caller of the API.
	UserAgent string `json:"user_agent"`

	// Status is also cancelled after a partial refund: see Remaining.
	Status      Status `json:"status"`
	StartedAt   Time   `json:"started_at"`
	PaidAt      Time   `json:"paid_at"`
	FailedAt    Time   `json:"failed_at"`
	CancelledAt Time   `json:"cancelled_at"`
	// FailReason is the text of the PG or card issuer, mostly Korean.
	FailReason   string `json:"fail_reason"`
	CancelReason string `json:"cancel_reason"`
	ReceiptURL   string `json:"receipt_url"`

	CancelHistory  []PaymentCancel `json:"cancel_history"`
	DepositHistory []VbankDeposit  `json:"deposit_history"`
	// CancelReceiptURLs is for old clients; CancelHistory has the same URLs.
	CancelReceiptURLs []string `json:"cancel_receipt_urls"`
	CashReceiptIssued bool     `json:"cash_receipt_issued"`

	// CustomerUID is the billing key that was used or stored, "" for none.
	CustomerUID      string           `json:"customer_uid"`
	CustomerUIDUsage CustomerUIDUsage `json:"customer_uid_usage"`
	// Promotion is nil if none was applied.
	Promotion *Promotion `json:"promotion"`
}

// Remaining returns what can still be refunded of a payment that was paid: Amount
// minus CancelAmount. It is not set if the API did not return them.
func (p *Payment) Remaining() Amount {
	if !p.Amount.IsSet() || p.Status == StatusCancelled && !p.CancelAmount.IsSet() {
		return Amount{}
	}
	// Sub fails only for sums that no payment has.
	remaining, _ := p.Amount.Sub(p.CancelAmount)
	return remaining
}

// Status is the state of a payment. An unknown value passes through.
type Status string

// The states of a payment.
const (
	StatusReady     Status = "ready"     // not paid yet
	StatusPaid      Status = "paid"      // paid
	StatusFailed    Status = "failed"    // declined
	StatusCancelled Status = "cancelled" // refunded, in whole or in part
)

// The means of payment in PayMethod.
const (
	PayMethodCard         = "card"
	PayMethodTrans        = "trans" // bank transfer
	PayMethodVbank        = "vbank" // virtual account
	PayMethodPhone        = "phone"
	PayMethodPoint        = "point"
	PayMethodSamsungPay   = "samsung"
	PayMethodKakaoPay     = "kakaopay"
	PayMethodNaverPay     = "naverpay"
	PayMethodTossPay      = "tosspay"
	PayMethodPayco        = "payco"
	PayMethodApplePay     = "applepay"
	PayMethodPayPal       = "paypal"
	PayMethodSSGPay       = "ssgpay"
	PayMethodLPay         = "lpay"
	PayMethodCultureland  = "cultureland"  // gift certificate
	PayMethodSmartCulture = "smartculture" // gift certificate
	PayMethodBooknLife    = "booknlife"    // gift certificate
)

// The places of a payment in Channel.
const (
	ChannelAPI    = "api"
	ChannelPC     = "pc"
	ChannelMobile = "mobile"
)

// CustomerUIDUsage is what a payment used its customer_uid for, "" if it had none.
type CustomerUIDUsage string

// The uses of a customer_uid.
const (
	UsageIssue            CustomerUIDUsage = "issue"             // the key was stored
	UsagePayment          CustomerUIDUsage = "payment"           // the key was charged
	UsagePaymentScheduled CustomerUIDUsage = "payment.scheduled" // a schedule charged the key
)

// PaymentCancel is one refund of a payment.
type PaymentCancel struct {
	PGTID          string `json:"pg_tid"`
	Amount         Amount `json:"amount"`
	CancelledAt    Time   `json:"cancelled_at"`
	Reason         string `json:"reason"`
	CancellationID string `json:"cancellation_id"`
	ReceiptURL     string `json:"receipt_url"`
}

// VbankDeposit is one deposit into a virtual account that stays open.
type VbankDeposit struct {
	PGTID         string `json:"pg_tid"`
	Amount        Amount `json:"amount"`
	DepositorName string `json:"depositor_name"`
	DepositedAt   Time   `json:"deposited_at"`
}

// Promotion is the discount of a promotion. Amount of the payment is before the
// discount.
type Promotion struct {
	ID       string `json:"id"`
	Discount Amount `json:"discount"`
}

// GetPayment returns the payment with iamport's id. If there is none, the error
// matches [ErrNotFound]. This includes a payment of a test channel, unless the client
// was made with [WithSandbox].
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
	return endpoint{op: op, method: "GET", route: "/payments/{imp_uid}", ids: []string{impUID}, query: query, invalid: p.err()}
}

// Sorting is the order of a list. A minus sign means newest first.
type Sorting string

// The orders of a list of payments that the API supports. The default is SortStartedDesc.
const (
	SortStartedDesc Sorting = "-started" // by when the payment began
	SortStartedAsc  Sorting = "started"
	SortPaidDesc    Sorting = "-paid" // by when it was paid
	SortPaidAsc     Sorting = "paid"
	SortUpdatedDesc Sorting = "-updated" // by its last change
	SortUpdatedAsc  Sorting = "updated"
)

// The orders of a list of schedules that the API takes. The default is SortScheduledDesc,
// which the API has no word for.
const (
	SortScheduledDesc Sorting = "-scheduled" // by the time to charge at
	SortScheduledAsc  Sorting = "scheduled"
)

func (s Sorting) ascends() bool { return s != "" && s[0] != '-' }

// FindPaymentQuery selects records for [Client.FindPayment]. The zero value selects
// the newest record of any status.
type FindPaymentQuery struct {
	// Status selects records of this status only.
	Status Status `json:"payment_status" enum:"ready,paid,cancelled,failed"`
	// Sorting determines which record is the first.
	Sorting Sorting `json:"sorting" enum:"-started,started,-paid,paid,-updated,updated"`
}

// FindPayment returns the first record with your order number. If there is none, the
// error matches [ErrNotFound]. An order can have several records: set Status to
// StatusPaid to find out whether it was paid.
//
// API: GET /payments/find/{merchant_uid}/{payment_status}
func (c *Client) FindPayment(ctx context.Context, merchantUID string, q FindPaymentQuery) (*Payment, error) {
	p := &problems{op: "FindPayment"}
	p.pathID("MerchantUID", merchantUID, 40)
	p.fields(q)
	route, ids := withStatus("/payments/find/{merchant_uid}", merchantUID, q.Status)
	query := url.Values{}
	setText(query, "sorting", string(q.Sorting))
	return call[*Payment](ctx, c, endpoint{op: p.op, method: "GET", route: route, ids: ids, query: query, invalid: p.err()})
}

// withStatus adds the status to a route, if one is asked for.
func withStatus(route, merchantUID string, status Status) (string, []string) {
	if status == "" {
		return route, []string{merchantUID}
	}
	return route + "/{payment_status}", []string{merchantUID, string(status)}
}

func (p *Payment) hideSecrets(secrets []string) { p.FailReason = redact.Text(p.FailReason, secrets) }
