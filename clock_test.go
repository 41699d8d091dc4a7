package iamport

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// skewedServer is a clock that is skew away from the local one and speaks in whole
// seconds.
type skewedServer struct{ skew time.Duration }

func (s skewedServer) stamp(at time.Time) time.Time { return at.Add(s.skew).Truncate(time.Second) }

// tell lets c observe an exchange that began at sent and took rtt, with the
// server's stamp from its middle.
func (s skewedServer) tell(c *serverClock, sent time.Time, rtt time.Duration) {
	c.observe(s.stamp(sent.Add(rtt/2)), sent, sent.Add(rtt))
}

func (c *serverClock) offset() time.Duration {
	local := time.Unix(1603417956, 0)
	return c.at(local).Sub(local)
}

func TestServerClockIsTheLocalOneUntilContradicted(t *testing.T) {
	t.Parallel()
	var c serverClock
	require.Zero(t, c.offset(), "nothing observed")

	local := time.Unix(1603417956, 123_000_000)
	for i := range 1000 { // the same clock, seen at all fractions of a second
		skewedServer{}.tell(&c, local.Add(time.Duration(i)*1777*time.Millisecond), 80*time.Millisecond)
		require.Zero(t, c.offset())
	}
}

func TestServerClockLearnsTheSkew(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{
		5 * time.Minute, -5 * time.Minute, 3 * time.Second, -3 * time.Second, 20 * 365 * 24 * time.Hour,
		5*time.Minute + 700*time.Millisecond, -5*time.Minute - 700*time.Millisecond,
	} {
		var c serverClock
		server := skewedServer{skew}
		sent := time.Unix(1603417956, 0)
		server.tell(&c, sent, 100*time.Millisecond)
		require.InDelta(t, skew, c.offset(), float64(1100*time.Millisecond), "%s: one stamp knows a second", skew)

		for i := range 200 {
			server.tell(&c, sent.Add(time.Duration(i)*1013*time.Millisecond), 100*time.Millisecond)
		}
		require.InDelta(t, skew, c.offset(), float64(120*time.Millisecond), "%s: many know it better", skew)

		learnt := c.offset()
		server.tell(&c, sent.Add(time.Hour), 50*time.Second)
		require.Equal(t, learnt, c.offset(), "%s: a slow exchange unlearns nothing", skew)
	}
}

func TestServerClockStartsAnewAfterAJump(t *testing.T) {
	t.Parallel()
	var c serverClock
	sent := time.Unix(1603417956, 0)
	for i := range 50 {
		skewedServer{5 * time.Minute}.tell(&c, sent.Add(time.Duration(i)*1013*time.Millisecond), 10*time.Millisecond)
	}
	skewedServer{-time.Hour}.tell(&c, sent.Add(time.Hour), 10*time.Millisecond)
	require.InDelta(t, -time.Hour, c.offset(), float64(1010*time.Millisecond))
	skewedServer{}.tell(&c, sent.Add(2*time.Hour), 10*time.Millisecond)
	require.InDelta(t, 0, c.offset(), float64(1010*time.Millisecond))
}

func TestServerClockObservedByMany(t *testing.T) {
	t.Parallel()
	var c serverClock
	server := skewedServer{5 * time.Minute}
	var observing sync.WaitGroup
	for range 16 {
		observing.Go(func() {
			for range 200 {
				sent := time.Unix(1603417956, rand.Int64N(int64(time.Hour)))
				server.tell(&c, sent, 20*time.Millisecond)
				if off := c.offset() - server.skew; off.Abs() > 1020*time.Millisecond {
					t.Errorf("off by %s", off)
					return
				}
			}
		})
	}
	observing.Wait()
}

