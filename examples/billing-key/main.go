// Billing-key stores a card under a customer_uid without charging it.
package main

import (
	"context"
	"fmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/examples/internal/setup"
)

func main() {
	shop := setup.Open("Billing-key stores a card under a customer_uid without charging it.")

	customer, err := shop.RegisterCustomer(context.Background(),
		shop.ID("your-customer-unique-id"), // your id for this card of this buyer
		iamport.RegisterCustomerRequest{Card: shop.Card})
	setup.Check(err)

	fmt.Printf("Stored %s under %s.\n", customer.CardNumber, customer.CustomerUID)
}
