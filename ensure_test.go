package iamport_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const (
	againRoute   = "POST /subscribe/payments/again"
	findAllRoute = "GET /payments/findAll/{merchant_uid}"
)

var order1 = iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: "order-1", Amount: iamport.KRW(3000)}

// ensureShop is a sandbox with a card stored under cu-1.
func ensureShop(t *testing.T, opts ...iamport.Option) (*iamporttest.Server, *iamport.Client) {
	t.Helper()
	srv := iamporttest.NewServer()
	client := sandboxClient(t, srv, opts...)
	_, err := client.RegisterCustomer(t.Context(), "cu-1", iamport.RegisterCustomerRequest{
		Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
	})
	require.NoError(t, err)
	return srv, client
}

func TestEnsurePaidChargesOnceHoweverOftenItIsCalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := ensureShop(t)
		first, err := client.EnsurePaid(t.Context(), order1)
		require.NoError(t, err)
		for range 3 {
			p, err := client.EnsurePaid(t.Context(), order1)
			require.NoError(t, err)
			require.Equal(t, first.ImpUID, p.ImpUID)
			time.Sleep(time.Hour)
		}
		require.Equal(t, 1, srv.Charges("order-1"))
		sends := 0
		for _, r := range srv.Requests() {
			sends += strings.Count(r.Path, "again")
		}
		require.Equal(t, 1, sends, "it looks before it sends")
	})
}

func TestEnsurePaidAfterEveryFault(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]iamporttest.Fault{
		"lost before":    iamporttest.LoseBefore(),
		"lost after":     iamporttest.LoseAfter(),
		"runs later":     iamporttest.LoseThenExecute(20 * time.Second),
		"502":            iamporttest.Answer(502, "text/html", "<html>"),
		"502, executed":  iamporttest.AnswerAfter(502, "text/html", "<html>"),
		"cut":            iamporttest.CutAfter(60),
		"never answered": iamporttest.Fault{}.Slow(time.Hour),
		"declined":       iamporttest.Decline("[2116] limit"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, client := ensureShop(t)
				srv.Inject(againRoute, fault)
				for range 5 {
					p, err := client.EnsurePaid(t.Context(), order1)
					if got := outcomeOf(t, p, err); got == paid {
						break
					}
					time.Sleep(time.Minute)
				}
				require.Equal(t, 1, srv.Charges("order-1"))
			})
		})
	}
}

func TestEnsurePaidSendsNothingIfItsLookFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{lookUp: failing(syscall.ECONNRESET)}
		p, err := newClient(t, s).EnsurePaid(t.Context(), order1)
		require.Equal(t, unknown, outcomeOf(t, p, err))
		require.ErrorContains(t, err, "nothing was sent")
		require.Zero(t, s.charges.Load())
	})
}

func TestEnsurePaidTakesOnlyWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(*iamport.AgainRequest)
		differs []string
	}{
		"the same":         {func(*iamport.AgainRequest) {}, nil},
		"spelt in full":    {func(r *iamport.AgainRequest) { r.Amount, r.Currency = amount("3000.00"), "KRW" }, nil},
		"another amount":   {func(r *iamport.AgainRequest) { r.Amount = iamport.KRW(4000) }, []string{"amount"}},
		"another currency": {func(r *iamport.AgainRequest) { r.Currency = "USD" }, []string{"currency"}},
		"another customer": {func(r *iamport.AgainRequest) { r.CustomerUID = "cu-2" }, []string{"customer_uid"}},
		"several":          {func(r *iamport.AgainRequest) { r.CustomerUID, r.Amount = "cu-2", iamport.KRW(1) }, []string{"amount", "customer_uid"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, client := ensureShop(t)
				_, err := client.Again(t.Context(), order1)
				require.NoError(t, err)
				r := order1
				test.change(&r)
				p, err := client.EnsurePaid(t.Context(), r)
				require.Equal(t, 1, srv.TotalCharges())
				if test.differs == nil {
					require.NoError(t, err)
					require.Equal(t, "order-1", p.MerchantUID)
					return
				}
				earlier, ok := errors.AsType[*iamport.AlreadyPaidError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, test.differs, earlier.Differs)
				require.NotErrorIs(t, err, iamport.ErrNotCharged)
				for _, field := range test.differs {
					require.ErrorContains(t, err, field)
				}
			})
		})
	}
}

