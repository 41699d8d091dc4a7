package money_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// The limiter delays charges, and no other change.
func TestLimiterCountsChargesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		turns := 0
		c := s.client(iamport.WithLimiter(waiter(func(context.Context) error { turns++; return nil })))
		_, err := c.EnsureRefunded(t.Context(), r)
		require.NoError(t, err)
		_, err = c.CancelPayment(t.Context(), iamport.CancelRequest{ImpUID: r.ImpUID, Full: true})
		require.NoError(t, err)
		require.Zero(t, turns)
		next := order
		next.MerchantUID = "order_2"
		_, err = c.Again(t.Context(), next)
		require.NoError(t, err)
		require.Equal(t, 1, turns)
	})
}

// A client without a transport uses that of net/http, whose hooks are trusted.
func TestConnectionOfTheDefaultTransport(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ts := httptest.NewServer(s)
	c := s.client(iamport.WithHTTPClient(&http.Client{}), iamport.WithBaseURL(ts.URL))
	_, err := c.Token(t.Context())
	require.NoError(t, err)
	ts.Close()
	_, err = c.Again(t.Context(), order)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	require.Zero(t, s.TotalCharges())
}

// The hooks of a transport that passes a scheme to another one are not trusted.
func TestTransportThatHandsASchemeOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithLateRecords(time.Minute))
		other := new(http.Transport)
		other.RegisterProtocol("https", transport(func(r *http.Request) (*http.Response, error) {
			resp, err := s.RoundTrip(r.Clone(context.Background()))
			if r.Method == http.MethodGet || r.URL.Path == "/users/getToken" {
				return resp, err
			}
			return nil, context.DeadlineExceeded
		}))
		unknown(t, err2(s.client(iamport.WithHTTPClient(&http.Client{Transport: other})).Again(t.Context(), order)))
		require.Equal(t, 1, s.Charges("order_1"))
	})
}
