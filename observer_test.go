package iamport_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// seen keeps what an observer is told, as one line each without the times.
type seen struct {
	mu    sync.Mutex
	lines []string
}

func (s *seen) Observe(_ context.Context, x iamport.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, strings.TrimRight(fmt.Sprintf("%s %s %s %s try=%d status=%d code=%d %s|%s",
		x.Op, x.Purpose, x.Method, x.Route, x.Try, x.StatusCode, x.Code, x.Failure, x.Outcome), " |"))
}

// take returns the lines since the last one that was taken, without the sign-in.
func (s *seen) take() (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		if line != "Token sign_in POST /users/getToken try=1 status=200 code=0" {
			lines = append(lines, line)
		}
	}
	s.lines = nil
	return lines
}

const (
	again   = "POST /subscribe/payments/again"
	findAll = "GET /payments/findAll/{merchant_uid}"
	payment = "GET /payments/{imp_uid}"
	cancel  = "POST /payments/cancel"
)

func TestObserverSeesEachExchange(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct {
		faults []string // each is "PATTERN: fault"
		do     func(context.Context, *iamport.Client) error
		want   []string
	}{
		"a read": {nil, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.GetPayment(ctx, "imps_none"))
		}, []string{"GetPayment call " + payment + " try=1 status=404 code=-1 not_found"}},
		"a read that is repeated": {[]string{"GET /payments/{imp_uid}: 502"}, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.GetPayment(ctx, "imps_none"))
		}, []string{
			"GetPayment call " + payment + " try=1 status=502 code=0 server_error",
			"GetPayment call " + payment + " try=2 status=404 code=-1 not_found",
		}},
		"a paid charge":  {nil, chargeOf("Again"), []string{"Again call " + again + " try=1 status=200 code=0 |paid"}},
		"a declined one": {[]string{again + ": decline"}, chargeOf("Again"), []string{"Again call " + again + " try=1 status=200 code=0 |declined"}},
		"a code that says declined": {[]string{again + ": code"}, chargeOf("Again"), []string{
			"Again settle " + findAll + " try=1 status=404 code=-1 not_found",
			"Again call " + again + " try=1 status=200 code=-1 refused|declined",
		}},
		"a lost one that is settled": {[]string{again + ": lost"}, chargeOf("Again"), []string{
			"Again settle " + findAll + " try=1 status=200 code=0",
			"Again call " + again + " try=1 status=0 code=0 connection|paid",
		}},
		"a 401 and its repetition": {[]string{again + ": 401"}, chargeOf("Again"), []string{
			"Again call " + again + " try=1 status=401 code=-1 unauthorized",
			"Again call " + again + " try=2 status=200 code=0 |paid",
		}},
		"a bad request": {nil, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.Again(ctx, iamport.AgainRequest{}))
		}, []string{"Again call " + again + " try=0 status=0 code=0 invalid|not_charged"}},
		"no charge at all": {nil, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.EnsurePaid(ctx, nil))
		}, []string{"EnsurePaid call   try=0 status=0 code=0 invalid|not_charged"}},
		"EnsurePaid": {nil, chargeOf("EnsurePaid"), []string{
			"EnsurePaid look_up " + findAll + " try=1 status=404 code=-1 not_found",
			"EnsurePaid call " + again + " try=1 status=200 code=0 |paid",
		}},
		"EnsurePaid of what is paid": {nil, twice(chargeOf("EnsurePaid")), []string{
			"EnsurePaid look_up " + findAll + " try=1 status=200 code=0",
			"EnsurePaid call " + again + " try=0 status=0 code=0 |paid",
		}},
		"EnsurePaid of what is held": {[]string{again + ": never"}, twice(chargeOf("EnsurePaid")), []string{
			"EnsurePaid look_up " + findAll + " try=1 status=404 code=-1 not_found",
			"EnsurePaid call " + again + " try=0 status=0 code=0 held|unknown",
		}},
		"Settle": {nil, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.Settle(ctx, "m-1", ""))
		}, []string{"Settle settle " + findAll + " try=1 status=404 code=-1 not_found"}},
		"a refund": {nil, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.CancelPayment(ctx, iamport.CancelRequest{MerchantUID: "sold", Full: true}))
		}, []string{"CancelPayment call " + cancel + " try=1 status=200 code=0 |done"}},
		"a refused refund": {nil, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.CancelPayment(ctx, iamport.CancelRequest{MerchantUID: "none", Full: true}))
		}, []string{"CancelPayment call " + cancel + " try=1 status=200 code=1 refused|not_charged"}},
		"EnsureRefunded": {[]string{cancel + ": lost"}, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.EnsureRefunded(ctx, iamport.CancelRequest{MerchantUID: "sold", Full: true, Checksum: iamport.KRW(1000)}))
		}, []string{
			"EnsureRefunded look_up " + findAll + " try=1 status=200 code=0",
			"EnsureRefunded settle " + payment + " try=1 status=200 code=0",
			"EnsureRefunded call " + cancel + " try=1 status=0 code=0 connection|done",
		}},
		"a schedule whose answer is cut": {[]string{"POST /subscribe/payments/schedule: 502"}, func(ctx context.Context, c *iamport.Client) error {
			return clienttest.ErrorOf(c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "c-1", Schedules: []iamport.ScheduleItem{
				{MerchantUID: "s-1", Amount: iamport.KRW(1000), ScheduleAt: time.Now().Add(time.Hour)},
			}}))
		}, []string{"Schedule call POST /subscribe/payments/schedule try=1 status=502 code=0 server_error|unknown"}},
		"Call": {nil, func(ctx context.Context, c *iamport.Client) error {
			return c.Call(ctx, "POST", []string{"users", "secret-id"}, nil, nil, nil)
		}, []string{"Call call POST /{path} try=1 status=404 code=-1 not_found|not_charged"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen seen
				srv, client := clienttest.Sandbox(t, iamport.WithObserver(&seen))
				require.NoError(t, clienttest.RegisterCard(t, client, "c-1"))
				_, err := client.Again(t.Context(), iamport.AgainRequest{CustomerUID: "c-1", MerchantUID: "sold", Amount: iamport.KRW(1000)})
				require.NoError(t, err)
				for _, fault := range story.faults {
					pattern, name, _ := strings.Cut(fault, ": ")
					srv.Inject(pattern, map[string]iamporttest.Fault{
						"decline": iamporttest.Decline("[2116]"), "code": iamporttest.DeclineCode("[2116]"),
						"lost": iamporttest.LoseAfter(), "never": iamporttest.LoseBefore(), "502": iamporttest.Answer(502, "text/html", "<html>"),
						"401": iamporttest.Answer(401, "application/json", `{"code":-1,"message":"Unauthorized","response":null}`),
					}[name])
				}
				seen.take()
				_ = story.do(t.Context(), client)
				lines := seen.take()
				require.Equal(t, story.want, lines[max(0, len(lines)-len(story.want)):], "%q", lines)
			})
		})
	}
}

