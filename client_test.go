package iamport_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestNewClientReportsABadValue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		key, secret string
		option      iamport.Option
		field       string
	}{
		{"no key", "", "secret", nil, "key"},
		{"no secret", "key", "", nil, "secret"},
		{"newline after the key", "canary\n", "secret", nil, "key"},
		{"space before the secret", "key", " canary", nil, "secret"},
		{"base URL", "key", "secret", iamport.WithBaseURL("ftp://canary"), "WithBaseURL"},
		{"HTTP client", "key", "secret", iamport.WithHTTPClient(nil), "WithHTTPClient"},
		{"no tier", "key", "secret", iamport.WithTier(""), "WithTier"},
		{"tier too long", "key", "secret", iamport.WithTier("CANARY"), "WithTier"},
		{"tier in lower case", "key", "secret", iamport.WithTier("abc"), "WithTier"},
		{"tier with a newline", "key", "secret", iamport.WithTier("AB\n"), "WithTier"},
		{"tier in Korean", "key", "secret", iamport.WithTier("가"), "WithTier"},
		{"no time-out", "key", "secret", iamport.WithTimeout(0), "WithTimeout"},
		{"negative time-out", "key", "secret", iamport.WithTimeout(-time.Second), "WithTimeout"},
		{"no user userAgent", "key", "secret", iamport.WithUserAgent(""), "WithUserAgent"},
		{"user userAgent with a newline", "key", "secret", iamport.WithUserAgent("canary\r\nX: y"), "WithUserAgent"},
		{"user userAgent in Korean", "key", "secret", iamport.WithUserAgent("canary 상점"), "WithUserAgent"},
		{"user userAgent with a bracket", "key", "secret", iamport.WithUserAgent("shop (canary"), "WithUserAgent"},
		{"time-out whose attempt takes more than an hour", "key", "secret", iamport.WithTimeout(20 * time.Minute), "WithTimeout"},
		{"settle window of more than an hour", "key", "secret", iamport.WithSettleWindow(time.Hour), "WithTimeout"},
		{"no logger", "key", "secret", iamport.WithLogger(nil), "WithLogger"},
		{"negative settle window", "key", "secret", iamport.WithSettleWindow(-1), "WithSettleWindow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := iamport.NewClient(tt.key, tt.secret, tt.option)
			require.Nil(t, c)
			require.Equal(t, "NewClient", clienttest.InvalidRequest(t, err).Op)
			require.Equal(t, []string{tt.field}, slices.Collect(maps.Keys(clienttest.Invalid(t, err))))
			require.NotContains(t, strings.ToLower(err.Error()), "canary")
		})
	}
}

func TestNewClientReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	c, err := iamport.NewClient("", " secret-canary",
		iamport.WithTier("canary"), nil, iamport.WithTimeout(-1), iamport.WithBaseURL("https://user:canary@host"))
	require.Nil(t, c)
	require.Equal(t, "NewClient", clienttest.InvalidRequest(t, err).Op)
	var fields []string
	for _, f := range clienttest.InvalidRequest(t, err).Fields {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"key", "secret", "WithTier", "WithTimeout", "WithBaseURL"}, fields)
	require.NotContains(t, err.Error(), "canary")
}

func TestWithBaseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		iamport.DefaultBaseURL:      "https://api.iamport.kr",
		iamport.StaticBaseURL:       "https://static-api.iamport.kr",
		"https://api.iamport.kr/":   "https://api.iamport.kr",
		"HTTPS://api.iamport.kr":    "https://api.iamport.kr",
		"https://proxy/iamport/v1":  "https://proxy/iamport/v1",
		"https://proxy/iamport//":   "https://proxy/iamport",
		"https://proxy:8443/a%2Fb/": "https://proxy:8443/a%2Fb",
		"https://[2001:db8::1]:443": "https://[2001:db8::1]:443",
		"http://127.0.0.1:8080":     "http://127.0.0.1:8080",
		"http://127.8.9.1":          "http://127.8.9.1",
		"http://[::1]:8080/":        "http://[::1]:8080",
		"http://localhost:8080":     "http://localhost:8080",
	} {
		c, err := iamport.NewClient("key", "secret", iamport.WithBaseURL(raw))
		require.NoError(t, err, raw)
		require.Equal(t, "iamport.Client("+want+")", c.String(), raw)
	}
	for _, raw := range []string{
		"", "/", "api.iamport.kr", "//api.iamport.kr", "https:", "https://", "https:///path", "https://:443",
		"https:api.iamport.kr", "ftp://api.iamport.kr", "file:///etc/hosts", "ws://127.0.0.1", "unix://localhost",
		"http://api.iamport.kr", "http://localhost.evil.com", "http://127.0.0.1.evil.com", "http://localhost@evil.com",
		"http://127.0.0.1@evil.com", "http://evil.com#localhost", "http://0.0.0.0", "http://10.0.0.1", "http://[::]",
		"http://[fe80::1]", "http://[2001:db8::1]", "http://0x7f000001", "http://localhost.",
		"https://user@api.iamport.kr", "https://user:pass@api.iamport.kr", "https://@api.iamport.kr",
		"https://api.iamport.kr?a=b", "https://api.iamport.kr?", "https://api.iamport.kr/?",
		"https://api.iamport.kr#a", "https://api.iamport.kr#", "https://api.iamport.kr/#",
		"https://api iamport.kr", "https://api.iamport.kr\n", " https://api.iamport.kr", "https://api.iamport.kr/%zz",
		"https://api.iamport.kr:port",
	} {
		c, err := iamport.NewClient("key", "secret", iamport.WithBaseURL(raw))
		require.Nil(t, c, raw)
		require.Equal(t, []string{"WithBaseURL"}, slices.Collect(maps.Keys(clienttest.Invalid(t, err))), raw)
	}
}

// capture is a transport that answers everything and keeps what was sent.
type capture struct {
	mock *httpmock.MockTransport
	sent []*http.Request
	body []string
}

func newCapture(t *testing.T) *capture {
	t.Helper()
	c := &capture{mock: httpmock.NewMockTransport()}
	c.mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		t.Errorf("unexpected %s %s", r.Method, r.URL)
		return nil, io.ErrUnexpectedEOF
	})
	for _, path := range []string{"POST /users/getToken", "GET /payments/imp_1", "POST /subscribe/payments/again"} {
		method, path, _ := strings.Cut(path, " ")
		c.mock.RegisterResponder(method, iamport.DefaultBaseURL+path, func(r *http.Request) (*http.Response, error) {
			var body []byte
			if r.Body != nil {
				body, _ = io.ReadAll(r.Body)
			}
			c.sent, c.body = append(c.sent, r), append(c.body, string(body))
			if r.URL.Path == "/users/getToken" {
				return clienttest.JSON(200, clienttest.Grant("token-1", clienttest.ServerNow, clienttest.ServerNow+1800)), nil
			}
			return clienttest.JSON(200, `{"code":0,"message":null,"response":{"imp_uid":"imp_1","merchant_uid":"order-1","amount":3000,"status":"paid"}}`), nil
		})
	}
	return c
}

// calls makes a read and a charge, which sign in first.
func (c *capture) calls(t *testing.T, opts ...iamport.Option) {
	t.Helper()
	opts = append(opts, iamport.WithHTTPClient(&http.Client{Transport: c.mock}))
	client, err := iamport.NewClient("key-1", "secret-1", opts...)
	require.NoError(t, err)
	_, err = client.GetPayment(t.Context(), "imp_1")
	require.NoError(t, err)
	_, err = client.Again(iamport.WithAttempt(t.Context(), "attempt-1"), clienttest.AgainFor("order-1"))
	require.NoError(t, err)
	require.Len(t, c.sent, 3)
}

