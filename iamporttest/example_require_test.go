package iamporttest_test

import (
	"context"
	"fmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// report prints what a *testing.T would.
type report struct{}

func (report) Helper() {}

func (report) Fatalf(format string, args ...any) { fmt.Printf(format, args...) }

// The first charge is declined, so the order is charged once, by the second. In a test, t is the *testing.T.
func ExampleRequireCharged() {
	var t report
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject("POST /subscribe/payments/again", iamporttest.Decline("[2116]개인 월 한도금액 초과"))
	request := iamport.AgainRequest{CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July"}

	_, err = client.Again(context.Background(), request)
	fmt.Println(err)
	iamporttest.RequireNotCharged(t, srv, "order_1")

	payment, err := client.Again(context.Background(), request)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status)
	iamporttest.RequireCharged(t, srv, "order_1", 9900)
	iamporttest.RequireRefunded(t, srv, "order_1", 0)
	iamporttest.RequireSettled(t, srv)
	// Output:
	// iamport: Again: declined: [2116]개인 월 한도금액 초과
	// paid
}
