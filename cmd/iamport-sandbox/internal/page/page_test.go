package page

import (
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/sandbox"
)

// browser sends requests to a sandbox and keeps its cookies.
type browser struct {
	t       *testing.T
	box     *sandbox.Sandbox
	page    *Page
	handler http.Handler
	cookies map[string]string
	accept  string
}

// open returns a browser of a new sandbox whose webhooks are answered 200.
func open(t *testing.T) *browser {
	t.Helper()
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(shop.Close)
	return openWith(t, shop.URL+"/hook")
}

func openWith(t *testing.T, webhook string) *browser {
	t.Helper()
	box, err := sandbox.Open(t.Context(), sandbox.Config{Webhook: webhook, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	web := New(box, webhook)
	t.Cleanup(web.Close)
	return &browser{t: t, box: box, page: web, handler: box.Handler(web, true), cookies: map[string]string{}}
}

func (b *browser) do(r *http.Request) *httptest.ResponseRecorder {
	b.t.Helper()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if b.accept != "" {
		r.Header.Set("Accept-Language", b.accept)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	answer := w.Result()
	for _, c := range answer.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return w
}

func request(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8787"
	return r
}

// get returns a page, which must exist.
func (b *browser) get(target string) string {
	b.t.Helper()
	w := b.do(request(b.t, http.MethodGet, target, ""))
	require.Equal(b.t, http.StatusOK, w.Code, w.Body)
	require.Equal(b.t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	return w.Body.String()
}

var tokenField = regexp.MustCompile(`name="token" value="([0-9a-f]{64})"`)

// submit sends a form with the token of its page. Fields are names and values.
func (b *browser) submit(path string, fields ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	found := tokenField.FindStringSubmatch(b.get("/_/page/clock"))
	require.NotNil(b.t, found)
	return b.post(path, append(fields, "token", found[1])...)
}

func (b *browser) post(path string, fields ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := request(b.t, http.MethodPost, path, form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// follow submits a form that must succeed, and returns the page after it.
func (b *browser) follow(path string, fields ...string) string {
	b.t.Helper()
	w := b.submit(path, fields...)
	require.Equal(b.t, http.StatusSeeOther, w.Code, w.Body)
	return b.get(w.Header().Get("Location"))
}

// api sends JSON to the API. CARD is replaced by a card.
func (b *browser) api(path, body string) {
	b.t.Helper()
	const card = `"card_number":"1234-1234-1234-1234","expiry":"2030-12","birth":"820213","pwd_2digit":"98"`
	r := request(b.t, http.MethodPost, path, strings.Replace(body, "CARD", card, 1))
	r.Header.Set("Content-Type", "application/json")
	w := b.do(r)
	require.Contains(b.t, w.Body.String(), `"code":0`)
}

func (b *browser) charge(uid string) {
	b.t.Helper()
	b.api("/subscribe/payments/onetime", fmt.Sprintf(`{"merchant_uid":%q,"amount":3000,CARD}`, uid))
}

// paths are the pages that always exist.
var paths = []string{"/", "/_/page/payments", "/_/page/customers", "/_/page/schedules", "/_/page/webhooks",
	"/_/page/requests", "/_/page/faults", "/_/page/clock"}

func TestEmptyPages(t *testing.T) {
	t.Parallel()
	b := openWith(t, "")
	for _, path := range paths {
		body := b.get(path)
		require.Contains(t, body, `aria-current="page"`, path)
		require.NotContains(t, body, "ZgotmplZ", path)
		require.NotContains(t, body, " style=", path)
	}
	require.Contains(t, b.get("/"), "http://127.0.0.1:8787/subscribe/payments/onetime")
	require.Contains(t, b.get("/_/page/webhooks"), "-webhook http://127.0.0.1:8080/webhook")
	require.Equal(t, http.StatusNotFound, b.submit("/_/page/webhooks", "action", "test").Code)
	for _, path := range []string{"/_/page/nothing", "/_/page/order", "/_/page/order?merchant_uid=none", "/_/page/static/"} {
		require.Equal(t, http.StatusNotFound, b.do(request(t, http.MethodGet, path, "")).Code, path)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.api("/subscribe/customers/member_1", `{CARD,"customer_name":"김하늘"}`)
	b.box.Server.DeclineCustomer("member_1", "[2116]한도초과")
	const again = `{"customer_uid":"member_1","merchant_uid":"order/1?&","amount":12000,"name":"구독"}`
	b.api("/subscribe/payments/again", again)
	b.box.Server.DeclineCustomer("member_1", "")
	b.api("/subscribe/payments/again", again)
	b.api("/payments/cancel", `{"merchant_uid":"order/1?&","amount":2000}`)
	require.NoError(t, b.box.Server.WaitWebhooks(t.Context()))
	body := html.UnescapeString(b.get("/_/page/order?merchant_uid=order%2F1%3F%26"))
	for _, text := range []string{"order/1?&", "12,000 KRW", "2,000 KRW refunded.", "[2116]한도초과", ": approved.", ": failed.",
		"HTTP 200", "POST /subscribe/payments/again", "POST /payments/cancel", `"customer_uid": "member_1"`, "1234-12**-****-1234"} {
		require.Contains(t, body, text)
	}
	require.Equal(t, 2, strings.Count(body, "<h2 id=\"imps_"), "both attempts")
	require.Contains(t, b.get("/_/page/payments"), "merchant_uid=order%2F1%3F%26")
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.api("/subscribe/customers/member_1", `{CARD}`)
	at := time.Date(b.box.Clock.Now().Year()+1, 3, 9, 15, 30, 0, 0, time.UTC) // the 10th in Korea
	var items []string
	for i := range 5 {
		items = append(items, fmt.Sprintf(`{"merchant_uid":"next_%d","schedule_at":%d,"currency":"KRW","amount":9900}`, i, at.Unix()+int64(i)))
	}
	b.api("/subscribe/payments/schedule", `{"customer_uid":"member_1","schedules":[`+strings.Join(items, ",")+`]}`)
	month := fmt.Sprintf("/_/page/schedules?month=%d-03", at.Year())
	body := b.get(month)
	require.Contains(t, body, fmt.Sprintf("March %d", at.Year()))
	require.Contains(t, body, "5 scheduled, 0 executed, 0 revoked")
	require.Contains(t, body, "00:30</span> next_0")
	require.NotContains(t, body, "next_3")
	require.Contains(t, body, "2 more")
	require.Contains(t, body, fmt.Sprintf("month=%d-02", at.Year()))
	require.Contains(t, body, fmt.Sprintf("month=%d-04", at.Year()))
	require.Contains(t, b.get(month+fmt.Sprintf("&day=%d-03-10", at.Year())), "next_4")
	require.NotContains(t, b.get("/_/page/schedules?month=1999-01"), "next_0")
	require.Contains(t, b.get("/_/page/order?merchant_uid=next_0"), "Planned for")
	b.follow("/_/page/clock", "by", "2y")
	require.Contains(t, b.get(month), "0 scheduled, 5 executed, 0 revoked")
	require.Contains(t, b.get("/_/page/order?merchant_uid=next_0"), "The schedule ran.")
}

func TestRequestsArePaged(t *testing.T) {
	t.Parallel()
	b := open(t)
	for i := range pageSize + 1 {
		b.do(request(t, http.MethodGet, fmt.Sprintf("/payments/find/order_%d", i), ""))
	}
	body := b.get("/_/page/requests")
	require.Contains(t, body, "GET /payments/find/order_50")
	require.NotContains(t, body, "GET /payments/find/order_0<")
	older := regexp.MustCompile(`/_/page/requests\?before=\d+`).FindString(body)
	require.Contains(t, b.get(older), "GET /payments/find/order_0<")
}
