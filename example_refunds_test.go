package iamport_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// All that remains is refunded. Full must be set explicitly.
func ExampleClient_CancelPayment() {
	ctx := context.Background()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	paid, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}

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
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	paid, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
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
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	paid, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
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
	if refused, ok := errors.AsType[*iamport.Error](err); ok && refused.Refused() {
		fmt.Println("a second time: refused")
		return
	}
	fmt.Println("refunded twice, or the outcome is unknown:", err)
	// Output:
	// cancelled - of 9900 remain 8000
	// a second time: refused
}

func ExampleClient_GetBalance() {
	ctx := context.Background()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	paid, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	balance, err := client.GetBalance(ctx, paid.ImpUID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(balance.Primary.Supply, "and VAT", balance.Primary.VAT)
	// Output: 9000 and VAT 900
}

// A payment window in the browser can then charge only this amount.
func ExampleClient_PreparePayment() {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

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
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

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
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	prepared, err := client.GetPreparedPayment(context.Background(), "order_1")
	if errors.Is(err, iamport.ErrNotFound) {
		fmt.Println("nothing was announced for this order")
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(prepared.MerchantUID, prepared.Amount)
	// Output: nothing was announced for this order
}
