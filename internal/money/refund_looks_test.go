package money_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// A refund by order number is sent, held and reported by imp_uid, with the checksum.
func TestRefundByOrderNumber(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		impUID := r.ImpUID
		r.ImpUID, r.MerchantUID = "", "order_1"
		journal := newNotes()
		c := s.client(iamport.WithJournal(journal))
		_, err := c.Token(t.Context())
		require.NoError(t, err)
		var body map[string]any
		s.InjectFunc(func(q *http.Request) *iamporttest.Fault {
			if q.Method != http.MethodPost {
				return nil
			}
			require.NoError(t, json.NewDecoder(q.Body).Decode(&body))
			return new(iamporttest.LoseBefore())
		})
		lost := unknown(t, err2(c.EnsureRefunded(t.Context(), r)))
		require.Equal(t, impUID, lost.ImpUID)
		require.Equal(t, "refund:"+impUID, journal.begun[0].MerchantUID)
		require.Equal(t, map[string]any{"imp_uid": impUID, "amount": 1000.0, "checksum": 3000.0}, body)
		s.InjectFunc(nil)
		require.Equal(t, 1, s.sent(cancel))
		nothingSent(t, err2(c.EnsureRefunded(t.Context(), iamport.CancelRequest{ImpUID: impUID, Amount: r.Amount, Checksum: r.Checksum})))
	})
}

// A lost refund is looked up for the settle window, and a refused one for a time-out.
func TestHowLongARefundIsLookedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		s.Inject(cancel, iamporttest.LoseThenExecute(3*time.Second))
		p, err := s.client().EnsureRefunded(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, iamport.KRW(2000), p.Remaining())
	})
	for fault, window := range map[*iamporttest.Fault]time.Duration{
		new(iamporttest.LoseBefore()): 10 * time.Second, new(iamporttest.DeclineCode("no")): time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			s, r := paidShop(t)
			c := s.client()
			_, err := c.Token(t.Context())
			require.NoError(t, err)
			s.Inject("GET /payments/{imp_uid}", iamporttest.Fault{})
			s.Inject(cancel, *fault)
			s.InjectFunc(func(q *http.Request) *iamporttest.Fault {
				if q.Method == http.MethodGet {
					return new(iamporttest.Answer(404, "text/html", ""))
				}
				return nil
			})
			began := time.Now()
			unknown(t, err2(c.EnsureRefunded(t.Context(), r)))
			require.InDelta(t, window.Seconds(), time.Since(began).Seconds(), 1)
		})
	}
}

// The age of the look-up before a refund counts, as before a charge.
func TestAgeOfTheLookBeforeARefund(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		journal := newNotes()
		s.Inject("GET /payments/{imp_uid}", iamporttest.Delay(7*time.Second))
		_, err := s.client(iamport.WithJournal(journal)).EnsureRefunded(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, []time.Duration{held + 7*time.Second}, journal.quiet)
	})
}

// A refund that shows more than this one does not show this one: what remains must be
// the checksum less the amount.
func TestRefundThatShowsMoreThanItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		s.Inject(cancel, iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":{"imp_uid":"`+r.ImpUID+
			`","merchant_uid":"order_1","amount":3000,"cancel_amount":2500,"currency":"KRW","status":"cancelled"}}`))
		lost := unknown(t, err2(s.client().EnsureRefunded(t.Context(), r)))
		require.Equal(t, held, time.Until(lost.RetryAt))
	})
}

// Calls of a client for one payment run one after another, and with WithSandbox
// look-ups find payments of test channels.
func TestRefundsOfOnePaymentQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithTestChannel())
		c := s.client(iamport.WithSandbox())
		p, err := c.Again(t.Context(), order)
		require.NoError(t, err)
		r := iamport.CancelRequest{ImpUID: p.ImpUID, Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000)}
		s.Inject(cancel, iamporttest.Delay(20*time.Second))
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				p, err := c.EnsureRefunded(t.Context(), r)
				require.NoError(t, err, "nobody is told that another one holds the payment")
				require.Equal(t, iamport.KRW(2000), p.Remaining())
			})
		}
		group.Wait()
		require.Equal(t, 1, s.sent(cancel))

		_, err = s.client().EnsureRefunded(t.Context(), r)
		require.ErrorIs(t, err, iamport.ErrNotFound, "without WithSandbox")
	})
}

// The error of an unknown outcome matches the error of the ended context.
func TestEndedContextIsFoundInUnknownOutcomes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		next := order
		next.MerchantUID = "order_2"
		lose := iamporttest.LoseBefore()
		s.Inject(again, lose, lose)
		s.Inject(cancel, lose)
		for name, call := range map[string]func(context.Context, *iamport.Client) error{
			"Again":          func(ctx context.Context, c *iamport.Client) error { return err2(c.Again(ctx, next)) },
			"EnsurePaid":     func(ctx context.Context, c *iamport.Client) error { return err2(c.EnsurePaid(ctx, next)) },
			"EnsureRefunded": func(ctx context.Context, c *iamport.Client) error { return err2(c.EnsureRefunded(ctx, r)) },
		} {
			err := call(within(t, 5*time.Second), s.client())
			unknown(t, err)
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
		}
	})
}

// Two processes at the limit: the charge of the first one is visible right before the
// end of the time that the quiet period covers, and Begin of the second one waits 20
// s for a lock.
func TestBeginThatWaitsForALockBesideACharge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithDuplicates(iamporttest.RefuseNone), iamporttest.WithPGTime(quiet-time.Minute-time.Second))
		shared := iamport.NewMemoryJournal()
		began := time.Now()
		first := &notes{Journal: shared, noEnds: true}
		unknown(t, err2(s.client(iamport.WithJournal(first)).EnsurePaid(within(t, time.Second), order)))
		for at := 5 * time.Minute; at < 9*time.Minute; at += 5 * time.Second {
			second := &notes{Journal: shared, begin: func(context.Context) (time.Duration, error) {
				time.Sleep(20 * time.Second)
				return 0, nil
			}}
			time.Sleep(max(0, at-time.Since(began)))
			_, _ = s.client(iamport.WithJournal(second)).EnsurePaid(t.Context(), order)
		}
		require.Equal(t, 1, s.Charges("order_1"))
	})
}
