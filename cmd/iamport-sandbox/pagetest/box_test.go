package pagetest

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/page"
	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/sandbox"
)

// box is a running sandbox whose webhooks go to a shop.
type box struct {
	*sandbox.Sandbox
	t   *testing.T
	url string
	// broken makes the shop answer 500.
	broken atomic.Bool
	web    atomic.Pointer[page.Page]
}

func newBox(t *testing.T) *box {
	t.Helper()
	b := &box{t: t}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if b.broken.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(shop.Close)
	var err error
	webhook := shop.URL + "/webhook"
	b.Sandbox, err = sandbox.Open(t.Context(), sandbox.Config{Webhook: webhook, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	b.web.Store(page.New(b.Sandbox, webhook))
	server := httptest.NewServer(b.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.web.Load().ServeHTTP(w, r)
	}), true))
	b.url = server.URL
	t.Cleanup(func() {
		b.web.Load().Close()
		server.Close()
		require.NoError(t, b.Close())
	})
	return b
}

// post sends JSON to the API, as curl does. Card data is added.
func (b *box) post(path, body string) string {
	b.t.Helper()
	const card = `"card_number":"1234-1234-1234-1234","expiry":"2030-12","birth":"820213","pwd_2digit":"00"`
	return b.send(path, strings.Replace(body, "CARD", card, 1))
}

func (b *box) send(path, body string) string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(body))
	require.NoError(b.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "shop/2.4")
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(b.t, err)
	defer answer.Body.Close() //nolint:errcheck // The body was read.
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.t, err)
	return string(text)
}

// fill makes some days of a subscription shop: customers, charges of each outcome, refunds, schedules and webhooks.
func (b *box) fill(days int) {
	b.t.Helper()
	names := []string{"김하늘", "이서준", "박지우", "최도윤", "정수아", "강민재"}
	for i, name := range names {
		b.post(fmt.Sprintf("/subscribe/customers/member_%d", 1001+i), `{CARD,"customer_name":"`+name+`"}`)
	}
	b.send("/subscribe/customers/member_1007",
		`{"card_number":"4000-0000-0000-0028","expiry":"2030-12","birth":"820213","pwd_2digit":"00","customer_name":"윤예린"}`)
	for day := range days {
		for i := range 2 + (day*day+3*day)%5 {
			uid, amount := fmt.Sprintf("sub_%02d_%d", day+1, i+1), 9900+5000*((day+i)%3)
			customer := 1001 + (day+i)%7
			b.send("/subscribe/payments/again", fmt.Sprintf(
				`{"customer_uid":"member_%d","merchant_uid":%q,"amount":%d,"name":"월간 구독"}`, customer, uid, amount))
			if day%6 == 4 && i == 0 {
				b.send("/payments/cancel", `{"merchant_uid":"`+uid+`"}`)
			}
		}
		require.NoError(b.t, b.Server.WaitWebhooks(b.t.Context()))
		require.NoError(b.t, b.Jump(24*time.Hour))
	}
	b.send("/payments/cancel", fmt.Sprintf(`{"merchant_uid":"sub_%02d_1","amount":3000}`, days))
	_, err := b.Faults.Add("POST /payments/cancel=lose-after;times=1")
	require.NoError(b.t, err)
	b.Server.DeclineCustomer("member_1003", "[2116]개인 월 한도금액 초과")
	_, err = b.Faults.Add("POST /subscribe/payments/again=pending:12h;times=1")
	require.NoError(b.t, err)
	b.send("/subscribe/payments/again", `{"customer_uid":"member_1002","merchant_uid":"year_1","amount":19900,"name":"연간 구독"}`)
	now := b.Clock.Now()
	for i := range 14 {
		at := now.Add(time.Duration(2+i/2*37) * time.Hour).Unix()
		b.send("/subscribe/payments/schedule", fmt.Sprintf(`{"customer_uid":"member_%d","schedules":[{"merchant_uid":"next_%02d",`+
			`"schedule_at":%d,"currency":"KRW","amount":9900,"name":"월간 구독"}]}`, 1001+i%6, i+1, at))
	}
	b.send("/subscribe/payments/unschedule", `{"customer_uid":"member_1002","merchant_uid":["next_02"]}`)
	require.NoError(b.t, b.Server.WaitWebhooks(b.t.Context()))
	require.NoError(b.t, b.Jump(3*time.Hour))
	require.NoError(b.t, b.Server.WaitWebhooks(b.t.Context()))
}
