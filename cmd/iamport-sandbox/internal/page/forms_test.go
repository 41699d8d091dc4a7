package page

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/fault"
)

func TestDecline(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.api("/subscribe/customers/member_1", `{CARD}`)
	body := b.follow("/_/page/customers", "customer_uid", "member_1", "reason", "[51] <b>")
	require.Contains(t, body, "Charges of the customer are declined now.")
	require.Contains(t, body, "[51] &lt;b&gt;")
	require.Equal(t, "[51] <b>", b.box.Server.Snapshot(1).Customers[0].DeclineReason)
	require.Contains(t, b.follow("/_/page/customers", "customer_uid", "member_1", "reason", "x", "action", "accept"), "accepted again")
	require.Empty(t, b.box.Server.Snapshot(1).Customers[0].DeclineReason)
	for _, reason := range []string{"", "a\nb", strings.Repeat("가", longestReason+1)} {
		w := b.submit("/_/page/customers", "customer_uid", "member_1", "reason", reason)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code)
		require.Contains(t, w.Body.String(), "The reason must have 1 to 200 characters.")
	}
	require.Empty(t, b.box.Server.Snapshot(1).Customers[0].DeclineReason)
	require.Contains(t, b.get("/_/page/customers?q=MEMBER"), ">member_1</a>")
	require.Contains(t, b.get("/_/page/customers?q=other"), "No billing key matches.")
}

func TestFaultRules(t *testing.T) {
	t.Parallel()
	b := open(t)
	rule := "POST /subscribe/payments/onetime=decline:<i>;times=1"
	body := b.follow("/_/page/faults", "rule", rule)
	require.Contains(t, body, html.EscapeString(rule))
	require.Equal(t, rule, b.box.Faults.List()[0].Text)
	w := b.submit("/_/page/faults", "rule", `/="><script>alert(1)</script>`)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), "unknown fault")
	require.Contains(t, w.Body.String(), `value="/=&#34;&gt;&lt;script&gt;`)
	require.NotContains(t, w.Body.String(), "<script>alert")
	require.Contains(t, b.follow("/_/page/faults", "action", "remove", "id", "1"), "There are no rules.")
	require.Equal(t, http.StatusNotFound, b.submit("/_/page/faults", "action", "remove", "id", "1").Code)
	require.Equal(t, http.StatusNotFound, b.submit("/_/page/faults", "action", "remove", "id", "x").Code)
}

func TestSuggestedRulesAreValid(t *testing.T) {
	t.Parallel()
	for _, rule := range common {
		require.NoError(t, fault.Check(rule))
	}
	documented := regexp.MustCompile(`(?m)^  ([a-z-]+)`).FindAllStringSubmatch(fault.Grammar, -1)
	require.Len(t, kinds, len(documented))
	for i, kind := range kinds {
		name, _, _ := strings.Cut(kind, ":")
		require.Equal(t, documented[i][1], name)
		require.NoError(t, fault.Check("POST /subscribe/payments/again="+kind))
	}
}

func TestJump(t *testing.T) {
	t.Parallel()
	b := open(t)
	before := b.box.Clock.Now()
	require.Contains(t, b.follow("/_/page/clock", "by", "31d"), "31 days 00:00:00")
	require.GreaterOrEqual(t, b.box.Clock.Now().Sub(before), 31*24*time.Hour)
	for _, by := range []string{"", "-1d", "one day", "199y"} {
		w := b.submit("/_/page/clock", "by", by)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, by)
		require.Contains(t, w.Body.String(), `role="alert"`)
		require.Contains(t, w.Body.String(), `value="`+by+`"`)
	}
	require.Less(t, b.box.Clock.Now().Sub(before), 32*24*time.Hour)
}

func TestSendWebhooks(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.charge("order_1")
	require.NoError(t, b.box.Server.WaitWebhooks(t.Context()))
	sent := b.box.Server.Webhooks()
	require.Len(t, sent, 1)
	body := b.follow("/_/page/webhooks", "imp_uid", sent[0].ImpUID, "merchant_uid", "order_1", "status", "paid",
		"back", "order_1")
	require.Contains(t, body, "The webhook is sent again.")
	require.Contains(t, body, "<title>order_1 ")
	b.follow("/_/page/webhooks", "action", "test")
	require.NoError(t, b.box.Server.WaitWebhooks(t.Context()))
	sent = b.box.Server.Webhooks()
	require.Len(t, sent, 3)
	require.Equal(t, sent[0].Body, sent[1].Body)
	require.Equal(t, "imp_1234567890", sent[2].ImpUID)
	require.Equal(t, 3, strings.Count(b.get("/_/page/webhooks"), "HTTP 200"))
}

// A form must work with what the page itself has, so that it works without JavaScript.
func TestFormsOfThePage(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.api("/subscribe/customers/member_1", `{CARD}`)
	b.charge("order_1")
	_, err := b.box.Faults.Add("/=status:503;times=1")
	require.NoError(t, err)
	for _, path := range paths {
		for form := range strings.SplitSeq(b.get(path), "<form") {
			if _, rest, found := strings.Cut(form, `method="post"`); found {
				require.Contains(t, rest, `action="/_/page/`)
				require.Regexp(t, tokenField, rest)
			}
		}
	}
}
