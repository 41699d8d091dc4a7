package money_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const (
	again   = "POST /subscribe/payments/again"
	onetime = "POST /subscribe/payments/onetime"
	retry   = "POST /subscribe/payments/schedule/{merchant_uid}/retry"
	findAll = "GET /payments/findAll/{merchant_uid}"
	cancel  = "POST /payments/cancel"

	// quiet is the default quiet period: twice three exchanges of 60 s and the settle
	// window of 10 s.
	quiet = 380 * time.Second
	// held is how long EnsurePaid sends nothing after an attempt: the quiet period and a
	// time-out.
	held = quiet + time.Minute
)

var (
	card  = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213"}
	order = iamport.AgainRequest{CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(3000)}
)

// shop is a server with one customer.
type shop struct {
	*iamporttest.Server
	t *testing.T
}

func newShop(t *testing.T, opts ...iamporttest.Option) *shop {
	t.Helper()
	s := &shop{iamporttest.NewServer(opts...), t}
	_, err := s.client().RegisterCustomer(t.Context(), "customer_1", iamport.RegisterCustomerRequest{Card: card})
	require.NoError(t, err)
	return s
}

// client is another process of the shop, with its own memory unless a journal is
// among the options.
func (s *shop) client(opts ...iamport.Option) *iamport.Client {
	s.t.Helper()
	c, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append([]iamport.Option{iamport.WithHTTPClient(s.Client())}, opts...)...)
	require.NoError(s.t, err)
	return c
}

// sent counts the requests to a route, the first two words of which are its method
// and the end of its path.
func (s *shop) sent(route string) (n int) {
	method, path, _ := strings.Cut(route, " ")
	path = path[strings.LastIndex(path, "/"):]
	for _, r := range s.Requests() {
		if r.Method == method && strings.HasSuffix(r.Path, path) {
			n++
		}
	}
	return n
}

// schedule books an order for one minute from now and lets it fail.
func (s *shop) failedSchedule(c *iamport.Client, merchantUID string) {
	s.t.Helper()
	_, err := c.Schedule(s.t.Context(), iamport.ScheduleRequest{CustomerUID: "customer_1", Schedules: []iamport.ScheduleItem{
		{MerchantUID: merchantUID, ScheduleAt: time.Now().Add(time.Minute), Amount: iamport.KRW(3000), Name: "One month"},
	}})
	require.NoError(s.t, err)
	_, err = c.DeleteCustomer(s.t.Context(), "customer_1", iamport.DeleteCustomerRequest{})
	require.NoError(s.t, err)
	time.Sleep(time.Minute)
	sch, err := c.GetSchedule(s.t.Context(), merchantUID)
	require.NoError(s.t, err)
	require.Equal(s.t, iamport.ScheduleExecuted, sch.ScheduleStatus)
	_, err = c.RegisterCustomer(s.t.Context(), "customer_1", iamport.RegisterCustomerRequest{Card: card})
	require.NoError(s.t, err)
}

func unknown(t *testing.T, err error) *iamport.OutcomeUnknownError {
	t.Helper()
	var lost *iamport.OutcomeUnknownError
	require.ErrorAs(t, err, &lost)
	for _, sentinel := range []error{iamport.ErrNotCharged, iamport.ErrNotFound, iamport.ErrRateLimited, iamport.ErrUnauthorized} {
		require.NotErrorIs(t, err, sentinel, "an unknown outcome is none of the sentinels")
	}
	require.Error(t, lost.Err)
	require.NotContains(t, err.Error(), "\n")
	return lost
}

// nothingSent requires an unknown outcome of a call that sent nothing.
func nothingSent(t *testing.T, err error) *iamport.OutcomeUnknownError {
	t.Helper()
	lost := unknown(t, err)
	require.Empty(t, lost.Attempt)
	require.ErrorContains(t, err, "nothing was sent")
	return lost
}

func alreadyPaid(t *testing.T, err error) *iamport.AlreadyPaidError {
	t.Helper()
	var already *iamport.AlreadyPaidError
	require.ErrorAs(t, err, &already)
	require.NotErrorIs(t, err, iamport.ErrNotCharged)
	return already
}

func declined(t *testing.T, err error) *iamport.DeclinedError {
	t.Helper()
	var decline *iamport.DeclinedError
	require.ErrorAs(t, err, &decline)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	return decline
}

// within is a context that ends after d.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// notes is a journal that records its calls.
type notes struct {
	iamport.Journal
	begin func(ctx context.Context) (time.Duration, error) // instead of the journal's, if not nil

	mu     sync.Mutex
	quiet  []time.Duration
	begun  []iamport.Attempt
	ended  []iamport.Attempt
	noted  []bool // notCharged of each end
	noEnds bool   // as if the process had crashed
}

func newNotes() *notes { return &notes{Journal: iamport.NewMemoryJournal()} }

func (n *notes) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	n.mu.Lock()
	n.begun, n.quiet = append(n.begun, a), append(n.quiet, quiet)
	n.mu.Unlock()
	if n.begin != nil {
		if wait, err := n.begin(ctx); wait != 0 || err != nil {
			return wait, err
		}
	}
	return n.Journal.Begin(ctx, a, quiet)
}

func (n *notes) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	n.mu.Lock()
	n.ended, n.noted = append(n.ended, a), append(n.noted, notCharged)
	n.mu.Unlock()
	if n.noEnds {
		return errors.New("the process has died")
	}
	return n.Journal.End(ctx, a, notCharged)
}

// waiter is a limiter with a fixed wait for each turn.
type waiter func(ctx context.Context) error

func (w waiter) Wait(ctx context.Context) error { return w(ctx) }

func sleeping(d time.Duration) waiter {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// transport answers by a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
