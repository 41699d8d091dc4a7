// Quickstart makes the four calls of the Payjoa (DaouData) billing guide, then shows
// a decline and a lost answer.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/examples/internal/setup"
	"github.com/iamport-go/iamport/iamporttest"
)

func main() {
	shop := setup.Open("Quickstart makes the four calls of the Payjoa (DaouData) billing guide, then shows a decline and a lost answer.")
	ctx := context.Background()
	customerUID := shop.ID("your-customer-unique-id")

	// 1. Charge a card once. It is not stored.
	payment, err := shop.Onetime(ctx, iamport.OnetimeRequest{
		MerchantUID: shop.ID("order_id_8237352"),
		Amount:      iamport.KRW(3000),
		Card:        shop.Card,
		Name:        "One month",
	})
	setup.Check(err)
	fmt.Printf("1. onetime                  %s: %s %s as %s\n", payment.Status, payment.Amount, payment.Currency, payment.ImpUID)

	// 2. Store a card as a billing key. Nothing is charged.
	customer, err := shop.RegisterCustomer(ctx, customerUID, iamport.RegisterCustomerRequest{Card: shop.Card})
	setup.Check(err)
	fmt.Printf("2. register                 %s stored under %s\n", customer.CardNumber, customer.CustomerUID)

	// 3. Charge a card and store it in one call.
	payment, err = shop.Onetime(ctx, iamport.OnetimeRequest{
		CustomerUID: customerUID,
		MerchantUID: shop.ID("order_id_8237353"),
		Amount:      iamport.KRW(3000),
		Card:        shop.Card,
		Name:        "One month",
	})
	setup.Check(err)
	fmt.Printf("3. onetime + customer_uid   %s: %s %s as %s\n", payment.Status, payment.Amount, payment.Currency, payment.ImpUID)

	// 4. Charge the stored card, as often as the subscription runs.
	payment, err = shop.Again(ctx, iamport.AgainRequest{
		CustomerUID: customerUID,
		MerchantUID: shop.ID("order_id_8237354"),
		Amount:      iamport.KRW(3000),
		Name:        "One month",
	})
	setup.Check(err)
	fmt.Printf("4. again                    %s: %s %s as %s\n", payment.Status, payment.Amount, payment.Currency, payment.ImpUID)

	if shop.Sandbox == nil {
		return // a real card cannot produce a decline and a lost answer
	}
	fmt.Println("\nWhat can go wrong:")

	// A declined charge is an error that matches ErrNotCharged.
	shop.Sandbox.Inject("POST /subscribe/payments/again", iamporttest.Decline("[2116] over the monthly limit"))
	_, err = shop.Again(ctx, iamport.AgainRequest{CustomerUID: customerUID, MerchantUID: "order_id_8237355", Amount: iamport.KRW(3000)})
	if decline, ok := errors.AsType[*iamport.DeclinedError](err); ok {
		fmt.Printf("  declined       not charged: %t, PG code %s, %q\n", errors.Is(err, iamport.ErrNotCharged), decline.PGCode, decline.Reason)
	}

	// An order that was paid cannot be charged again.
	_, err = shop.Again(ctx, iamport.AgainRequest{CustomerUID: customerUID, MerchantUID: "order_id_8237354", Amount: iamport.KRW(3000)})
	if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		fmt.Printf("  already paid   by %s, nothing was charged now\n", already.Payment.ImpUID)
	}

	// The connection is lost after the charge: the client looks the order up and finds
	// it paid.
	shop.Sandbox.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())
	payment, err = shop.Again(ctx, iamport.AgainRequest{CustomerUID: customerUID, MerchantUID: "order_id_8237356", Amount: iamport.KRW(3000)})
	setup.Check(err)
	fmt.Printf("  answer lost    looked up: %s as %s, charged %d time\n", payment.Status, payment.ImpUID, shop.Sandbox.Charges("order_id_8237356"))

	// The charge is still running when the caller's context ends: the outcome is
	// unknown.
	shop.Sandbox.Inject("POST /subscribe/payments/again", iamporttest.LoseThenExecute(time.Second))
	hurried, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err = shop.Again(hurried, iamport.AgainRequest{CustomerUID: customerUID, MerchantUID: "order_id_8237357", Amount: iamport.KRW(3000)})
	lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err)
	if !ok {
		setup.Check(err)
		return
	}
	fmt.Printf("  unknown        not charged: %t, so keep the order open and ask again\n", errors.Is(err, iamport.ErrNotCharged))
	time.Sleep(time.Second)
	payment, err = shop.Settle(ctx, lost.MerchantUID, lost.Attempt)
	setup.Check(err)
	fmt.Printf("  settled        %s as %s, charged %d time\n", payment.Status, payment.ImpUID, shop.Sandbox.Charges(lost.MerchantUID))
}
