package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/onepass"
)

// plainPayment has all fields of a payment.
type plainPayment struct {
	ImpUID            string `json:"imp_uid"`
	MerchantUID       string `json:"merchant_uid"`
	PayMethod         string `json:"pay_method"`
	Channel           string `json:"channel"`
	PGProvider        string `json:"pg_provider"`
	EmbPGProvider     string `json:"emb_pg_provider"`
	PGTID             string `json:"pg_tid"`
	PGID              string `json:"pg_id"`
	Sandbox           bool   `json:"sandbox"`
	Escrow            bool   `json:"escrow"`
	ApplyNum          string `json:"apply_num"`
	BankCode          string `json:"bank_code"`
	BankName          string `json:"bank_name"`
	CardCode          string `json:"card_code"`
	CardName          string `json:"card_name"`
	CardIssuerCode    string `json:"card_issuer_code"`
	CardIssuerName    string `json:"card_issuer_name"`
	CardPublisherCode string `json:"card_publisher_code"`
	CardPublisherName string `json:"card_publisher_name"`
	CardNumber        string `json:"card_number"`
	CardType          int64  `json:"card_type"`
	CardQuota         int64  `json:"card_quota"`
	VbankCode         string `json:"vbank_code"`
	VbankName         string `json:"vbank_name"`
	VbankNum          string `json:"vbank_num"`
	VbankHolder       string `json:"vbank_holder"`
	VbankDate         int64  `json:"vbank_date"`
	VbankIssuedAt     int64  `json:"vbank_issued_at"`
	Name              string `json:"name"`
	Amount            int64  `json:"amount"`
	CancelAmount      int64  `json:"cancel_amount"`
	Currency          string `json:"currency"`
	BuyerName         string `json:"buyer_name"`
	BuyerEmail        string `json:"buyer_email"`
	BuyerTel          string `json:"buyer_tel"`
	BuyerAddr         string `json:"buyer_addr"`
	BuyerPostcode     string `json:"buyer_postcode"`
	CustomData        string `json:"custom_data"`
	UserAgent         string `json:"user_agent"`
	Status            string `json:"status"`
	StartedAt         int64  `json:"started_at"`
	PaidAt            int64  `json:"paid_at"`
	FailedAt          int64  `json:"failed_at"`
	CancelledAt       int64  `json:"cancelled_at"`
	FailReason        string `json:"fail_reason"`
	CancelReason      string `json:"cancel_reason"`
	ReceiptURL        string `json:"receipt_url"`
	CancelHistory     []struct {
		PGTID          string `json:"pg_tid"`
		Amount         int64  `json:"amount"`
		CancelledAt    int64  `json:"cancelled_at"`
		Reason         string `json:"reason"`
		CancellationID string `json:"cancellation_id"`
		ReceiptURL     string `json:"receipt_url"`
	} `json:"cancel_history"`
	DepositHistory []struct {
		PGTID         string `json:"pg_tid"`
		Amount        int64  `json:"amount"`
		DepositorName string `json:"depositor_name"`
		DepositedAt   int64  `json:"deposited_at"`
	} `json:"deposit_history"`
	CancelReceiptURLs []string `json:"cancel_receipt_urls"`
	CashReceiptIssued bool     `json:"cash_receipt_issued"`
	CustomerUID       string   `json:"customer_uid"`
	CustomerUIDUsage  string   `json:"customer_uid_usage"`
	Promotion         struct {
		ID       string `json:"id"`
		Discount int64  `json:"discount"`
	} `json:"promotion"`
}

type plainPage struct {
	Total    int64          `json:"total"`
	Previous int64          `json:"previous"`
	Next     int64          `json:"next"`
	List     []plainPayment `json:"list"`
}

// plainly decodes an answer with encoding/json.
func plainly[T any](text []byte) side {
	return func(context.Context, string) error {
		var a envelope[T]
		return json.Unmarshal(text, &a)
	}
}

// asThePackage decodes an answer as internal/exchange does.
func asThePackage[T any](text []byte) side {
	return func(context.Context, string) error {
		var response *T
		a := struct {
			Code     int    `json:"code"`
			Message  string `json:"message"`
			Response any    `json:"response"`
		}{Response: &response}
		if !onepass.Unmarshal(text, &a) || response == nil {
			return errors.New("the answer is not ordinary")
		}
		return nil
	}
}

const (
	maxDecoding  = 0.8
	paymentsPage = 1000
)

// measureDecoding compares the decoders, and how their memory grows with the length of a page.
func measureDecoding(ctx context.Context, how comparing, r *report) error {
	how.goroutines = 1
	one, err := compare(ctx, plainly[plainPayment]([]byte(paymentText)), asThePackage[iamport.Payment]([]byte(paymentText)), how)
	if err != nil {
		return err
	}
	inPages := func(n int) (comparison, error) {
		return compare(ctx, plainly[plainPage](page(n)), asThePackage[iamport.Page[*iamport.Payment]](page(n)), how)
	}
	short, err := inPages(1)
	if err != nil {
		return err
	}
	long, err := inPages(paymentsPage)
	if err != nil {
		return err
	}
	growth := long.own.bytes / paymentsPage / short.own.bytes
	r.figures = append(r.figures,
		ratioFigure("decoding a payment: time", "encoding/json, "+micros(one.floor.time), one.time, maxDecoding),
		ratioFigure("decoding a page of 1,000 payments: time", "encoding/json, "+micros(long.floor.time), long.time, maxDecoding),
		figure{
			"decoding, bytes of a payment on a page of 1,000 to one of 1: memory", fmt.Sprintf("encoding/json, %.2f", long.floor.bytes/paymentsPage/short.floor.bytes),
			fmt.Sprintf("%.2f", growth), fmt.Sprintf("%s to %s", kilobytes(short.own.bytes), kilobytes(long.own.bytes/paymentsPage)), "1.00", growth < 1.005,
		},
	)
	return nil
}
