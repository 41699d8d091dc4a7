package iamport

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"github.com/iamport-go/iamport/internal/euckr"
)

// PG is the name of a payment gateway in pg parameters and pg_provider properties. An
// unknown value passes through.
type PG string

// The gateways of the subscription API. Some accept a card number (onetime,
// billing-key registration); others only charge keys issued in their own window. This
// depends on the PG and the contract.
const (
	PGDaou         PG = "daou"         // Kiwoompay, formerly Payjoa (DaouData)
	PGNice         PG = "nice"         // NICE Payments
	PGNiceV2       PG = "nice_v2"      // NICE Payments, new module
	PGKCP          PG = "kcp"          // NHN KCP
	PGKCPBilling   PG = "kcp_billing"  // NHN KCP, billing keys from its window
	PGInicis       PG = "html5_inicis" // KG Inicis
	PGTossPayments PG = "tosspayments" // Toss Payments
	PGKSNET        PG = "ksnet"        // KSNET
	PGWelcome      PG = "welcome"      // Welcome Payments
	PGSettle       PG = "settle"       // Hecto Financial
	PGSettleAcc    PG = "settle_acc"   // Hecto Financial, accounts
	PGPaymentwall  PG = "paymentwall"  // Paymentwall
	PGDanal        PG = "danal"        // Danal, mobile phones
	PGDanalTPay    PG = "danal_tpay"   // Danal, cards
	PGSmartroV2    PG = "smartro_v2"   // Smartro, new module
	PGKICC         PG = "kicc"         // KICC
	PGMobilians    PG = "mobilians"    // KG Mobilians
	PGChai         PG = "chai"         // Chai
	PGKakaoPay     PG = "kakaopay"     // KakaoPay
	PGNaverPay     PG = "naverpay"     // Naver Pay
	PGPayco        PG = "payco"        // PAYCO
	PGTossPayV2    PG = "tosspay_v2"   // Toss Pay
	PGPayPalV2     PG = "paypal_v2"    // PayPal
)

// gateways are the names above and those of older modules that are still in the API's
// documents.
var gateways = []PG{
	"inicis", "smartro", "uplus", "settle_firm",
	PGDaou, PGNice, PGNiceV2, PGKCP, PGKCPBilling, PGInicis, PGTossPayments, PGKSNET, PGWelcome, PGSettle, PGSettleAcc,
	PGPaymentwall, PGDanal, PGDanalTPay, PGSmartroV2, PGKICC, PGMobilians, PGChai, PGKakaoPay, PGNaverPay, PGPayco,
	PGTossPayV2, PGPayPalV2,
}

// MID returns the pg parameter for one of several shop ids at the same gateway:
// PGNice.MID("shop1") is "nice.shop1".
func (pg PG) MID(shopID string) PG { return pg + "." + PG(shopID) }

// gateway returns pg without a shop id.
func (pg PG) gateway() PG {
	name, _, _ := strings.Cut(string(pg), ".")
	return PG(name)
}

// isPaymentwall reports whether pg is Paymentwall, where a failed payment may become
// paid later.
func (pg PG) isPaymentwall() bool {
	return strings.EqualFold(string(pg.gateway()), string(PGPaymentwall))
}

// pgCode returns the code of a text such as [F113], [8901] or [코드: V023]: 3 to 40 capital
// letters, digits and underscores in brackets. It is the first, or "".
func pgCode(text string) string {
	for {
		_, rest, found := strings.Cut(text, "[")
		if !found {
			return ""
		}
		text = rest
		if label, ok := strings.CutPrefix(rest, "코드"); ok {
			label, ok = strings.CutPrefix(strings.TrimLeft(label, " \t\n\f\r"), ":")
			if !ok {
				continue
			}
			rest = strings.TrimLeft(label, " \t\n\f\r")
		}
		code, _, closed := strings.Cut(rest[:min(len(rest), 41)], "]") // a look to the end for each bracket could take minutes
		if closed && len(code) >= 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
			return code
		}
	}
}