func chargeOf(op string) func(context.Context, *iamport.Client) error {
	r := iamport.AgainRequest{CustomerUID: "c-1", MerchantUID: "m-1", Amount: iamport.KRW(1000)}
	return func(ctx context.Context, c *iamport.Client) error {
		if op == "EnsurePaid" {
			return clienttest.ErrorOf(c.EnsurePaid(ctx, r))
		}
		return clienttest.ErrorOf(c.Again(ctx, r))
	}
}

func twice(do func(context.Context, *iamport.Client) error) func(context.Context, *iamport.Client) error {
	return func(ctx context.Context, c *iamport.Client) error {
		_ = do(ctx, c)
		return do(ctx, c)
	}
}

// TestObserverGetsTheContextAndTheTimes: spans hang on both.
func TestObserverGetsTheContextAndTheTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var all []iamport.Exchange
		observer := iamport.ObserverFunc(func(ctx context.Context, x iamport.Exchange) {
			if ctx.Value(key{}) == "caller" {
				all = append(all, x)
			}
		})
		srv := iamporttest.NewServer()
		client := clienttest.SandboxClient(t, srv, iamport.WithObserver(observer))
		ctx := context.WithValue(t.Context(), key{}, "caller")
		srv.Inject(again, iamporttest.Delay(3*time.Second))
		began := time.Now()
		_, err := client.Again(ctx, iamport.AgainRequest{CustomerUID: "none", MerchantUID: "m-1", Amount: iamport.KRW(1000)})
		require.Error(t, err)
		require.Len(t, all, 3, "the sign-in, the look-up and the charge")
		require.Equal(t, iamport.PurposeSignIn, all[0].Purpose)
		require.Equal(t, iamport.PurposeSettle, all[1].Purpose)
		require.Equal(t, began.Add(3*time.Second), all[1].Start)
		require.Equal(t, iamport.PurposeCall, all[2].Purpose)
		require.Equal(t, began, all[2].Start)
		require.Equal(t, 3*time.Second, all[2].Duration, "of the exchange, not of the look-ups after it")
	})
}

