package exchange

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// record returns the exchange of one request with one answer.
func record(t *testing.T, r *http.Request, answer http.HandlerFunc) Exchange {
	t.Helper()
	var got Exchange
	h := Record(answer, func() time.Time { return time.Unix(1, 0) }, func(e Exchange) { got = e })
	func() {
		defer func() { _ = recover() }()
		h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	return got
}

func echo(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestSecretsAreNotRecorded(t *testing.T) {
	t.Parallel()
	const jsonType, formType = "application/json", "application/x-www-form-urlencoded"
	for name, c := range map[string]struct{ contentType, request, want string }{
		"json": {jsonType, `{ "merchant_uid":"m", "card_number":"1234-1234-1234-1234", "expiry":"2030-12","birth":"820213",
			"pwd_2digit":"00","cvc":"123", "amount":3000.50, "x":null, "y":[true,{"z":1}]}`,
			`{"merchant_uid":"m","card_number":"123412******1234","expiry":"***","birth":"***","pwd_2digit":"***","cvc":"***",` +
				`"amount":3000.50,"x":null,"y":[true,{"z":1}]}`},
		"numbers":      {jsonType, `{"card_number":1234123412341234,"birth":820213}`, `{"card_number":"123412******1234","birth":"***"}`},
		"escaped keys": {jsonType, `{"card\u005fnumber":"1234123412341234","e\u0078piry":"2030-12"}`, `{"card_number":"123412******1234","expiry":"***"}`},
		"nested":       {jsonType, `{"expiry":{"a":["2030-12",{"b":"2030-12"}]}}`, `{"expiry":{"a":["***",{"b":"***"}]}}`},
		"elsewhere": {jsonType, `{"name":"card 1234 1234 1234 1234!","card_number":"1234-1234-1234-1234","1234123412341234":1}`,
			`{"name":"***","card_number":"123412******1234","***":1}`},
		"short number": {jsonType, `{"card_number":"1234-5678"}`, `{"card_number":"***"}`},
		"key":          {jsonType, `{"imp_key":"k","imp_secret":"s"}`, `{"imp_key":"***","imp_secret":"***"}`},
		"form": {formType, "card_number=1234-1234-1234-1234&expiry=2030-12&schedules[0][merchant_uid]=m&amount=1",
			"amount=1&card_number=123412%2A%2A%2A%2A%2A%2A1234&expiry=%2A%2A%2A&schedules%5B0%5D%5Bmerchant_uid%5D=m"},
		"not JSON":   {jsonType, `{"card_number":"1234-1234-1234-1234"`, "(36 bytes: not JSON)"},
		"other type": {"text/plain", `1234-1234-1234-1234`, "(19 bytes: neither JSON nor a form)"},
		"too long":   {jsonType, strings.Repeat(" ", maxBody+1), "(65537 bytes: longer than 65536 bytes)"},
		"empty":      {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "/p?card_number=1234-1234-1234-1234&a=b", strings.NewReader(c.request))
			r.Header.Set("Content-Type", c.contentType)
			r.Header.Set("Authorization", "Bearer token-of-the-caller")
			e := record(t, r, echo(200, jsonType, c.request))
			require.Equal(t, c.want, e.Request)
			require.Equal(t, "/p?a=b&card_number=123412%2A%2A%2A%2A%2A%2A1234", e.Target)
			data, err := json.Marshal(e)
			require.NoError(t, err)
			require.NotContains(t, string(data), "token-of-the-caller")
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   Exchange
	}{
		"token": {echo(200, "application/json", `{"code":0,"response":{"access_token":"abc","now":1}}`),
			Exchange{Status: 200, Answer: `{"code":0,"response":{"access_token":"***","now":1}}`}},
		"orders": {echo(200, "application/json; charset=UTF-8", `{"response":[{"merchant_uid":"a\/b"},{"merchant_uid":"\uac00"},{"merchant_uid":null}]}`),
			Exchange{Status: 200, Orders: []string{"a/b", "m", "가"}, Answer: `{"response":[{"merchant_uid":"a\/b"},{"merchant_uid":"\uac00"},{"merchant_uid":null}]}`}},
		"page": {echo(503, "text/html", "<html>"), Exchange{Status: 503, Answer: "(HTML)"}},
		"lost": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Exchange{Lost: true}},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("{"))
			panic(http.ErrAbortHandler)
		}, Exchange{Status: 200, Lost: true, Answer: "{"}},
		"the card comes back": {echo(200, "application/json", `{"name":"1234 1234 1234 1234"}`),
			Exchange{Status: 200, Answer: `{"name":"***"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := `{"merchant_uid":"m"}`
			if name == "the card comes back" {
				body = `{"merchant_uid":"m","card_number":"1234123412341234","name":"1234 1234 1234 1234"}`
			}
			r := httptest.NewRequest("POST", "/payments/cancel", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			e := record(t, r, c.answer)
			if c.want.Orders == nil {
				c.want.Orders = []string{"m"}
			}
			require.Equal(t, c.want, Exchange{Status: e.Status, Lost: e.Lost, Orders: e.Orders, Answer: e.Answer})
		})
	}
}

func TestOrderInPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/payments/find/m%2F1": {"m/1"}, "/payments/findAll/m/paid": {"m"}, "/payments/prepare/m": {"m"},
		"/subscribe/payments/schedule/m/retry": {"m"}, "/subscribe/payments/schedule/customers/c": nil,
		"/subscribe/payments/schedule": nil, "/payments/imps_1": nil, "/": nil,
	} {
		require.Equal(t, want, orderIn(path), path)
	}
}

func FuzzMask(f *testing.F) {
	f.Add(`{"a":{"card_number":"NUMBER"},"b":["NUMBER",{"expiry":"NUMBER"}]}`)
	f.Add(`{"card\u005fnumber":"NUMBER","n":"NUMBER"}`)
	f.Fuzz(func(t *testing.T, body string) {
		if !strings.Contains(body, "card_number") {
			return
		}
		body = strings.ReplaceAll(body, "NUMBER", "1234-1234-1234-1234")
		m := new(masker)
		shown, err := m.json([]byte(body))
		if err != nil {
			return
		}
		require.True(t, json.Valid([]byte(shown)), shown)
		if len(m.numbers) == 1 && m.numbers[0] == "1234123412341234" {
			require.NotContains(t, shown, "1234-1234-1234-1234")
		}
	})
}