// WithPG sets the gateway of the shop, so that its published limits apply. [PGDaou]
// has two: 50 charges a second, spread evenly, unless [WithRateLimit] or
// [WithLimiter] is used, and names that can be written in EUC-KR, unless
// [WithAnyText] is used. Other gateways publish none. With [PGPaymentwall] a failure
// decides nothing: see the package comment. WithPG does not set the pg parameter of
// requests. An unknown gateway is an error.
func WithPG(pg PG) Option {
	return func(c *Client, p *problems) {
		c.pg = pg.gateway()
		if !slices.Contains(gateways, c.pg) {
			p.add("WithPG", fmt.Sprintf(
				"must be one of the PG constants, such as PGDaou, with or without a shop id; the nearest is %q", nearest(c.pg)))
		}
	}
}

// nearest returns the gateway whose name takes the fewest changes of a letter to become
// that of pg.
func nearest(pg PG) PG {
	return slices.MinFunc(gateways, func(a, b PG) int { return distance(pg, a) - distance(pg, b) })
}

// distance returns how many letters have to be added, removed or replaced to turn one name
// into the other, without regard to case. All letters that are missing at the end count as
// one.
func distance(from, to PG) int {
	a, b := strings.ToLower(string(from[:min(len(from), maxPGName)])), string(to)
	if a != "" && strings.HasPrefix(b, a) {
		return 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// maxPGName bounds what is compared; the API takes 80 characters.
const maxPGName = 80

// WithAnyText disables the check of [WithPG] that names can be written in the
// gateway's encoding.
func WithAnyText() Option { return func(c *Client, _ *problems) { c.anyText = true } }

// applyPG sets the limits of the gateway after all options are applied.
func (c *Client) applyPG() {
	limits := c.pg.Limits()
	if c.limiter == nil && limits.PerSecond > 0 {
		// A burst of 1 and a hundredth less, so that no second exceeds the limit: a call that is
		// late by some milliseconds is nearer to the next one.
		c.limiter = rate.NewLimiter(0.99*rate.Limit(limits.PerSecond), 1)
	}
	c.eucKR = limits.EUCKR && !c.anyText
}

// names checks the texts that a gateway writes in its own encoding.
func (c *Client) names(p *problems, prefix, name, buyerName string) {
	if !c.eucKR {
		return
	}
	if !euckr.Valid(name) {
		p.add(prefix+"Name", "must not hold a character that Kiwoompay's EUC-KR cannot write")
	}
	if !euckr.Valid(buyerName) {
		p.add(prefix+"BuyerName", "must not hold a character that Kiwoompay's EUC-KR cannot write")
	}
}

// PGLimits are the rules that the API and the gateways publish for a gateway. They are incomplete, and a contract may
// differ: only the rules that [WithPG] names are enforced. The zero value means that nothing is published.
type PGLimits struct {
	// RegisterCustomer, Onetime and Again report whether the schema lists the gateway for
	// billing keys by card number, for charges by card number, and for charges and
	// schedules of a billing key.
	RegisterCustomer, Onetime, Again bool
	// PerSecond is the number of calls a second beyond which calls may fail, 0 for none.
	PerSecond int
	// EUCKR reports whether Name and BuyerName must be encodable in EUC-KR.
	EUCKR bool
	// MinAmount is the smallest amount in won.
	MinAmount Amount
	// NameBytes is the maximum length of Name in bytes, 0 for only the API's own limit.
	NameBytes int
	// CardNeeds, ChargeNeeds and CancelNeeds are the fields that a billing key, a charge
	// and a refund must have in addition to those that are always required. CancelNeeds
	// also names those for which the API has no default from the payment.
	CardNeeds, ChargeNeeds, CancelNeeds []string
	// PartialCancels is how often a part of a payment can be refunded, and CancelMonths
	// within how many months; 0 for no limit.
	PartialCancels, CancelMonths int
}

// Limits returns the published rules of a gateway, with or without a shop id. Those of an
// unknown one are zero.
func (pg PG) Limits() PGLimits {
	i := slices.IndexFunc(published, func(p pgLimits) bool { return p.pg == pg.gateway() })
	if i < 0 {
		return PGLimits{}
	}
	limits := published[i].PGLimits
	limits.CardNeeds, limits.ChargeNeeds = slices.Clone(limits.CardNeeds), slices.Clone(limits.ChargeNeeds)
	limits.CancelNeeds = slices.Clone(limits.CancelNeeds)
	return limits
}

// published is what is published, by gateway. It is a list because a map would be built when the
// program starts, by 8 KiB of instructions.
var published = []pgLimits{
	{PGDaou, PGLimits{RegisterCustomer: true, Onetime: true, Again: true, PerSecond: 50, EUCKR: true}},
	{PGNice, PGLimits{
		RegisterCustomer: true, Onetime: true, Again: true, MinAmount: KRW(100), NameBytes: 40,
		CancelNeeds: []string{"TaxFree", "VATAmount"},
	}},
	{PGNiceV2, PGLimits{RegisterCustomer: true, Onetime: true, Again: true, CancelNeeds: []string{"VATAmount"}}},
	{PGKCP, PGLimits{RegisterCustomer: true, Onetime: true, Again: true, MinAmount: KRW(1000), CancelNeeds: []string{"TaxFree"}}},
	{PGInicis, PGLimits{
		RegisterCustomer: true, Onetime: true, Again: true, MinAmount: KRW(100),
		ChargeNeeds: []string{"Name", "BuyerName", "BuyerEmail", "BuyerTel"}, CancelNeeds: []string{"VATAmount"},
	}},
	{PGTossPayments, PGLimits{
		RegisterCustomer: true, Onetime: true, Again: true, MinAmount: KRW(100),
		CardNeeds: []string{"CustomerID"},
	}},
	{PGKSNET, PGLimits{
		RegisterCustomer: true, Onetime: true, Again: true, CardNeeds: []string{"Card.Birth", "Card.Pwd2Digit"},
		ChargeNeeds: []string{"BuyerName", "ProductType"}, PartialCancels: 9, CancelMonths: 6,
	}},
	{PGWelcome, PGLimits{
		RegisterCustomer: true, Onetime: true, Again: true, CardNeeds: []string{"CustomerName"},
		ChargeNeeds: []string{"BuyerName"}, CancelNeeds: []string{"VATAmount"},
	}},
	{PGPaymentwall, PGLimits{Onetime: true, Again: true, ChargeNeeds: []string{"BuyerName", "BuyerEmail", "Currency"}}},
	{PGSettle, PGLimits{Onetime: true, Again: true}},
	{PGSettleAcc, PGLimits{Again: true}},
	{PGChai, PGLimits{Again: true}},
	{PGDanal, PGLimits{Again: true, MinAmount: KRW(100)}},
	{PGDanalTPay, PGLimits{Again: true, MinAmount: KRW(100), ChargeNeeds: []string{"Name"}}},
	{PGKakaoPay, PGLimits{Again: true, MinAmount: KRW(100)}},
	{PGKCPBilling, PGLimits{Again: true, MinAmount: KRW(1000), CancelNeeds: []string{"TaxFree"}}},
	{PGKICC, PGLimits{Again: true, MinAmount: KRW(100), CancelNeeds: []string{"TaxFree"}}},
	{PGMobilians, PGLimits{Again: true}},
	{PGNaverPay, PGLimits{Again: true, MinAmount: KRW(10), CancelNeeds: []string{"Extra.Requester", "Reason"}}},
	{PGPayco, PGLimits{Again: true, CancelNeeds: []string{"TaxFree"}}},
	{PGPayPalV2, PGLimits{Again: true, ChargeNeeds: []string{"Currency"}}},
	{PGSmartroV2, PGLimits{
		Again: true, ChargeNeeds: []string{"BuyerName", "BuyerEmail", "BuyerTel"}, CancelNeeds: []string{"TaxFree"},
	}},
	{PGTossPayV2, PGLimits{Again: true}},
	{"inicis", PGLimits{Again: true}},
}

type pgLimits struct {
	pg PG
	PGLimits
}
