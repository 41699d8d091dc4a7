package iamporttest_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// inbox is a shop's webhook handler, which keeps what it gets.
type inbox struct {
	mu    sync.Mutex
	lines []string
	// answer is called for each webhook; nil answers 200.
	answer func(w http.ResponseWriter, r *http.Request)
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	i.mu.Lock()
	i.lines = append(i.lines, string(body))
	i.mu.Unlock()
	if i.answer != nil {
		i.answer(w, r)
	}
}

// bodies returns what has arrived so far.
func (i *inbox) bodies() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.lines)
}

// openInbox opens a shop with customer c in a bubble.
func openInbox(t *testing.T, opts ...iamporttest.Option) (*shop, *inbox) {
	t.Helper()
	box := new(inbox)
	s := open(t, append([]iamporttest.Option{iamporttest.WithWebhooks(box), iamporttest.WithCustomers("c"),
		iamporttest.WithTokenLife(365 * 24 * time.Hour)}, opts...)...)
	return s, box
}

// arrived waits for all webhooks and compares their bodies.
func (i *inbox) arrived(s *shop, want ...string) {
	s.t.Helper()
	require.NoError(s.t, s.srv.WaitWebhooks(s.t.Context()))
	got := i.bodies()
	require.Len(s.t, got, len(want), "%q", got)
	for n := range want {
		require.Equal(s.t, want[n], got[n], n)
	}
}