func TestEnsurePaidDoesNotChargeARefundedOrderAgain(t *testing.T) {
	t.Parallel()
	for name, refund := range map[string]iamport.CancelRequest{
		"in full": {MerchantUID: "order-1", Full: true},
		"in part": {MerchantUID: "order-1", Amount: iamport.KRW(1000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, client := ensureShop(t)
				_, err := client.EnsurePaid(t.Context(), order1)
				require.NoError(t, err)
				_, err = client.CancelPayment(t.Context(), refund)
				require.NoError(t, err)
				p, err := client.EnsurePaid(t.Context(), order1)
				require.Equal(t, already, outcomeOf(t, p, err))
				require.ErrorContains(t, err, "status")
				require.Equal(t, 1, srv.Charges("order-1"))
			})
		})
	}
}

// Somebody else pays between the look and the charge.
func TestEnsurePaidTakesAPaymentThatCameInBetween(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{
			charge: answeringJSON(200, `{"code":1,"message":"no","response":null}`),
			lookUp: later(1, answeringJSON(404, noneJSON), listing(recordOf("imps_7", "paid", time.Now(), ""))),
		}
		p, err := newClient(t, s).EnsurePaid(t.Context(), order1)
		require.NoError(t, err)
		require.Equal(t, "imps_7", p.ImpUID)
	})
}

func TestEnsurePaidSharesOneRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := ensureShop(t)
		srv.Inject(againRoute, iamporttest.Delay(time.Second))
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 5 * time.Millisecond)
				p, err := client.EnsurePaid(t.Context(), order1)
				require.NoError(t, err)
				p.Status = "mine" // every caller has a payment of its own
			})
		}
		other := order1
		other.Amount = iamport.KRW(9000)
		wg.Go(func() {
			time.Sleep(100 * time.Millisecond)
			p, err := client.EnsurePaid(t.Context(), other)
			require.Equal(t, already, outcomeOf(t, p, err))
		})
		wg.Wait()
		looks, sends := 0, 0
		for _, r := range srv.Requests() {
			looks += strings.Count(r.Path, "findAll")
			sends += strings.Count(r.Path, "again")
		}
		require.Equal(t, 1, looks)
		require.Equal(t, 1, sends)
	})
}

func TestEnsurePaidCallerThatLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := ensureShop(t)
		srv.Inject(againRoute, iamporttest.Delay(10*time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		leaves, stays := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := client.EnsurePaid(ctx, order1) // starts the run
			leaves <- err
		}()
		synctest.Wait()
		go func() {
			_, err := client.EnsurePaid(t.Context(), order1)
			stays <- err
		}()
		left := <-leaves
		require.Equal(t, unknown, outcomeOf(t, nil, left))
		require.ErrorIs(t, left, context.DeadlineExceeded)
		require.NoError(t, <-stays, "a caller that leaves fails nobody else")
		require.Equal(t, 1, srv.Charges("order-1"))
	})
}

func TestEnsurePaidEndsWithItsLastCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := ensureShop(t)
		srv.Inject(findAllRoute, iamporttest.Delay(10*time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := client.EnsurePaid(ctx, order1)
		require.Equal(t, unknown, outcomeOf(t, nil, err))
		require.Equal(t, time.Second, time.Since(began))
		time.Sleep(time.Minute)
		require.Zero(t, srv.TotalCharges(), "nothing is sent after the last caller has gone")

		_, err = client.EnsurePaid(ctx, order1)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		_, err = client.EnsurePaid(t.Context(), order1)
		require.NoError(t, err)
	})
}

func TestEnsurePaidOutlivesATransportThatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{
			charge: func(*http.Request) (*http.Response, error) { panic("a broken transport") },
			lookUp: answeringJSON(404, noneJSON),
		}
		p, err := newClient(t, s).EnsurePaid(t.Context(), order1)
		require.Equal(t, unknown, outcomeOf(t, p, err))
	})
}

// A decline of another process is on record while this one's charge still runs.
func TestEnsurePaidIsNotSettledByTheDeclineOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := ensureShop(t)
		srv.Inject(againRoute, iamporttest.LoseThenExecute(time.Minute), iamporttest.Decline("[2116] limit"))
		other := sandboxClient(t, srv)
		go func() {
			time.Sleep(time.Second)
			_, _ = other.Again(t.Context(), order1)
		}()
		p, err := client.EnsurePaid(t.Context(), order1)
		require.Equal(t, unknown, outcomeOf(t, p, err))
		time.Sleep(time.Minute)
		p, err = client.EnsurePaid(t.Context(), order1)
		require.Equal(t, paid, outcomeOf(t, p, err))
		require.Equal(t, 1, srv.Charges("order-1"))
	})
}
