// Again charges a stored card and handles each outcome.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/examples/internal/setup"
	"github.com/iamport-go/iamport/iamporttest"
)

func main() {
	shop := setup.Open("Again charges a stored card and handles each outcome.")
	ctx := context.Background()
	customerUID := shop.ID("your-customer-unique-id")

	_, err := shop.RegisterCustomer(ctx, customerUID, iamport.RegisterCustomerRequest{Card: shop.Card})
	setup.Check(err)

	if shop.Sandbox != nil { // the second month is declined, the third one's answer is lost
		shop.Sandbox.Inject("POST /subscribe/payments/again",
			iamporttest.Fault{}, iamporttest.Decline("[2116] over the monthly limit"), iamporttest.LoseAfter())
	}
	for month := range 3 {
		payment, err := shop.Again(ctx, iamport.AgainRequest{
			CustomerUID: customerUID,
			MerchantUID: shop.ID(fmt.Sprintf("order_id_8237352-%d", month+1)), // new for each charge
			Amount:      iamport.KRW(3000),
			Name:        "One month",
		})
		report(payment, err)
	}
}

// report handles each outcome of a charge.
func report(payment *iamport.Payment, err error) {
	if err == nil {
		fmt.Printf("Paid %s %s as %s: deliver.\n", payment.Amount, payment.Currency, payment.ImpUID)
		return
	}
	if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		fmt.Printf("Paid before as %s: deliver once.\n", already.Payment.ImpUID)
		return
	}
	if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		fmt.Printf("Unknown: keep the order open and ask Settle(%q, %q) later.\n", lost.MerchantUID, lost.Attempt)
		return
	}
	if decline, ok := errors.AsType[*iamport.DeclinedError](err); ok {
		fmt.Printf("Declined (%s): ask the buyer for another card.\n", decline.Reason)
		return
	}
	fmt.Printf("Not charged: %v\n", err)
}