// Each event sends the webhook that the documents of iamport name, and no other.
func TestWebhookOfEachEvent(t *testing.T) {
	t.Parallel()
	paid := `{"imp_uid":"imps_100000000001","merchant_uid":"m","status":"paid"}`
	failed := `{"imp_uid":"imps_100000000001","merchant_uid":"m","status":"failed"}`
	cancelled := `{"imp_uid":"imps_100000000001","merchant_uid":"m","status":"cancelled","cancellation_id":"cancellation-000000000002"}`
	inject := func(f iamporttest.Fault) func(s *shop) {
		return func(s *shop) {
			s.srv.Inject(againPath, f)
			_, _ = s.send(s.request("POST", "/subscribe/payments/again", againOfM))
		}
	}
	schedule := func(s *shop) { s.schedule("m", 60).okay() }
	declined := func(s *shop) {
		s.srv.DeclineCustomer("c", "no")
		schedule(s)
		time.Sleep(time.Minute)
		s.srv.DeclineCustomer("c", "")
	}
	for name, test := range map[string]struct {
		do   func(s *shop)
		want []string
	}{
		"again": {inject(iamporttest.Fault{}), []string{paid}},
		"onetime": {func(s *shop) {
			s.post("/subscribe/payments/onetime", `{"merchant_uid":"m","amount":1,"card_number":"1234123412341234","expiry":"2030-12"}`).okay()
		}, []string{paid}},
		"declined":          {inject(iamporttest.Decline("no")), nil},
		"refused":           {inject(iamporttest.DeclineCode("no")), nil},
		"lost before":       {inject(iamporttest.LoseBefore()), nil},
		"lost after":        {inject(iamporttest.LoseAfter()), []string{paid}},
		"executed late":     {func(s *shop) { inject(iamporttest.LoseThenExecute(time.Minute))(s); time.Sleep(time.Hour) }, []string{paid}},
		"pending":           {inject(iamporttest.Pending(time.Minute, true)), nil},
		"pending, paid":     {func(s *shop) { inject(iamporttest.Pending(time.Minute, true))(s); time.Sleep(time.Hour) }, []string{paid}},
		"pending, failed":   {func(s *shop) { inject(iamporttest.Pending(time.Minute, false))(s); time.Sleep(time.Hour) }, nil},
		"failed, then paid": {func(s *shop) { inject(iamporttest.FailThenPay(time.Minute, "no"))(s); time.Sleep(time.Hour) }, []string{paid}},
		"scheduled":         {schedule, nil},
		"schedule runs":     {func(s *shop) { schedule(s); time.Sleep(time.Minute) }, []string{paid}},
		"schedule fails":    {declined, []string{failed}},
		"schedule is paid by a retry": {func(s *shop) {
			declined(s)
			s.post("/subscribe/payments/schedule/m/retry", "").okay()
		}, []string{failed, `{"imp_uid":"imps_100000000002","merchant_uid":"m","status":"paid"}`}},
		"failed retry is paid later": {func(s *shop) {
			declined(s)
			s.srv.Inject("POST /subscribe/payments/schedule/m/retry", iamporttest.FailThenPay(time.Minute, "no"))
			s.post("/subscribe/payments/schedule/m/retry", "").okay()
			time.Sleep(time.Hour)
		}, []string{failed, `{"imp_uid":"imps_100000000002","merchant_uid":"m","status":"failed"}`,
			`{"imp_uid":"imps_100000000002","merchant_uid":"m","status":"paid"}`}},
		"refund by the API": {func(s *shop) { s.again("m").okay(); s.post("/payments/cancel", `{"merchant_uid":"m"}`).okay() }, []string{paid}},
		"refund by the API with enable_webhook": {func(s *shop) {
			s.again("m").okay()
			s.post("/payments/cancel", `{"merchant_uid":"m","enable_webhook":true}`).okay()
		}, []string{paid, cancelled}},
		"refused refund": {func(s *shop) {
			s.again("m").okay()
			s.post("/payments/cancel", `{"merchant_uid":"m","amount":3001,"enable_webhook":true}`).refused(200, "1", "초과")
		}, []string{paid}},
		"refunds in the console": {func(s *shop) {
			s.again("m").okay()
			require.NoError(s.t, s.srv.CancelInConsole("m", "1000"))
			require.NoError(s.t, s.srv.CancelInConsole("imps_100000000001", ""))
		}, []string{paid, cancelled, `{"imp_uid":"imps_100000000001","merchant_uid":"m","status":"cancelled",` +
			`"cancellation_id":"cancellation-000000000003"}`}},
		"checking_amount": {func(s *shop) {
			s.post("/subscribe/payments/schedule", fmt.Sprintf(`{"customer_uid":"c","checking_amount":1000,"schedules":[
				{"merchant_uid":"m","schedule_at":%d,"amount":1}]}`, s.srv.Now().Unix()+60)).okay()
		}, []string{`{"imp_uid":"imps_100000000001","merchant_uid":"checking_000000000001","status":"paid"}`}},
		"test call": {func(s *shop) { s.srv.SendTestWebhook() },
			[]string{`{"imp_uid":"imp_1234567890","merchant_uid":"merchant_1234567890","status":"paid"}`}},
		"by hand": {func(s *shop) {
			s.srv.SendWebhook(iamporttest.WebhookBody{ImpUID: "imp_1", MerchantUID: "주/문", Status: "ready", CancellationID: "x"})
		}, []string{`{"imp_uid":"imp_1","merchant_uid":"\uc8fc\/\ubb38","status":"ready","cancellation_id":"x"}`}},
		"payment window": {func(s *shop) { s.post("/payments/prepare", `{"merchant_uid":"m","amount":1}`).okay() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, box := openInbox(t)
				test.do(s)
				box.arrived(s, test.want...)
			})
		})
	}
}

const againOfM = `{"customer_uid":"c","merchant_uid":"m","amount":3000,"name":"n"}`

func TestWebhookForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, box := openInbox(t, iamporttest.WithWebhookForm())
		var types []string
		box.answer = func(_ http.ResponseWriter, r *http.Request) { types = append(types, r.Header.Get("Content-Type")) }
		s.again("주 문/1&").okay()
		require.NoError(t, s.srv.CancelInConsole("주 문/1&", ""))
		box.arrived(s, "imp_uid=imps_100000000001&merchant_uid=%EC%A3%BC+%EB%AC%B8%2F1%26&status=paid",
			"imp_uid=imps_100000000001&merchant_uid=%EC%A3%BC+%EB%AC%B8%2F1%26&status=cancelled"+
				"&cancellation_id=cancellation-000000000002")
		require.Equal(t, []string{"application/x-www-form-urlencoded", "application/x-www-form-urlencoded"}, types)
	})
}

