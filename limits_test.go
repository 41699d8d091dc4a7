package iamport_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// chargeMany sends n charges at once and returns when each was sent.
func chargeMany(t *testing.T, n int, opts ...iamport.Option) []time.Duration {
	t.Helper()
	began := time.Now()
	var mu sync.Mutex
	var times []time.Duration
	s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, clienttest.PaidJSON), LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON)}
	client := clienttest.NewClient(t, roundTripperAt(s, func() {
		mu.Lock()
		defer mu.Unlock()
		times = append(times, time.Since(began))
	}), opts...)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			_, err := clienttest.Charges["Again"](t.Context(), client)
			require.NoError(t, err)
		})
	}
	wg.Wait()
	return times
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opts []iamport.Option
		took time.Duration
	}{
		"none":                     {nil, 0},
		"two a second, burst of 4": {[]iamport.Option{iamport.WithRateLimit(2, 4)}, 98 * time.Second},
		"Kiwoompay's 50 a second":  {[]iamport.Option{iamport.WithPG(iamport.PGDaou)}, 199 * 2 * time.Second / 99},
		"with a shop id":           {[]iamport.Option{iamport.WithPG(iamport.PGDaou.MID("CTS16628"))}, 199 * 2 * time.Second / 99},
		"overridden before":        {[]iamport.Option{iamport.WithRateLimit(100, 100), iamport.WithPG(iamport.PGDaou)}, time.Second},
		"overridden after":         {[]iamport.Option{iamport.WithPG(iamport.PGDaou), iamport.WithRateLimit(100, 100)}, time.Second},
		"a limiter of one's own":   {[]iamport.Option{iamport.WithPG(iamport.PGDaou), iamport.WithLimiter(rate.NewLimiter(1, 1))}, 199 * time.Second},
		"another gateway":          {[]iamport.Option{iamport.WithPG(iamport.PGNice)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				times := chargeMany(t, 200, test.opts...)
				require.InDelta(t, test.took.Seconds(), times[len(times)-1].Seconds(), 0.001)
				if name != "Kiwoompay's 50 a second" {
					return
				}
				for i := 50; i < len(times); i++ {
					require.GreaterOrEqual(t, times[i]-times[i-50], time.Second+10*time.Millisecond, "more than 50 in a second, if one is a little late")
				}
			})
		})
	}
}

func TestWaitingForTheLimitIsNotCharged(t *testing.T) {
	t.Parallel()
	for op, call := range clienttest.Charges {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, clienttest.PaidJSON), LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON)}
				client := clienttest.NewClient(t, s, iamport.WithRateLimit(0.001, 1))
				_, err := call(t.Context(), client)
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				p, err := call(ctx, client)
				require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err))
				require.Equal(t, int64(1), s.Charges.Load())
			})
		})
	}
}

func TestLimiterThatRefuses(t *testing.T) {
	t.Parallel()
	closed := errors.New("closed for the night")
	s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, clienttest.PaidJSON), LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON)}
	client := clienttest.NewClient(t, s, iamport.WithLimiter(clienttest.Limiter(func(context.Context) error { return closed })))
	for _, call := range clienttest.Charges {
		p, err := call(t.Context(), client)
		require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err))
		require.ErrorIs(t, err, closed)
	}
	require.Zero(t, s.Charges.Load())
	_, err := client.FindPayment(t.Context(), "order-1", iamport.FindPaymentQuery{})
	require.ErrorIs(t, err, iamport.ErrNotFound, "look-ups are not held back")
}

func TestLimitOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for field, options := range map[string][]iamport.Option{
		"WithRateLimit": {
			iamport.WithRateLimit(0, 1), iamport.WithRateLimit(-1, 1), iamport.WithRateLimit(1, 0),
			iamport.WithRateLimit(math.NaN(), 1), iamport.WithRateLimit(math.Inf(1), 1),
		},
		"WithLimiter": {iamport.WithLimiter(nil)},
		"WithPG":      {iamport.WithPG(""), iamport.WithPG("nosuchpg"), iamport.WithPG("Daou"), iamport.WithPG("daou2.shop")},
	} {
		for _, option := range options {
			_, err := iamport.NewClient("k", "s", option)
			require.Equal(t, []string{field}, slices.Collect(maps.Keys(clienttest.Invalid(t, err))))
		}
	}
}

func TestKiwoompayNames(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"":             true,
		"One month #1": true,
		"월 정기결제":       true,
		"홍길동 漢字 カナ Ω":  true,  // all of KS X 1001
		"펲시 콜라":        false, // 펲 is in CP949 only
		"똠방각하":         false, // 똠 as well
		"정기결제 😀":       false,
		"café":         false,
		"정기결제™":        true,
		"전화·인터넷":       true, // the first row of KS X 1001
		"쀍":            false,
	} {
		for field, r := range map[string]iamport.AgainRequest{
			"Name":      {CustomerUID: "cu-1", MerchantUID: "order-1", Amount: iamport.KRW(3000), Name: text},
			"BuyerName": {CustomerUID: "cu-1", MerchantUID: "order-1", Amount: iamport.KRW(3000), BuyerName: text},
		} {
			s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, clienttest.PaidJSON), LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON)}
			_, err := clienttest.NewClient(t, s, iamport.WithPG(iamport.PGDaou)).Again(t.Context(), r)
			if ok {
				require.NoError(t, err, text)
			} else {
				require.Equal(t, []string{field}, slices.Collect(maps.Keys(clienttest.Invalid(t, err))), "%q", text)
				require.Zero(t, s.Charges.Load())
			}
			for _, opts := range [][]iamport.Option{nil, {iamport.WithPG(iamport.PGNice)}, {iamport.WithAnyText(), iamport.WithPG(iamport.PGDaou)}} {
				_, err = clienttest.NewClient(t, s, opts...).Again(t.Context(), r)
				require.NoError(t, err)
			}
		}
	}
	client := clienttest.NewClient(t, &clienttest.Shop{}, iamport.WithPG(iamport.PGDaou))
	_, err := client.Onetime(t.Context(), iamport.OnetimeRequest{
		MerchantUID: "order-1", Amount: iamport.KRW(3000), Name: "똠", BuyerName: "😀",
		Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
	})
	require.ErrorContains(t, err, "Onetime: Name ")
	require.ErrorContains(t, err, "; BuyerName ")
	_, err = client.Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{{
		MerchantUID: "order-1", Amount: iamport.KRW(3000), Name: "똠", ScheduleAt: time.Now().Add(time.Hour),
	}}})
	require.ErrorContains(t, err, "Schedules[0].Name ")
}

// roundTripperAt calls then before every charge.
func roundTripperAt(s *clienttest.Shop, then func()) clienttest.Transport {
	return func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/users/getToken" && r.Method == http.MethodPost {
			then()
		}
		return s.RoundTrip(r)
	}
}
