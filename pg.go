package iamport

import (
	"regexp"
	"strings"
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

// pgCodePattern finds [F113], [8901] and [코드: V023].
var pgCodePattern = regexp.MustCompile(`\[(?:코드\s*:\s*)?([A-Z0-9_]{3,40})\]`)

func pgCode(text string) string {
	if match := pgCodePattern.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
}
