package iamport_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// A charge by card number. With a CustomerUID the card is also stored.
func ExampleClient_Onetime() {
	client, _ := sandbox()
	payment, err := client.Onetime(context.Background(), iamport.OnetimeRequest{
		MerchantUID: "order_1",
		Amount:      iamport.KRW(3000),
		Card:        iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213"},
		Name:        "Starter kit",
		BuyerName:   "Hong Gildong",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.Amount, payment.CardNumber)
	// Output: paid 3000 1234-12**-****-1234
}

// A zero-rated sale: KRW(0) is an explicit zero. Without VATAmount the API calculates
// the VAT.
func ExampleClient_Onetime_vat() {
	client, _ := sandbox()
	payment, err := client.Onetime(context.Background(), iamport.OnetimeRequest{
		MerchantUID: "order_1",
		Amount:      iamport.KRW(3000),
		TaxFree:     iamport.KRW(0),
		VATAmount:   iamport.KRW(0),
		Card:        card,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	balance, err := client.GetBalance(context.Background(), payment.ImpUID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("VAT", balance.Primary.VAT)
	// Output: VAT 0
}

func ExampleClient_Again() {
	client, _ := sandbox()
	payment, err := client.Again(context.Background(), iamport.AgainRequest{
		CustomerUID: "customer_1",
		MerchantUID: "order_2027_07",
		Amount:      iamport.KRW(9900),
		Name:        "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.CustomerUIDUsage, payment.Name)
	// Output: paid payment July
}

// The answer is lost, before or after the charge. The client looks the order up.
func ExampleClient_Again_lostAnswer() {
	client, srv := sandbox()
	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())

	payment, err := client.Again(context.Background(), iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, "and charged", srv.Charges("order_1"), "time")
	// Output: paid and charged 1 time
}

// Work that may run twice: a job that is restarted, or two workers with the same
// order.
func ExampleClient_EnsurePaid() {
	client, srv := sandbox()
	request := iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	}
	for range 3 {
		payment, err := client.EnsurePaid(context.Background(), request)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(payment.Status, payment.MerchantUID)
	}
	fmt.Println("charged", srv.Charges("order_1"), "time")
	// Output:
	// paid order_1
	// paid order_1
	// paid order_1
	// charged 1 time
}

// An order that was paid on other terms is an AlreadyPaidError.
func ExampleClient_EnsurePaid_differs() {
	client, _ := sandbox()
	request := iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	}
	if _, err := client.EnsurePaid(context.Background(), request); err != nil {
		fmt.Println(err)
		return
	}
	request.Amount = iamport.KRW(12000)
	_, err := client.EnsurePaid(context.Background(), request)
	if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		fmt.Println("paid", already.Payment.Amount, "before; differs in", already.Differs)
	}
	// Output: paid 9900 before; differs in [amount]
}

// The result of a charge whose outcome was unknown. Store the MerchantUID and Attempt
// of the error with the order.
func ExampleClient_Settle() {
	ctx := context.Background()
	client, srv := sandbox(iamport.WithSettleWindow(0))
	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())

	_, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err)
	if !ok {
		fmt.Println(err)
		return
	}
	payment, err := client.Settle(ctx, lost.MerchantUID, lost.Attempt)
	if err != nil {
		fmt.Println("ask again later:", err)
		return
	}
	fmt.Println(payment.Status, payment.MerchantUID)
	// Output: paid order_1
}

// A revoked or failed schedule is charged at once under its own order number.
func ExampleClient_RetrySchedule() {
	ctx := context.Background()
	client, _ := sandbox()
	book(ctx, client, "order_1")
	if _, err := client.Unschedule(ctx, iamport.UnscheduleRequest{MerchantUIDs: []string{"order_1"}}); err != nil {
		fmt.Println(err)
		return
	}

	payment, err := client.RetrySchedule(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.MerchantUID, payment.CustomerUIDUsage)
	// Output: paid order_1 payment.scheduled
}
