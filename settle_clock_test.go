package iamport_test

import (
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// A slow sign-in leaves the server's clock open by many seconds: an attempt of
// before cannot be told from this one then.
func TestFailureSettlesNothingWhileTheClockIsUnsure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		serverTime := func() time.Time { return time.Now().Add(15 * time.Second) }
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.URL.Path == "/users/getToken":
				now := serverTime().Unix()
				time.Sleep(20 * time.Second)
				return httpmock.NewStringResponse(200, fmt.Sprintf(
					`{"code":0,"message":null,"response":{"access_token":"t","now":%d,"expired_at":%d}}`, now, now+1800)), nil
			case r.Method == http.MethodGet:
				return listing(recordOf("imps_1", "failed", serverTime().Add(-12*time.Second), ""))(r)
			}
			return nil, syscall.ECONNRESET
		})
		p, err := chargeCalls["Again"](t.Context(), newClient(t, transport, iamport.WithSettleWindow(2*time.Second)))
		require.Equal(t, unknown, outcomeOf(t, p, err), "%v", err)
	})
}

// A server a little behind stamps this call's own payment with the second before,
// and where no Date header comes nothing contradicts the local clock.
func TestOwnPaymentOfAServerALittleBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var charged time.Time
		serverTime := func() time.Time { return time.Now().Add(-400 * time.Millisecond) }
		client := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.URL.Path == "/users/getToken":
				now := serverTime().Unix()
				return httpmock.NewStringResponse(200, fmt.Sprintf(
					`{"code":0,"message":null,"response":{"access_token":"t","now":%d,"expired_at":%d}}`, now, now+1800)), nil
			case r.Method == http.MethodGet:
				return listing(recordOf("imps_1", "paid", charged, ""))(r)
			}
			charged = serverTime()
			return nil, syscall.ECONNRESET
		}))
		_, err := client.Token(t.Context())
		require.NoError(t, err)
		time.Sleep(1100 * time.Millisecond)
		p, err := chargeCalls["Onetime"](t.Context(), client)
		require.Equal(t, paid, outcomeOf(t, p, err), "%v", err)
	})
}

// The attempt that ends unknown began before the one that was declined.
func TestSettleDoesNotMixOverlappingAttemptsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := ensureShop(t, iamport.WithSettleWindow(0))
		srv.Inject(againRoute,
			iamporttest.LoseThenExecute(time.Minute).After(5*time.Second), iamporttest.Decline("[2116] limit"))
		first := make(chan error, 1)
		go func() {
			_, err := client.Again(t.Context(), order1)
			first <- err
		}()
		time.Sleep(time.Second)
		_, err := client.Again(t.Context(), order1)
		require.ErrorIs(t, err, iamport.ErrNotCharged)

		lost, ok := errors.AsType[*iamport.OutcomeUnknownError](<-first)
		require.True(t, ok)
		lost.Since = lost.Since.Add(-time.Minute) // as if kept by another process, which knows of no decline
		p, err := client.Settle(t.Context(), lost.MerchantUID, lost.Since)
		require.Equal(t, unknown, outcomeOf(t, p, err), "%v", err)
		time.Sleep(2 * time.Minute)
		p, err = client.Settle(t.Context(), lost.MerchantUID, lost.Since)
		require.Equal(t, paid, outcomeOf(t, p, err))
		require.Equal(t, 1, srv.Charges("order-1"))
	})
}