// TestNoObserverHoldsAChargeBack: one that panics, ends its goroutine or never returns.
func TestNoObserverHoldsAChargeBack(t *testing.T) {
	t.Parallel()
	for name, observe := range map[string]func(<-chan struct{}){
		"panics":        func(<-chan struct{}) { panic("planted") },
		"never returns": func(end <-chan struct{}) { <-end },
		"is slow":       func(<-chan struct{}) { time.Sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				var calls atomic.Int64
				srv, client := clienttest.Sandbox(t, iamport.WithObserver(iamport.ObserverFunc(func(context.Context, iamport.Exchange) {
					calls.Add(1)
					observe(end)
				})))
				began := time.Now()
				require.NoError(t, clienttest.RegisterCard(t, client, "c-1"))
				for i := range 100 {
					_, err := client.Again(t.Context(), iamport.AgainRequest{
						CustomerUID: "c-1", MerchantUID: fmt.Sprint("m-", i), Amount: iamport.KRW(1000),
					})
					require.NoError(t, err)
				}
				require.LessOrEqual(t, time.Since(began), 100*time.Millisecond)
				require.Len(t, srv.AllApprovals(), 100)
				close(end)
				time.Sleep(2 * time.Hour) // the slow ones end
				require.Equal(t, int64(103), calls.Load(), "nothing was dropped")
			})
		})
	}
}

func TestObserverMustNotBeNil(t *testing.T) {
	t.Parallel()
	for _, observer := range []iamport.Observer{nil, (*seen)(nil)} {
		_, err := iamport.NewClient("key", "secret", iamport.WithObserver(observer))
		require.Contains(t, clienttest.Invalid(t, err), "WithObserver")
	}
}

// TestLogCarriesTheOutcome: the log tells what an observer is told.
func TestLogCarriesTheOutcome(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := clienttest.NewClient(t, clienttest.Always(func(r *http.Request) (*http.Response, error) {
		return clienttest.Charged(r)
	}), iamport.WithLogger(logger))
	_, err := client.Again(t.Context(), iamport.AgainRequest{CustomerUID: "c-1", MerchantUID: "m-1", Amount: iamport.KRW(1000)})
	require.NoError(t, err)
	require.Contains(t, text.String(), "op=Again method=POST route=/subscribe/payments/again purpose=call try=1 duration=")
	require.Regexp(t, `msg="iamport outcome" op=Again duration=\S+ outcome=paid`, text.String())
}

func TestFailuresOfAChange(t *testing.T) {
	t.Parallel()
	shop := func(answer clienttest.Transport) http.RoundTripper { return &clienttest.Shop{Charge: answer} }
	for want, transport := range map[string]http.RoundTripper{
		"try=1 status=0 code=0 canceled|unknown":         shop(clienttest.Failing(context.Canceled)),
		"try=1 status=0 code=0 timeout|unknown":          shop(clienttest.Failing(os.ErrDeadlineExceeded)),
		"try=1 status=0 code=0 connection|unknown":       shop(clienttest.Failing(io.EOF)),
		"try=1 status=500 code=-1 server_error|unknown":  shop(clienttest.AnsweringJSON(500, clienttest.NoneJSON)),
		"try=1 status=400 code=0 refused|unknown":        shop(clienttest.AnsweringJSON(400, `{"code":0,"message":"no","response":null}`)),
		"try=0 status=0 code=0 unauthorized|not_charged": clienttest.AnsweringJSON(401, clienttest.NoneJSON), // to the sign-in
		"try=0 status=0 code=0 not_sent|not_charged":     clienttest.AnsweringJSON(403, clienttest.NoneJSON),
	} {
		var got seen
		client := clienttest.NewClient(t, transport, iamport.WithObserver(&got))
		require.Error(t, clienttest.ErrorOf(client.DeleteCustomer(t.Context(), "cu-1", iamport.DeleteCustomerRequest{})))
		lines := got.take()
		require.Equal(t, "DeleteCustomer call DELETE /subscribe/customers/{customer_uid} "+want, lines[len(lines)-1])
	}
}

// noTimeoutError is an error of a transport whose Timeout looks no deeper than itself.
type noTimeoutError struct{ error }

func (noTimeoutError) Timeout() bool   { return false }
func (e noTimeoutError) Unwrap() error { return e.error }

func TestTimeoutBehindAnErrorThatDeniesIt(t *testing.T) {
	t.Parallel()
	var s seen
	c := clienttest.NewClient(t, &clienttest.Shop{Charge: clienttest.Failing(noTimeoutError{context.DeadlineExceeded})}, iamport.WithObserver(&s))
	require.Error(t, clienttest.ErrorOf(c.DeleteCustomer(t.Context(), "cu-1", iamport.DeleteCustomerRequest{})))
	lines := s.take()
	require.Contains(t, lines[len(lines)-1], "timeout|unknown")
}
