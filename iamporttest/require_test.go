package iamporttest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// failed is a TestingT that keeps the failures and goes on.
type failed struct{ text string }

func (*failed) Helper() {}

func (f *failed) Fatalf(format string, args ...any) { f.text += fmt.Sprintf(format, args...) }

var _ iamporttest.TestingT = testing.TB(nil)

// The failure of an order that was charged twice tells its whole story.
func TestRequireChargedPrintsTheBooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := openInbox(t, iamporttest.WithDuplicates(iamporttest.RefuseNone), iamporttest.WithWebhookRetries(1))
		s.srv.Inject(againPath, iamporttest.LoseBefore(), iamporttest.Decline("[2116]개인 월\n한도금액 초과"), iamporttest.LoseAfter(),
			iamporttest.Fault{})
		s.srv.InjectWebhooks("m", iamporttest.WebhookFault{Drop: true})
		s.register("c", anyCard).okay()
		for range 4 {
			_, _ = s.send(s.request("POST", "/subscribe/payments/again", againOfM))
			time.Sleep(1500 * time.Millisecond)
		}
		s.again("n").okay()
		s.get("/payments/findAll/m?page=1").okay()
		s.get("/payments/imps_100000000002").okay()
		s.get("/payments?imp_uid[]=imps_100000000002&merchant_uid[]=n").okay()
		s.post("/payments/cancel", `{"imp_uid":"imps_100000000003","amount":1000,"enable_webhook":true}`).okay()
		require.NoError(t, s.srv.WaitWebhooks(t.Context()))
		var f failed
		iamporttest.RequireCharged(&f, s.srv, "m", 3000)
		require.Equal(t, `iamporttest: order "m": want one charge of 3000, got 2: 3000 KRW, 3000 KRW
time (UTC)               book      what                             result
2000-01-01 00:00:00.000  request   POST /subscribe/payments/again   no answer
2000-01-01 00:00:01.500  request   POST /subscribe/payments/again   200
2000-01-01 00:00:01.500  attempt   imps_100000000001                failed: "[2116]개인 월\n한도금액 초과"
2000-01-01 00:00:03.000  request   POST /subscribe/payments/again   no answer
2000-01-01 00:00:03.000  attempt   imps_100000000002                paid
2000-01-01 00:00:03.000  approval  imps_100000000002                3000 KRW
2000-01-01 00:00:03.000  webhook   paid imps_100000000002           dropped
2000-01-01 00:00:04.500  request   POST /subscribe/payments/again   200
2000-01-01 00:00:04.500  attempt   imps_100000000003                cancelled
2000-01-01 00:00:04.500  approval  imps_100000000003                3000 KRW
2000-01-01 00:00:04.500  webhook   paid imps_100000000003           200
2000-01-01 00:00:06.000  request   GET /payments/findAll/m          200
2000-01-01 00:00:06.000  request   GET /payments/imps_100000000002  200
2000-01-01 00:00:06.000  request   GET /payments                    200
2000-01-01 00:00:06.000  request   POST /payments/cancel            200
2000-01-01 00:00:06.000  refund    imps_100000000003                1000 KRW
2000-01-01 00:00:06.000  webhook   cancelled imps_100000000003      200
`, f.text)
		require.NotContains(t, f.text, s.token)
	})
}