func TestHeadersOfEveryRequest(t *testing.T) {
	t.Parallel()
	const userAgent = "iamport-go/" + iamport.Version
	for name, tt := range map[string]struct {
		opts      []iamport.Option
		userAgent string
		more      string // what WithUserAgent adds, after the mark of a charge
		tier      []string
	}{
		"default":        {userAgent: userAgent},
		"tier":           {opts: []iamport.Option{iamport.WithTier("A1Z")}, userAgent: userAgent, tier: []string{"A1Z"}},
		"user userAgent": {opts: []iamport.Option{iamport.WithUserAgent(" shop/1.0 billing ")}, userAgent: userAgent, more: " shop/1.0 billing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := newCapture(t)
			seen.calls(t, tt.opts...)
			for i, r := range seen.sent {
				userAgent := tt.userAgent
				if r.URL.Path == "/subscribe/payments/again" {
					userAgent += " (attempt-1)"
				}
				want := http.Header{"Accept": {"application/json"}, "User-Agent": {userAgent + tt.more}}
				if r.URL.Path != "/users/getToken" {
					want["Authorization"] = []string{"Bearer token-1"}
				}
				if seen.body[i] != "" {
					want["Content-Type"] = []string{"application/json"}
				}
				if tt.tier != nil {
					want["Tier"] = tt.tier
				}
				// All headers: in particular no Idempotency-Key, because net/http would then send
				// a charge again.
				require.Equal(t, want, r.Header, r.URL.Path)
				require.Nil(t, r.GetBody, "net/http could send it again: %s", r.URL.Path)
				require.Equal(t, int64(len(seen.body[i])), r.ContentLength)
				require.Empty(t, r.URL.RawQuery)
			}
		})
	}
}

func TestEnvironmentHoldsNoKeys(t *testing.T) { // no t.Parallel: it sets variables
	for _, prefix := range []string{"IAMPORT", "IMP", "PORTONE", "PORTONE_V1", "IAMPORT_API", "IAMPORT_REST_API"} {
		for _, name := range []string{"_KEY", "_SECRET", "_API_KEY", "_API_SECRET", "_BASE_URL", "_URL", "_TIER"} {
			t.Setenv(prefix+name, "environment-canary")
		}
	}
	_, err := iamport.NewClient("", "")
	require.Error(t, err)
	c, err := iamport.NewClient("key", "secret")
	require.NoError(t, err)
	require.Equal(t, "iamport.Client(https://api.iamport.kr)", c.String())

	seen := newCapture(t)
	seen.calls(t)
	require.JSONEq(t, `{"imp_key":"key-1","imp_secret":"secret-1"}`, seen.body[0])
	require.NotContains(t, strings.Join(seen.body, "\n"), "canary")
}

func TestClientPrintsItsBaseURLOnly(t *testing.T) {
	t.Parallel()
	c, err := iamport.NewClient("key-canary", "secret-canary", iamport.WithUserAgent("userAgent-canary"), iamport.WithTier("ABC"))
	require.NoError(t, err)
	const want = "iamport.Client(https://api.iamport.kr)"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%20s"} {
		require.Equal(t, want, fmt.Sprintf(verb, c), verb)
		require.Contains(t, fmt.Sprintf(verb, struct{ API *iamport.Client }{c}), want, verb)
	}
	encoded, err := json.Marshal(map[string]any{"api": c})
	require.NoError(t, err)
	require.JSONEq(t, `{"api":"`+want+`"}`, string(encoded))

	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "api", c, "in", struct{ API *iamport.Client }{c})
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "api", c, "in", struct{ API *iamport.Client }{c})
	require.Contains(t, log.String(), `"api":"`+want+`"`)
	require.NotContains(t, log.String(), "canary")

	// Using a Client by value is an error, but still shows neither key nor secret.
	byValue := reflect.ValueOf(c).Elem().Interface()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, byValue), "key-canary", verb)
		require.NotContains(t, fmt.Sprintf(verb, byValue), "secret-canary", verb)
	}

	var none *iamport.Client
	require.Equal(t, "iamport.Client", fmt.Sprint(none))
	require.Equal(t, "iamport.Client", fmt.Sprint(new(iamport.Client)))
}
