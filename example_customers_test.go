package iamport_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/iamport-go/iamport"
)

func ExampleClient_RegisterCustomer() {
	client, _ := sandbox()
	customer, err := client.RegisterCustomer(context.Background(), "customer_2", iamport.RegisterCustomerRequest{
		Card:         iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"},
		CustomerName: "Hong Gildong",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer.CustomerUID, customer.PGProvider, customer.CardNumber, customer.CustomerName)
	// Output: customer_2 daou 1234-12**-****-1234 Hong Gildong
}

// A card that the PG refuses. No money moved.
func ExampleClient_RegisterCustomer_refused() {
	client, _ := sandbox()
	_, err := client.RegisterCustomer(context.Background(), "customer_2", iamport.RegisterCustomerRequest{
		Card: iamport.Card{Number: "4000-0000-0000-0010", Expiry: "2030-12"}, // a test card that iamporttest refuses
	})
	if refused, ok := errors.AsType[*iamport.Error](err); ok {
		fmt.Println("ask for another card:", refused.PGCode)
	}
	// Output: ask for another card: F113
}

// A key with every channel of a smart-routing group. Failed channels are not an
// error.
func ExampleCustomer_IsSuper() {
	client, _ := sandbox()
	customer, err := client.RegisterCustomer(context.Background(), "customer_2", iamport.RegisterCustomerRequest{
		Card: card, ChannelGroupID: "channel-group-1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer.IsSuper(), len(customer.SucceededChannels), "stored,", len(customer.FailedChannels), "failed")
	// Output: true 2 stored, 0 failed
}

func ExampleClient_GetCustomer() {
	ctx := context.Background()
	client, _ := sandbox()
	customer, err := client.GetCustomer(ctx, "customer_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer.CustomerUID, customer.CardNumber)

	_, err = client.GetCustomer(ctx, "nobody")
	fmt.Println(errors.Is(err, iamport.ErrNotFound))
	// Output:
	// customer_1 1234-12**-****-1234
	// true
}

func ExampleClient_GetCustomers() {
	client, _ := sandbox()
	found, missing, err := client.GetCustomers(context.Background(), "customer_1", "customer_2")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, customer := range found {
		fmt.Println("stored:", customer.CustomerUID)
	}
	fmt.Println("missing:", missing)
	// Output:
	// stored: customer_1
	// missing: [customer_2]
}

// Schedules of a deleted key remain and fail at their times, so they are revoked
// first.
func ExampleClient_DeleteCustomer() {
	ctx := context.Background()
	client, _ := sandbox()
	book(ctx, client, "order_1", "order_2")

	revoked, err := client.Unschedule(ctx, iamport.UnscheduleRequest{CustomerUID: "customer_1", All: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	customer, err := client.DeleteCustomer(ctx, "customer_1", iamport.DeleteCustomerRequest{Reason: "the buyer left"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("deleted", customer.CustomerUID, "and", len(revoked), "schedules")
	// Output: deleted customer_1 and 2 schedules
}

func ExampleClient_ListCustomerPayments() {
	ctx := context.Background()
	client, _ := sandbox()
	pay(ctx, client, "order_1", "order_2")

	page, err := client.ListCustomerPayments(ctx, "customer_1", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page.Total, "payments, next page:", page.Next)
	for _, payment := range page.List {
		fmt.Println(payment.MerchantUID, payment.Status)
	}
	// Unordered output:
	// 2 payments, next page: 0
	// order_1 paid
	// order_2 paid
}

// The iterator fetches all pages, with one page in memory at a time.
func ExampleClient_CustomerPayments() {
	ctx := context.Background()
	client, _ := sandbox()
	pay(ctx, client, "order_1", "order_2", "order_3")

	sum := iamport.KRW(0)
	for payment, err := range client.CustomerPayments(ctx, "customer_1") {
		if err != nil {
			fmt.Println(err)
			return
		}
		sum, err = sum.Add(payment.Remaining())
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(sum, "won")
	// Output: 29700 won
}

// pay charges the key of customer_1 for each order.
func pay(ctx context.Context, client *iamport.Client, orders ...string) []*iamport.Payment {
	payments := make([]*iamport.Payment, len(orders))
	for i, order := range orders {
		payment, err := client.Again(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: order, Amount: iamport.KRW(9900), Name: "July",
		})
		if err != nil {
			panic(err)
		}
		payments[i] = payment
	}
	return payments
}