// The handler gets a request as a server makes it, from one of the addresses that iamport publishes.
func TestWebhookRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, box := openInbox(t, iamporttest.WithWebhookURL("https://shop.example/iamport/hook?a=1"))
		var seen []string
		box.answer = func(_ http.ResponseWriter, r *http.Request) {
			seen = append(seen, fmt.Sprint(r.Method, " ", r.Host, " ", r.URL, " ", r.RequestURI, " ", r.RemoteAddr, " ", r.ContentLength, " ",
				r.Header["Content-Type"], r.Proto))
		}
		for i := range 3 {
			s.again(fmt.Sprint("m", i)).okay()
		}
		s.post("/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":1,"notice_url":"http://other.example"}`).okay()
		require.NoError(t, s.srv.WaitWebhooks(t.Context()))
		require.Equal(t, []string{
			"POST shop.example /iamport/hook?a=1 /iamport/hook?a=1 52.78.100.19:443 67 [application/json]HTTP/1.1",
			"POST shop.example /iamport/hook?a=1 /iamport/hook?a=1 52.78.48.223:443 67 [application/json]HTTP/1.1",
			"POST shop.example /iamport/hook?a=1 /iamport/hook?a=1 52.78.5.241:443 67 [application/json]HTTP/1.1",
			"POST other.example / / 52.78.100.19:443 66 [application/json]HTTP/1.1",
		}, seen)
	})
}

// notice_url overrides the URL of the shop, also in a schedule, in a refund in the console and in a webhook that is sent
// again. A refund by the API is sent to the URL of the shop.
func TestWebhookURLs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string][]string{
		"https://shop.example/": {"m https://shop.example/", "n https://n.example/", "o https://o.example/", "n https://shop.example/",
			"n https://n.example/", "n https://n.example/", "x https://shop.example/"},
		"": {"n https://n.example/", "o https://o.example/", "n https://n.example/", "n https://n.example/"},
	} {
		synctest.Test(t, func(t *testing.T) {
			box := new(inbox)
			s := open(t, iamporttest.WithWebhookURL(url), iamporttest.WithWebhooks(box), iamporttest.WithCustomers("c"))
			s.again("m").okay()
			uid := s.post("/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"n","amount":2,"notice_url":"https://n.example/"}`).
				okay().text("imp_uid")
			s.post("/subscribe/payments/schedule", fmt.Sprintf(`{"customer_uid":"c","schedules":[
				{"merchant_uid":"o","schedule_at":%d,"amount":1,"notice_url":"https://o.example/"}]}`, s.srv.Now().Unix()+60)).okay()
			time.Sleep(time.Minute)
			s.post("/payments/cancel", `{"merchant_uid":"n","amount":1,"enable_webhook":true}`).okay()
			require.NoError(t, s.srv.CancelInConsole("n", ""))
			s.srv.SendWebhook(iamporttest.WebhookBody{ImpUID: uid, MerchantUID: "n", Status: "paid"})
			if other := (iamporttest.WebhookBody{ImpUID: "imp_x", MerchantUID: "x", Status: "paid"}); url == "" {
				require.Panics(t, func() { s.srv.SendWebhook(other) })
			} else {
				s.srv.SendWebhook(other)
			}
			require.NoError(t, s.srv.WaitWebhooks(t.Context()))
			var got []string
			for _, w := range s.srv.Webhooks() {
				got = append(got, w.MerchantUID+" "+w.URL)
			}
			require.Equal(t, want, got)
		})
	}
}
