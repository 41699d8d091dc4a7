package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

var faultLostForHours = iamporttest.LoseThenExecute(5 * time.Minute)

// The answer of the charge takes a minute. Its webhook comes meanwhile.
func TestWebhookBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, basic, goodCard)
		e.sandbox.forward(28)
		e.sandbox.Inject(againRoute, iamporttest.Fault{}.Slow(time.Minute))
		ended := make(chan error)
		go func() { ended <- e.run(t.Context()) }()
		time.Sleep(30 * time.Second)
		require.Equal(t, orderPaid, e.theOrder(t, "renewal-1-20470228").State)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		require.NoError(t, <-ended)
		require.Equal(t, orderPaid, e.theOrder(t, "renewal-1-20470228").State)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

// The webhook of a charge whose answer was lost settles it.
func TestWebhookOfAnUnknownCharge(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.mustSignUp(t, basic, goodCard)
		e.sandbox.forward(28)
		e.sandbox.Inject(againRoute, faultLostForHours)
		e.runDays(t, 0)
		require.Equal(t, orderUnknown, e.theOrder(t, "renewal-1-20470228").State)
		time.Sleep(6 * time.Minute)
		e.waitWebhooks(t)
		require.Equal(t, orderPaid, e.theOrder(t, "renewal-1-20470228").State)
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

// The answer of the charge is lost and so are its look-ups, but its webhook has come. The
// call, which knows less, ends later and changes nothing.
func TestWebhookBeforeAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, basic, goodCard)
		e.sandbox.forward(28)
		var charged atomic.Bool
		e.sandbox.InjectFunc(func(r *http.Request) *iamporttest.Fault {
			switch {
			case strings.HasSuffix(r.URL.Path, "/again"):
				charged.Store(true)
				return new(iamporttest.LoseAfter())
			case strings.HasPrefix(r.URL.Path, "/payments/findAll/") && charged.Load():
				return new(iamporttest.Answer(503, "text/html", "busy").After(time.Second))
			}
			return nil
		})
		require.NoError(t, e.run(t.Context()))
		require.Equal(t, orderPaid, e.theOrder(t, "renewal-1-20470228").State)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

// The unique key: a state of a payment is recorded by one webhook only.
func TestWebhookTwice(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.mustSignUp(t, pro, goodCard)
		e.waitWebhooks(t)
		recorded, known := e.webhookCount(t, outcomeRecorded), e.webhookCount(t, outcomeKnown)
		e.sandbox.InjectWebhooks("renewal-1-20470228", iamporttest.WebhookFault{Twice: true}, iamporttest.WebhookFault{Twice: true})
		e.sandbox.forward(28)
		e.waitWebhooks(t)
		require.NoError(t, e.sandbox.CancelInConsole("renewal-1-20470228", "5000"))
		e.waitWebhooks(t)
		require.Equal(t, recorded+2, e.webhookCount(t, outcomeRecorded))
		require.Equal(t, known+2, e.webhookCount(t, outcomeKnown))
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

// A declined schedule is told twice: the customer is not a day further.
func TestDeclinedWebhookTwice(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		e.waitWebhooks(t)
		known := e.webhookCount(t, outcomeKnown)
		e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
		e.sandbox.InjectWebhooks("renewal-1-20470228", iamporttest.WebhookFault{Twice: true, Delay: 26 * time.Hour})
		e.sandbox.forward(28)
		require.NoError(t, e.run(t.Context())) // before the webhook
		require.Equal(t, statePastDue, e.again(t, c).State, "found by the night")
		e.waitWebhooks(t) // one day later
		require.Equal(t, "20470301", day(e.again(t, c).NextTry))
		require.Equal(t, known+2, e.webhookCount(t, outcomeKnown))
	})
}

