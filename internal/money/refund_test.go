package money_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// paidShop is a shop with one paid order, and the request to refund a part of it.
func paidShop(t *testing.T, opts ...iamporttest.Option) (*shop, iamport.CancelRequest) {
	t.Helper()
	s := newShop(t, append(opts, iamporttest.WithPGTime(0))...)
	p, err := s.client().Again(t.Context(), order)
	require.NoError(t, err)
	return s, iamport.CancelRequest{ImpUID: p.ImpUID, Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000)}
}

func TestEnsureRefunded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		c := s.client()
		for range 3 {
			p, err := c.EnsureRefunded(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, iamport.KRW(2000), p.Remaining())
		}
		require.Equal(t, "1000", s.Cancelled("order_1"))
		require.Equal(t, 1, s.sent(cancel))

		rest := iamport.CancelRequest{MerchantUID: "order_1", Full: true, Checksum: iamport.KRW(2000)}
		for range 2 {
			p, err := c.EnsureRefunded(t.Context(), rest)
			require.NoError(t, err)
			require.Equal(t, iamport.KRW(0), p.Remaining())
		}
		require.Equal(t, "3000", s.Cancelled("order_1"))
		require.Equal(t, 2, s.sent(cancel))

		_, err := c.EnsureRefunded(t.Context(), r)
		require.ErrorIs(t, err, iamport.ErrNotCharged, "neither sum remains")
		require.ErrorContains(t, err, "0 remains of the payment; it must be 3000 to be refunded, or 2000 after it")
		require.Equal(t, 2, s.sent(cancel))
	})
}

// A part is refunded while the PG is slow, the answer is lost, and the call is
// repeated.
func TestPartialRefundLostWhileThePGWorks(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]bool{"by the same client": false, "by another process": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := paidShop(t, iamporttest.WithStaleChecksum())
				journal := iamport.WithJournal(iamport.NewMemoryJournal())
				c := s.client(journal)
				s.Inject(cancel, iamporttest.Fault{}.PGTime(5*time.Minute))
				lost := unknown(t, err2(c.EnsureRefunded(within(t, 5*time.Second), r)))
				require.Equal(t, r.ImpUID, lost.ImpUID)
				require.Equal(t, held, time.Until(lost.RetryAt))
				if second {
					c = s.client(journal)
				}
				for range 4 {
					time.Sleep(time.Minute)
					again := nothingSent(t, err2(c.EnsureRefunded(t.Context(), r)))
					require.Equal(t, lost.RetryAt, again.RetryAt)
				}
				time.Sleep(time.Minute)
				p, err := c.EnsureRefunded(t.Context(), r)
				require.NoError(t, err)
				require.Equal(t, iamport.KRW(2000), p.Remaining())
				require.Len(t, s.Refunds(r.ImpUID), 1)
			})
		})
	}
}

// Two processes refund at once: neither gets an error that means "nothing was
// changed".
func TestTwoProcessesRefundAtOnce(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s, r := paidShop(t)
			s.InjectFunc(func(q *http.Request) *iamporttest.Fault {
				if q.Method == http.MethodPost && strings.HasSuffix(q.URL.Path, "/cancel") {
					return new(iamporttest.Fault{}.PGTime(3 * time.Second))
				}
				return nil
			})
			journal := iamport.NewMemoryJournal()
			var wait sync.WaitGroup
			var mu sync.Mutex
			done := 0
			for range 2 {
				options := []iamport.Option{iamport.WithJournal(journal)}
				if !shared {
					options = nil
				}
				c := s.client(options...)
				wait.Go(func() {
					p, err := c.EnsureRefunded(t.Context(), r)
					if err != nil {
						nothingSent(t, err)
						return
					}
					require.Equal(t, iamport.KRW(2000), p.Remaining())
					mu.Lock()
					defer mu.Unlock()
					done++
				})
			}
			wait.Wait()
			require.NotZero(t, done)
			require.Len(t, s.Refunds(r.ImpUID), 1)
		})
	}
}

// shown answers a refund, which is not made, with a payment of 3,000 won.
func shown(status, code int, impUID string, refunded int) iamporttest.Fault {
	return iamporttest.Answer(status, "application/json", fmt.Sprintf(`{"code":%d,"message":"no","response":`+
		`{"imp_uid":%q,"merchant_uid":"order_1","amount":3000,"cancel_amount":%d,"status":"cancelled"}}`, code, impUID, refunded))
}

