package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func ExampleClient_GetPayment() {
	ctx := context.Background()
	client, _ := sandbox()
	paid := pay(ctx, client, "order_1")[0]

	payment, err := client.GetPayment(ctx, paid.ImpUID)
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
	client, _ := sandbox()
	pay(ctx, client, "order_1", "order_2")

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
	client, srv := sandbox()
	decline(ctx, client, srv, "order_1")
	pay(ctx, client, "order_1")

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
	// Output: order_1 paid
}

// Every attempt of an order.
func ExampleClient_FindPayments() {
	ctx := context.Background()
	client, srv := sandbox()
	decline(ctx, client, srv, "order_1")
	pay(ctx, client, "order_1")

	for payment, err := range client.FindPayments(ctx, "order_1", iamport.FindPaymentsQuery{Sorting: iamport.SortStartedAsc}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(payment.Status, payment.FailReason)
	}
	// Output:
	// failed [2116] over the monthly limit
	// paid
}

// What was taken in a year: the sums that are paid, less what was refunded. Failed and
// unpaid records have sums too, and must not be added.
func ExampleClient_Payments() {
	ctx := context.Background()
	client, _ := sandbox()
	paid := pay(ctx, client, "order_1", "order_2")
	_, err := client.CancelPayment(ctx, iamport.CancelRequest{ImpUID: paid[0].ImpUID, Amount: iamport.KRW(900)})
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
	client, _ := sandbox()
	pay(ctx, client, "order_1", "order_2", "order_3")

	page, err := client.ListPayments(ctx, iamport.PaymentQuery{Status: iamport.StatusPaid, PageSize: 2}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(page.List), "of", page.Total, "and the next page is", page.Next)
	// Output: 2 of 3 and the next page is 2
}

// All that remains is refunded. Full must be set explicitly.
func ExampleClient_CancelPayment() {
	ctx := context.Background()
	client, _ := sandbox()
	paid := pay(ctx, client, "order_1")[0]

	payment, err := client.CancelPayment(ctx, iamport.CancelRequest{
		ImpUID: paid.ImpUID, Full: true, Reason: "the buyer changed their mind",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.CancelAmount, "for", payment.CancelReason)
	// Output: cancelled 9900 for the buyer changed their mind
}

// A refund that may be requested any number of times: a job that restarts after a
// crash, or a lost answer. Checksum is the sum that was refundable when the refund
// was planned. Store it with the plan.
func ExampleClient_EnsureRefunded() {
	ctx := context.Background()
	client, srv := sandbox()
	paid := pay(ctx, client, "order_1")[0]
	refund := iamport.CancelRequest{
		ImpUID: paid.ImpUID, Amount: iamport.KRW(1900), Checksum: paid.Remaining(), Reason: "one part was broken",
	}

	for range 3 {
		payment, err := client.EnsureRefunded(ctx, refund)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("refunded", payment.CancelAmount, "and left", payment.Remaining())
	}
	fmt.Println(srv.Cancelled("order_1"), "won were refunded in all")
	// Output:
	// refunded 1900 and left 8000
	// refunded 1900 and left 8000
	// refunded 1900 and left 8000
	// 1900 won were refunded in all
}

// A part is refunded. Checksum is the sum that should remain: the API refuses the
// refund if another sum remains, which prevents a second refund.
func ExamplePayment_Remaining() {
	ctx := context.Background()
	client, _ := sandbox()
	paid := pay(ctx, client, "order_1")[0]
	refund := iamport.CancelRequest{
		ImpUID: paid.ImpUID, Amount: iamport.KRW(1900), Checksum: paid.Remaining(), Reason: "one part was broken",
	}

	payment, err := client.CancelPayment(ctx, refund)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, "- of", payment.Amount, "remain", payment.Remaining())

	_, err = client.CancelPayment(ctx, refund)
	fmt.Println("a second time:", err != nil)
	// Output:
	// cancelled - of 9900 remain 8000
	// a second time: true
}

// A payment window in the browser can then charge only this amount.
func ExampleClient_PreparePayment() {
	client, _ := sandbox()
	prepared, err := client.PreparePayment(context.Background(), iamport.PrepareRequest{
		MerchantUID: "order_1", Amount: iamport.KRW(9900), Currency: "KRW",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(prepared.MerchantUID, prepared.Amount, prepared.Currency)
	// Output: order_1 9900 KRW
}

// The buyer used a coupon before the payment window opened.
func ExampleClient_UpdatePreparedPayment() {
	ctx := context.Background()
	client, _ := sandbox()
	order := iamport.PrepareRequest{MerchantUID: "order_1", Amount: iamport.KRW(9900)}
	if _, err := client.PreparePayment(ctx, order); err != nil {
		fmt.Println(err)
		return
	}

	order.Amount = iamport.KRW(8900)
	prepared, err := client.UpdatePreparedPayment(ctx, order)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(prepared.Amount)
	// Output: 8900
}

func ExampleClient_GetPreparedPayment() {
	client, _ := sandbox()
	_, err := client.GetPreparedPayment(context.Background(), "order_1")
	if errors.Is(err, iamport.ErrNotFound) {
		fmt.Println("nothing was announced for this order")
	}
	// Output: nothing was announced for this order
}

// Operations of V1 that have no method, such as the codes of the card companies.
func ExampleClient_Call() {
	client, srv := sandbox()
	srv.InjectFunc(func(*http.Request) *iamporttest.Fault {
		fault := iamporttest.Answer(200, "application/json",
			`{"code":0,"message":null,"response":[{"code":"361","name":"BC"},{"code":"366","name":"Shinhan"}]}`)
		return &fault
	})

	var cards []struct{ Code, Name string }
	err := client.Call(context.Background(), "GET", []string{"cards"}, nil, nil, &cards)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, card := range cards {
		fmt.Println(card.Code, card.Name)
	}
	// Output:
	// 361 BC
	// 366 Shinhan
}

// The client signs in by itself. Token is for API calls outside this package, and for
// checking the key and secret at the start.
func ExampleClient_Token() {
	client, _ := sandbox()
	token, err := client.Token(context.Background())
	if errors.Is(err, iamport.ErrUnauthorized) {
		fmt.Println("wrong key or secret")
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.AccessToken() != "", time.Until(token.ExpiredAt.Time) > 29*time.Minute)
	// Output: true true
}

// decline charges the key of customer_1 and is declined.
func decline(ctx context.Context, client *iamport.Client, srv *iamporttest.Server, order string) {
	srv.DeclineCustomer("customer_1", "[2116] over the monthly limit")
	defer srv.DeclineCustomer("customer_1", "")
	_, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: order, Amount: iamport.KRW(9900), Name: "July",
	})
	if !errors.Is(err, iamport.ErrNotCharged) {
		panic(err)
	}
}
