package money_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// Two tries of one order in one second: neither the second charge nor Settle uses the
// failed record of the first.
func TestTwoTriesInOneSecond(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]iamporttest.Option{
		"marks kept":    nil,
		"marks dropped": {iamporttest.WithUserAgentLimit(0)},
		"marks cut":     {iamporttest.WithUserAgentLimit(25)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, options...)
				c := s.client()
				s.Inject(again, iamporttest.Decline("[2116] limit"), iamporttest.LoseThenExecute(time.Minute))
				declined(t, err2(c.Again(t.Context(), order)))
				lost := unknown(t, err2(c.Again(t.Context(), order)))
				unknown(t, err2(s.client().Settle(t.Context(), "order_1", lost.Attempt)))
				time.Sleep(time.Minute)
				p, err := s.client().Settle(t.Context(), "order_1", lost.Attempt)
				require.NoError(t, err)
				require.Equal(t, iamport.StatusPaid, p.Status)
			})
		})
	}
}

// A schedule fails, and its webhook calls RetrySchedule in the same second. The answer
// is lost: the failure on record is not that of the retry.
func TestRetryInTheSecondOfTheFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		s.failedSchedule(c, "order_1")
		s.Inject(retry, iamporttest.LoseThenExecute(time.Minute))
		lost := unknown(t, err2(c.RetrySchedule(t.Context(), "order_1")))
		require.Empty(t, lost.Attempt, "it sends no mark")
		require.Equal(t, held, time.Until(lost.RetryAt))
		unknown(t, err2(c.Settle(t.Context(), "order_1", lost.Attempt)))
		time.Sleep(time.Minute)
		p, err := c.Settle(t.Context(), "order_1", lost.Attempt)
		require.NoError(t, err)
		require.Equal(t, iamport.StatusPaid, p.Status)
	})
}

// A lost retry is settled by a payment without a mark only: one with a mark is
// another call's.
func TestRetryBesideAnotherCharge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		s.failedSchedule(c, "order_1")
		s.Inject(retry, iamporttest.LoseBefore())
		_, err := c.Again(t.Context(), order)
		require.NoError(t, err)
		alreadyPaid(t, err2(c.RetrySchedule(t.Context(), "order_1")))

		s.failedSchedule(c, "order_2")
		s.Inject(retry, iamporttest.LoseAfter())
		p, err := c.RetrySchedule(t.Context(), "order_2")
		require.NoError(t, err)
		require.Equal(t, iamport.StatusPaid, p.Status)
	})
}

// No clock decides which call made a record: not that of the records, not a gateway's Date.
func TestClocksDecideNothing(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{-9 * time.Hour, -2 * time.Second, -300 * time.Millisecond, 2 * time.Second, 9 * time.Hour} {
		for _, date := range []string{"", "Mon, 02 Jan 2006 15:04:05 GMT", "nonsense"} {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, iamporttest.WithRecordClock(offset))
				c := s.client(iamport.WithHTTPClient(&http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
					resp, err := s.RoundTrip(r)
					if err == nil {
						resp.Header.Set("Date", date)
					}
					return resp, err
				})}))
				s.Inject(again, iamporttest.Decline("[2116] limit"), iamporttest.LoseAfter(), iamporttest.LoseBefore())
				declined(t, err2(c.Again(t.Context(), order)))
				p, err := c.Again(t.Context(), order)
				require.NoError(t, err, "its own payment, whenever it was")
				require.Equal(t, iamport.StatusPaid, p.Status)
				alreadyPaid(t, err2(c.Again(t.Context(), order)))
			})
		}
	}
}

