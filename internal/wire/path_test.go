package wire_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// pathLog is a real server that keeps the path of every call as it came over the
// wire.
type pathLog struct {
	*httptest.Server

	mu    sync.Mutex
	lines []string
	paths []string
}

func newPathLog(t *testing.T) *pathLog {
	t.Helper()
	log := &pathLog{}
	log.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI == "/users/getToken" || r.RequestURI == "/v%2F1/users/getToken" {
			_, _ = w.Write([]byte(clienttest.Grant("t", clienttest.ServerNow, clienttest.ServerNow+1800)))
			return
		}
		log.mu.Lock()
		log.lines = append(log.lines, r.Method+" "+r.RequestURI)
		log.paths = append(log.paths, r.URL.EscapedPath())
		log.mu.Unlock()
		_, _ = w.Write([]byte(`{"code":0,"message":null,"response":{"imp_uid":"imp_1","status":"paid","customer_uid":"c"}}`))
	}))
	t.Cleanup(log.Close)
	return log
}

func (l *pathLog) client(t *testing.T, base string, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	c, err := iamport.NewClient("key", "secret", append(opts, iamport.WithBaseURL(l.URL+base))...)
	require.NoError(t, err)
	return c
}

func (l *pathLog) last() (line, path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == 0 {
		return "", ""
	}
	return l.lines[len(l.lines)-1], l.paths[len(l.paths)-1]
}

func TestIDsArriveAsOneSegment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ id, escaped string }{
		{"imp_448280090638", "imp_448280090638"},
		{"a/b", "a%2Fb"},
		{"a?b=1", "a%3Fb=1"},
		{"a#b", "a%23b"},
		{"a&b;c", "a&b%3Bc"},
		{"50%off", "50%25off"},
		{"a%2Fb", "a%252Fb"},
		{"한글", "%ED%95%9C%EA%B8%80"},
		{"a b", "a%20b"},
		{"a+b", "a+b"},
		{"../x", "..%2Fx"},
		{"x/../../users/getToken", "x%2F..%2F..%2Fusers%2FgetToken"},
		{"%2e%2e", "%252e%252e"},
		{"...", "..."},
		{".a", ".a"},
		{"/", "%2F"},
		{"//", "%2F%2F"},
		{`a\b`, "a%5Cb"},
		{`a"b`, "a%22b"},
		{"a\r\nX-Injected: 1", "a%0D%0AX-Injected:%201"},
		{"a\x00b", "a%00b"},
		{"ab@example.com:80", "ab@example.com:80"},
	} {
		t.Run(tt.id, func(t *testing.T) {
			t.Parallel()
			log := newPathLog(t)
			for _, base := range []string{"", "/v%2F1"} {
				c := log.client(t, base, iamport.WithSandbox())

				_, err := c.GetPayment(t.Context(), tt.id)
				require.NoError(t, err)
				line, path := log.last()
				require.Equal(t, base+"/payments/"+tt.escaped, path)
				require.Equal(t, "GET "+path+"?include_sandbox=true", line)

				_, err = c.FindPayment(t.Context(), tt.id, iamport.FindPaymentQuery{
					Status: iamport.StatusPaid, Sorting: iamport.SortStartedDesc,
				})
				require.NoError(t, err)
				line, path = log.last()
				require.Equal(t, base+"/payments/find/"+tt.escaped+"/paid", path)
				require.Equal(t, "GET "+path+"?sorting=-started", line)

				require.NoError(t, clienttest.RegisterCard(t, c, tt.id))
				line, path = log.last()
				require.Equal(t, base+"/subscribe/customers/"+tt.escaped, path)
				require.Equal(t, "POST "+path, line)
			}
		})
	}
}

func TestIDsThatNoPathCarries(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", "..", "\xff"} {
		log := newPathLog(t)
		c := log.client(t, "")

		_, byImpUID := c.GetPayment(t.Context(), id)
		_, byMerchantUID := c.FindPayment(t.Context(), id, iamport.FindPaymentQuery{})
		for field, err := range map[string]error{
			"ImpUID": byImpUID, "MerchantUID": byMerchantUID, "CustomerUID": clienttest.RegisterCard(t, c, id),
		} {
			require.Equal(t, []string{field}, slices.Collect(maps.Keys(clienttest.Invalid(t, err))), "%q", id)
		}
		line, _ := log.last()
		require.Empty(t, line, "%q was sent", id)
	}
}
