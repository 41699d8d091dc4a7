package money_test

import (
	"context"
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

// The quiet period of a refund counts from before its look-up was sent, as for a
// charge, and each attempt has its own mark.
func TestQuietPeriodOfRefunds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		journal := newNotes()
		c := s.client(iamport.WithJournal(journal))
		ctx := iamport.WithAttempt(t.Context(), "a-1")
		s.Inject("GET /payments/{imp_uid}", iamporttest.Delay(7*time.Second))
		_, err := c.EnsureRefunded(ctx, r)
		require.NoError(t, err)
		require.Equal(t, []time.Duration{quiet + 7*time.Second + time.Minute}, journal.quiet)

		r.Checksum = iamport.KRW(2000)
		_, err = c.EnsureRefunded(ctx, r)
		require.NoError(t, err, "WithAttempt names charges, not refunds")
		require.NotEqual(t, "a-1", journal.begun[0].ID)
		require.NotEqual(t, journal.begun[0].ID, journal.begun[1].ID)
	})
}

// Refunds of one payment by one client run one after another: the later ones find it
// made.
func TestRefundsQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		c := s.client()
		s.Inject(cancel, iamporttest.Fault{}.PGTime(5*time.Second))
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := c.EnsureRefunded(t.Context(), r)
			require.NoError(t, err)
		})
		time.Sleep(time.Second)
		wait.Go(func() {
			lost := nothingSent(t, err2(c.EnsureRefunded(within(t, time.Second), r)))
			require.ErrorIs(t, lost, context.DeadlineExceeded)
		})
		for range 3 {
			wait.Go(func() {
				p, err := c.EnsureRefunded(t.Context(), r)
				require.NoError(t, err)
				require.Equal(t, iamport.KRW(2000), p.Remaining())
			})
		}
		wait.Wait()
		require.Equal(t, 1, s.sent(cancel))
	})
}

// A refund without a connection does not hold the payment.
func TestRefundWithoutAConnection(t *testing.T) {
	t.Parallel()
	s, r := paidShop(t)
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
	journal.begin = func(context.Context) (time.Duration, error) { // after the look, before the send
		down = true
		transport.CloseIdleConnections()
		return 0, nil
	}
	c := s.client(iamport.WithHTTPClient(&http.Client{Transport: transport}), iamport.WithBaseURL(ts.URL), iamport.WithJournal(journal))
	lost := nothingSent(t, err2(c.EnsureRefunded(t.Context(), r)))
	require.ErrorIs(t, lost, syscall.ECONNREFUSED)
	require.True(t, lost.RetryAt.IsZero(), "nothing holds the payment")
	require.Equal(t, []bool{true}, journal.noted)
	require.Empty(t, s.Refunds(r.ImpUID))
}

// A payment without its refunded amount is not refunded.
func TestRefundOfASumThatIsNotTold(t *testing.T) {
	t.Parallel()
	for _, sums := range []string{`"amount":3000,"status":"cancelled"`, `"amount":3000,"cancel_amount":null,"status":"cancelled"`, `"status":"paid"`} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.Inject("GET /payments/{imp_uid}", iamporttest.Answer(200, "application/json",
				`{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order_1",`+sums+`}}`))
			nothingSent(t, err2(s.client().EnsureRefunded(t.Context(), iamport.CancelRequest{
				ImpUID: "imps_1", Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000),
			})))
			require.Zero(t, s.sent(cancel), sums)
		})
	}
}

// A lost refund is decided by a look-up of its own payment that shows what remains,
// within the settle window.
func TestLostRefundAndWhatTheLooksShow(t *testing.T) {
	t.Parallel()
	for name, payment := range map[string]string{
		"another payment": `{"imp_uid":"imps_9","merchant_uid":"order_1","amount":3000,"cancel_amount":1000,"status":"cancelled"}`,
		"no sums":         `{"imp_uid":"imps_100000000001","merchant_uid":"order_1","status":"cancelled"}`,
		"nothing":         `{}`,
	} {
		for _, fault := range []iamporttest.Fault{iamporttest.LoseBefore(), iamporttest.DeclineCode("no")} {
			synctest.Test(t, func(t *testing.T) {
				s, r := paidShop(t)
				s.Inject(cancel, fault)
				s.Inject("GET /payments/{imp_uid}", iamporttest.Fault{}) // before the refund
				s.InjectFunc(func(q *http.Request) *iamporttest.Fault {
					if q.Method == http.MethodGet {
						return new(iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":`+payment+`}`))
					}
					return nil
				})
				lost := unknown(t, err2(s.client().EnsureRefunded(t.Context(), r)))
				require.Equal(t, held, time.Until(lost.RetryAt), name)
				require.Nil(t, lost.Payment, name)
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		s.Inject(cancel, iamporttest.LoseBefore())
		began := time.Now()
		lost := unknown(t, err2(s.client().EnsureRefunded(t.Context(), r)))
		require.InDelta(t, 10, time.Since(began).Seconds(), 1, "looked up for the settle window")
		require.Equal(t, r.ImpUID, lost.Payment.ImpUID)
	})
}

// The whole refundable sum may be given as Amount.
func TestRefundOfTheWholeChecksumByItsAmount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		r.Amount = r.Checksum
		p, err := s.client().EnsureRefunded(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, iamport.KRW(0), p.Remaining())
	})
}