// Settle returns the same result to every client of the account, before and after a
// restart of any of them.
func TestSettleDependsOnTheRecordsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		s.Inject(again, iamporttest.Decline("[2116] limit").Slow(2*time.Minute), iamporttest.Fault{}, iamporttest.Fault{})
		ctx := iamport.WithAttempt(t.Context(), "a-1")
		ctx, cancelCall := context.WithTimeout(ctx, time.Second)
		defer cancelCall()
		require.Equal(t, "a-1", unknown(t, err2(c.Again(ctx, order))).Attempt)
		ask := func(attempt string) (words []string) {
			for _, client := range []*iamport.Client{c, s.client(), s.client(iamport.WithQuietPeriod(time.Hour))} {
				_, err := client.Settle(t.Context(), "order_1", attempt)
				words = append(words, fmt.Sprintf("%T", err))
			}
			return words
		}
		every := func(word string) []string { return []string{word, word, word} }
		require.Equal(t, every("*iamport.DeclinedError"), ask("a-1"))
		require.Equal(t, every("*iamport.OutcomeUnknownError"), ask("a-2"))
		require.Equal(t, every("*iamport.OutcomeUnknownError"), ask(""))
		_, err := c.Again(iamport.WithAttempt(t.Context(), "a-2"), order)
		require.NoError(t, err)
		require.Equal(t, every("<nil>"), ask("a-2"))
		require.Equal(t, every("*iamport.AlreadyPaidError"), ask("a-1"))
		require.Equal(t, every("*iamport.AlreadyPaidError"), ask(""))
		_, err = c.CancelPayment(t.Context(), iamport.CancelRequest{MerchantUID: "order_1", Full: true})
		require.NoError(t, err)
		require.Equal(t, every("*iamport.AlreadyPaidError"), ask("a-2"), "its own payment, refunded since")
	})
}

// The id of an attempt is valid for one send.
func TestAttemptIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		s.Inject(again, iamporttest.Decline("no"))
		ctx := iamport.WithAttempt(t.Context(), "run-1")
		require.Equal(t, "order_1", declined(t, err2(c.Again(ctx, order))).MerchantUID)
		_, err := c.Again(ctx, order)
		require.ErrorIs(t, err, iamport.ErrAttemptUsed)
		require.ErrorContains(t, err, "the attempt id was used for this order before")
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.Equal(t, 1, s.sent(again))

		next := order
		next.MerchantUID = "order_2"
		_, err = c.Again(ctx, next)
		require.NoError(t, err, "the id of one order says nothing of another")

		third := order
		third.MerchantUID = "order_3"
		s.Inject(again, iamporttest.Decline("no"), iamporttest.Decline("no"))
		for range 2 {
			declined(t, err2(c.EnsurePaid(ctx, third)))
		}
		_, err = c.EnsurePaid(iamport.WithAttempt(t.Context(), "NOT AN ID"), third)
		require.NoError(t, err, "EnsurePaid does not use it")
		for _, bad := range []string{"RUN-1", "run 1", "run(1)", "ü", strings.Repeat("a", 65)} {
			_, err := c.Again(iamport.WithAttempt(t.Context(), bad), third)
			var invalid *iamport.InvalidRequestError
			require.ErrorAs(t, err, &invalid, "%q", bad)
			_, err = c.Settle(t.Context(), "order_3", bad)
			require.ErrorAs(t, err, &invalid, "%q", bad)
		}
		require.Equal(t, 5, s.sent(again))
		_, err = c.Onetime(iamport.WithAttempt(t.Context(), ""), iamport.OnetimeRequest{MerchantUID: "order_4", Amount: iamport.KRW(100), Card: card})
		require.NoError(t, err, "an empty id means a random one")
	})
}

// Only with an *http.Transport does an httptrace without a connection mean "never
// sent".
func TestConnectionsThatOthersTellOf(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(*shop) http.RoundTripper{
		// It fails over to a transport without httptrace.
		"fails over": func(s *shop) http.RoundTripper {
			return transport(func(r *http.Request) (*http.Response, error) {
				trace(r).GetConn("api.iamport.kr:443")
				resp, err := s.RoundTrip(r.Clone(context.Background()))
				if r.Method == http.MethodGet || r.URL.Path == "/users/getToken" {
					return resp, err
				}
				return nil, errors.New("reset")
			})
		},
		// It sends the charge, and another request with the same context.
		"sends its own": func(s *shop) http.RoundTripper {
			return transport(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet || r.URL.Path == "/users/getToken" {
					return s.RoundTrip(r)
				}
				_, _ = s.RoundTrip(r.Clone(context.Background()))
				trace(r).GetConn("audit:443")
				return nil, errors.New("the audit log refused the connection")
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, iamporttest.WithLateRecords(time.Minute))
				unknown(t, err2(s.client(iamport.WithHTTPClient(&http.Client{Transport: wrap(s)})).Again(t.Context(), order)))
				require.Equal(t, 1, s.Charges("order_1"))
			})
		})
	}
}
