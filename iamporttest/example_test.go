package iamporttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// A server inside the program, with a client and a stored card. The answer to a charge is
// lost, and the books show how often it was made.
func Example() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())

	payment, err := client.Again(context.Background(), iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.Amount)
	fmt.Println("charges:", srv.Charges("order_1"))
	// Output:
	// paid 9900
	// charges: 1
}

// The answer to a sign-in is lost. Only the books show that a token was issued.
func ExampleServer_Inject() {
	srv := iamporttest.NewServer()
	srv.Inject("POST /users/getToken", iamporttest.LoseAfter(), iamporttest.Answer(503, "text/plain", "busy"))

	for range 3 {
		res, err := srv.Client().PostForm("https://api.iamport.kr/users/getToken",
			url.Values{"imp_key": {iamporttest.Key}, "imp_secret": {iamporttest.Secret}})
		if err != nil {
			fmt.Println("no answer")
			continue
		}
		_ = res.Body.Close()
		fmt.Println(http.StatusText(res.StatusCode))
	}
	fmt.Println(srv.SignIns(), "tokens handed out")
	// Output:
	// no answer
	// Service Unavailable
	// OK
	// 2 tokens handed out
}

// A test card decides how a charge fails: here with the code of a PG, and then with a text alone.
func Example_testCards() {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, number := range []string{"4000-0000-0000-0002", "4000-0000-0000-0085"} {
		_, err = client.Onetime(context.Background(), iamport.OnetimeRequest{
			MerchantUID: fmt.Sprint("order_", i), Amount: iamport.KRW(9900), Name: "July",
			Card: iamport.Card{Number: number, Expiry: "2030-12"},
		})
		if decline, ok := errors.AsType[*iamport.DeclinedError](err); ok {
			fmt.Printf("%q %s\n", decline.PGCode, decline.Reason)
		}
	}
	// Output:
	// "2116" 결제승인에 실패하였습니다. [2116]개인 월 한도금액 초과
	// "" 잔액부족
}