func TestRequires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithCustomers("c"))
		s.again("paid").okay()
		s.post("/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"usd","amount":10.50,"currency":"USD"}`).okay()
		s.post("/payments/cancel", `{"merchant_uid":"usd","amount":0.25}`).okay()
		s.post("/payments/cancel", `{"merchant_uid":"usd","amount":0.25}`).okay()
		s.srv.Inject(againPath, iamporttest.Decline("no"), iamporttest.Pending(time.Hour, true))
		s.again("declined").okay()
		s.again("open").okay()
		for name, test := range map[string]struct {
			check func(t iamporttest.TestingT)
			want  string // "": passes
		}{
			"charged":           {func(t iamporttest.TestingT) { iamporttest.RequireCharged(t, s.srv, "paid", 3000) }, ""},
			"charged, int64":    {func(t iamporttest.TestingT) { iamporttest.RequireCharged(t, s.srv, "paid", int64(3000)) }, ""},
			"charged, text":     {func(t iamporttest.TestingT) { iamporttest.RequireCharged(t, s.srv, "usd", "10.500") }, ""},
			"charged, no sum":   {func(t iamporttest.TestingT) { iamporttest.RequireCharged(t, s.srv, "usd", "10 USD") }, `"10 USD" is not an amount`},
			"another sum":       {func(t iamporttest.TestingT) { iamporttest.RequireCharged(t, s.srv, "usd", 10) }, `order "usd": want one charge of 10, got 1: 10.5 USD`},
			"not charged":       {func(t iamporttest.TestingT) { iamporttest.RequireCharged(t, s.srv, "declined", 3000) }, `order "declined": want one charge of 3000, got none`},
			"open":              {func(t iamporttest.TestingT) { iamporttest.RequireCharged(t, s.srv, "open", 3000) }, `order "open": want one charge of 3000, got none`},
			"none":              {func(t iamporttest.TestingT) { iamporttest.RequireNotCharged(t, s.srv, "declined") }, ""},
			"none, unknown":     {func(t iamporttest.TestingT) { iamporttest.RequireNotCharged(t, s.srv, "other") }, ""},
			"none, but one":     {func(t iamporttest.TestingT) { iamporttest.RequireNotCharged(t, s.srv, "usd") }, `order "usd": want no charge, got 1: 10.5 USD`},
			"none, but open":    {func(t iamporttest.TestingT) { iamporttest.RequireNotCharged(t, s.srv, "open") }, `order "open": want no charge, and 1 may still be approved`},
			"refunded":          {func(t iamporttest.TestingT) { iamporttest.RequireRefunded(t, s.srv, "usd", "0.5") }, ""},
			"not refunded":      {func(t iamporttest.TestingT) { iamporttest.RequireRefunded(t, s.srv, "paid", 0) }, ""},
			"refunded less":     {func(t iamporttest.TestingT) { iamporttest.RequireRefunded(t, s.srv, "usd", "10.5") }, `order "usd": want refunds of 10.5, got 0.5`},
			"refunded, no sum":  {func(t iamporttest.TestingT) { iamporttest.RequireRefunded(t, s.srv, "usd", "") }, `"" is not an amount`},
			"refunded, unknown": {func(t iamporttest.TestingT) { iamporttest.RequireRefunded(t, s.srv, "x", 1) }, `order "x": want refunds of 1, got 0`},
		} {
			var f failed
			test.check(&f)
			first, _, _ := strings.Cut(f.text, "\n")
			require.Equal(t, test.want, strings.TrimPrefix(first, "iamporttest: "), name)
			require.LessOrEqual(t, strings.Count(f.text, "iamporttest: "), 1, name)
		}
	})
}

func TestRequireSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, box := openInbox(t, iamporttest.WithDuplicates(iamporttest.RefuseNone))
		settled := func() string {
			var f failed
			iamporttest.RequireSettled(&f, s.srv)
			return f.text
		}
		s.schedule("s", 86400).okay()
		s.again("m").okay()
		require.NoError(t, s.srv.WaitWebhooks(t.Context()))
		require.Empty(t, settled())

		answer, hold := make(chan struct{}), make(chan struct{})
		box.answer = func(http.ResponseWriter, *http.Request) { <-hold }
		s.srv.Inject("POST /payments/cancel", iamporttest.Fault{}.PGTime(time.Minute))
		s.srv.Inject(againPath, iamporttest.Fault{}, iamporttest.Pending(time.Minute, false), iamporttest.LoseThenExecute(time.Minute),
			iamporttest.Fault{}.PGTime(time.Minute))
		s.again("m").okay()
		s.again("p").okay()
		_, err := s.send(s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"l","amount":1}`))
		require.Error(t, err)
		go func() {
			defer close(answer)
			_, _ = s.send(s.request("POST", "/payments/cancel", `{"merchant_uid":"m"}`))
		}()
		go func() {
			_, _ = s.send(s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"q","amount":1}`))
		}()
		synctest.Wait()
		s.srv.Inject("/payments/prepare/", iamporttest.LoseAfter())
		s.srv.Inject("GET /payments/{imp_uid}", iamporttest.LoseAfter())
		s.srv.InjectWebhooks("x", iamporttest.WebhookFault{})
		require.Equal(t, `iamporttest: not settled:
	order "m" was charged 2 times
	order "l": charges that may still be approved: 1
	order "p": charges that may still be approved: 1
	order "q": charges that may still be approved: 1
	refunds at the PG: 1
	a fault was not used: /payments/prepare/
	a fault was not used: GET /payments/{imp_uid}
	a fault of webhooks was not used: order "x"
	webhooks that are not delivered: 1

order "m"
time (UTC)               book      what                            result
2000-01-01 00:00:00.000  request   POST /subscribe/payments/again  200
2000-01-01 00:00:00.000  request   POST /subscribe/payments/again  200
2000-01-01 00:00:00.000  request   POST /payments/cancel           no answer
2000-01-01 00:00:00.000  attempt   imps_100000000001               paid
2000-01-01 00:00:00.000  attempt   imps_100000000002               paid
2000-01-01 00:00:00.000  approval  imps_100000000001               3000 KRW
2000-01-01 00:00:00.000  approval  imps_100000000002               3000 KRW
2000-01-01 00:00:00.000  webhook   paid imps_100000000001          200

order "l"
time (UTC)               book     what                            result
2000-01-01 00:00:00.000  request  POST /subscribe/payments/again  no answer

order "p"
time (UTC)               book     what                            result
2000-01-01 00:00:00.000  request  POST /subscribe/payments/again  200
2000-01-01 00:00:00.000  attempt  imps_100000000003               ready

order "q"
time (UTC)               book     what                            result
2000-01-01 00:00:00.000  request  POST /subscribe/payments/again  no answer
`, settled())
		close(hold)
		time.Sleep(time.Minute)
		<-answer
		require.NoError(t, s.srv.WaitWebhooks(t.Context()))
		problems, _, _ := strings.Cut(settled(), "\n\n")
		require.Equal(t, `iamporttest: not settled:
	order "m" was charged 2 times
	a fault was not used: /payments/prepare/
	a fault was not used: GET /payments/{imp_uid}
	a fault of webhooks was not used: order "x"`, problems)
	})
}

