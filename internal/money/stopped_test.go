package money_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func TestEnsurePaidRefusesBadInput(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, bad := range []iamport.Charge{
		nil, (*iamport.AgainRequest)(nil), (*iamport.OnetimeRequest)(nil), iamport.AgainRequest{}, iamport.OnetimeRequest{},
		iamport.AgainRequest{CustomerUID: "c", MerchantUID: "o", Amount: must(iamport.ParseAmount("0.5"))},
	} {
		_, err := s.client().EnsurePaid(t.Context(), bad)
		var invalid *iamport.InvalidRequestError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "EnsurePaid", invalid.Op)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
	}
	require.Zero(t, s.TotalCharges())
}

func must(a iamport.Amount, err error) iamport.Amount {
	if err != nil {
		panic(err)
	}
	return a
}

func TestEnsurePaidQueues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithPGTime(5*time.Second))
		c := s.client()
		other := order
		other.Amount = iamport.KRW(5000)
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := c.EnsurePaid(t.Context(), order)
			require.NoError(t, err)
		})
		time.Sleep(time.Second)
		wait.Go(func() {
			require.Equal(t, []string{"amount"}, alreadyPaid(t, err2(c.EnsurePaid(t.Context(), other))).Differs)
		})
		wait.Go(func() {
			lost := nothingSent(t, err2(c.EnsurePaid(within(t, time.Second), order)))
			require.ErrorIs(t, lost, context.DeadlineExceeded)
		})
		for range 20 {
			wait.Go(func() {
				p, err := c.EnsurePaid(t.Context(), order)
				require.NoError(t, err)
				require.Equal(t, iamport.KRW(3000), p.Amount)
			})
		}
		wait.Wait()
		require.Equal(t, 1, s.sent(again))

		// The first caller is cancelled while the PG works: the others are not cancelled
		// with it.
		next := order
		next.MerchantUID = "order_2"
		wait.Go(func() { unknown(t, err2(c.EnsurePaid(within(t, 2*time.Second), next))) })
		time.Sleep(time.Second)
		wait.Go(func() {
			lost := nothingSent(t, err2(c.EnsurePaid(t.Context(), next)))
			require.Positive(t, time.Until(lost.RetryAt))
		})
		wait.Wait()
		time.Sleep(5 * time.Second)
		_, err := c.EnsurePaid(t.Context(), next)
		require.NoError(t, err)
		require.Equal(t, 1, s.Charges("order_2"))
	})
}

func TestStoppedBeforeTheSend(t *testing.T) {
	t.Parallel()
	broken := errors.New("the database is down")
	for name, test := range map[string]struct {
		options func(*shop) []iamport.Option
		ctx     time.Duration
		is      error
	}{
		"journal": {is: broken, options: func(*shop) []iamport.Option {
			n := newNotes()
			n.begin = func(context.Context) (time.Duration, error) { return 0, broken }
			return []iamport.Option{iamport.WithJournal(n)}
		}},
		"journal that hangs": {is: context.DeadlineExceeded, options: func(*shop) []iamport.Option {
			n := newNotes()
			n.begin = func(ctx context.Context) (time.Duration, error) { <-ctx.Done(); return 0, ctx.Err() }
			return []iamport.Option{iamport.WithJournal(n)}
		}},
		"limiter": {is: broken, options: func(*shop) []iamport.Option {
			return []iamport.Option{iamport.WithLimiter(waiter(func(context.Context) error { return broken }))}
		}},
		"context in the limiter": {is: context.DeadlineExceeded, ctx: time.Second, options: func(*shop) []iamport.Option {
			return []iamport.Option{iamport.WithLimiter(sleeping(time.Hour))}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				ctx := t.Context()
				if test.ctx != 0 {
					ctx = within(t, test.ctx)
				}
				journal := newNotes()
				options := append([]iamport.Option{iamport.WithJournal(journal)}, test.options(s)...)
				began := time.Now()
				lost := nothingSent(t, err2(s.client(options...).EnsurePaid(ctx, order)))
				require.LessOrEqual(t, time.Since(began), time.Minute, "Begin is bounded by the time-out")
				require.ErrorIs(t, lost, test.is)
				if test.is == context.DeadlineExceeded { //nolint:errorlint // The table's own value.
					require.ErrorContains(t, lost, "context deadline exceeded")
				}
				var api *iamport.Error
				require.ErrorAs(t, lost.Err, &api, "it says what went wrong")
				require.Empty(t, journal.ended, "no End after a failed Begin")

				if test.ctx != 0 {
					ctx = within(t, test.ctx)
				}
				_, err := s.client(options...).Again(ctx, order)
				require.ErrorIs(t, err, iamport.ErrNotCharged)
				require.ErrorIs(t, err, test.is)
				require.Zero(t, s.sent(again))
			})
		})
	}
}

func TestConnectionThatNeverCameUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ts := httptest.NewServer(s)
	defer ts.Close()
	down := false
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if down {
			return nil, syscall.ECONNREFUSED
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	journal := newNotes()
	c := s.client(iamport.WithHTTPClient(&http.Client{Transport: transport}), iamport.WithBaseURL(ts.URL), iamport.WithJournal(journal),
		iamport.WithLimiter(waiter(func(context.Context) error { // after the look, before the send
			down = true
			transport.CloseIdleConnections()
			return nil
		})))
	lost := nothingSent(t, err2(c.EnsurePaid(t.Context(), order)))
	require.ErrorIs(t, lost, syscall.ECONNREFUSED)
	require.True(t, lost.RetryAt.IsZero(), "nothing holds the order")
	require.Equal(t, []bool{true}, journal.noted)

	down = false
	_, err := c.Token(t.Context())
	require.NoError(t, err)
	_, err = c.Again(t.Context(), order)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.Equal(t, []bool{true, true}, journal.noted)
	require.Zero(t, s.TotalCharges())
}

// errors.Is finds every cause, and its text is not repeated.
func TestCausesOfTLSAreFound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ts := httptest.NewTLSServer(s)
	defer ts.Close()
	ts.Config.ErrorLog = log.New(io.Discard, "", 0)
	c := s.client(iamport.WithHTTPClient(&http.Client{Transport: &http.Transport{}}), iamport.WithBaseURL(ts.URL))
	_, err := c.Again(t.Context(), order)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	var certificate *tls.CertificateVerificationError
	require.ErrorAs(t, err, &certificate)
	var authority x509.UnknownAuthorityError
	require.ErrorAs(t, err, &authority)
}

func TestForeignCausesAreFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testForeignCauses)
}

func testForeignCauses(t *testing.T) {
	s := newShop(t)
	secret := &secretError{"password=hunter2"}
	for _, c := range []*iamport.Client{
		s.client(iamport.WithLimiter(waiter(func(context.Context) error { return secret }))),
		s.client(iamport.WithJournal(oddJournal{begin: func() (time.Duration, error) { return 0, secret }})),
		s.client(iamport.WithHTTPClient(&http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { return nil, secret })})),
	} {
		for _, call := range []func() error{
			func() error { return err2(c.Again(t.Context(), order)) },
			func() error { return err2(c.EnsurePaid(t.Context(), order)) },
		} {
			err := call()
			var found *secretError
			require.ErrorAs(t, err, &found)
			require.ErrorIs(t, err, secret)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "hunter2")
			require.NotErrorIs(t, err, iamport.ErrNotFound, "what others call our errors is not believed")
		}
	}
}

type secretError struct{ text string }

func (e *secretError) Error() string        { return e.text }
func (e *secretError) Is(target error) bool { return target == iamport.ErrNotFound }

// Every error text is one line, for any text of the server.
func TestErrorsAreOneLine(t *testing.T) {
	t.Parallel()
	const nasty = `no\r\n\u001b[31mred\u202eevil\u2028line\u0000`
	for _, body := range []string{
		`{"code":-1,"message":"` + nasty + `","response":null}`,
		`{"code":-1,"message":"[1234] ` + nasty + `","response":null}`,
		`{"code":0,"message":null,"response":{"imp_uid":"` + nasty + `","merchant_uid":"order_1","amount":3000,"status":"failed","fail_reason":"` + nasty + `"}}`,
		`{"code":0,"message":null,"response":{"imp_uid":"` + nasty + `","merchant_uid":"order_1","amount":3000,"status":"` + nasty + `"}}`,
		`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[{"imp_uid":"` + nasty + `","merchant_uid":"order_1","amount":1,"status":"cancelled"}]}}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.InjectFunc(func(r *http.Request) *iamporttest.Fault {
				if r.URL.Path == "/users/getToken" {
					return nil
				}
				return new(iamporttest.Answer(200, "application/json", body))
			})
			c := s.client()
			_, refund := c.EnsureRefunded(t.Context(), iamport.CancelRequest{ImpUID: "imps_1", Full: true, Checksum: iamport.KRW(1)})
			_, customer := c.GetCustomer(t.Context(), "c")
			for _, err := range []error{
				err2(c.Again(t.Context(), order)), err2(c.EnsurePaid(t.Context(), order)), err2(c.Settle(t.Context(), "order_1", "")), refund, customer,
			} {
				if err != nil {
					require.NotRegexp(t, "[\\x00-\\x1f\\x7f\u202e\u2028]", err.Error(), body)
				}
			}
		})
	}
}
