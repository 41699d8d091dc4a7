package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// recordOf is one record of order-1 in the answer of findAll.
func recordOf(impUID, status string, started time.Time, more string) string {
	return fmt.Sprintf(`{"imp_uid":%q,"merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":"KRW","status":%q,`+
		`"started_at":%d,"fail_reason":"[2116] limit","customer_uid":null%s}`, impUID, status, started.Unix(), more)
}

func listing(list ...string) func(*http.Request) (*http.Response, error) {
	return answeringJSON(200, fmt.Sprintf(`{"code":0,"message":null,"response":{"total":%d,"previous":0,"next":0,"list":[%s]}}`,
		len(list), strings.Join(list, ",")))
}

// later answers the first n requests with one function and the rest with another.
func later(n int, first, rest func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	seen := 0
	return func(r *http.Request) (*http.Response, error) {
		if seen++; seen <= n {
			return first(r)
		}
		return rest(r)
	}
}

func TestLostAnswerIsSettledByTheRecords(t *testing.T) {
	t.Parallel()
	none := answeringJSON(404, noneJSON)
	tests := map[string]struct {
		lookUp func(now time.Time) func(*http.Request) (*http.Response, error)
		want   outcome
		says   string
	}{
		"paid": {want: paid, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_1", "paid", now, ""))
		}},
		"paid a while later": {want: paid, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return later(3, none, listing(recordOf("imps_1", "paid", now.Add(2*time.Second), "")))
		}},
		"paid, after look-ups that failed": {want: paid, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return later(2, failing(syscall.ECONNRESET), later(2, answering(502, "text/html", "<html>"), listing(recordOf("imps_1", "paid", now, ""))))
		}},
		"paid beside older failures": {want: paid, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_0", "failed", now.Add(-time.Hour), ""), recordOf("imps_2", "paid", now, ""))
		}},
		"paid beside a newer failure": {want: paid, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_3", "failed", now.Add(time.Second), ""), recordOf("imps_2", "paid", now, ""))
		}},
		"paid by an earlier call": {want: already, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_1", "paid", now.Add(-time.Minute), ""))
		}},
		"paid and cancelled": {want: already, says: "status", lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_1", "cancelled", now.Add(-time.Minute), ""))
		}},
		"paid after this call began, and cancelled": {want: already, says: "status", lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_1", "cancelled", now, ""))
		}},
		"failed": {want: notCharged, says: "[2116]", lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_1", "failed", now, ""))
		}},
		"an old failure": {want: unknown, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_1", "failed", now.Add(-time.Second), ""))
		}},
		"nothing": {want: unknown, lookUp: func(time.Time) func(*http.Request) (*http.Response, error) { return none }},
		"no list": {want: unknown, lookUp: func(time.Time) func(*http.Request) (*http.Response, error) { return listing() }},
		"ready": {want: unknown, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(recordOf("imps_1", "ready", now, ""))
		}},
		"forbidden": {want: unknown, lookUp: func(time.Time) func(*http.Request) (*http.Response, error) { return answering(403, "text/html", "no") }},
		"another order": {want: unknown, lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(strings.Replace(recordOf("imps_1", "paid", now, ""), "order-1", "order-2", 1))
		}},
		"another amount": {want: unknown, says: "differs in amount", lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(strings.Replace(recordOf("imps_1", "paid", now, ""), "3000", "4000", 1))
		}},
		"another currency": {want: unknown, says: "differs in currency", lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(strings.Replace(recordOf("imps_1", "paid", now, ""), "KRW", "USD", 1))
		}},
		"another customer": {want: unknown, says: "differs in customer_uid", lookUp: func(now time.Time) func(*http.Request) (*http.Response, error) {
			return listing(strings.Replace(recordOf("imps_1", "paid", now, ""), `"customer_uid":null`, `"customer_uid":"cu-9"`, 1))
		}},
	}
	for name, test := range tests {
		for _, op := range []string{"Onetime", "Again"} {
			t.Run(name+"/"+op, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Hour) // so that the clock does not stand at its zero
					s := &shop{charge: answering(502, "text/html", "<html>"), lookUp: test.lookUp(time.Now())}
					began := time.Now()
					p, err := chargeCalls[op](t.Context(), newClient(t, s))
					require.Equal(t, test.want, outcomeOf(t, p, err), "%v", err)
					if test.says != "" {
						require.ErrorContains(t, err, test.says)
					}
					if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
						require.True(t, began.Equal(lost.Since), "%s", lost.Since)
					}
					require.Equal(t, int64(1), s.charges.Load(), "a charge is sent once")
					require.LessOrEqual(t, time.Since(began), 10*time.Second+time.Millisecond, "the window is bounded")
				})
			})
		}
	}
}

func TestLookUpsWaitLongerAndLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{charge: failing(syscall.ECONNRESET), lookUp: answeringJSON(404, noneJSON)}
		p, err := chargeCalls["Again"](t.Context(), newClient(t, s))
		require.Equal(t, unknown, outcomeOf(t, p, err))
		require.GreaterOrEqual(t, s.lookUps.Load(), int64(4))
		require.LessOrEqual(t, s.lookUps.Load(), int64(40))
	})
}

func TestContextEndsTheLookUps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{charge: failing(syscall.ECONNRESET), lookUp: answeringJSON(404, noneJSON)}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		p, err := chargeCalls["Again"](ctx, newClient(t, s))
		require.Equal(t, unknown, outcomeOf(t, p, err))
		require.Equal(t, 3*time.Second, time.Since(began))
	})
}

func TestContextThatEndsTheChargeLeavesItUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := iamporttest.NewServer()
		srv.Inject("POST /subscribe/payments/onetime", iamporttest.Fault{}.Slow(time.Minute)) // charged, answered late
		client := sandboxClient(t, srv)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		p, err := chargeCalls["Onetime"](ctx, client)
		require.Equal(t, unknown, outcomeOf(t, p, err))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(began), "at once")

		lost, _ := errors.AsType[*iamport.OutcomeUnknownError](err)
		p, err = client.Settle(t.Context(), lost.MerchantUID, lost.Since)
		require.NoError(t, err)
		require.Equal(t, iamport.StatusPaid, p.Status)
		require.Equal(t, 1, srv.Charges("order-1"))
	})
}

func sandboxClient(t testing.TB, srv *iamporttest.Server, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append(opts, iamport.WithHTTPClient(srv.Client()))...)
	require.NoError(t, err)
	return client
}

func TestSettlementByTheServersClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-24 * time.Hour, -5 * time.Minute, -2 * time.Second, -400 * time.Millisecond, 0, 400 * time.Millisecond, 2 * time.Second, 5 * time.Minute, 24 * time.Hour} {
		for _, wait := range []time.Duration{0, 300 * time.Millisecond, 900 * time.Millisecond, time.Minute} {
			t.Run(fmt.Sprint(skew, wait), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					srv := iamporttest.NewServer(iamporttest.WithClockOffset(skew))
					client := sandboxClient(t, srv)
					_, err := client.RegisterCustomer(t.Context(), "cu-1", iamport.RegisterCustomerRequest{
						Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
					})
					require.NoError(t, err)

					// A failure of long ago, then a charge that is executed and lost.
					srv.Inject("POST /subscribe/payments/again", iamporttest.Decline("[2116] limit"))
					_, err = chargeCalls["Again"](t.Context(), client)
					require.ErrorIs(t, err, iamport.ErrNotCharged)
					time.Sleep(3*time.Second + wait)
					srv.Inject("POST /subscribe/payments/again", iamporttest.LoseThenExecute(4*time.Second))
					p, err := chargeCalls["Again"](t.Context(), client)
					require.Equal(t, paid, outcomeOf(t, p, err), "%v", err)
					require.Equal(t, 1, srv.Charges("order-1"))
				})
			})
		}
	}
}

// Two attempts fit into one second of the server's stamps.
func TestDeclineOfTheSameSecondSettlesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := iamporttest.NewServer()
		client := sandboxClient(t, srv)
		srv.Inject("POST /subscribe/payments/onetime", iamporttest.Decline("[2116] limit"), iamporttest.LoseThenExecute(time.Minute))
		_, err := chargeCalls["Onetime"](t.Context(), client)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		p, err := chargeCalls["Onetime"](t.Context(), client)
		require.Equal(t, unknown, outcomeOf(t, p, err), "%v", err)

		time.Sleep(time.Minute)
		lost, _ := errors.AsType[*iamport.OutcomeUnknownError](err)
		p, err = client.Settle(t.Context(), lost.MerchantUID, lost.Since)
		require.Equal(t, paid, outcomeOf(t, p, err))
		require.Equal(t, 1, srv.Charges("order-1"))
	})
}

