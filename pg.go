package iamport

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/time/rate"
)

// PG names a payment gateway, as pg parameters and pg_provider properties do. An
// unknown value passes through.
type PG string

// The gateways that the subscription API works with. Which of them take a card
// number (onetime, billing-key registration) and which only charge keys issued in
// their own window depends on the PG and the contract.
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

// gateways are the names above, and those of older modules that the API's documents
// still name.
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

// isPaymentwall reports whether pg is Paymentwall, which says failed and may turn it
// into paid later.
func (pg PG) isPaymentwall() bool {
	return strings.EqualFold(string(pg.gateway()), string(PGPaymentwall))
}

// pgCodePattern finds [F113], [8901] and [코드: V023].
var pgCodePattern = regexp.MustCompile(`\[(?:코드\s*:\s*)?([A-Z0-9_]{3,40})\]`)

func pgCode(text string) string {
	if match := pgCodePattern.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
}

// daouPerSecond is the only limit that is published: 50 calls a second without
// the buyer at Kiwoompay (daou), beyond which calls may fail.
const daouPerSecond = 50

// WithPG says which gateway the shop has a contract with, so that its published
// limits apply. Those of [PGDaou] are 50 charges a second, spread evenly, unless
// [WithRateLimit] or [WithLimiter] says otherwise, and names that EUC-KR can
// write, unless [WithAnyText] says otherwise. Other gateways publish none. With
// [PGPaymentwall] a failure settles nothing: see the package comment. It does not fill
// in the pg parameter of requests. A name that no gateway has is an error.
func WithPG(pg PG) Option {
	return func(c *Client, p *problems) {
		c.pg = pg.gateway()
		if !slices.Contains(gateways, c.pg) {
			p.add("WithPG", "must be one of the PG constants, such as PGDaou, with or without a shop id")
		}
	}
}

// WithAnyText lifts the check of [WithPG] that names can be written in the
// gateway's encoding.
func WithAnyText() Option { return func(c *Client, _ *problems) { c.anyText = true } }

// applyPG sets what WithPG implies, once all options have spoken.
func (c *Client) applyPG() {
	if c.pg != PGDaou {
		return
	}
	if c.limiter == nil {
		// A burst of 1, so that no second sees more than the limit.
		c.limiter = rate.NewLimiter(daouPerSecond, 1)
	}
	c.eucKR = !c.anyText
}

// names checks the texts that a gateway prints in its own encoding.
func (c *Client) names(p *problems, prefix, name, buyerName string) {
	if !c.eucKR {
		return
	}
	if !isEUCKR(name) {
		p.add(prefix+"Name", "must not hold a character that Kiwoompay's EUC-KR cannot write")
	}
	if !isEUCKR(buyerName) {
		p.add(prefix+"BuyerName", "must not hold a character that Kiwoompay's EUC-KR cannot write")
	}
}

// isEUCKR reports whether s can be written in EUC-KR proper, that is ASCII and KS
// X 1001. The encoder also knows Microsoft's extension (CP949), whose letters have
// a byte below 0xA1.
func isEUCKR(s string) bool {
	encoded, err := korean.EUCKR.NewEncoder().String(s)
	if err != nil {
		return false
	}
	for i := 0; i < len(encoded); i++ {
		if encoded[i] < 0x80 {
			continue
		}
		if encoded[i] < 0xA1 || i+1 == len(encoded) || encoded[i+1] < 0xA1 {
			return false
		}
		i++
	}
	return true
}
