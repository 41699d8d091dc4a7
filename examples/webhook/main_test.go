package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func send(t *testing.T, method, url, contentType string, body io.Reader) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url+path, body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(answer)
}

// Each router passes both forms of the body, the answer and the deadline of the body.
func TestRouters(t *testing.T) {
	t.Parallel()
	for _, router := range routers {
		t.Run(router.name, func(t *testing.T) {
			t.Parallel()
			srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
			client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
			require.NoError(t, err)
			p, err := client.Again(t.Context(), iamport.AgainRequest{
				CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(3000),
			})
			require.NoError(t, err)

			shop := &orders{amount: map[string]iamport.Amount{"order_1": iamport.KRW(3000)}, seen: make(map[state]bool)}
			forged := 0
			hook := client.WebhookHandler(shop.handle, iamport.WithWebhookTimeout(100*time.Millisecond),
				iamport.WithForged(func(context.Context, iamport.Forgery) { forged++ }))
			ts := httptest.NewServer(router.serve(hook))
			t.Cleanup(ts.Close)

			status, text := send(t, "POST", ts.URL, "application/json; charset=utf-8",
				strings.NewReader(`{"imp_uid":"`+p.ImpUID+`","merchant_uid":"order_1","status":"paid"}`))
			require.Equal(t, 200, status)
			require.Empty(t, text)
			status, _ = send(t, "POST", ts.URL, "application/x-www-form-urlencoded",
				strings.NewReader("imp_uid="+p.ImpUID+"&merchant_uid=order_1&status=paid"))
			require.Equal(t, 200, status)
			require.Equal(t, []string{"order_1"}, shop.paid)

			status, text = send(t, "POST", ts.URL, "application/json", strings.NewReader(`{"imp_uid":"imp_1234567890"}`))
			require.Equal(t, 200, status)
			require.Empty(t, text)
			require.Equal(t, 1, forged)

			status, _ = send(t, "POST", ts.URL, "application/json", strings.NewReader(`{}`))
			require.Equal(t, 400, status)
			status, _ = send(t, "GET", ts.URL, "", nil)
			require.Equal(t, 405, status)

			body, writer := io.Pipe() // whose end does not come
			go func() { _, _ = io.WriteString(writer, `{"imp_uid":`) }()
			status, _ = send(t, "POST", ts.URL, "application/json", body)
			require.Equal(t, 400, status)
			require.NoError(t, writer.Close())
		})
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "run", ".").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, `net/http  paid: [order_1]  forged: imp_1234567890
chi       paid: [order_1]  forged: imp_1234567890
gin       paid: [order_1]  forged: imp_1234567890
echo      paid: [order_1]  forged: imp_1234567890
`, string(out))
}
