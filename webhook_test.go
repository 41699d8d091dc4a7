package iamport_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
	// eventJSON is the sample of the guide for webhooks.
	eventJSON = `{ "imp_uid": "imp_1234567890", "merchant_uid": "order_id_8237352", "status": "paid" }`
	// paidJSON is the record of that event.
	paidJSON = `{"code":0,"message":null,"response":{"imp_uid":"imp_1234567890","merchant_uid":"order_id_8237352",` +
		`"amount":3000,"currency":"KRW","status":"paid","cancel_amount":0}}`
)

func post(contentType, body string) *http.Request {
	r := httptest.NewRequest("POST", "/iamport/webhook", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

func answerTo(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestParseEvent(t *testing.T) {
	t.Parallel()
	sample := iamport.Event{
		ImpUID: "imp_1234567890", MerchantUID: "order_id_8237352", Status: iamport.StatusPaid, Other: url.Values{},
	}
	cancelled := sample
	cancelled.Status, cancelled.CancellationID, cancelled.CustomerUID = "cancelled", "cancel_1", "customer_1"
	cancelled.Other = url.Values{"event": {"Inicis.Escrow.Changed"}, "n": {"1"}, "x": {""}}
	for _, test := range []struct {
		contentType, body string
		event             iamport.Event
	}{
		{jsonType, eventJSON, sample},
		{jsonType + "; charset=utf-8", eventJSON, sample},
		{jsonType + ";charset=EUC-KR", eventJSON, sample},
		{formType, "imp_uid=imp_1234567890&merchant_uid=order_id_8237352&status=paid", sample},
		{formType + "; charset=UTF-8", "status=paid&merchant_uid=order_id_8237352&imp_uid=imp%5F1234567890", sample},
		{jsonType, `{"imp_uid":"imp_1234567890","merchant_uid":"order_id_8237352","status":"paid","cancellation_id":null}`, sample},
		{jsonType, `{"imp_uid":"imp_1234567890","merchant_uid":"order_id_8237352","status":"cancelled","cancellation_id":"cancel_1",` +
			`"customer_uid":"customer_1","event":"Inicis.Escrow.Changed","n":1,"x":null}`, cancelled},
		{formType, "imp_uid=imp_1234567890&merchant_uid=order_id_8237352&status=cancelled&cancellation_id=cancel_1" +
			"&customer_uid=customer_1&event=Inicis.Escrow.Changed&n=1&x=", cancelled},
		{jsonType, `{"imp_uid":"imp_1"}`, iamport.Event{ImpUID: "imp_1", Other: url.Values{}}},
		{jsonType, `{"imp_uid":"imp_1","status":"vbank_issued"}`, iamport.Event{ImpUID: "imp_1", Status: "vbank_issued", Other: url.Values{}}},
	} {
		e, err := iamport.ParseEvent(post(test.contentType, test.body))
		require.NoError(t, err, test.body)
		require.Equal(t, test.event, *e, test.body)
	}
}

func TestParseEventRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		contentType, body, text string
		status                  int
	}{
		{jsonType, `{"merchant_uid":"order_1"}`, "imp_uid is required", 400},
		{jsonType, `{"imp_uid":null}`, "imp_uid is required", 400},
		{jsonType, `{}`, "imp_uid is required", 400},
		{formType, ``, "imp_uid is required", 400},
		{jsonType, `[` + eventJSON + `]`, "the body must be one JSON object", 400},
		{jsonType, eventJSON + eventJSON, "the body must be one JSON object", 400},
		{jsonType, `{"imp_uid":"imp_1","imp_uid":"imp_2"}`, "imp_uid must be there only once", 400},
		{formType, `imp_uid=imp_1&status=paid&status=failed`, "status must be there only once", 400},
		{jsonType, `{"imp_uid":"imp_1\r\nX: y"}`, "imp_uid must be at most 255 bytes of UTF-8 without control characters", 400},
		{jsonType, `{"imp_uid":"imp_1","merchant_uid":"` + strings.Repeat("x", 256) + `"}`,
			"merchant_uid must be at most 255 bytes of UTF-8 without control characters", 400},
		{jsonType, `{"imp_uid":["imp_1"]}`, "imp_uid must be a text", 400},
		{formType, `imp_uid=imp_1&merchant_uid=%ff`, "merchant_uid must be at most 255 bytes of UTF-8 without control characters", 400},
		{formType, `imp_uid=%`, "the body must be a URL-encoded form", 400},
		{jsonType, `{"imp_uid":"` + strings.Repeat("x", 64<<10) + `"}`, "the body must be at most 64 KiB", 413},
		{"text/plain", eventJSON, "Content-Type must be application/json or application/x-www-form-urlencoded", 415},
		{"", eventJSON, "Content-Type must be application/json or application/x-www-form-urlencoded", 415},
	} {
		_, err := iamport.ParseEvent(post(test.contentType, test.body))
		require.EqualError(t, err, "iamport: webhook: "+test.text)
		client, lookups := clienttest.CountLookUps(t, 200, paidJSON)
		w := answerTo(client.WebhookHandler(nil), post(test.contentType, test.body))
		require.Equal(t, test.status, w.Code, test.body)
		require.Empty(t, w.Body.String())
		require.Zero(t, lookups.Load())
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add(jsonType, []byte(eventJSON))
	f.Add(formType, []byte("imp_uid=imp_1&merchant_uid=order_1&status=paid&x=1&x=2"))
	f.Add("application/json; charset", []byte(`{"imp_uid":"imp_1","o":{"a":[null,1e9]}}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(string(body)))
		r.Header["Content-Type"] = []string{contentType}
		e, err := iamport.ParseEvent(r)
		if err != nil {
			require.Nil(t, e)
			require.True(t, strings.HasPrefix(err.Error(), "iamport: webhook: "), err)
			return
		}
		require.NotEmpty(t, e.ImpUID)
		for _, text := range []string{e.ImpUID, e.MerchantUID, string(e.Status), e.CustomerUID, e.CancellationID} {
			require.LessOrEqual(t, len(text), 255)
			require.NotContains(t, text, "\n")
		}
		for _, name := range []string{"imp_uid", "merchant_uid", "status", "customer_uid", "cancellation_id"} {
			require.NotContains(t, e.Other, name)
		}
	})
}

// fn gets the event and what the API says, in each state that a payment can have.
func TestWebhookHandlerLooksUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ event, record string }{
		"paid":               {"paid", `"status":"paid"`},
		"paid, refunded now": {"paid", `"status":"cancelled","cancel_amount":3000`},
		"a virtual account":  {"ready", `"status":"ready","pay_method":"vbank","vbank_num":"1"`},
		"by its other name":  {"vbank_issued", `"status":"ready","pay_method":"vbank"`},
		"a deposit":          {"paid", `"status":"paid","pay_method":"vbank"`},
		"cancelled":          {"cancelled", `"status":"cancelled","cancel_amount":3000`},
		"cancelled in part":  {"cancelled", `"status":"cancelled","cancel_amount":1000`},
		"a failed schedule":  {"failed", `"status":"failed","fail_reason":"[2116]limit"`},
		"paid meanwhile":     {"failed", `"status":"paid"`},
		"an unknown word":    {"settled", `"status":"paid"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, lookups := clienttest.CountLookUps(t, 200, `{"code":0,"message":null,"response":{"imp_uid":"imp_1","merchant_uid":"order_1",`+
				`"amount":3000,`+test.record+`}}`)
			var calls int
			h := client.WebhookHandler(func(ctx context.Context, e *iamport.Event, p *iamport.Payment) error {
				calls++
				_, bounded := ctx.Deadline()
				require.True(t, bounded)
				require.Equal(t, iamport.Status(test.event), e.Status)
				require.Contains(t, test.record, `"status":"`+string(p.Status)+`"`)
				require.Equal(t, iamport.KRW(3000), p.Amount)
				return nil
			})
			w := answerTo(h, post(formType, "imp_uid=imp_1&merchant_uid=order_1&status="+test.event))
			require.Equal(t, 200, w.Code)
			require.Empty(t, w.Body.String())
			require.Equal(t, 1, calls)
			require.Equal(t, int64(1), lookups.Load())
		})
	}
}

// What is not true is answered 200, counted and reported, and fn does not learn of it.
func TestForgedEvents(t *testing.T) {
	t.Parallel()
	never := func(context.Context, *iamport.Event, *iamport.Payment) error { return errors.New("called") }
	var seen []iamport.Forgery
	option := iamport.WithForged(func(_ context.Context, f iamport.Forgery) { seen = append(seen, f) })

	client, _ := clienttest.CountLookUps(t, 404, clienttest.NoneJSON)
	h := client.WebhookHandler(never, option)
	// The test call of the console.
	require.Equal(t, 200, answerTo(h, post(jsonType, `{"imp_uid":"imp_1234567890","merchant_uid":"merchant_1234567890","status":"paid"}`)).Code)
	require.Equal(t, 200, answerTo(h, post(jsonType, `{"imp_uid":"imp_2"}`)).Code)
	require.Equal(t, 200, answerTo(client.WebhookHandler(never), post(jsonType, eventJSON)).Code)

	client, _ = clienttest.CountLookUps(t, 200, paidJSON)
	h = client.WebhookHandler(never, option)
	w := answerTo(h, post(jsonType, strings.Replace(eventJSON, "order_id_8237352", "order_id_8237353", 1)))
	require.Equal(t, 200, w.Code)
	require.Empty(t, w.Body.String())

	require.Len(t, seen, 3)
	require.Equal(t, "imp_1234567890", seen[0].Event.ImpUID)
	require.ErrorIs(t, seen[0].Err, iamport.ErrNotFound)
	require.Equal(t, int64(1), seen[0].Total)
	require.Equal(t, int64(2), seen[1].Total)
	require.NotErrorIs(t, seen[2].Err, iamport.ErrNotFound)
	require.EqualError(t, seen[2].Err, "iamport: webhook: the payment has another merchant_uid than the event")
	require.Equal(t, int64(1), seen[2].Total)

	h = client.WebhookHandler(never, iamport.WithForged(func(context.Context, iamport.Forgery) { panic("counter") }))
	require.Equal(t, 200, answerTo(h, post(jsonType, strings.Replace(eventJSON, "order_id_8237352", "x", 1))).Code)
}

// An answer that is not certain makes iamport send the event again, and tells nothing.
func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, *iamport.Event, *iamport.Payment) error { return nil }
	for name, test := range map[string]struct {
		apiStatus int
		api, body string
		fn        func(context.Context, *iamport.Event, *iamport.Payment) error
		status    int
	}{
		"fn failed": {200, paidJSON, eventJSON, func(context.Context, *iamport.Event, *iamport.Payment) error {
			return errors.New("database secret")
		}, 500},
		"fn panicked":       {200, paidJSON, eventJSON, func(context.Context, *iamport.Event, *iamport.Payment) error { panic("secret") }, 500},
		"fn is nil":         {200, paidJSON, eventJSON, nil, 500},
		"fn ended":          {200, paidJSON, eventJSON, func(context.Context, *iamport.Event, *iamport.Payment) error { runtime.Goexit(); return nil }, 500},
		"the API is down":   {503, `<html>secret</html>`, eventJSON, ok, 502},
		"a gateway's 404":   {404, `<html>secret</html>`, eventJSON, ok, 502},
		"the API refuses":   {200, `{"code":-1,"message":"secret","response":null}`, eventJSON, ok, 502},
		"another payment":   {200, paidJSON, strings.Replace(eventJSON, "imp_1234567890", "imp_2", 1), ok, 502},
		"the rate limit":    {429, `{"code":-1,"message":"secret","response":null}`, eventJSON, ok, 503},
		"a wrong key":       {401, `{"code":-1,"message":"Unauthorized","response":null}`, eventJSON, ok, 502},
		"an id of no path":  {200, paidJSON, `{"imp_uid":".."}`, ok, 400},
		"without its order": {200, paidJSON, `{"imp_uid":"imp_1234567890"}`, ok, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, _ := clienttest.CountLookUps(t, test.apiStatus, test.api)
				w := answerTo(client.WebhookHandler(test.fn), post(jsonType, test.body))
				require.Equal(t, test.status, w.Code)
				require.Empty(t, w.Body.String())
				if test.status == 503 {
					require.Equal(t, "10", w.Header().Get("Retry-After"))
				} else {
					require.Empty(t, w.Header())
				}
			})
		})
	}
}

