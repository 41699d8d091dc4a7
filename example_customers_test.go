package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func ExampleClient_RegisterCustomer() {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

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
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.RegisterCustomer(context.Background(), "customer_2", iamport.RegisterCustomerRequest{
		Card: iamport.Card{Number: "4000-0000-0000-0010", Expiry: "2030-12"}, // a test card that iamporttest refuses
	})
	if refused, ok := errors.AsType[*iamport.Error](err); ok && refused.Refused() {
		fmt.Println("ask for another card:", refused.PGCode)
		return
	}
	fmt.Println("stored, or the outcome is unknown:", err)
	// Output: ask for another card: F113
}

// A key with every channel of a smart-routing group. Failed channels are not an
// error.
func ExampleCustomer_IsSuper() {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	customer, err := client.RegisterCustomer(context.Background(), "customer_2", iamport.RegisterCustomerRequest{
		Card:           iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"},
		ChannelGroupID: "channel-group-1",
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
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	customer, err := client.GetCustomer(ctx, "customer_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer.CustomerUID, customer.CardNumber)

	_, err = client.GetCustomer(ctx, "nobody")
	fmt.Println("not found:", errors.Is(err, iamport.ErrNotFound))
	// Output:
	// customer_1 1234-12**-****-1234
	// not found: true
}

func ExampleClient_GetCustomers() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

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
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	next := time.Now().AddDate(0, 0, 30)
	_, err = client.Schedule(ctx, iamport.ScheduleRequest{
		CustomerUID: "customer_1",
		Schedules: []iamport.ScheduleItem{
			{MerchantUID: "order_1", ScheduleAt: next, Amount: iamport.KRW(9900), Name: "First period"},
			{MerchantUID: "order_2", ScheduleAt: next.AddDate(0, 0, 30), Amount: iamport.KRW(9900), Name: "Second period"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

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

// A card is sent only to the API and never printed.
func ExampleCard() {
	request := iamport.OnetimeRequest{
		MerchantUID: "order_1",
		Card:        iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
	}
	fmt.Println(request.Card)
	fmt.Printf("%#v\n", request.Card)
	slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})).Info("charging", "card", request.Card)
	// Output:
	// [card]
	// [card]
	// level=INFO msg=charging card=[card]
}

// A form is checked before anything is sent. A valid card may still be declined.
func ExampleCard_Validate() {
	card := iamport.Card{Number: "1234", Expiry: "12/30", Birth: "820213"}
	err := card.Validate()
	if err == nil {
		fmt.Println("charge", card.Masked())
		return
	}
	fmt.Println(err)
	if invalid, ok := errors.AsType[*iamport.InvalidRequestError](err); ok {
		for _, field := range invalid.Fields {
			fmt.Println("mark the field", field.Field)
		}
	}
	// Output:
	// iamport: Card.Validate: Card.Number must be 14 to 16 digits, with or without hyphens or spaces; Card.Expiry must be YYYY-MM, such as 2030-12
	// mark the field Card.Number
	// mark the field Card.Expiry
}

// The expiry as buyers write it, and as the API takes it.
func ExampleParseExpiry() {
	for _, written := range []string{"12/30", "1230", "1 / 2030", "2030-12", "30/12"} {
		expiry, err := iamport.ParseExpiry(written)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(expiry)
	}
	// Output:
	// 2030-12
	// 2030-12
	// 2030-01
	// 2030-12
	// iamport: card expiry: it must be a month and a year, such as 12/30 or 2030-12
}
