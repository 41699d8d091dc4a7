package canary_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// records keeps the log records, with the text that the two handlers of slog write
// for them.
type records struct {
	mu   sync.Mutex
	list []slog.Record
	text bytes.Buffer
}

func (*records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r *records) WithGroup(string) slog.Handler          { return r }

func (r *records) Handle(ctx context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, record)
	all := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: false}
	return errors.Join(slog.NewTextHandler(&r.text, all).Handle(ctx, record), slog.NewJSONHandler(&r.text, all).Handle(ctx, record))
}

// kinds are the attributes that may be logged, with the kind of their value: none is
// text that a server can choose.
var kinds = map[string]slog.Kind{
	"op": slog.KindString, "method": slog.KindString, "route": slog.KindString, "purpose": slog.KindString, "try": slog.KindInt64,
	"duration": slog.KindDuration, "status": slog.KindInt64, "code": slog.KindInt64, "failure": slog.KindString,
	"outcome": slog.KindString,
}

// words are the only values that the texts among them may have.
var words = map[string][]string{
	"op":     {"Token", "Onetime", "Again", "RegisterCustomer", "GetPayment", "FindPayment"},
	"method": {"GET", "POST"},
	"route": {
		"/users/getToken", "/subscribe/payments/onetime", "/subscribe/payments/again", "/subscribe/customers/{customer_uid}",
		"/payments/{imp_uid}", "/payments/find/{merchant_uid}", "/payments/find/{merchant_uid}/{payment_status}", "/payments/findAll/{merchant_uid}",
	},
	"purpose": {"call", "sign_in", "settle"},
	"failure": {"unauthorized", "rate_limited", "server_error", "not_found", "refused", "unreadable", "connection", "canceled", "timeout"},
	"outcome": {"paid", "done", "not_charged", "unknown"},
}

// neverLogged is what is never shown, but for the parts of a route.
var neverLogged = slices.DeleteFunc(slices.Clone(neverShown), func(form string) bool {
	return strings.Contains("/users/gettoken /subscribe/", strings.ToLower(form))
})

// requireAllowed checks every record and returns its attributes' names in order.
func (r *records) requireAllowed(t *testing.T) (lines []string) {
	t.Helper()
	for _, record := range r.list {
		require.Contains(t, []string{"iamport exchange", "iamport outcome"}, record.Message)
		names := []string{}
		record.Attrs(func(a slog.Attr) bool {
			require.Contains(t, kinds, a.Key)
			require.Equal(t, kinds[a.Key], a.Value.Kind(), a.Key)
			if a.Value.Kind() == slog.KindString {
				require.Contains(t, words[a.Key], a.Value.String())
			}
			names = append(names, a.Key)
			return true
		})
		if record.Message == "iamport outcome" {
			require.Equal(t, []string{"op", "duration", "outcome"}, names)
			continue
		}
		lines = append(lines, record.Level.String()+" "+strings.Join(names, ","))
	}
	require.Empty(t, shown(r.text.String(), slices.Concat(neverLogged, canaryForms)), r.text.String())
	for _, text := range []string{"imps_", "m-1", "c-1", "http"} {
		require.NotContains(t, r.text.String(), text)
	}
	return lines
}

func TestLogHoldsOnlyTheAllowedFacts(t *testing.T) {
	t.Parallel()
	const (
		exchange   = "op,method,route,purpose,try,duration"
		answered   = "DEBUG " + exchange + ",status,code"
		refused    = answered + ",failure"
		unreadable = "WARN " + exchange + ",status,code,failure"
		none       = "WARN " + exchange + ",failure"
	)
	for name, c := range map[string]struct {
		fail clienttest.Transport
		want string
	}{
		"paid": {answerWith(200, `{"code":0,"message":"planted","response":{"imp_uid":"imps_planted","merchant_uid":"m-1","status":"paid","name":"planted"}}`), answered},
		"refused": {answerWith(400, `{"code":-1,"message":"planted 1234-1234-1234-1234","response":null}`,
			"X-Canary", canary, "Location", "https://planted.example", "Retry-After", canary), refused},
		"unreadable": {answerWith(502, `<html>planted WHOLE</html>`, "Server", canary), unreadable},
		"lost": {func(r *http.Request) (*http.Response, error) {
			return nil, errors.New("planted " + whole(r))
		}, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log records
				var hosts []string
				client := newCanaryClient(t, afterSignIn(func(r *http.Request) (*http.Response, error) {
					hosts = append(hosts, r.URL.Host)
					return c.fail(r)
				}), iamport.WithLogger(slog.New(&log)), iamport.WithBaseURL("https://planted-host.example/planted-base"), iamport.WithSandbox(),
					iamport.WithUserAgent("planted-agent"), iamport.WithTier("C4N"))
				for _, do := range calls {
					_ = do(t.Context(), client)
				}
				_, _ = client.GetPayment(t.Context(), "imps_planted/../?planted=planted#planted")
				_, _ = client.FindPayment(t.Context(), "m-1 planted", iamport.FindPaymentQuery{Status: iamport.StatusPaid, Sorting: iamport.SortPaidDesc})
				_, _ = client.RegisterCustomer(t.Context(), "planted", iamport.RegisterCustomerRequest{Card: payingCard, CustomerName: canary})
				require.Contains(t, hosts, "planted-host.example")

				lines := log.requireAllowed(t)
				require.Len(t, lines, len(hosts)+1, "one line for each exchange")
				require.Contains(t, lines, answered, "the sign-in")
				require.Equal(t, len(hosts), count(lines, c.want)-count(lines[:1], c.want), "%q", lines)
			})
		})
	}
}

func count(lines []string, want string) (n int) {
	for _, line := range lines {
		if line == want {
			n++
		}
	}
	return n
}

// A failed sign-in is logged by the same rules, with the key and the secret in its
// answer.
func TestLogOfASignInHoldsNoCredential(t *testing.T) {
	t.Parallel()
	for _, fail := range failures() {
		synctest.Test(t, func(t *testing.T) {
			var log records
			_, err := newCanaryClient(t, fail, iamport.WithLogger(slog.New(&log))).Token(t.Context())
			require.Error(t, err)
			require.NotEmpty(t, log.requireAllowed(t))
		})
	}
}

// Nothing is written below the level.
func TestLogLevels(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	warnings := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelWarn}))
	client := newCanaryClient(t, afterSignIn(answerWith(502, `planted`)), iamport.WithLogger(warnings))
	_, err := client.Token(t.Context())
	require.NoError(t, err)
	require.Empty(t, text.String(), "a good answer is not worth a warning")

	failing := newCanaryClient(t, answerWithText(502, canary), iamport.WithLogger(warnings))
	_, err = failing.Token(t.Context())
	require.Error(t, err)
	require.NotEmpty(t, text.String())
	require.Empty(t, shown(text.String(), slices.Concat(neverLogged, canaryForms)))
}
