// Onetime charges a card by its number.
package main

import (
	"context"
	"fmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/examples/internal/setup"
)

func main() {
	shop := setup.Open("Onetime charges a card by its number.")

	payment, err := shop.Onetime(context.Background(), iamport.OnetimeRequest{
		MerchantUID: shop.ID("order_id_8237352"), // your order number, new for each order
		Amount:      iamport.KRW(3000),
		Card:        shop.Card,
		Name:        "One month",
	})
	setup.Check(err) // see examples/again for each outcome

	fmt.Printf("Paid %s %s with %s as %s.\n", payment.Amount, payment.Currency, payment.CardNumber, payment.ImpUID)
}
