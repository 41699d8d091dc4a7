package page

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, path := range append([]string{"/_/page/nothing", "/_/page/static/app.js", "/_/page/static/style.css",
		"/_/page/static/icon.svg"}, paths...) {
		h := b.do(request(t, http.MethodGet, path, "")).Header()
		require.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'", h.Get("Content-Security-Policy"), path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), path)
		require.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"), path)
		require.Equal(t, "no-store", h.Get("Cache-Control"), path)
	}
	require.Contains(t, b.do(request(t, http.MethodGet, "/_/page/static/app.js", "")).Header().Get("Content-Type"), "javascript")
}

func TestCookies(t *testing.T) {
	t.Parallel()
	b := open(t)
	w := b.do(request(t, http.MethodGet, "/?lang=ko", ""))
	cookies := w.Result().Cookies()
	require.Len(t, cookies, 2)
	for _, c := range cookies {
		require.Equal(t, http.SameSiteStrictMode, c.SameSite)
		require.True(t, c.HttpOnly)
		require.Equal(t, "/", c.Path)
	}
}

// Every form is refused without the token for the own cookie, and nothing is changed.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	b, other := open(t), open(t)
	b.api("/subscribe/customers/member_1", `{CARD}`)
	_, err := b.box.Faults.Add("/=status:503")
	require.NoError(t, err)
	token := func(b *browser) string { return tokenField.FindStringSubmatch(b.get("/_/page/clock"))[1] }
	own := token(b)
	second := &browser{t: t, box: b.box, page: b.page, handler: b.handler, cookies: map[string]string{}}
	now := b.box.Clock.Now()
	for _, forged := range []string{"", own[:63], strings.ToUpper(own), token(other), token(second), b.cookies[tokenCookie]} {
		for path, fields := range map[string][]string{
			"/_/page/clock":     {"by", "31d"},
			"/_/page/faults":    {"action", "remove", "id", "1"},
			"/_/page/customers": {"customer_uid", "member_1", "reason", "x"},
			"/_/page/webhooks":  {"action", "test"},
		} {
			require.Equal(t, http.StatusForbidden, b.post(path, append(fields, "token", forged)...).Code, path)
			r := request(t, http.MethodPost, path+"?token="+own, "")
			require.Equal(t, http.StatusForbidden, b.do(r).Code, "a token in the address")
		}
	}
	delete(b.cookies, tokenCookie)
	require.Equal(t, http.StatusForbidden, b.post("/_/page/clock", "by", "31d", "token", own).Code)
	require.Less(t, b.box.Clock.Now().Sub(now).Hours(), 1.0)
	require.Len(t, b.box.Faults.List(), 1)
	require.Empty(t, b.box.Server.Snapshot(1).Customers[0].DeclineReason)
	require.Empty(t, b.box.Server.Webhooks())
}

// A name of another site that resolves to this computer gets nothing.
func TestForeignHosts(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.charge("order_1")
	for _, host := range []string{"attacker.example", "attacker.example:8787", "127.0.0.1.attacker.example", "192.168.0.7", ""} {
		for _, path := range append([]string{"/_/page/events", "/_/page/static/app.js"}, paths...) {
			r := request(t, http.MethodGet, path, "")
			r.Host = host
			w := b.do(r)
			require.Equal(t, http.StatusMisdirectedRequest, w.Code, host+path)
			require.NotContains(t, w.Body.String(), "order_1")
		}
	}
	for _, host := range []string{"localhost:8787", "[::1]:8787", "127.0.0.1"} {
		r := request(t, http.MethodGet, "/", "")
		r.Host = host
		require.Equal(t, http.StatusOK, b.do(r).Code, host)
	}
}

func TestCrossOriginForms(t *testing.T) {
	t.Parallel()
	b := open(t)
	token := tokenField.FindStringSubmatch(b.get("/_/page/clock"))[1]
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://attacker.example"} {
		r := request(t, http.MethodPost, "/_/page/clock", "by=31d&token="+token)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header, value)
		require.Equal(t, http.StatusForbidden, b.do(r).Code, header)
	}
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	b := open(t)
	const hostile = `\"><script>alert(1)</script>`
	uid := strings.ReplaceAll(hostile, `\"`, `"`)
	b.api("/subscribe/customers/c1", `{CARD,"customer_name":"<script>alert(2)"}`)
	b.api("/subscribe/payments/onetime", `{"merchant_uid":"`+hostile+`","amount":3000,"name":"</title><script>alert(3)",CARD}`)
	b.box.Server.DeclineCustomer("c1", `"><script>alert(4)`)
	_, err := b.box.Faults.Add(`/payments/=refuse:"><script>alert(5);times=1`)
	require.NoError(t, err)
	require.NoError(t, b.box.Server.WaitWebhooks(t.Context()))
	pages := append([]string{query("/_/page/order", "merchant_uid", uid), query("/_/page/payments", "q", uid, "customer", uid),
		query("/_/page/customers", "q", "<script>"), "/?done=<script>alert(6)", "/?lang=<script>"}, paths...)
	for _, path := range pages {
		body := b.get(path)
		require.NotContains(t, body, "<script>", path)
	}
	require.Contains(t, b.get("/_/page/payments"), "&lt;script&gt;alert(1)")
}

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.charge("order_1")
	b.api("/subscribe/customers/c1", `{CARD}`)
	b.api("/users/getToken", `{"imp_key":"sandbox-key","imp_secret":"sandbox-secret"}`)
	for _, path := range append([]string{"/_/page/order?merchant_uid=order_1"}, paths...) {
		body := b.get(path)
		for _, secret := range []string{"1234-1234-1234-1234", "1234123412341234", "820213", "2030-12\"", "\"98\"", "sandbox-secret"} {
			require.NotContains(t, body, secret, path)
		}
	}
	require.Contains(t, b.get("/_/page/order?merchant_uid=order_1"), "123412******1234")
}
