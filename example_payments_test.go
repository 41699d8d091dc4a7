package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func ExampleClient_GetPayment() {
	ctx := context.Background()
	client, paid, err := shop(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}

	payment, err := client.GetPayment(ctx, paid[0].ImpUID)
	if errors.Is(err, iamport.ErrNotFound) {
		fmt.Println("no such payment, or one of a test channel: see WithSandbox")
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.MerchantUID, payment.Status, payment.Amount)
	// Output: order_1 paid 9900
}

func ExampleClient_GetPayments() {
	ctx := context.Background()
	client, _, err := shop(ctx, "order_1", "order_2")
	if err != nil {
		fmt.Println(err)
		return
	}

	found, missing, err := client.GetPayments(ctx, iamport.GetPaymentsRequest{
		MerchantUIDs: []string{"order_1", "order_2", "order_3"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, payment := range found {
		fmt.Println(payment.MerchantUID, payment.Status)
	}
	fmt.Println("missing:", missing)
	// Output:
	// order_1 paid
	// order_2 paid
	// missing: [order_3]
}

// Whether an order was paid, after any number of attempts.
func ExampleClient_FindPayment() {
	ctx := context.Background()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.Inject("POST /subscribe/payments/again", iamporttest.Decline("[2116] over the monthly limit"))
	for range 2 { // the first try is declined
		_, err := client.Again(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
		})
		fmt.Println("charge:", err)
	}

	payment, err := client.FindPayment(ctx, "order_1", iamport.FindPaymentQuery{Status: iamport.StatusPaid})
	if errors.Is(err, iamport.ErrNotFound) {
		fmt.Println("not paid")
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.MerchantUID, payment.Status)
	// Output:
	// charge: iamport: Again: declined: [2116] over the monthly limit
	// charge: <nil>
	// order_1 paid
}

// Every attempt of an order.
func ExampleClient_FindPayments() {
	ctx := context.Background()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.Inject("POST /subscribe/payments/again", iamporttest.Decline("[2116] over the monthly limit"))
	for range 2 { // the first try is declined
		_, err := client.Again(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
		})
		fmt.Println("charge:", err)
	}

	for payment, err := range client.FindPayments(ctx, "order_1", iamport.FindPaymentsQuery{Sorting: iamport.SortStartedAsc}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(payment.Status, payment.FailReason)
	}
	// Output:
	// charge: iamport: Again: declined: [2116] over the monthly limit
	// charge: <nil>
	// failed [2116] over the monthly limit
	// paid
}

// What was taken in a year: the sums that are paid, less what was refunded. Failed and
// unpaid records have sums too, and must not be added.
func ExampleClient_Payments() {
	ctx := context.Background()
	client, paid, err := shop(ctx, "order_1", "order_2")
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.CancelPayment(ctx, iamport.CancelRequest{ImpUID: paid[0].ImpUID, Amount: iamport.KRW(900)})
	if err != nil {
		fmt.Println(err)
		return
	}

	taken := iamport.KRW(0)
	year := iamport.PaymentQuery{From: time.Now().AddDate(-1, 0, 0), PageSize: 1000}
	for payment, err := range client.Payments(ctx, year) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if payment.Status != iamport.StatusPaid && payment.Status != iamport.StatusCancelled {
			continue
		}
		if taken, err = taken.Add(payment.Remaining()); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(taken, "won")
	// Output: 18900 won
}

// One page of the newest payments, for a list on a screen.
func ExampleClient_ListPayments() {
	ctx := context.Background()
	client, _, err := shop(ctx, "order_1", "order_2", "order_3")
	if err != nil {
		fmt.Println(err)
		return
	}

	page, err := client.ListPayments(ctx, iamport.PaymentQuery{Status: iamport.StatusPaid, PageSize: 2}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(page.List), "of", page.Total, "and the next page is", page.Next)
	// Output: 2 of 3 and the next page is 2
}

func ExampleClient_ListCustomerPayments() {
	ctx := context.Background()
	client, _, err := shop(ctx, "order_1", "order_2")
	if err != nil {
		fmt.Println(err)
		return
	}

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

// What a customer paid, less what was refunded. The iterator fetches all pages, with one
// page in memory at a time.
func ExampleClient_CustomerPayments() {
	ctx := context.Background()
	client, _, err := shop(ctx, "order_1", "order_2", "order_3")
	if err != nil {
		fmt.Println(err)
		return
	}

	sum := iamport.KRW(0)
	for payment, err := range client.CustomerPayments(ctx, "customer_1") {
		if err != nil {
			fmt.Println(err)
			return
		}
		if payment.Status != iamport.StatusPaid && payment.Status != iamport.StatusCancelled {
			continue // its sum was not taken
		}
		if sum, err = sum.Add(payment.Remaining()); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(sum, "won")
	// Output: 29700 won
}

// shop returns a client of a test server where customer_1 has paid for each order.
func shop(ctx context.Context, orders ...string) (*iamport.Client, []*iamport.Payment, error) {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		return nil, nil, err
	}
	var paid []*iamport.Payment
	for _, order := range orders {
		payment, err := client.Again(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: order, Amount: iamport.KRW(9900), Name: "July",
		})
		if err != nil {
			return nil, nil, err
		}
		paid = append(paid, payment)
	}
	return client, paid, nil
}