func TestWebhookMethodsAndSenders(t *testing.T) {
	t.Parallel()
	client, lookups := clienttest.CountLookUps(t, 200, paidJSON)
	ok := func(context.Context, *iamport.Event, *iamport.Payment) error { return nil }
	for _, method := range []string{"GET", "HEAD", "PUT", "OPTIONS"} {
		w := answerTo(client.WebhookHandler(ok), httptest.NewRequest(method, "/", strings.NewReader(eventJSON)))
		require.Equal(t, 405, w.Code)
		require.Equal(t, "POST", w.Header().Get("Allow"))
	}
	require.Zero(t, lookups.Load())

	send := func(remote, forwarded string, opts ...iamport.WebhookOption) int {
		r := post(jsonType, eventJSON)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", forwarded)
		return answerTo(client.WebhookHandler(ok, opts...), r).Code
	}
	own, proxy := netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("10.0.0.0/8")
	for _, published := range []string{iamport.WebhookIP1, iamport.WebhookIP2, iamport.WebhookIP3} {
		require.Equal(t, 200, send(published+":1", "", iamport.WithWebhookIPs()))
	}
	require.Equal(t, 200, send("192.0.2.1:1", ""))
	require.Equal(t, 403, send("192.0.2.1:1", "", iamport.WithWebhookIPs()))
	require.Equal(t, 403, send("52.78.100.20:1", "", iamport.WithWebhookIPs()))
	require.Equal(t, 403, send("192.0.2.1:1", iamport.WebhookIP1, iamport.WithWebhookIPs()))
	require.Equal(t, 200, send("192.0.2.1:1", "", iamport.WithWebhookIPs(own)))
	require.Equal(t, 403, send(iamport.WebhookIP1+":1", "", iamport.WithWebhookIPs(own)))
	require.Equal(t, 403, send(iamport.WebhookIP1+":1", "", iamport.WithWebhookIPs(netip.Prefix{})))
	require.Equal(t, 403, send("10.0.0.1:1", iamport.WebhookIP1, iamport.WithWebhookIPs()))
	require.Equal(t, 200, send("10.0.0.1:1", iamport.WebhookIP1, iamport.WithWebhookIPs(), iamport.WithTrustedProxies(proxy)))
	require.Equal(t, 403, send("10.0.0.1:1", iamport.WebhookIP1+", 192.0.2.1", iamport.WithWebhookIPs(), iamport.WithTrustedProxies(proxy)))
}
