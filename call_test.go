package iamport_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestCallOnTheWire(t *testing.T) {
	t.Parallel()
	type receipt struct {
		Identifier string `json:"identifier"`
	}
	for _, test := range []struct {
		method string
		path   []string
		query  url.Values
		body   any
		want   clienttest.Request
	}{
		{"GET", []string{"cards"}, nil, nil, clienttest.Request{Method: "GET", URI: "/cards"}},
		{"GET", []string{"cards", "36/1"}, url.Values{}, nil, clienttest.Request{Method: "GET", URI: "/cards/36%2F1"}},
		{"GET", []string{"banks"}, url.Values{"a[]": {"1&2", "한"}, "b": {""}}, nil, clienttest.Request{Method: "GET", URI: "/banks?a%5B%5D=1%262&a%5B%5D=%ED%95%9C&b="}},
		{"POST", []string{"receipts", "imp_1"}, nil, receipt{"010&0000:<0>"}, clienttest.Request{Method: "POST", URI: "/receipts/imp_1", Body: `{"identifier":"010\u00260000:\u003c0\u003e"}`}},
		{"POST", []string{"receipts"}, nil, map[string]any{"amount": iamport.KRW(3_000_000_000), "unset": iamport.Amount{}}, clienttest.Request{Method: "POST", URI: "/receipts", Body: `{"amount":3000000000,"unset":null}`}},
		{"PUT", []string{"a"}, nil, json.RawMessage(`{"b":1.50}`), clienttest.Request{Method: "PUT", URI: "/a", Body: `{"b":1.50}`}},
		{"PATCH", []string{"a"}, nil, []int{1}, clienttest.Request{Method: "PATCH", URI: "/a", Body: `[1]`}},
		{"DELETE", []string{"receipts", "imp_1"}, url.Values{"reason": {"a b"}}, nil, clienttest.Request{Method: "DELETE", URI: "/receipts/imp_1?reason=a+b"}},
	} {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`[{"code":"361","name":"BC\uce74\ub4dc","new":1}]`)))
		var cards []struct{ Code, Name string }
		require.NoError(t, clienttest.NewClient(t, s).Call(t.Context(), test.method, test.path, test.query, test.body, &cards))
		require.Equal(t, []clienttest.Request{test.want}, s.Requests())
		require.Equal(t, []struct{ Code, Name string }{{"361", "BC카드"}}, cards)
	}
}

func TestCallIgnoresOrFillsTheResponse(t *testing.T) {
	t.Parallel()
	for method, wantUnknown := range map[string]bool{"GET": false, "POST": true} {
		synctest.Test(t, func(t *testing.T) { callWithResponses(t, method, wantUnknown) })
	}
}

func callWithResponses(t *testing.T, method string, wantUnknown bool) {
	t.Helper()
	call := func(status int, body string, response any) error {
		s := clienttest.Always(clienttest.AnsweringJSON(status, body))
		return clienttest.NewClient(t, s).Call(t.Context(), method, []string{"a"}, nil, nil, response)
	}
	for _, body := range []string{clienttest.Envelope(`null`), `{"code":0}`} {
		var text string
		require.NoError(t, call(200, body, &text))
		require.Empty(t, text)
		require.NoError(t, call(200, body, nil))
	}
	require.NoError(t, call(201, clienttest.Envelope(`{"a":1}`), nil))
	raw := json.RawMessage{}
	require.NoError(t, call(200, clienttest.Envelope(`{"a": [1, 2.50]}`), &raw))
	require.Equal(t, `{"a": [1, 2.50]}`, string(raw))
	var anything any
	require.NoError(t, call(200, clienttest.Envelope(`{"a":1}`), &anything))
	require.Equal(t, map[string]any{"a": 1.0}, anything)
	var list []string
	err := call(200, clienttest.Envelope(`{"a":1}`), &list)
	require.Error(t, err, "another kind of response")
	require.Equal(t, wantUnknown, errorsAsUnknown(err))
	var number struct{ N int }
	require.NoError(t, call(200, clienttest.Envelope(`{"n":"4","N":"4"}`), &number))

	// A refusal with a message, with any response.
	for _, into := range []any{nil, &anything} {
		for _, status := range []int{200, 400, 404} {
			err := call(status, `{"code":-1,"message":"\uc548\ub429\ub2c8\ub2e4","response":null}`, into)
			require.Equal(t, []any{"Call", status, -1, "안됩니다"},
				[]any{clienttest.APIError(t, err).Op, clienttest.APIError(t, err).StatusCode, clienttest.APIError(t, err).Code, clienttest.APIError(t, err).Message})
			require.NotErrorAs(t, err, new(*iamport.OutcomeUnknownError))
			require.Equal(t, wantUnknown, errors.Is(err, iamport.ErrNotCharged), "a change that was refused")
		}
		err := call(429, ``, into) // of a gateway
		require.Equal(t, wantUnknown, errorsAsUnknown(err))
		require.Equal(t, !wantUnknown, errors.Is(err, iamport.ErrRateLimited))
		err = call(429, `{"code":-1,"message":"busy","response":null}`, into)
		require.ErrorIs(t, err, iamport.ErrRateLimited)
		require.False(t, errorsAsUnknown(err))
		err = call(200, `<html>`, into)
		require.Error(t, err)
		require.Equal(t, wantUnknown, errorsAsUnknown(err), "an answer that nobody can read")
	}
}

