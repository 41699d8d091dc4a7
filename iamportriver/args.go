package iamportriver

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/iamport-go/iamport"
)

// ChargeArgs is the job of one order: a charge against a stored billing key. It never holds a
// card. MerchantUID, CustomerUID and Amount are required; the fields of [iamport.AgainRequest]
// have its names, lengths and units.
//
// The arguments are stored in the table river_job, where everybody who can read it, and River's
// page, sees them. Buyer fields are personal data: leave out what the PG does not need.
type ChargeArgs struct {
	// MerchantUID is the order number, one for each try. There is one job of it, and one row of
	// iamport_orders, which stays.
	MerchantUID string `json:"merchant_uid" river:"unique"`
	// Period names what is billed, such as "subscription 42, 2026-12": at most one order of a
	// Period is charged at a time, and none after one is paid. Default: the MerchantUID.
	Period string `json:"period,omitzero"`
	// Try is 1, or 0 for 1, and is one more in each job that Dunning makes. After Dunning has
	// ended a Period without a payment, an order of your own with one more tries it again. An
	// order whose Try before has not ended as declined or invalid is not stored.
	Try int `json:"try,omitzero"`
	// First makes the job run before renewals that wait: a customer is waiting for it.
	First bool `json:"first,omitzero"`
	// PG selects one of [Config.PGs], its queue and client.
	PG iamport.PG `json:"pg,omitzero"`

	CustomerUID            string                  `json:"customer_uid"`
	Amount                 iamport.Amount          `json:"amount"`
	Name                   string                  `json:"name,omitzero"`
	Currency               string                  `json:"currency,omitzero"`
	TaxFree                iamport.Amount          `json:"tax_free,omitzero"`
	VATAmount              iamport.Amount          `json:"vat_amount,omitzero"`
	BuyerName              string                  `json:"buyer_name,omitzero"`
	BuyerEmail             string                  `json:"buyer_email,omitzero"`
	BuyerTel               string                  `json:"buyer_tel,omitzero"`
	BuyerAddr              string                  `json:"buyer_addr,omitzero"`
	BuyerPostcode          string                  `json:"buyer_postcode,omitzero"`
	CardQuota              int                     `json:"card_quota,omitzero"`
	InterestFreeByMerchant bool                    `json:"interest_free_by_merchant,omitzero"`
	UseCardPoint           bool                    `json:"use_card_point,omitzero"`
	CustomData             string                  `json:"custom_data,omitzero"`
	NoticeURL              string                  `json:"notice_url,omitzero"`
	BrowserIP              string                  `json:"browser_ip,omitzero"`
	ProductType            iamport.ProductType     `json:"product_type,omitzero"`
	ProductCount           int                     `json:"product_count,omitzero"`
	CashReceiptType        iamport.CashReceiptType `json:"cash_receipt_type,omitzero"`
	Bypass                 string                  `json:"bypass,omitzero"`
	Extra                  iamport.Extra           `json:"extra,omitzero"`
	PromotionID            string                  `json:"promotion_id,omitzero"`
	ChannelKey             string                  `json:"channel_key,omitzero"`
}

// Kind is the name of the job in River.
func (ChargeArgs) Kind() string { return "iamport_charge" }

// InsertOpts are the options with which River inserts the job: unique by merchant_uid in every
// state. River removes jobs some time after their end; the row of iamport_orders stays.
func (a ChargeArgs) InsertOpts() river.InsertOpts {
	priority := 2
	if a.First {
		priority = 1
	}
	return river.InsertOpts{
		Queue: queueOf(a.PG), Priority: priority, MaxAttempts: maxAttempts,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()},
	}
}

// maxAttempts is so large that only an end of the order ends the job: each crash of a process
// uses one up.
const maxAttempts = 10_000

// request is the charge.
func (a ChargeArgs) request() iamport.AgainRequest {
	return iamport.AgainRequest{
		CustomerUID: a.CustomerUID, MerchantUID: a.MerchantUID, Amount: a.Amount, Name: a.Name, Currency: a.Currency,
		TaxFree: a.TaxFree, VATAmount: a.VATAmount, BuyerName: a.BuyerName, BuyerEmail: a.BuyerEmail, BuyerTel: a.BuyerTel,
		BuyerAddr: a.BuyerAddr, BuyerPostcode: a.BuyerPostcode, CardQuota: a.CardQuota,
		InterestFreeByMerchant: a.InterestFreeByMerchant, UseCardPoint: a.UseCardPoint, CustomData: a.CustomData,
		NoticeURL: a.NoticeURL, BrowserIP: a.BrowserIP, ProductType: a.ProductType, ProductCount: a.ProductCount,
		CashReceiptType: a.CashReceiptType, Bypass: a.Bypass, Extra: a.Extra, PromotionID: a.PromotionID, ChannelKey: a.ChannelKey,
	}
}

// withDefaults returns a with Period and Try set.
func (a ChargeArgs) withDefaults() ChargeArgs {
	if a.Period == "" {
		a.Period = a.MerchantUID
	}
	if a.Try == 0 {
		a.Try = 1
	}
	return a
}

// check reports what is wrong with a, before it is stored. The client checks the rest of the
// request when the job runs.
func (b *Billing[TTx]) check(a ChargeArgs) error {
	var problems []string
	if a.MerchantUID == "" {
		problems = append(problems, "MerchantUID is required")
	}
	if a.CustomerUID == "" {
		problems = append(problems, "CustomerUID is required")
	}
	if a.Amount.Sign() <= 0 {
		problems = append(problems, "Amount must be more than 0")
	}
	if a.Try < 0 {
		problems = append(problems, "Try must be 1 or more, or 0 for 1")
	}
	if _, known := b.PGs[a.PG]; !known && a.PG != "" {
		problems = append(problems, "PG must be one of Config.PGs, or empty")
	}
	for _, texts := range []any{a, a.Extra} {
		for field, value := range reflect.ValueOf(texts).Fields() {
			if value.Kind() == reflect.String && !isText(value.String()) {
				problems = append(problems, field.Name+" must be UTF-8 without NUL")
			}
		}
	}
	if max(len(a.MerchantUID), len(a.Period)) > maxKey {
		problems = append(problems, fmt.Sprintf("MerchantUID and Period must be at most %d bytes", maxKey))
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: %s", errBadOrder, strings.Join(problems, "; "))
	}
	return nil
}

// maxKey is how long a key may be: PostgreSQL has no index of more than about 2,700 bytes.
const maxKey = 500

// isText reports whether both databases store s as it is. PostgreSQL refuses everything else,
// with all other orders of the statement.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// The queues beside those of the PGs.
const (
	queueRefunds  = "iamport_refunds"
	queueWebhooks = "iamport_webhooks"
	queueUpkeep   = "iamport_upkeep" // what is due, the circuit, the journal
)

// queueOf returns the queue of the orders of pg.
func queueOf(pg iamport.PG) string {
	if pg == "" {
		return "iamport"
	}
	return "iamport_" + strings.Trim(string(pg), "_")
}
