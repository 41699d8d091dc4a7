package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestPaymentFilters(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.api("/subscribe/customers/member_1", `{CARD}`)
	b.charge("alpha_1")
	first := b.box.Clock.Now().In(seoul)
	require.NoError(t, b.box.Jump(72*time.Hour))
	b.box.Server.DeclineCustomer("member_1", "declined")
	b.api("/subscribe/payments/again", `{"customer_uid":"member_1","merchant_uid":"beta_2","amount":100}`)
	b.charge("gamma_3")
	b.api("/payments/cancel", `{"merchant_uid":"gamma_3"}`)
	impUID := b.box.Server.SnapshotOrder("alpha_1").Payments[0].ImpUID
	day := func(days int) string { return first.AddDate(0, 0, days).Format(time.DateOnly) }
	for query, found := range map[string]string{
		"":                                  "alpha_1 beta_2 gamma_3",
		"status=paid":                       "alpha_1",
		"status=failed":                     "beta_2",
		"status=cancelled":                  "gamma_3",
		"status=ready":                      "",
		"customer=member_1":                 "beta_2",
		"customer=member":                   "",
		"q=ALPHA":                           "alpha_1",
		"q=" + impUID:                       "alpha_1",
		"q=_2&status=failed":                "beta_2",
		"q=_2&status=paid":                  "",
		"to=" + day(0):                      "alpha_1",
		"from=" + day(1):                    "beta_2 gamma_3",
		"from=" + day(0) + "&to=" + day(99): "alpha_1 beta_2 gamma_3",
		"from=" + day(1) + "&to=" + day(2):  "",
		"from=nonsense&page=nonsense":       "alpha_1 beta_2 gamma_3",
	} {
		body := b.get("/_/page/payments?" + query)
		for _, uid := range []string{"alpha_1", "beta_2", "gamma_3"} {
			require.Equal(t, strings.Contains(found, uid), strings.Contains(body, ">"+uid+"</a>"), "%s: %s", query, uid)
		}
		require.Equal(t, found == "", strings.Contains(body, "No payment matches."), query)
	}
	require.Contains(t, b.get("/_/page/payments?status=failed&q=b"), `<option value="failed" selected>`)
	require.Contains(t, b.get("/_/page/payments?status=failed&q=b"), `name="q" value="b"`)
}

func TestPaymentsArePaged(t *testing.T) {
	t.Parallel()
	b := open(t)
	for i := range 2*pageSize + 1 {
		b.charge(fmt.Sprintf("order_%03d", i))
	}
	body := b.get("/_/page/payments?q=order&page=2")
	require.Contains(t, body, "51 to 100 of 101")
	require.Contains(t, body, "order_050")
	require.NotContains(t, body, ">order_051<")
	require.Contains(t, body, "/_/page/payments?page=1&amp;q=order")
	require.Contains(t, body, "/_/page/payments?page=3&amp;q=order")
	require.Contains(t, b.get("/_/page/payments?page=99"), ">order_000</a>")
}

func TestChart(t *testing.T) {
	t.Parallel()
	start := time.Date(2030, 1, 1, 0, 30, 0, 0, seoul)
	at := func(status string, days int) iamporttest.PaymentState {
		return iamporttest.PaymentState{Status: status, StartedAt: start.AddDate(0, 0, days)}
	}
	payments := []iamporttest.PaymentState{at("failed", 20), at("paid", 20), at("paid", 20), at("cancelled", 3), at("ready", 0)}
	c := newChart(&view{}, payments)
	require.Equal(t, 24*time.Hour, c.Step)
	require.Len(t, c.Bars, 21)
	require.Equal(t, "2030-01-01", c.Label(c.From))
	require.Equal(t, "2030-01-22", c.Label(c.To))
	require.Equal(t, 3, c.Most)
	require.Equal(t, map[string]int{"paid": 2, "cancelled": 1, "ready": 1, "failed": 1}, c.Total)
	last := c.Bars[20]
	require.Equal(t, []int{2, 0, 0, 1}, last.Counts)
	require.Equal(t, "66.67", last.Parts[0].Height)
	require.Equal(t, "33.33", last.Parts[0].Y)
	require.Equal(t, part{"failed", last.Parts[0].X, "0.00", last.Parts[0].Width, "33.33"}, last.Parts[1])
	require.Empty(t, newChart(&view{}, nil).Bars)
	require.Len(t, newChart(&view{}, payments[:1]).Bars, 1)
	for days := 1; days < 60_000; days = days*3 + 1 {
		bars := newChart(&view{}, []iamporttest.PaymentState{at("paid", 0), at("paid", days)}).Bars
		require.LessOrEqual(t, len(bars), maxBars)
		require.Equal(t, 1, bars[len(bars)-1].Counts[0])
	}
}

func TestChartIsOnThePage(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.charge("order_1")
	body := b.get("/")
	require.Contains(t, body, "1 paid, 0 cancelled, 0 ready and 0 failed, from ")
	require.Contains(t, body, `<rect class="paid" x="5.00" y="0.00" width="40.00" height="100.00"/>`)
}

func TestMoney(t *testing.T) {
	t.Parallel()
	v := new(view)
	for amount, shown := range map[string]string{"0": "0 KRW", "100": "100 KRW", "3000": "3,000 KRW", "1234567": "1,234,567 KRW",
		"1000.5": "1,000.5 KRW", "-1000": "-1,000 KRW", "-100": "-100 KRW"} {
		require.Equal(t, shown, v.Money(amount, "KRW"))
	}
}
