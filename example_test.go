package iamport_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// The four calls of the billing guide, with a server inside the program. Without the
// option the same calls go to the real API.
func Example() {
	ctx := context.Background()
	key, secret, sandbox := iamporttest.Key, iamporttest.Secret, iamporttest.NewServer()

	client, err := iamport.NewClient(key, secret, iamport.WithHTTPClient(sandbox.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"}

	// 1. Charge a card once. It is not stored.
	payment, err := client.Onetime(ctx, iamport.OnetimeRequest{
		MerchantUID: "order_id_8237352", Amount: iamport.KRW(3000), Card: card,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.Amount, payment.Currency)

	// 2. Store a card under an id of your own. Nothing is charged.
	customer, err := client.RegisterCustomer(ctx, "your-customer-unique-id", iamport.RegisterCustomerRequest{Card: card})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer.CustomerUID, "has", customer.CardNumber)

	// 3. Charge a card and store it in one call.
	payment, err = client.Onetime(ctx, iamport.OnetimeRequest{
		MerchantUID: "order_id_8237353", CustomerUID: "your-customer-unique-id", Amount: iamport.KRW(3000), Card: card,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, "and stored under", payment.CustomerUID)

	// 4. Charge the stored card, as often as the subscription runs.
	payment, err = client.Again(ctx, iamport.AgainRequest{
		MerchantUID: "order_id_8237354", CustomerUID: "your-customer-unique-id", Amount: iamport.KRW(3000), Name: "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.Name)
	// Output:
	// paid 3000 KRW
	// your-customer-unique-id has 1234-12**-****-1234
	// paid and stored under your-customer-unique-id
	// paid July
}

func ExampleNewClient() {
	client, err := iamport.NewClient("imp_key", "imp_secret",
		iamport.WithTimeout(90*time.Second),
		iamport.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
	)
	fmt.Println(client, err)

	_, err = iamport.NewClient("", "imp_secret", iamport.WithBaseURL("http://proxy.example"))
	fmt.Println(err)
	// Output:
	// iamport.Client(https://api.iamport.kr) <nil>
	// iamport: NewClient: key is required; WithBaseURL must be https; http is allowed on a loopback address only
}

// A custom transport, such as one that counts or traces. It must not send a request
// twice by itself.
func ExampleWithHTTPClient() {
	srv := iamporttest.NewServer()
	counter := &countingTransport{next: srv}
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(&http.Client{Transport: counter}))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.GetCustomer(context.Background(), "nobody")
	fmt.Println("not found:", errors.Is(err, iamport.ErrNotFound), "after", counter.requests.Load(), "requests")
	// Output: not found: true after 2 requests
}

// countingTransport counts requests. A client uses its transport from several goroutines.
type countingTransport struct {
	next     http.RoundTripper
	requests atomic.Int64
}

func (t *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.requests.Add(1)
	return t.next.RoundTrip(r)
}

// Outcomes are counted, as a metric would. Each call that changes data has exactly one. No
// field of an Exchange holds an id. Observe is called on its own goroutine.
func ExampleWithObserver() {
	ctx := context.Background()
	outcomes := make(chan iamport.Outcome, 3)
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(srv.Client()),
		iamport.WithObserver(iamport.ObserverFunc(func(_ context.Context, x iamport.Exchange) {
			if x.Outcome != "" { // not a sign-in or look-up
				outcomes <- x.Outcome
			}
		})),
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.Inject("POST /subscribe/payments/again", iamporttest.Decline("[2116] over the monthly limit"))

	for _, order := range []string{"order_1", "order_2", "order_3"} {
		_, err := client.Again(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: order, Amount: iamport.KRW(9900), Name: "July",
		})
		fmt.Println(order, err)
	}
	counts := make(map[iamport.Outcome]int)
	for range 3 {
		counts[<-outcomes]++
	}
	fmt.Println(counts)
	// Output:
	// order_1 iamport: Again: declined: [2116] over the monthly limit
	// order_2 <nil>
	// order_3 <nil>
	// map[declined:1 paid:2]
}

func ExampleAmount() {
	var forgotten iamport.Amount
	fmt.Println(iamport.KRW(3000), iamport.KRW(0).IsSet(), forgotten.IsSet())

	price, err := iamport.KRW(3000).Add(iamport.KRW(500))
	fmt.Println(price, err, price == iamport.KRW(3500))
	// Output:
	// 3000 true false
	// 3500 <nil> true
}

func ExampleParseAmount() {
	price, err := iamport.ParseAmount("10.99")
	fmt.Println(price, err)

	_, err = iamport.ParseAmount("10,990")
	fmt.Println(err)
	// Output:
	// 10.99 <nil>
	// iamport: amount: "10,990" is not a decimal number such as 3000 or 10.99
}

// The price of several seats. The product is exact, or an error.
func ExampleAmount_Mul() {
	price, err := iamport.KRW(9900).Mul(3)
	fmt.Println(price, err)

	_, err = iamport.KRW(math.MaxInt64).Mul(3)
	fmt.Println(err)
	// Output:
	// 29700 <nil>
	// iamport: amount: "27670116110564327421" does not fit in 18 digits
}

// A sum of won for a system that takes integers. A fraction is an error, not rounded.
func ExampleAmount_Int64() {
	won, err := iamport.KRW(9900).Int64()
	fmt.Println(won, err)

	price, err := iamport.ParseAmount("10.99")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = price.Int64()
	fmt.Println(err)
	// Output:
	// 9900 <nil>
	// iamport: amount: 10.99 has a fraction
}

// Columns as drivers return them: a decimal, an integer and NULL.
func ExampleAmount_Scan() {
	for _, column := range []any{[]byte("10.99"), int64(3000), nil} {
		var price sql.Null[iamport.Amount]
		if err := price.Scan(column); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q %t\n", price.V, price.Valid)
	}
	// Output:
	// "10.99" true
	// "3000" true
	// "" false
}

// What a gateway publishes, for a form or a queue of your own.
func ExamplePG_Limits() {
	limits := iamport.PGDaou.Limits()
	fmt.Println(limits.PerSecond, "charges a second")
	fmt.Println("names in EUC-KR:", limits.EUCKR)
	fmt.Println("a key by card number:", limits.RegisterCustomer)
	// Output:
	// 50 charges a second
	// names in EUC-KR: true
	// a key by card number: true
}

// Operations of V1 that have no method, such as the codes of the card companies.
func ExampleClient_Call() {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if r.URL.Path != "/cards" {
			return nil
		}
		fault := iamporttest.Answer(200, "application/json",
			`{"code":0,"message":null,"response":[{"code":"361","name":"BC"},{"code":"366","name":"Shinhan"}]}`)
		return &fault
	})

	var cards []struct{ Code, Name string }
	err = client.Call(context.Background(), "GET", []string{"cards"}, nil, nil, &cards)
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
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

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
