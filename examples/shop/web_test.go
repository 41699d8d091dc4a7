package main

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func (e *env) site() *site {
	forward := func(_ context.Context, days int) error { e.sandbox.forward(days); return nil }
	return &site{shop: e.shop, forward: forward, since: january.Add(-time.Hour)}
}

// browser sends forms to a site and keeps its cookies.
type browser struct {
	http.Client
	base string
}

func newBrowser(t *testing.T, base string) *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{http.Client{Jar: jar}, base}
}

func (b *browser) do(t *testing.T, ctx context.Context, method, path string, form url.Values, header ...string) (int, string, error) { //nolint:revive // t is first in tests.
	r, err := http.NewRequestWithContext(ctx, method, b.base+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close() //nolint:errcheck // A test that has read the body.
	var body strings.Builder
	err = answer.Write(&body)
	return answer.StatusCode, body.String(), err
}

func (b *browser) get(t *testing.T, path string) (int, string) {
	status, page, err := b.do(t, t.Context(), http.MethodGet, path, nil)
	require.NoError(t, err)
	return status, page
}

func (b *browser) post(t *testing.T, path string, form url.Values, header ...string) (int, string) {
	status, page, err := b.do(t, t.Context(), http.MethodPost, path, form, header...)
	require.NoError(t, err)
	return status, page
}

func signUpForm(name string) url.Values {
	return url.Values{"key": {rand.Text()}, "name": {name}, "plan": {"basic"}, "card": {"4111-2222-3333-4444"}, "expiry": {"12 / 30"}}
}

func newSite(t *testing.T) (*env, *browser) {
	e := newEnv(t, january)
	server := httptest.NewServer(e.site().handler())
	t.Cleanup(server.Close)
	return e, newBrowser(t, server.URL)
}

func TestSite(t *testing.T) {
	t.Parallel()
	e, b := newSite(t)
	status, page := b.get(t, "/account") // the home page, without a cookie
	require.Equal(t, 200, status)
	require.Contains(t, page, "9,900 won a month")
	require.Contains(t, page, `content="width=device-width, initial-scale=1"`)
	require.NotContains(t, page, "http://")
	require.NotContains(t, page, "https://")
	_, style := b.get(t, "/pages/style.css")
	require.Contains(t, style, "max-width")

	form := signUpForm(`<script>alert("1")</script>`[:20])
	status, page = b.post(t, "/signup", form)
	require.Equal(t, 200, status)
	require.Contains(t, page, "&lt;script&gt;")
	require.NotContains(t, page, "<script>")
	require.Contains(t, page, "It is renewed on 28 February 2047")
	require.Contains(t, page, "****-****-****-4444")
	require.NotContains(t, page, "4111-2222")
	_, page = b.post(t, "/account/upgrade", url.Values{"plan": {"pro"}})
	require.Contains(t, page, "plan Pro, 19,900 won a month")
	status, page = b.post(t, "/account/upgrade", url.Values{"plan": {"pro"}})
	require.Equal(t, 422, status)
	require.Contains(t, page, "higher price")
	_, page = b.post(t, "/account/cancel", url.Values{"cancel": {"yes"}})
	require.Contains(t, page, "It ends on 28 February 2047")
	_, page = b.post(t, "/account/cancel", url.Values{"cancel": {"no"}})
	require.Contains(t, page, "Its renewal is booked for 28 February 2047")
	status, page = b.post(t, "/account/card", url.Values{"number": {"2"}, "card": {"1234 5678"}, "expiry": {"12/30"}})
	require.Equal(t, 422, status)
	require.NotContains(t, page, "1234 5678")

	_, page = b.post(t, "/admin/refund", url.Values{"order": {"signup-1"}, "amount": {"900"}, "checksum": {"9900"}, "why": {"<b>"}})
	require.Contains(t, page, "-900 won")
	status, _ = b.post(t, "/admin/refund", url.Values{"order": {"signup-1"}, "amount": {"0.5"}, "checksum": {"9000"}})
	require.Equal(t, 422, status)
	_, page = b.post(t, "/admin/run", url.Values{"days": {"31"}})
	require.Contains(t, page, "renewal-1-20470228-2")
	require.Contains(t, page, "Ledger = iamport to the won")
	e.requireEqualBooks(t, "renewal-1-20470228-2", "signup-1", "upgrade-1-20470131-pro")
}

func TestBadSignUps(t *testing.T) {
	t.Parallel()
	e, b := newSite(t)
	for field, value := range map[string]string{
		"key": "short", "name": " ", "plan": "gold", "card": "4000-0000-0000-0010", "expiry": "30",
	} {
		form := signUpForm("Minji")
		form.Set(field, value)
		status, page := b.post(t, "/signup", form)
		require.Equal(t, 422, status, field)
		require.NotContains(t, page, form.Get("card"))
	}
	status, _ := b.post(t, "/signup", url.Values{"name": {strings.Repeat("x", 20<<10)}})
	require.Equal(t, 422, status)
	require.Zero(t, e.sandbox.TotalCharges())
}

func TestFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	e, b := newSite(t)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		status, _ := b.post(t, "/signup", signUpForm("Minji"), header...)
		require.Equal(t, 403, status)
	}
	require.Zero(t, e.sandbox.TotalCharges())
}

