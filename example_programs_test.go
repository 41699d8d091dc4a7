package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// Monthly renewals of a subscription that began on 31 January, charged by a job that may
// run any number of times. Several processes need one journal: see WithJournal.
func Example_renewals() {
	ctx := context.Background()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	began := time.Date(2027, time.January, 31, 9, 0, 0, 0, seoul)
	for _, n := range []int{1, 2, 3, 13} {
		fmt.Println("renewal", n, "on", renewal(began, n).Format(time.DateOnly))
	}

	today := time.Date(2027, time.April, 1, 10, 0, 0, 0, seoul) // time.Now() in a job
	for range 2 {                                               // the job runs twice
		if err := chargeRenewals(ctx, client, began, today); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, order := range []string{"sub_1_2027_02", "sub_1_2027_03", "sub_1_2027_04"} {
		fmt.Println(order, "charges:", srv.Charges(order))
	}
	// Output:
	// renewal 1 on 2027-02-28
	// renewal 2 on 2027-03-31
	// renewal 3 on 2027-04-30
	// renewal 13 on 2028-02-29
	// sub_1_2027_02 charges: 1
	// sub_1_2027_03 charges: 1
	// sub_1_2027_04 charges: 0
}

// Days and months begin at midnight in Seoul, wherever the program runs. Korea has no
// summer time, so no zone database is needed.
var seoul = time.FixedZone("KST", 9*60*60)

// renewal returns the time of the n-th renewal: the day of the month on which the
// subscription began, or the last day of a shorter month. It is always computed from the
// beginning: 31 January, 28 February, 31 March. AddDate(0, 1, 0) would make 3 March of
// 31 January.
func renewal(began time.Time, n int) time.Time {
	began = began.In(seoul)
	year, month, day := began.Date()
	month += time.Month(n)
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, seoul).Day()
	return time.Date(year, month, min(day, last), began.Hour(), began.Minute(), began.Second(), 0, seoul)
}

// chargeRenewals charges every renewal until now that is not paid. After an error the next
// run tries again. That includes declines, so a real job records them and stops after some.
func chargeRenewals(ctx context.Context, client *iamport.Client, began, now time.Time) error {
	for n := 1; !renewal(began, n).After(now); n++ {
		year, month, _ := renewal(began, n).Date()
		order := fmt.Sprintf("sub_1_%d_%02d", year, month)
		_, err := client.EnsurePaid(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: order, Amount: iamport.KRW(9900), Name: month.String(),
		})
		if err != nil {
			return fmt.Errorf("renewal %s: %w", order, err)
		}
	}
	return nil
}

// A handler that charges the stored card of a buyer. The charge continues if the browser
// goes away, and two clicks on one form are one order.
func Example_handler() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(srv.Client()),
		iamport.WithSettleWindow(0), // so that a lost answer is not looked up at once
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.Inject("POST /subscribe/payments/again",
		iamporttest.Fault{}, iamporttest.Decline("[2116] over the monthly limit"), iamporttest.LoseAfter())

	for _, token := range []string{"order_a", "order_a", "order_b", "order_c", "order_c", ""} {
		ctx, leave := context.WithCancel(context.Background())
		leave() // the browser has gone away already
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/checkout", strings.NewReader("token="+token))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		checkout(client)(w, r)
		fmt.Printf("%q %d %s\n", token, w.Code, strings.TrimSpace(w.Body.String()))
	}
	fmt.Println("charges:", srv.Charges("order_a"), srv.Charges("order_b"), srv.Charges("order_c"))
	// Output:
	// "order_a" 200 paid
	// "order_a" 200 paid
	// "order_b" 402 the card was declined
	// "order_c" 202 we will tell you
	// "order_c" 200 paid
	// "" 400 not a form of this shop
	// charges: 1 0 1
}

