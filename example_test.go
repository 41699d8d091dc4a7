package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// The dummy card of the billing guide.
var card = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"}

// sandbox returns a client of a server inside the test, where card is stored under
// customer_1.
func sandbox(opts ...iamport.Option) (*iamport.Client, *iamporttest.Server) {
	srv := iamporttest.NewServer()
	opts = append(opts, iamport.WithHTTPClient(srv.Client()))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, opts...)
	if err != nil {
		panic(err)
	}
	_, err = client.RegisterCustomer(context.Background(), "customer_1", iamport.RegisterCustomerRequest{Card: card})
	if err != nil {
		panic(err)
	}
	return client, srv
}

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
	fmt.Println(errors.Is(err, iamport.ErrNotFound), counter.requests, "requests")
	// Output: true 2 requests
}

type countingTransport struct {
	next     http.RoundTripper
	requests int
}

func (t *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.requests++
	return t.next.RoundTrip(r)
}

// What to do with each outcome of a charge.
func ExampleClient_Again_outcomes() {
	// Without the settle window a lost answer is not looked up.
	client, srv := sandbox(iamport.WithSettleWindow(0))
	srv.Inject("POST /subscribe/payments/again",
		iamporttest.LoseAfter(), iamporttest.Fault{}, iamporttest.Decline("[2116] over the monthly limit"))

	for _, order := range []string{"order_1", "order_1", "order_2", "order_3", ""} {
		_, err := client.Again(context.Background(), iamport.AgainRequest{
			MerchantUID: order, CustomerUID: "customer_1", Amount: iamport.KRW(9900), Name: "July",
		})
		if err == nil {
			fmt.Println("deliver", order)
			continue
		}
		if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
			fmt.Println("keep open, ask later", lost.MerchantUID)
			continue
		}
		if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
			fmt.Println("do not deliver twice", already.Payment.MerchantUID)
			continue
		}
		if decline, ok := errors.AsType[*iamport.DeclinedError](err); ok {
			fmt.Println("ask for another card", decline.Reason)
			continue
		}
		fmt.Println("not charged:", errors.Is(err, iamport.ErrNotCharged), err)
	}
	// Output:
	// keep open, ask later order_1
	// do not deliver twice order_1
	// ask for another card [2116] over the monthly limit
	// deliver order_3
	// not charged: true iamport: Again: MerchantUID is required
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

func ExampleCard_check() {
	client, _ := sandbox()
	_, err := client.Onetime(context.Background(), iamport.OnetimeRequest{
		MerchantUID: "order_1", Amount: iamport.KRW(3000),
		Card: iamport.Card{Number: "1234", Expiry: "12/30"},
	})
	fmt.Println(err)
	// Output: iamport: Onetime: Card.Number must be 14 to 16 digits, with or without hyphens or spaces; Card.Expiry must be YYYY-MM, such as 2030-12
}

func ExampleClient_GetBalance() {
	ctx := context.Background()
	client, _ := sandbox()
	paid := pay(ctx, client, "order_1")[0]

	balance, err := client.GetBalance(ctx, paid.ImpUID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(balance.Primary.Supply, "and VAT", balance.Primary.VAT)
	// Output: 9000 and VAT 900
}