// The work fails after the key was written, so the key is not there either, and the same
// webhook does the work when it comes again.
func TestWebhookWorkAndKeyInOneTransaction(t *testing.T) {
	t.Parallel()
	inBubbleWithRetries(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		e.waitWebhooks(t)
		_, err := e.db.ExecContext(t.Context(), `CREATE TRIGGER broken BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
		require.NoError(t, err)
		e.sandbox.forward(28)
		time.Sleep(30 * time.Second) // before the webhook is sent again
		require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470228").State)
		_, err = e.db.ExecContext(t.Context(), `DROP TRIGGER broken`)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		e.waitWebhooks(t)
		attempts := e.sandbox.Webhooks()[1].Attempts
		require.Len(t, attempts, 2)
		require.Equal(t, 500, attempts[0].Status)
		require.Equal(t, 200, attempts[1].Status)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

func TestForgedWebhooksAreIgnored(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		e.waitWebhooks(t)
		impUID := e.theOrder(t, "signup-1").ImpUID
		for _, body := range []iamporttest.WebhookBody{
			{ImpUID: "imp_123456789012", MerchantUID: "renewal-1-20470228", Status: "paid"}, // no such payment
			{ImpUID: impUID, MerchantUID: "renewal-1-20470228", Status: "paid"},             // of another order
			{ImpUID: impUID, MerchantUID: "signup-1", Status: "cancelled"},                  // not cancelled
		} {
			e.sandbox.SendWebhook(body)
		}
		e.sandbox.SendTestWebhook()
		e.waitWebhooks(t)
		require.Equal(t, 3, e.webhookCount(t, outcomeForged))
		require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470228").State)
		require.Equal(t, c, e.again(t, c))
		for _, w := range e.sandbox.Webhooks() {
			require.Equal(t, 200, w.Attempts[0].Status)
		}
		e.requireEqualBooks(t, "signup-1")
	})
}

// The webhook of the refund comes before that of the payment, which is two days late.
func TestWebhooksOutOfOrder(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		e.sandbox.InjectWebhooks("renewal-1-20470228", iamporttest.WebhookFault{Delay: 48 * time.Hour})
		e.sandbox.forward(28)
		require.NoError(t, e.sandbox.CancelInConsole("renewal-1-20470228", "19900"))
		time.Sleep(time.Second)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd), "it was paid before it was refunded")
		require.Equal(t, orderPaid, e.theOrder(t, "renewal-1-20470228").State)
		e.runDays(t, 3)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

// A look-up that was made before a refund is recorded after it.
func TestOlderStateOfAPayment(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.mustSignUp(t, basic, goodCard)
		impUID := e.theOrder(t, "signup-1").ImpUID
		var states []*iamport.Payment
		for _, amount := range []string{"1000", "2000", ""} {
			e.sandbox.InjectWebhooks("signup-1", iamporttest.WebhookFault{Drop: true})
			require.NoError(t, e.sandbox.CancelInConsole("signup-1", amount))
			p, err := e.client.GetPayment(t.Context(), impUID)
			require.NoError(t, err)
			states = append(states, p)
		}
		for _, i := range []int{1, 0, 2, 1, 2} {
			_, err := e.recordNow(t.Context(), fromCall, states[i])
			require.NoError(t, err)
		}
		e.requireEqualBooks(t, "signup-1")
	})
}

func TestWebhooksOfOtherPayments(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.mustSignUp(t, pro, goodCard)
		e.waitWebhooks(t)
		_, err := e.client.Again(t.Context(), iamport.AgainRequest{CustomerUID: "customer-1-card-1", MerchantUID: "by-hand", Amount: iamport.KRW(1000)})
		require.NoError(t, err)
		_, err = e.client.Again(t.Context(), iamport.AgainRequest{CustomerUID: "customer-1-card-1", MerchantUID: "renewal-1-20470228", Amount: iamport.KRW(1000)})
		require.NoError(t, err)
		e.waitWebhooks(t)
		require.Equal(t, 1, e.webhookCount(t, outcomeNoOrder))
		require.Equal(t, 1, e.webhookCount(t, outcomeReview))
		require.Equal(t, orderReview, e.theOrder(t, "renewal-1-20470228").State)
		r, err := e.reconcile(t.Context(), january.Add(-time.Hour))
		require.NoError(t, err)
		require.NotEmpty(t, r.Differences)
	})
}

// The sandbox sends its webhooks to the web site, as iamport does.
func TestWebhooksOverTheWeb(t *testing.T) {
	t.Parallel()
	var site http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { site.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	e := newEnvWith(t, january, server.URL+webhookPath, iamporttest.WithWebhookForm())
	site = e.site().handler()
	b := newBrowser(t, server.URL)
	form := signUpForm("Minji")
	form.Set("plan", "pro")
	status, page := b.post(t, "/signup", form)
	require.Equal(t, 200, status)
	require.Contains(t, page, "Its renewal is booked for 28 February 2047")
	e.sandbox.forward(28)
	e.waitWebhooks(t)
	require.Equal(t, orderPaid, e.theOrder(t, "renewal-1-20470228").State)
	e.sandbox.SendTestWebhook()
	e.waitWebhooks(t)
	_, page = b.get(t, "/admin")
	require.Contains(t, strings.ReplaceAll(page, "\n", ""), "<td>forged<td class=\"won\">1")
	e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
	e.sandbox.forward(31)
	e.waitWebhooks(t)
	_, page = b.get(t, "/account")
	require.Contains(t, page, "The renewal was declined on 31 March 2047. We try again on 1 April 2047")
	status, _ = b.get(t, webhookPath)
	require.Equal(t, 405, status)
	e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
}
