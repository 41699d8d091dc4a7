// Onetime-billing-key charges a card by its number and stores it in the same call.
package main

import (
	"context"
	"fmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/examples/internal/setup"
)

func main() {
	shop := setup.Open("Onetime-billing-key charges a card by its number and stores it in the same call.")

	payment, err := shop.Onetime(context.Background(), iamport.OnetimeRequest{
		MerchantUID: shop.ID("order_id_8237352"),
		CustomerUID: shop.ID("your-customer-unique-id"), // this is what stores the card
		Amount:      iamport.KRW(3000),
		Card:        shop.Card,
		Name:        "First month",
	})
	setup.Check(err) // see examples/again for each outcome

	fmt.Printf("Paid %s %s as %s and stored %s under %s.\n",
		payment.Amount, payment.Currency, payment.ImpUID, payment.CardNumber, payment.CustomerUID)
}