func TestRefusalIsCheckedForAnEarlierPayment(t *testing.T) {
	t.Parallel()
	// Whatever it says: the wording is not asked.
	const refused = `{"code":1,"message":"\uc54c \uc218 \uc5c6\ub294 \uc624\ub958","response":null}`
	const declinedByMessage = `{"code":-1,"message":"[F113] \uac70\uc808","response":null}`
	old := time.Unix(900000000, 0)
	for name, test := range map[string]struct {
		status  int
		body    string
		lookUp  func(*http.Request) (*http.Response, error)
		want    outcome
		lookUps int64
	}{
		"paid":                           {200, refused, listing(recordOf("imps_1", "paid", old, "")), already, 1},
		"paid, refused with a PG's code": {200, declinedByMessage, listing(recordOf("imps_1", "paid", old, "")), already, 1},
		"paid, refused with HTTP 400":    {400, refused, listing(recordOf("imps_1", "paid", old, "")), already, 1},
		"paid, refused with HTTP 409":    {409, refused, listing(recordOf("imps_1", "paid", old, "")), already, 1},
		"cancelled":                      {200, refused, listing(recordOf("imps_1", "cancelled", old, "")), already, 1},
		"failed":                         {200, refused, listing(recordOf("imps_1", "failed", old, "")), notCharged, 1},
		"no record":                      {200, refused, answeringJSON(404, noneJSON), notCharged, 1},
		"the look-up fails":              {200, refused, answering(502, "text/html", "<html>"), unknown, 4},
		"the look-up of a decline fails": {200, declinedByMessage, failing(syscall.ECONNRESET), unknown, 4},
		"HTTP 400, the look-up fails":    {400, refused, answering(502, "text/html", "<html>"), notCharged, 4},
		"HTTP 415":                       {415, refused, failing(syscall.ECONNRESET), notCharged, 0},
		"HTTP 429":                       {429, refused, failing(syscall.ECONNRESET), notCharged, 0},
		"HTTP 401":                       {401, refused, failing(syscall.ECONNRESET), notCharged, 0},
	} {
		for op, call := range chargeCalls {
			t.Run(name+"/"+op, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &shop{charge: answeringJSON(test.status, test.body), lookUp: test.lookUp}
					p, err := call(t.Context(), newClient(t, s))
					want := test.want
					if test.status == 400 && op == "RetrySchedule" && strings.HasSuffix(name, "fails") {
						want = unknown // there HTTP 400 may say that the schedule is paid
					}
					require.Equal(t, want, outcomeOf(t, p, err), "%v", err)
					require.Equal(t, test.lookUps, s.lookUps.Load())
					// What the API said is never lost.
					api, ok := errors.AsType[*iamport.Error](err)
					require.True(t, ok)
					require.Equal(t, test.status, api.StatusCode)
					require.NotEmpty(t, api.Message)
				})
			})
		}
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	since := time.Unix(1700000000, 0)
	for name, test := range map[string]struct {
		lookUp func(*http.Request) (*http.Response, error)
		want   outcome
	}{
		"paid":                 {listing(recordOf("imps_1", "paid", since, "")), paid},
		"paid before":          {listing(recordOf("imps_1", "paid", since.Add(-time.Hour), "")), paid},
		"paid after a failure": {listing(recordOf("imps_2", "failed", since.Add(2*time.Second), ""), recordOf("imps_1", "paid", since, "")), paid},
		"failed":               {listing(recordOf("imps_1", "failed", since, "")), notCharged},
		"failed before":        {listing(recordOf("imps_1", "failed", since.Add(-time.Second), "")), unknown},
		"refunded":             {listing(recordOf("imps_1", "cancelled", since, "")), already},
		"no record":            {answeringJSON(404, noneJSON), unknown},
		"no answer":            {failing(syscall.ECONNRESET), unknown},
		"not the API":          {answering(200, "text/html", "<html>"), unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &shop{lookUp: test.lookUp}
				p, err := newClient(t, s).Settle(t.Context(), "order-1", since.Add(300*time.Millisecond))
				require.Equal(t, test.want, outcomeOf(t, p, err), "%v", err)
			})
		})
	}
	_, err := newClient(t, httpmock.NewMockTransport()).Settle(t.Context(), "", since)
	require.ErrorContains(t, err, "merchant_uid is required")
}