func errorsAsUnknown(err error) bool { return errors.As(err, new(*iamport.OutcomeUnknownError)) }

func TestCallsThatCannotBeRight(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.NoCall(t))
	var missing *struct{}
	for name, test := range map[string]struct {
		method   string
		path     []string
		body     any
		response any
		field    string
	}{
		"no method":               {"", []string{"a"}, nil, nil, "method"},
		"lower case":              {"get", []string{"a"}, nil, nil, "method"},
		"a header in the method":  {"GET /a HTTP/1.1\r\nX: ", []string{"a"}, nil, nil, "method"},
		"no path":                 {"GET", nil, nil, nil, "path"},
		"an empty segment":        {"GET", []string{"a", ""}, nil, nil, "path"},
		"a way up":                {"GET", []string{"a", "..", "b"}, nil, nil, "path"},
		"a dot":                   {"GET", []string{"."}, nil, nil, "path"},
		"not UTF-8":               {"GET", []string{"\xff"}, nil, nil, "path"},
		"a response of a struct":  {"GET", []string{"a"}, nil, struct{}{}, "response"},
		"a response of a map":     {"GET", []string{"a"}, nil, map[string]any{}, "response"},
		"a response of nil":       {"GET", []string{"a"}, nil, missing, "response"},
		"a body of a func":        {"POST", []string{"a"}, func() {}, nil, "body"},
		"a body of a bad message": {"POST", []string{"a"}, json.RawMessage("{"), nil, "body"},
	} {
		err := client.Call(t.Context(), test.method, test.path, nil, test.body, test.response)
		require.Contains(t, clienttest.Invalid(t, err), test.field, name)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
	}
	err := client.Call(t.Context(), "get", nil, nil, func() {}, 4)
	require.Len(t, clienttest.Invalid(t, err), 4, "all at once")
}

func TestCallRepeatsNothingButAGet(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"reset":    clienttest.Failing(syscall.ECONNRESET),
		"HTTP 500": clienttest.AnsweringJSON(500, `{"code":-1,"message":"error","response":null}`),
		"HTTP 502": clienttest.Answering(502, "text/html", "<html>"),
		"cut":      clienttest.Cut(`{"code":0,`),
	} {
		for method, tries := range map[string]int{"GET": 4, "POST": 1, "PUT": 1, "DELETE": 1, "PATCH": 1} {
			synctest.Test(t, func(t *testing.T) {
				s := clienttest.Always(answer)
				err := clienttest.NewClient(t, s).Call(t.Context(), method, []string{"a"}, nil, nil, nil)
				require.Error(t, err)
				require.Equal(t, method != "GET", errorsAsUnknown(err), "%s after %s", method, name)
				require.Len(t, s.Requests(), tries, "%s after %s", method, name)
			})
		}
	}
	for _, method := range []string{"GET", "POST"} {
		s := &clienttest.Stub{Answer: func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 {
				return clienttest.AnsweringJSON(401, `{"code":-1,"message":"Unauthorized","response":null}`)(r)
			}
			return clienttest.AnsweringJSON(200, clienttest.Envelope("null"))(r)
		}}
		require.NoError(t, clienttest.NewClient(t, s).Call(t.Context(), method, []string{"a"}, nil, map[string]int{"b": 1}, nil))
		require.Equal(t, []clienttest.Request{{Method: method, URI: "/a", Body: `{"b":1}`}, {Method: method, URI: "/a", Body: `{"b":1}`}}, s.Requests())
	}
}

