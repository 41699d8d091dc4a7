package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/sandbox"
	"github.com/iamport-go/iamport/iamporttest"
)

// box is an open sandbox behind its handler.
type box struct {
	*sandbox.Sandbox
	t       *testing.T
	handler http.Handler
	log     *bytes.Buffer
}

func open(t *testing.T, c sandbox.Config) *box {
	t.Helper()
	b := &box{t: t, log: new(bytes.Buffer)}
	c.Log = slog.New(slog.NewTextHandler(b.log, nil))
	var err error
	b.Sandbox, err = sandbox.Open(t.Context(), c)
	require.NoError(t, err)
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
	b.handler = b.Handler(page, true)
	return b
}

// do sends a request: a JSON body, or a form.
func (b *box) do(method, target, body string, headers ...string) (int, string) {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, "http://localhost:8787"+target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if !strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (b *box) ok(method, target, body string) string {
	b.t.Helper()
	status, text := b.do(method, target, body)
	require.Less(b.t, status, 300, text)
	return text
}

const (
	keyBody = `{"card_number":"1234-1234-1234-1234","expiry":"2030-12"}`
	onetime = `{"merchant_uid":%q,"card_number":"1234-1234-1234-1234","expiry":"2030-12","amount":3000}`
)

// schedule books orders, each so long after now.
func (b *box) schedule(after ...time.Duration) {
	b.t.Helper()
	b.ok("POST", "/subscribe/customers/c", keyBody)
	for i, d := range after {
		text := b.ok("POST", "/subscribe/payments/schedule", fmt.Sprintf(
			`{"customer_uid":"c","schedules":[{"merchant_uid":"s%d","amount":5,"schedule_at":%d}]}`, i, b.Clock.Now().Add(d).Unix()))
		require.Contains(b.t, text, `"code":0`)
	}
}

const day = 24 * time.Hour

func TestJumpRunsSchedules(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	b := open(t, sandbox.Config{File: file})
	b.schedule(30*day, 60*day)
	changed, stop := b.Changes.Subscribe()
	defer stop()
	text := b.ok("POST", "/_/clock/jump", "by=31d")
	<-changed
	require.Contains(t, text, `"speed": 1`)
	require.Equal(t, 1, b.Server.Charges("s0"))
	require.Zero(t, b.Server.Charges("s1"))
	require.WithinDuration(t, time.Now().Add(31*day), b.Clock.Now(), time.Minute)
	require.WithinDuration(t, time.Now().Add(30*day), b.Server.Approvals("s0")[0].At, time.Minute, "at its own time")
	require.NoError(t, b.Close())

	b = open(t, sandbox.Config{File: file, Jump: 30 * day})
	require.WithinDuration(t, time.Now().Add(61*day), b.Clock.Now(), time.Minute, "the offset is kept")
	require.Equal(t, 1, b.Server.Charges("s0"))
	require.Equal(t, 1, b.Server.Charges("s1"))
	require.NoError(t, b.Close())
	for _, by := range []string{"", "-1d", "200y"} {
		b = open(t, sandbox.Config{})
		status, _ := b.do("POST", "/_/clock/jump", "by="+by)
		require.Equal(t, http.StatusBadRequest, status)
		require.NoError(t, b.Close())
	}
}

// At a month a second, the ticker runs the schedules of three months within seconds, and tokens stay valid.
func TestFastClock(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{Speed: 30 * 24 * 3600, RequireToken: true})
	defer func() { require.NoError(t, b.Close()) }()
	var token struct {
		Response struct {
			Token string `json:"access_token"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(b.ok("POST", "/users/getToken", `{"imp_key":"sandbox-key","imp_secret":"sandbox-secret"}`)), &token))
	send := func(method, path, body string) string {
		_, text := b.do(method, path, body, "Authorization", token.Response.Token)
		return text
	}
	require.Contains(t, send("POST", "/subscribe/customers/c", keyBody), `"code":0`)
	start := b.Clock.Now()
	for i := range 3 {
		require.Contains(t, send("POST", "/subscribe/payments/schedule", fmt.Sprintf(
			`{"customer_uid":"c","schedules":[{"merchant_uid":"s%d","amount":5,"schedule_at":%d}]}`, i,
			start.Add(time.Duration(i+1)*60*day).Unix())), `"code":0`)
	}
	changed, stop := b.Changes.Subscribe()
	defer stop()
	select {
	case <-changed: // no request is running, so the ticker ran a schedule
	case <-time.After(30 * time.Second):
		require.Fail(t, "nothing ran a schedule")
	}
	require.Eventually(t, func() bool { return b.Server.Snapshot(9).TotalPayments == 3 }, 30*time.Second, 50*time.Millisecond)
	require.Contains(t, send("GET", "/payments/find/s2", ""), `"status":"paid"`)
}

func TestFaultsEndpoint(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{Faults: []string{"/subscribe/=lose-after;times=1"}})
	defer func() { require.NoError(t, b.Close()) }()
	b.ok("POST", "/_/faults", "rule=POST /subscribe/payments/onetime%3Ddecline:no")
	status, text := b.do("POST", "/_/faults", "rule=nothing")
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, text, "a rule must be PATTERN=FAULT")
	b.ok("DELETE", "/_/faults/1", "")
	status, _ = b.do("DELETE", "/_/faults/1", "")
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, b.ok("POST", "/subscribe/payments/onetime", fmt.Sprintf(onetime, "o")), `"status":"failed"`)
	require.JSONEq(t, `[{"id":2,"rule":"POST /subscribe/payments/onetime=decline:no","left":-1,"used":1}]`, b.ok("GET", "/_/faults", ""))
}

func TestDeclineEndpoint(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	b := open(t, sandbox.Config{File: file})
	b.ok("POST", "/subscribe/customers/c", keyBody)
	b.ok("POST", "/_/customers/c/decline", "reason=[2116]no")
	require.NoError(t, b.Close())
	b = open(t, sandbox.Config{File: file})
	defer func() { require.NoError(t, b.Close()) }()
	again := `{"customer_uid":"c","merchant_uid":%q,"amount":3000}`
	require.Contains(t, b.ok("POST", "/subscribe/payments/again", fmt.Sprintf(again, "o1")), `[2116]no`)
	b.ok("POST", "/_/customers/c/decline", "")
	require.Contains(t, b.ok("POST", "/subscribe/payments/again", fmt.Sprintf(again, "o2")), `"status":"paid"`)
}

// Exchanges are kept over a restart, by merchant_uid, and have no card and no secret. The log has none either.
func TestExchanges(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	b := open(t, sandbox.Config{File: file})
	b.ok("POST", "/users/getToken", `{"imp_key":"sandbox-key","imp_secret":"sandbox-secret"}`)
	for _, uid := range []string{"o1", "o2"} {
		b.ok("POST", "/subscribe/payments/onetime", fmt.Sprintf(onetime, uid))
	}
	b.do("GET", "/payments/find/o1", "", "Authorization", "a-wrong-token")
	require.NoError(t, b.Close())
	b = open(t, sandbox.Config{File: file})
	defer func() { require.NoError(t, b.Close()) }()
	all := b.ok("GET", "/_/exchanges", "")
	for _, secret := range []string{"1234-1234-1234-1234", "1234123412341234", "2030-12", "sandbox-secret", "sandbox-key", "a-wrong-token"} {
		require.NotContains(t, all+b.log.String(), secret)
	}
	list, err := b.Exchanges(t.Context(), "", 0, 100)
	require.NoError(t, err)
	require.Len(t, list, 4)
	require.Equal(t, []string{"o1"}, list[0].Orders)
	require.Equal(t, http.StatusUnauthorized, list[0].Status)
	require.Contains(t, list[3].Answer, `"access_token":"***"`)
	of, err := b.Exchanges(t.Context(), "o1", 0, 100)
	require.NoError(t, err)
	require.Len(t, of, 2)
	require.Greater(t, of[0].ID, of[1].ID)
	before, err := b.Exchanges(t.Context(), "o1", of[0].ID, 1)
	require.NoError(t, err)
	require.Equal(t, of[1:], before)
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	shop := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(body))
	}))
	defer shop.Close()
	b := open(t, sandbox.Config{Webhook: shop.URL + "/hook"})
	defer func() { require.NoError(t, b.Close()) }()
	b.ok("POST", "/subscribe/payments/onetime", fmt.Sprintf(onetime, "o"))
	b.schedule(day)
	b.ok("POST", "/_/clock/jump", "by=2d")
	require.NoError(t, b.Server.WaitWebhooks(t.Context()))
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, got, 2)
	require.Contains(t, got[0], `"merchant_uid":"o"`)
	require.Contains(t, got[1], `"merchant_uid":"s0"`)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{})
	defer func() { require.NoError(t, b.Close()) }()
	require.Equal(t, "page /", b.ok("GET", "/", ""))
	require.Equal(t, "page /_/page/x", b.ok("GET", "/_/page/x", ""))
	status, text := b.do("GET", "/nothing", "")
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, text, `"code":-1`, "the API answers")
	status, _ = b.do("GET", "/_/nothing", "")
	require.Equal(t, http.StatusNotFound, status)

	for _, host := range []string{"attacker.example", "attacker.example:8787", "10.0.0.1", "localhost.attacker.example"} {
		for _, path := range []string{"/", "/_/state", "/payments/find/o"} {
			status, _ = b.do("GET", path, "", "Host", host)
			require.Equal(t, http.StatusMisdirectedRequest, status, host)
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1:8787", "[::1]:8787", "shop.localhost:1"} {
		status, _ = b.do("GET", "/", "", "Host", host)
		require.Equal(t, http.StatusOK, status, host)
	}
	for _, path := range []string{"/_/clock/jump", "/subscribe/payments/onetime"} {
		status, _ = b.do("POST", path, "by=1d", "Origin", "https://attacker.example", "Sec-Fetch-Site", "cross-site")
		require.Equal(t, http.StatusForbidden, status)
	}
	var state iamporttest.Snapshot
	require.NoError(t, json.Unmarshal([]byte(b.ok("GET", "/_/state?limit=5", "")), &state))
	require.Zero(t, state.TotalPayments)
	b.ok("POST", "/subscribe/payments/onetime", fmt.Sprintf(onetime, "o"))
	require.NoError(t, json.Unmarshal([]byte(b.ok("GET", "/_/state?merchant_uid=o", "")), &state))
	require.Equal(t, "paid", state.Payments[0].Status)
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	for _, c := range []sandbox.Config{
		{File: t.TempDir()}, {Faults: []string{"x"}}, {Jump: -1},
	} {
		c.Log = slog.New(slog.DiscardHandler)
		_, err := sandbox.Open(t.Context(), c)
		require.Error(t, err)
	}
}
