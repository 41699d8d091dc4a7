package money_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// A failure holds the order if only the record, not the answer, names Paymentwall: it
// is paid a minute later.
func TestFailureThatOnlyTheRecordAscribesToPaymentwall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client(iamport.WithHTTPClient(&http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			resp, err := s.RoundTrip(r)
			if err == nil && strings.HasSuffix(r.URL.Path, "/again") {
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				body = bytes.ReplaceAll(body, []byte(`"pg_provider":"paymentwall"`), []byte(`"pg_provider":null`))
				resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			}
			return resp, err
		})}))
		s.Inject(again, iamporttest.FailThenPay(time.Minute, "risk check"))
		_, err := c.EnsurePaid(t.Context(), order)
		require.False(t, unknown(t, err).RetryAt.IsZero())
		_, err = c.EnsurePaid(t.Context(), order)
		nothingSent(t, err)
		time.Sleep(2 * time.Minute)
		p, err := c.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, iamport.StatusPaid, p.Status)
		require.Equal(t, 1, s.Charges(order.MerchantUID))
	})
}