// checkout returns the handler of the form. The WriteTimeout of its http.Server must be
// longer than the time that a charge has. Several processes need one journal: see
// WithJournal.
func checkout(client *iamport.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 2*time.Minute)
		defer cancel()

		_, err := client.EnsurePaid(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1",             // of the buyer who is signed in
			MerchantUID: r.PostFormValue("token"), // made with the form, so each click sends the same one
			Amount:      iamport.KRW(9900),        // from the order, never from the form
			Name:        "July",
		})
		_, unknown := errors.AsType[*iamport.OutcomeUnknownError](err)
		_, declined := errors.AsType[*iamport.DeclinedError](err)
		_, invalid := errors.AsType[*iamport.InvalidRequestError](err)
		switch {
		case err == nil:
			_, _ = fmt.Fprintln(w, "paid")
		case unknown: // a worker calls EnsurePaid with the same request until it has a result
			w.WriteHeader(http.StatusAccepted)
			_, _ = fmt.Fprintln(w, "we will tell you")
		case declined:
			http.Error(w, "the card was declined", http.StatusPaymentRequired)
		case invalid:
			http.Error(w, "not a form of this shop", http.StatusBadRequest)
		case errors.Is(err, iamport.ErrNotCharged):
			http.Error(w, "not charged, try again", http.StatusServiceUnavailable)
		default: // *AlreadyPaidError: it was refunded since, or is paid on other terms
			http.Error(w, "this order is closed", http.StatusConflict)
		}
	}
}

// A server that is stopped while it charges. The handler answers at once, so Shutdown
// alone, which waits for requests, does not wait for the charge.
func Example_shutdown() {
	ctx := context.Background()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.Inject("POST /subscribe/payments/again", iamporttest.Delay(50*time.Millisecond))

	var charges sync.WaitGroup
	var results sync.Map // by order; a database in a real program
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		detached, order := context.WithoutCancel(r.Context()), r.PostFormValue("token")
		charges.Go(func() {
			ctx, cancel := context.WithTimeout(detached, 2*time.Minute)
			defer cancel()
			payment, err := client.EnsurePaid(ctx, iamport.AgainRequest{
				CustomerUID: "customer_1", MerchantUID: order, Amount: iamport.KRW(9900), Name: "July",
			})
			if err != nil {
				results.Store(order, err)
				return
			}
			results.Store(order, payment.Status)
		})
		w.WriteHeader(http.StatusAccepted)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	res, err := http.PostForm("http://"+listener.Addr().String(), url.Values{"token": {"order_1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("answered:", res.StatusCode, res.Body.Close())

	// The limit is longer than the time that a charge has.
	limit, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if err := stop(limit, server, &charges); err != nil {
		fmt.Println("a charge may be under way:", err) // with a journal in a database, the next process holds the order
		return
	}
	fmt.Println("the server:", <-served)
	fmt.Println(results.Load("order_1"))
	fmt.Println("charges:", srv.Charges("order_1"))
	// Output:
	// answered: 202 <nil>
	// the server: http: Server closed
	// paid true
	// charges: 1
}

// stop waits for the requests under way and then for the charges, until ctx ends.
func stop(ctx context.Context, server *http.Server, charges *sync.WaitGroup) error {
	if err := server.Shutdown(ctx); err != nil {
		return err
	}
	// No request is left, so no further charge begins.
	done := make(chan struct{})
	go func() {
		charges.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A webhook handler that marks orders as paid. A shop keeps them in a database, and the key
// of each state in a table with a unique key.
func ExampleClient_WebhookHandler() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}
	order := iamport.AgainRequest{CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(3000)}
	payment, err := client.Again(context.Background(), order)
	if err != nil {
		fmt.Println(err)
		return
	}

	done := make(map[string]bool)
	hook := client.WebhookHandler(func(_ context.Context, _ *iamport.Event, p *iamport.Payment) error {
		key := fmt.Sprint(p.ImpUID, p.Status, p.CancelAmount)
		if done[key] {
			return nil
		}
		if p.MerchantUID == order.MerchantUID && p.Amount == order.Amount && p.Status == iamport.StatusPaid {
			fmt.Println(p.MerchantUID, "is paid")
		}
		done[key] = true
		return nil
	}, iamport.WithForged(func(_ context.Context, f iamport.Forgery) {
		fmt.Println("forged:", f.Event.ImpUID)
	}))

	for _, impUID := range []string{payment.ImpUID, payment.ImpUID, "imp_1234567890"} { // twice, and a forged one
		body := strings.NewReader(`{"imp_uid":"` + impUID + `","merchant_uid":"order_1","status":"paid"}`)
		r := httptest.NewRequest(http.MethodPost, "/iamport/webhook", body)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// order_1 is paid
	// 200
	// 200
	// forged: imp_1234567890
	// 200
}
