package fault_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/fault"
	"github.com/iamport-go/iamport/iamporttest"
)

// charge charges an order and describes the answer: the time, the HTTP status or "lost", and how its body begins.
func charge(t *testing.T, srv *iamporttest.Server, order string) string {
	t.Helper()
	body := fmt.Sprintf(`{"customer_uid":"c","merchant_uid":%q,"amount":3000}`, order)
	r, err := http.NewRequestWithContext(t.Context(), "POST", "https://x/subscribe/payments/again", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	start := time.Now()
	answer, err := srv.RoundTrip(r)
	if err != nil {
		return fmt.Sprint(time.Since(start), " lost")
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Sprint(time.Since(start), " cut after ", len(text))
	}
	shown := string(text)
	for _, status := range []string{"paid", "failed", "ready"} {
		if strings.Contains(shown, `"status":"`+status+`"`) {
			shown = status
		}
	}
	return fmt.Sprint(time.Since(start), " ", answer.StatusCode, " ", shown)
}

func newServer(t *testing.T) (*iamporttest.Server, *fault.Rules) {
	t.Helper()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("c"), iamporttest.WithOptionalToken())
	return srv, fault.New(srv)
}

// Each fault of the grammar has its effect: on the answer, and on the number of charges now and later.
func TestFaults(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]struct {
		answer     string
		now, later int
	}{
		"decline:[2116]no":     {"0s 200 failed", 0, 0},
		"refuse:no money":      {`0s 200 {"code":-1,"message":"no money","response":null}`, 0, 0},
		"refuse-after:no":      {`0s 200 {"code":-1,"message":"no","response":null}`, 1, 1},
		"lose-before":          {"0s lost", 0, 0},
		"lose-after":           {"0s lost", 1, 1},
		"lose-then-execute:3s": {"0s lost", 0, 1},
		"cut:20":               {"0s cut after 20", 1, 1},
		"status:503":           {"0s 503 <html><body>503 Service Unavailable</body></html>", 0, 0},
		"status-after:502":     {"0s 502 <html><body>502 Bad Gateway</body></html>", 1, 1},
		"delay:3s":             {"3s 200 paid", 1, 1},
		"slow:300ms":           {"300ms 200 paid", 1, 1},
		"pg:1m":                {"1m0s 200 paid", 1, 1},
		"late:1d":              {"0s 200 paid", 1, 1},
		"pending:3s":           {"0s 200 ready", 0, 1},
		"pending-failed:3s":    {"0s 200 ready", 0, 0},
		"fail-then-pay:3s":     {"0s 200 failed", 0, 1},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, fault.Grammar, "\n  "+strings.Split(rule, ":")[0])
			synctest.Test(t, func(t *testing.T) {
				srv, rules := newServer(t)
				_, err := rules.Add("POST /subscribe/payments/again=" + rule)
				require.NoError(t, err)
				require.Equal(t, want.answer, charge(t, srv, "o"))
				require.Equal(t, want.now, srv.Charges("o"))
				time.Sleep(time.Hour)
				require.Equal(t, want.later, srv.Charges("o"))
			})
		})
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	srv, rules := newServer(t)
	added, err := rules.Add(" POST /subscribe/payments/again = lose-before ; times=2 ")
	require.NoError(t, err)
	require.Equal(t, 2, added.Left)
	second, err := rules.Add("/subscribe/=lose-after")
	require.NoError(t, err)
	for range 3 {
		charge(t, srv, "o")
	}
	require.Equal(t, 1, srv.Charges("o"), "the second rule acted after the first")
	require.Equal(t, []fault.Rule{{ID: 1, Text: added.Text, Left: 0, Used: 2}, {ID: 2, Text: second.Text, Left: -1, Used: 1}}, rules.List())
	require.True(t, rules.Remove(2))
	require.False(t, rules.Remove(2))
	require.Contains(t, charge(t, srv, "o2"), "200 paid")
}

func TestChance(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, how := range []string{"chance=0.3;seed=7", "chance=30%;seed=7", "chance=0.3;seed=8"} {
		srv, rules := newServer(t)
		_, err := rules.Add("POST /subscribe/payments/again=lose-before;" + how)
		require.NoError(t, err)
		for i := range 1000 {
			if strings.HasSuffix(charge(t, srv, fmt.Sprint("o", i)), "lost") {
				seen[how] += fmt.Sprint(i, " ")
			}
		}
		require.InDelta(t, 300, rules.List()[0].Used, 60)
	}
	require.Equal(t, seen["chance=0.3;seed=7"], seen["chance=30%;seed=7"])
	require.NotEqual(t, seen["chance=0.3;seed=7"], seen["chance=0.3;seed=8"])
}

func TestBadRules(t *testing.T) {
	t.Parallel()
	for rule, problem := range map[string]string{
		"":                                  "must be PATTERN=FAULT",
		"POST /subscribe/payments/again":    "must be PATTERN=FAULT",
		"=lose-after":                       "must begin with a slash",
		"POST /nowhere=lose-after":          "no such operation",
		"GET /payments/{imp_uid}=decline:x": "Decline on an operation that charges nothing",
		"/payments/=explode":                `unknown fault "explode"`,
		"/payments/=":                       `unknown fault ""`,
		"/payments/=lose-after:3s":          "it has no value",
		"/subscribe/=decline":               "it must have a text",
		"/subscribe/=decline:" + strings.Repeat("x", 201):        "it must have a text",
		"/payments/=status:99":                                   "a number from 200 to 599",
		"/payments/=status:x":                                    "a number from 200 to 599",
		"/payments/=cut:-1":                                      "a number from 0",
		"/payments/=slow":                                        "not a period",
		"/payments/=slow:-3s":                                    "not a period",
		"/payments/=lose-after;times=0":                          "none of times",
		"/payments/=lose-after;times=x":                          "none of times",
		"/payments/=lose-after;chance=0":                         "none of times",
		"/payments/=lose-after;chance=101%":                      "none of times",
		"/payments/=lose-after;chance=NaN":                       "none of times",
		"/payments/=lose-after;seed=-1":                          "none of times",
		"/payments/=lose-after;":                                 "none of times",
		"POST /subscribe/payments/again=decline:a reason; with;": "none of times",
	} {
		require.ErrorContains(t, fault.Check(rule), problem, rule)
	}
}

func FuzzRule(f *testing.F) {
	f.Add("POST /subscribe/payments/again=decline:[2116]no;times=3;chance=10%;seed=4")
	f.Add("/payments/{imp_uid}=slow:1h30m")
	srv := iamporttest.NewServer()
	f.Fuzz(func(t *testing.T, text string) {
		rules := fault.New(srv)
		rule, err := rules.Add(text)
		if err != nil {
			require.Empty(t, rules.List())
			return
		}
		require.Equal(t, text, rule.Text)
		require.True(t, rule.Left == -1 || rule.Left > 0)
		require.Contains(t, text, "=")
	})
}