func TestDoubleClick(t *testing.T) {
	t.Parallel()
	e, b := newSite(t)
	form := signUpForm("Minji")
	var clicks sync.WaitGroup
	for range 2 {
		clicks.Go(func() {
			status, page, err := b.do(t, t.Context(), http.MethodPost, "/signup", form)
			if err != nil || status != 200 || !strings.Contains(page, "It is renewed") {
				t.Error(status, err, page)
			}
		})
	}
	clicks.Wait()
	e.requireEqualBooks(t, "signup-1")

	for range 2 {
		clicks.Go(func() {
			_, _, _ = b.do(t, t.Context(), http.MethodPost, "/account/upgrade", url.Values{"plan": {"pro"}})
		})
		clicks.Go(func() {
			_, _, _ = b.do(t, t.Context(), http.MethodPost, "/admin/refund",
				url.Values{"order": {"signup-1"}, "amount": {"900"}, "checksum": {"9900"}, "why": {"sorry"}})
		})
	}
	clicks.Wait()
	require.Equal(t, "900", e.sandbox.Cancelled("signup-1"))
	e.requireEqualBooks(t, "signup-1", "upgrade-1-20470131-pro")
}

// The browser is closed while the charge is at the card company.
func TestClosedBrowser(t *testing.T) {
	t.Parallel()
	e, b := newSite(t)
	ctx, closeBrowser := context.WithCancel(t.Context())
	e.sandbox.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		slow := iamporttest.Fault{}
		if strings.HasSuffix(r.URL.Path, "/again") {
			closeBrowser()
			slow = slow.Slow(100 * time.Millisecond)
		}
		return &slow
	})
	_, _, err := b.do(t, ctx, http.MethodPost, "/signup", signUpForm("Minji"))
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool { return e.theOrder(t, "signup-1").State == orderPaid }, 5*time.Second, 10*time.Millisecond)
	e.requireEqualBooks(t, "signup-1")
}

func TestShutdownWaitsForCharges(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	ctx, stop := context.WithCancel(t.Context())
	e.sandbox.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		slow := iamporttest.Fault{}
		if strings.HasSuffix(r.URL.Path, "/again") {
			stop()
			slow = slow.Slow(100 * time.Millisecond)
		}
		return &slow
	})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- serve(ctx, listener, e.site()) }()
	b := newBrowser(t, "http://"+listener.Addr().String())
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	status, _ := b.post(t, "/signup", signUpForm("Minji"))
	require.Equal(t, 303, status)
	require.NoError(t, <-served)
	e.requireEqualBooks(t, "signup-1")
}
