package iamport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/exchange"
)

var (
	zeroCode   = regexp.MustCompile(`^"?[+-]?0+(\.0*)?([eE][+-]?[0-9]+)?"?$`)
	paidStatus = func(raw json.RawMessage) bool {
		var s string
		return json.Unmarshal(raw, &s) == nil && s == string(StatusPaid)
	}
)

// members returns the values of one member of the JSON object in data, in any
// case, as encoding/json reads names. Of members with the same name it keeps all.
func members(data []byte, name string) (found []json.RawMessage) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return found
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return found
		}
		if text, ok := key.(string); ok && strings.EqualFold(text, name) {
			found = append(found, value)
		}
	}
	return found
}

// saysPaid reports whether the body is an answer with a paid payment. It uses no code
// of the package.
func saysPaid(body []byte) bool {
	if !json.Valid(body) {
		return false
	}
	zero, paid := false, false
	for _, code := range members(body, "code") {
		zero = zero || zeroCode.Match(code)
	}
	for _, response := range members(body, "response") {
		for _, status := range members(response, "status") {
			paid = paid || paidStatus(status)
		}
	}
	return zero && paid
}

func FuzzHear(f *testing.F) {
	const paid = `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"m-1","status":"paid","amount":1000}}`
	for _, status := range []int{200, 201, 204, 301, 400, 401, 404, 429, 500, 502} {
		f.Add(status, []byte(paid))
	}
	for _, body := range []string{
		``, `null`, `0`, `"paid"`, `[]`, `[` + paid + `]`, `<html>paid</html>`, paid[:len(paid)-1], paid + `x`, paid + paid,
		`{"code":"0","response":{"status":"paid"}}`, `{"code":0.0,"response":{"status":"paid"}}`, `{"code":null,"response":{"status":"paid"}}`,
		`{"code":"","response":{"status":"paid"}}`, `{"code":false,"response":{"status":"paid"}}`, `{"code":[0],"response":{"status":"paid"}}`,
		`{"response":{"status":"paid"}}`, `{"code":1,"message":"no","response":{"status":"paid"}}`, `{"code":-1,"response":{"status":"paid"}}`,
		`{"code":0.5,"response":{"status":"paid"}}`, `{"code":1e-400,"response":{"status":"paid"}}`, `{"code":"zero","response":{"status":"paid"}}`,
		`{"code":18446744073709551616,"response":{"status":"paid"}}`, `{"code":4294967296,"response":{"status":"paid"}}`,
		`{"code":0,"response":{"status":["paid"]}}`, `{"code":0,"response":{"status":"PAID"}}`, `{"code":0,"response":{"status":" paid"}}`,
		`{"code":0,"response":{"status":"failed","fail_reason":"[8901] no"}}`, `{"code":0,"response":{"status":"ready"}}`,
		`{"code":0,"response":{"status":"cancelled"}}`, `{"code":0,"response":{"status":"paid","merchant_uid":"m-2"}}`,
		`{"code":0,"response":{"status":"paid","merchant_uid":null}}`, `{"code":0,"response":[{"status":"paid"}]}`, `{"code":0,"response":"paid"}`,
		`{"code":0,"response":null}`, `{"code":0}`, `{"code":1,"message":"[F113] no","response":null}`, `{"code":0,"status":"paid"}`,
		`{"code":0,"response":{"status":"paid","amount":"x","card_type":"card","paid_at":1.5,"cancel_history":4,"promotion":[]}}`,
		`{"CODE":0,"Response":{"STATUS":"paid"}}`, `{"code":0,"response":{"\u0073tatus":"\u0070aid"}}`, `{"message":"no"}`,
		`{"code":1,"code":0,"response":{"status":"failed","status":"paid"}}`, `{"code":0,"response":{"response":{"status":"paid"}}}`,
	} {
		f.Add(200, []byte(body))
		f.Add(400, []byte(body))
		f.Add(500, []byte(body))
	}
	e := endpoint{
		op: "Again", method: "POST", route: "/subscribe/payments/again", charges: true, changes: true, merchantUID: "m-1", secrets: []string{"1234123412341234"},
		claim: claim{own: "attempt-1", terms: terms{amount: KRW(1000)}},
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		var shown *Payment
		e := e
		e.result = &shown
		c := &Client{log: slog.New(slog.DiscardHandler), http: exchange.Client{
			Base: new(url.URL), Timeout: time.Minute, Foreign: foreigners,
			Secrets: func() []string { return nil },
			Do: func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
			},
		}}
		answer, err := c.exchange(t.Context(), e, nil)
		require.NoError(t, err)
		read := e.readAnswer(answer, shown, nil)
		p, err := e.outcome(read, read.verdict, nil) // as if a look-up found nothing
		if err == nil {
			require.NotNil(t, p)
			require.Equal(t, StatusPaid, p.Status)
			require.Equal(t, KRW(1000), p.Amount)
			require.True(t, status >= 200 && status <= 299, "paid with HTTP %d", status)
			require.True(t, saysPaid(body), "paid by %q", body)
			require.Contains(t, []string{"", "m-1"}, p.MerchantUID)
			return
		}
		require.Nil(t, p)
		require.NotEmpty(t, err.Error())
		// Certain or unknown: exactly one of the two.
		_, isUnknown := errors.AsType[*OutcomeUnknownError](err)
		require.NotEqual(t, errors.Is(err, ErrNotCharged), isUnknown, "%v", err)
		if status < 200 || status >= 300 && status <= 399 || status >= 500 {
			require.True(t, isUnknown, "HTTP %d: %v", status, err)
		}
		// If the answer shows a paid payment, the error is never ErrNotCharged.
		if saysPaid(body) && plainlyOnce(body) {
			require.True(t, isUnknown, "HTTP %d: %v", status, err)
		}
		// A refusal has a code, and no payment.
		if read.refusal != nil {
			require.NotZero(t, read.refusal.Code)
			require.True(t, shown.isEmpty(), "refused with %v", shown)
		}
	})
}

// plainlyOnce reports whether no member is in body twice or in an escaped form.
func plainlyOnce(body []byte) bool {
	text := strings.ToLower(string(body))
	return !strings.Contains(text, `\`) && strings.Count(text, "code") == 1 && strings.Count(text, "response") == 1 &&
		strings.Count(text, "status") == 1
}

// The codes are those of a pattern.
func FuzzPGCode(f *testing.F) {
	pattern := regexp.MustCompile(`\[(?:코드\s*:\s*)?([A-Z0-9_]{3,40})\]`)
	for _, text := range []string{"", "[F113]", "a [ab] [8901]", "[코드: V023]", "[코드 :\tV023]", "[코드 V023]", "[[F113]", "[F113", "[F1]", "[]", "[코드:[F113]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := ""
		if match := pattern.FindStringSubmatch(text); match != nil {
			want = match[1]
		}
		require.Equal(t, want, pgCode(text), "%q", text)
	})
}

// A text of brackets is searched in one go: with a look to its end for each this takes minutes.
func TestPGCodeOfManyBrackets(t *testing.T) {
	t.Parallel()
	require.Empty(t, pgCode(strings.Repeat("[", 4<<20)))
	require.Equal(t, "F113", pgCode(strings.Repeat("[", 1<<20)+"F113]"))
	require.Empty(t, pgCode("["+strings.Repeat("A", 41)+"]"))
	require.Equal(t, strings.Repeat("A", 40), pgCode("["+strings.Repeat("A", 40)+"]"))
}