// A table has at most 200 rows of the books, and a note of how many are left out.
func TestTableIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		for range 250 {
			s.get("/payments/find/m")
		}
		var f failed
		iamporttest.RequireCharged(&f, s.srv, "m", 1)
		lines := strings.Split(f.text, "\n")
		require.Len(t, lines, 204)
		require.Equal(t, "2000-01-01 00:00:00.000  request  GET /payments/find/m  404", lines[101])
		require.Equal(t, "2000-01-01 00:00:00.000  ...      50 more", strings.TrimSpace(lines[102]))
	})
}

// A request is one of the orders that it names, however it names them.
func TestRequestsNameTheirOrders(t *testing.T) {
	t.Parallel()
	s := open(t, iamporttest.WithCustomers("c"))
	s.again("m").okay()
	uid := s.srv.Approvals("m")[0].ImpUID
	at := s.srv.Now().Unix() + 60
	many := strings.Repeat(`{"merchant_uid":"x"},`, 2)
	for i := range 200 {
		many += fmt.Sprintf(`{"merchant_uid":"x%d"},`, i)
	}
	for _, test := range []struct {
		method, path, body string
		want               []string
	}{
		{"GET", "/payments/find/a%2Fb/paid", "", []string{"a/b"}},
		{"GET", "/payments/" + uid, "", []string{"m"}},
		{"GET", "/payments/" + uid + "/balance", "", []string{"m"}},
		{"GET", "/payments/imps_x", "", nil},
		{"GET", "/payments?imp_uid[]=" + uid + "&merchant_uid[]=n&merchant_uid[]=m", "", []string{"n", "m"}},
		{"POST", "/payments/cancel", `{"imp_uid":"` + uid + `","amount":-1}`, []string{"m"}},
		{"POST", "/payments/prepare", `{"merchant_uid":"p","amount":1}`, []string{"p"}},
		{"POST", "/subscribe/payments/unschedule", `{"customer_uid":"c","merchant_uid":["a","b"]}`, []string{"a", "b"}},
		{"POST", "/subscribe/payments/schedule", fmt.Sprintf(`{"customer_uid":"c","schedules":[{"merchant_uid":"s","amount":1,"schedule_at":%d},
			{"merchant_uid":"t","amount":1,"schedule_at":%d}]}`, at, at), []string{"s", "t"}},
		{"PUT", "/subscribe/payments/schedule/s", `{"schedule_at":1}`, []string{"s"}},
		{"GET", "/subscribe/customers/c", "", nil},
		{"GET", "/nothing/m", "", nil},
		{"POST", "/payments/cancel", `{"merchant_uid":{"a":1},"imp_uid":7}`, nil},
		{"POST", "/payments/cancel", `{"merchant_uid":"` + strings.Repeat("x", 256) + `"}`, nil},
		{"POST", "/payments/cancel", `no JSON`, nil},
	} {
		s.do(test.method, test.path, test.body)
		all := s.srv.Requests()
		require.Equal(t, test.want, all[len(all)-1].MerchantUIDs, test.path)
	}
	s.post("/subscribe/payments/schedule", `{"schedules":[`+strings.TrimSuffix(many, ",")+`]}`)
	all := s.srv.Requests()
	require.Len(t, all[len(all)-1].MerchantUIDs, 100)
	all[len(all)-1].MerchantUIDs[0] = "changed"
	require.Equal(t, "x", s.srv.Requests()[len(all)-1].MerchantUIDs[0])
}