func TestCallWithAHeaderOfTheCallersOwn(t *testing.T) {
	t.Parallel()
	var header http.Header
	s := clienttest.Always(func(r *http.Request) (*http.Response, error) {
		header = r.Header
		return clienttest.AnsweringJSON(200, clienttest.Envelope("null"))(r)
	})
	wrapped := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("X-Shop", "seoul")
		return s.RoundTrip(r)
	})
	require.NoError(t, clienttest.NewClient(t, wrapped, iamport.WithTier("AB1")).Call(t.Context(), "GET", []string{"a"}, nil, nil, nil))
	require.Equal(t, []string{"seoul", "AB1", "Bearer a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1"},
		[]string{header.Get("X-Shop"), header.Get("Tier"), header.Get("Authorization")})
}

// retryAfter answers 429 with a header until the request of a number.
func retryAfter(header func() string, until int) *clienttest.Stub {
	return &clienttest.Stub{Answer: func(n int, r *http.Request) (*http.Response, error) {
		if n >= until {
			return clienttest.AnsweringJSON(200, clienttest.Envelope(`[]`))(r)
		}
		resp, err := clienttest.Answering(429, "text/html", "<html>")(r)
		resp.Header.Set("Retry-After", header())
		return resp, err
	}}
}

func TestReadsWaitAsLongAsTheyAreTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header       func() string
		atLeast, max time.Duration
	}{
		"seconds":          {func() string { return "7" }, 7 * time.Second, 8 * time.Second},
		"a date":           {func() string { return time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat) }, 9 * time.Second, 10 * time.Second},
		"30 s":             {func() string { return "30" }, 30 * time.Second, 31 * time.Second},
		"0":                {func() string { return "0" }, 0, time.Second},
		"a date gone by":   {func() string { return time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat) }, 0, time.Second},
		"a negative one":   {func() string { return "-5" }, 0, time.Second},
		"what nobody says": {func() string { return "soon" }, 0, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, start := retryAfter(test.header, 2), time.Now()
			_, missing, err := clienttest.NewClient(t, s).GetPayments(t.Context(), iamport.GetPaymentsRequest{ImpUIDs: []string{"imp_1"}})
			require.NoError(t, err, name)
			require.Equal(t, []string{"imp_1"}, missing)
			require.GreaterOrEqual(t, time.Since(start), test.atLeast, name)
			require.Less(t, time.Since(start), test.max, name)
			require.Len(t, s.Requests(), 2)
		})
	}
}

func TestReadsThatAreToldToWaitTooLongAreGivenBack(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"31": 31 * time.Second, "3600": time.Hour, "2147483647": 2147483647 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s, start := retryAfter(func() string { return header }, 99), time.Now()
			_, _, err := clienttest.NewClient(t, s).GetPayments(t.Context(), iamport.GetPaymentsRequest{ImpUIDs: []string{"imp_1"}})
			require.ErrorIs(t, err, iamport.ErrRateLimited)
			require.Equal(t, want, clienttest.APIError(t, err).RetryAfter)
			require.Zero(t, time.Since(start))
			require.Len(t, s.Requests(), 1)
		})
	}
}

func TestReadsTryFourTimesWithFullJitter(t *testing.T) {
	t.Parallel()
	longest := make([]time.Duration, 3)
	shortest := []time.Duration{time.Hour, time.Hour, time.Hour}
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			var moments []time.Time
			s := clienttest.Always(func(r *http.Request) (*http.Response, error) {
				moments = append(moments, time.Now())
				return clienttest.Answering(503, "text/html", "<html>")(r)
			})
			_, err := clienttest.NewClient(t, s).GetPayment(t.Context(), "imp_1")
			require.Equal(t, 503, clienttest.APIError(t, err).StatusCode)
			require.Len(t, moments, 4)
			for i := range longest {
				pause := moments[i+1].Sub(moments[i])
				longest[i], shortest[i] = max(longest[i], pause), min(shortest[i], pause)
			}
		})
	}
	// Each is drawn from 0 to twice the interval, and the interval doubles.
	for i, bound := range []time.Duration{400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond} {
		require.LessOrEqual(t, longest[i], bound)
		require.Greater(t, longest[i], bound*8/10)
		require.Less(t, shortest[i], bound/5)
	}
}

func TestReadsThatWaitHonourTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		s, start := retryAfter(func() string { return "20" }, 99), time.Now()
		_, _, err := clienttest.NewClient(t, s).GetPayments(ctx, iamport.GetPaymentsRequest{ImpUIDs: []string{"imp_1"}})
		require.ErrorIs(t, err, iamport.ErrRateLimited)
		require.Zero(t, time.Since(start), "a wait that the deadline cuts off gains nothing")
		require.Len(t, s.Requests(), 1)
		require.True(t, strings.HasPrefix(err.Error(), "iamport: GetPayments: "))
	})
}