// newClockAPI is an API whose clock is skew away. It loses every charge.
func newClockAPI(t *testing.T, server *skewedServer, bodyStamp, dateStamp bool) *Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		t.Errorf("unexpected %s %s", r.Method, r.URL.Path)
		return nil, io.ErrUnexpectedEOF
	})
	answer := func(body string) *http.Response {
		resp := httpmock.NewStringResponse(200, body)
		if dateStamp {
			resp.Header.Set("Date", server.stamp(time.Now()).UTC().Format(http.TimeFormat))
		}
		return resp
	}
	mock.RegisterResponder("POST", "/users/getToken", func(*http.Request) (*http.Response, error) {
		now := "null"
		if bodyStamp {
			now = fmt.Sprint(server.stamp(time.Now()).Unix())
		}
		return answer(`{"code":0,"message":null,"response":{"access_token":"t","now":` + now + `,` +
			fmt.Sprintf(`"expired_at":%d}}`, server.stamp(time.Now()).Unix()+1800)), nil
	})
	mock.RegisterResponder("GET", "/payments/imp_1", func(*http.Request) (*http.Response, error) {
		return answer(`{"code":0,"message":null,"response":{"imp_uid":"imp_1","status":"paid"}}`), nil
	})
	mock.RegisterResponder("POST", "/subscribe/payments/again", func(*http.Request) (*http.Response, error) {
		time.Sleep(30 * time.Second)
		return nil, io.ErrUnexpectedEOF
	})
	c, err := NewClient("key", "secret", WithHTTPClient(&http.Client{Transport: mock}), WithSettleWindow(0))
	require.NoError(t, err)
	return c
}

// lose makes a charge of which nothing comes back, and returns its Since.
func lose(t *testing.T, c *Client) time.Time {
	t.Helper()
	_, err := c.Again(t.Context(), AgainRequest{CustomerUID: "customer-1", MerchantUID: "order-1", Amount: KRW(3000)})
	unknown, ok := errors.AsType[*OutcomeUnknownError](err)
	require.True(t, ok, "%v", err)
	require.Zero(t, unknown.Since.Nanosecond(), "whole seconds")
	return unknown.Since
}

func TestSinceIsToldByTheServersClock(t *testing.T) {
	t.Parallel()
	for _, source := range []struct {
		name       string
		body, date bool
	}{{"now of getToken", true, false}, {"Date header", false, true}, {"both", true, true}} {
		for _, skew := range []time.Duration{
			0, 5 * time.Minute, -5 * time.Minute, 20*365*24*time.Hour + 300*time.Millisecond, -time.Hour - 300*time.Millisecond,
		} {
			t.Run(fmt.Sprintf("%s/%s", source.name, skew), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := &skewedServer{skew}
					c := newClockAPI(t, server, source.body, source.date)
					for range 3 { // the sign-in is the first to tell; time goes on after it
						began := time.Now()
						since := lose(t, c)
						require.WithinDuration(t, server.stamp(began), since, time.Second)
						if skew == 0 {
							require.True(t, since.Equal(began.Truncate(time.Second)))
						}
						time.Sleep(61*time.Second + 400*time.Millisecond)
					}
				})
			})
		}
	}
}

func TestSinceFollowsAClockThatIsSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &skewedServer{}
		c := newClockAPI(t, server, true, true)
		lose(t, c)
		server.skew = 5 * time.Minute
		_, err := c.GetPayment(t.Context(), "imp_1") // its Date header tells
		require.NoError(t, err)
		began := time.Now()
		require.WithinDuration(t, server.stamp(began), lose(t, c), time.Second)
	})
}

// Setting the local wall clock must neither end a token nor prolong it, which only
// a monotonic reading ensures. No test can set the clock, so the reading is looked
// for.
func TestTokenLivesOnTheMonotonicClock(t *testing.T) {
	t.Parallel()
	c := newClockAPI(t, &skewedServer{-time.Hour}, true, true)
	_, err := c.Token(t.Context())
	require.NoError(t, err)
	renewAt := c.tokens.current.Load().renewAt
	require.Contains(t, renewAt.String(), " m=+")
	require.InDelta(t, 30*time.Minute-renewBefore, time.Until(renewAt), float64(5*time.Second))
}