// The result of each answer to a refund, and whether the payment is free at once.
func TestEndsOfRefunds(t *testing.T) {
	t.Parallel()
	const refusal = `{"code":-1,"message":"[8178] no","response":null}`
	for name, test := range map[string]struct {
		fault iamporttest.Fault
		want  string
		free  bool
	}{
		"made":                   {iamporttest.Fault{}, "made", true},
		"lost after":             {iamporttest.LoseAfter(), "made", true},
		"502 after":              {iamporttest.AnswerAfter(502, "text/html", ""), "made", true},
		"lost before":            {iamporttest.LoseBefore(), "unknown", false},
		"502":                    {iamporttest.Answer(502, "text/html", ""), "unknown", false},
		"unreadable":             {iamporttest.Answer(200, "text/html", "<html>"), "unknown", false},
		"not shown":              {iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":{"imp_uid":"imps_100000000001","merchant_uid":"order_1","amount":3000,"cancel_amount":0,"status":"paid"}}`), "unknown", false},
		"refused":                {iamporttest.Answer(200, "application/json", refusal), "refused", true},
		"refused by HTTP 400":    {iamporttest.Answer(400, "application/json", refusal), "refused", true},
		"refused and made":       {iamporttest.RefuseAfter("no"), "made", true},
		"refused with {}":        {iamporttest.Answer(200, "application/json", `{"code":-1,"message":"[8178] no","response":{}}`), "refused", true},
		"refused and shown":      {shown(200, -1, "imps_100000000001", 1000), "unknown", false},
		"shown by HTTP 400":      {shown(400, 0, "imps_100000000001", 1000), "unknown", false},
		"shown without a code":   {iamporttest.Answer(200, "application/json", `{"message":null,"response":{"imp_uid":"imps_100000000001","merchant_uid":"order_1","amount":3000,"cancel_amount":1000,"status":"cancelled"}}`), "unknown", false},
		"another sum shown":      {shown(200, 0, "imps_100000000001", 1500), "unknown", false},
		"another payment shown":  {shown(200, 0, "imps_9", 1000), "unknown", false},
		"gateway's 401 and made": {iamporttest.AnswerAfter(401, "text/html", "<html>"), "made", true},
		"gateway's 403":          {iamporttest.Answer(403, "application/json", `{"message":"Forbidden"}`), "unknown", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := paidShop(t)
				journal := newNotes()
				c := s.client(iamport.WithJournal(journal))
				s.Inject(cancel, test.fault)
				p, err := c.EnsureRefunded(t.Context(), r)
				switch test.want {
				case "made":
					require.NoError(t, err)
					require.Equal(t, iamport.KRW(2000), p.Remaining())
				case "refused":
					require.ErrorIs(t, err, iamport.ErrNotCharged)
					require.ErrorContains(t, err, "[8178] no")
				default:
					require.Equal(t, held, time.Until(unknown(t, err).RetryAt))
				}
				require.Equal(t, []bool{test.free}, journal.noted)
				require.Equal(t, []iamport.Attempt{{MerchantUID: "refund:" + r.ImpUID, ID: journal.begun[0].ID}}, journal.begun)
				require.Equal(t, []time.Duration{held}, journal.quiet)
				require.Equal(t, 1, s.sent(cancel))
				if test.want != "unknown" {
					return
				}
				nothingSent(t, err2(c.EnsureRefunded(t.Context(), r)))
				time.Sleep(held)
				_, err = c.EnsureRefunded(t.Context(), r)
				require.NoError(t, err)
				require.Len(t, s.Refunds(r.ImpUID), 1)
			})
		})
	}
}

// After a refusal it looks the payment up until a look-up succeeds.
func TestRefundRefusedAndBlind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		s.Inject("GET /payments/{imp_uid}", iamporttest.Fault{})
		s.InjectFunc(func(q *http.Request) *iamporttest.Fault {
			if q.Method == http.MethodGet {
				return new(iamporttest.Answer(503, "", ""))
			}
			return new(iamporttest.DeclineCode("no"))
		})
		c := s.client()
		_, err := c.Token(t.Context())
		require.Error(t, err, "every change is refused here, the sign-in too")
		s.InjectFunc(func(q *http.Request) *iamporttest.Fault {
			switch {
			case q.Method == http.MethodGet:
				return new(iamporttest.Answer(503, "", ""))
			case strings.HasSuffix(q.URL.Path, "/cancel"):
				return new(iamporttest.DeclineCode("no"))
			}
			return nil
		})
		began := time.Now()
		lost := unknown(t, err2(c.EnsureRefunded(t.Context(), r)))
		require.Greater(t, time.Since(began), 45*time.Second, "repeated for a time-out")
		require.LessOrEqual(t, time.Since(began), time.Minute, "and no longer")
		require.Equal(t, held, time.Until(lost.RetryAt))
		require.ErrorContains(t, lost, "no (HTTP 200")
		require.ErrorContains(t, lost, "the look-up failed")
	})
}

// Failures before a refund is sent, and refunds that are refused.
func TestRefundsThatAreNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		broken := newNotes()
		broken.begin = func(context.Context) (time.Duration, error) { return 0, errors.New("the database is down") }
		nothingSent(t, err2(s.client(iamport.WithJournal(broken)).EnsureRefunded(t.Context(), r)))
		require.Empty(t, broken.ended)

		s.InjectFunc(func(*http.Request) *iamporttest.Fault { return new(iamporttest.Answer(404, "text/html", "<html>")) })
		nothingSent(t, err2(s.client().EnsureRefunded(t.Context(), r)))
		s.InjectFunc(nil)

		other := r
		other.ImpUID = "imps_0"
		_, err := s.client().EnsureRefunded(t.Context(), other)
		require.ErrorIs(t, err, iamport.ErrNotFound)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		_, err = s.client().EnsureRefunded(t.Context(), iamport.CancelRequest{MerchantUID: "order_0", Full: true, Checksum: iamport.KRW(1)})
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.ErrorContains(t, err, "the order has no payment")

		for name, bad := range map[string]iamport.CancelRequest{
			"Checksum":             {ImpUID: r.ImpUID, Amount: iamport.KRW(1)},
			"Checksum must be":     {ImpUID: r.ImpUID, Full: true, Checksum: iamport.KRW(0)},
			"Amount must be at":    {ImpUID: r.ImpUID, Amount: iamport.KRW(3001), Checksum: iamport.KRW(3000)},
			"Amount is required":   {ImpUID: r.ImpUID, Checksum: iamport.KRW(3000)},
			"ImpUID is required":   {Amount: iamport.KRW(1), Checksum: iamport.KRW(3000)},
			"ImpUID or MerchantUI": {ImpUID: "..", Amount: iamport.KRW(1), Checksum: iamport.KRW(3000)},
		} {
			_, err := s.client().EnsureRefunded(t.Context(), bad)
			var invalid *iamport.InvalidRequestError
			require.ErrorAs(t, err, &invalid, name)
			require.ErrorContains(t, err, name)
		}
		require.Zero(t, s.sent(cancel))
	})
}
