package money_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func TestEnsurePaidChargesOnceHoweverOftenItIsCalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		first, err := c.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		for range 3 {
			p, err := c.EnsurePaid(t.Context(), order)
			require.NoError(t, err)
			require.Equal(t, first.ImpUID, p.ImpUID)
			time.Sleep(time.Hour)
		}
		require.Equal(t, 1, s.sent(again))
		require.Equal(t, 1, s.Charges("order_1"))
	})
}

// The PG takes minutes, and the API does not prevent a second charge.
func TestEnsurePaidWhileThePGWorks(t *testing.T) {
	t.Parallel()
	for name, secondClient := range map[string]bool{"one client called twice": false, "two clients with one journal": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, iamporttest.WithPGTime(5*time.Minute), iamporttest.WithDuplicates(iamporttest.RefuseNone))
				journal := iamport.WithJournal(iamport.NewMemoryJournal())
				first, second := s.client(journal), s.client(journal)
				if !secondClient {
					second = first
				}
				lost := unknown(t, err2(first.EnsurePaid(within(t, 5*time.Second), order)))
				require.NotEmpty(t, lost.Attempt, "it was sent")
				require.Equal(t, held, time.Until(lost.RetryAt))

				for range 4 {
					time.Sleep(time.Minute)
					lost := nothingSent(t, err2(second.EnsurePaid(t.Context(), order)))
					require.Positive(t, time.Until(lost.RetryAt))
				}
				time.Sleep(time.Minute)
				p, err := second.EnsurePaid(t.Context(), order)
				require.NoError(t, err)
				require.Equal(t, iamport.StatusPaid, p.Status)
				require.Equal(t, 1, s.Charges("order_1"))
				require.Equal(t, 1, s.sent(again))
			})
		})
	}
}

func err2(_ *iamport.Payment, err error) error { return err }

// EnsurePaid charges again at RetryAt, not before.
func TestEnsurePaidChargesAgainAtRetryAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		s.Inject(again, iamporttest.LoseBefore())
		lost := unknown(t, err2(c.EnsurePaid(t.Context(), order)))
		time.Sleep(time.Until(lost.RetryAt) - time.Second)
		require.Equal(t, lost.RetryAt, nothingSent(t, err2(c.EnsurePaid(t.Context(), order))).RetryAt)
		time.Sleep(time.Second)
		_, err := c.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, 2, s.sent(again))
		require.Equal(t, 1, s.Charges("order_1"))
	})
}

// The first charge is still undecided and a second one would be refused or answered
// 429: the order is held, so no second charge is sent.
func TestEnsurePaidSendsNothingWhileItsFirstChargeIsOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithPGTime(2*time.Minute))
		c := s.client()
		unknown(t, err2(c.EnsurePaid(within(t, time.Second), order)))
		s.Inject(again, iamporttest.Answer(429, "application/json", `{"code":-1,"message":"slow down","response":null}`))
		nothingSent(t, err2(c.EnsurePaid(t.Context(), order)))
		require.Equal(t, 1, s.Pending(), "the 429 has met nobody")
		time.Sleep(2 * time.Minute)
		p, err := c.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, iamport.StatusPaid, p.Status)
	})
}

// A refusal without a PG code is looked up until the settle window ends: another
// charge of the order may be running.
func TestEnsurePaidRefusedWhileAnotherProcessPays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithPGTime(8*time.Second))
		go func() { _, _ = s.client().EnsurePaid(t.Context(), order) }() // without a shared journal
		time.Sleep(time.Second)
		p, err := s.client().EnsurePaid(t.Context(), order)
		require.NoError(t, err, "refused as a duplicate, and paid by the other a moment later")
		require.Equal(t, iamport.StatusPaid, p.Status)
		require.Equal(t, 2, s.sent(again))
		require.Equal(t, 1, s.Charges("order_1"))
	})
}

// Without a settle window such a refusal is looked up once.
func TestEnsurePaidRefusedWithoutASettleWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(again, iamporttest.DeclineCode("no"))
		_, err := s.client(iamport.WithSettleWindow(0)).EnsurePaid(t.Context(), order)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.Equal(t, 2, s.sent("GET /order_1"), "before the charge, and after it")
	})
}

// The result is not DeclinedError while a payment is visible, whichever call made it.
func TestEnsurePaidLooksAgainAfterADecline(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]iamporttest.Fault{
		"failed payment":         iamporttest.Decline("[2116] limit"),
		"refusal with code":      iamporttest.DeclineCode("[2116] limit"),
		"refusal with a message": iamporttest.DeclineCode("no"),
		"refused twice: 401":     iamporttest.Answer(401, "application/json", `{"code":-1,"message":"Unauthorized","response":null}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, iamporttest.WithDuplicates(iamporttest.RefuseNone)) // a duplicate is refused before it is declined
				other := s.client()
				s.Inject(again, fault, fault)
				paid := false
				c := s.client(iamport.WithLimiter(waiter(func(context.Context) error {
					if !paid { // after the first look, and before the send
						paid = true
						_, err := other.Onetime(t.Context(), iamport.OnetimeRequest{
							MerchantUID: "order_1", CustomerUID: "customer_1", Amount: iamport.KRW(3000), Card: card,
						})
						require.NoError(t, err)
					}
					return nil
				})))
				p, err := c.EnsurePaid(t.Context(), order)
				require.NoError(t, err)
				require.Equal(t, iamport.StatusPaid, p.Status)
				require.Equal(t, 1, s.Charges("order_1"))
			})
		})
	}
}

// A decline frees the order at once, for the next card.
func TestEnsurePaidAfterADecline(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]iamporttest.Fault{
		"failed payment":    iamporttest.Decline("[2116] limit"),
		"refusal with code": iamporttest.DeclineCode("failed. [2116] limit"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				c := s.client()
				s.Inject(again, fault)
				require.Equal(t, "2116", declined(t, err2(c.EnsurePaid(t.Context(), order))).PGCode)
				_, err := c.EnsurePaid(t.Context(), order)
				require.NoError(t, err)
			})
		})
	}
}

// The second look-up fails: the result is unknown, because there may be a payment.
// The attempt itself certainly failed, so it does not hold the order.
func TestEnsurePaidDeclinedAndThenBlind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		journal := newNotes()
		c := s.client(iamport.WithJournal(journal))
		s.Inject(again, iamporttest.Decline("[2116] limit"))
		s.Inject(findAll, iamporttest.Fault{}) // the first look works
		s.InjectFunc(func(r *http.Request) *iamporttest.Fault {
			if r.Method == http.MethodGet {
				return new(iamporttest.Answer(502, "text/html", "<html>"))
			}
			return nil
		})
		lost := unknown(t, err2(c.EnsurePaid(t.Context(), order)))
		require.NotEmpty(t, lost.Attempt)
		require.True(t, lost.RetryAt.IsZero(), "nothing holds the order")
		require.Equal(t, []bool{true}, journal.noted)
		s.InjectFunc(nil)
		_, err := c.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
	})
}

func TestEnsurePaidComparesTheTerms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		_, err := c.EnsurePaid(t.Context(), order)
		require.NoError(t, err)

		more := order
		more.Amount = iamport.KRW(5000)
		require.Equal(t, []string{"amount"}, alreadyPaid(t, err2(c.EnsurePaid(t.Context(), more))).Differs)
		dollars := order
		dollars.Currency = "USD"
		require.Equal(t, []string{"currency"}, alreadyPaid(t, err2(c.EnsurePaid(t.Context(), dollars))).Differs)
		other := order
		other.CustomerUID = "customer_2"
		require.Equal(t, []string{"customer_uid"}, alreadyPaid(t, err2(c.EnsurePaid(t.Context(), other))).Differs)

		_, err = c.EnsurePaid(t.Context(), iamport.OnetimeRequest{MerchantUID: "order_1", Amount: iamport.KRW(3000), Card: card})
		require.NoError(t, err, "a customer_uid that is not asked for is not compared")

		_, err = c.CancelPayment(t.Context(), iamport.CancelRequest{MerchantUID: "order_1", Amount: iamport.KRW(1)})
		require.NoError(t, err)
		require.Equal(t, []string{"status"}, alreadyPaid(t, err2(c.EnsurePaid(t.Context(), order))).Differs)
		require.Equal(t, 1, s.sent(again)+s.sent(onetime))
	})
}

func TestEnsurePaidByCardNumber(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		r := iamport.OnetimeRequest{MerchantUID: "order_1", Amount: iamport.KRW(3000), Card: card}
		for range 2 {
			_, err := c.EnsurePaid(t.Context(), r)
			require.NoError(t, err)
			_, err = c.EnsurePaid(t.Context(), &r)
			require.NoError(t, err)
		}
		require.Equal(t, 1, s.sent(onetime))
	})
}

// A replica answers the look-up with the state of a minute ago. The journal still
// holds the order.
func TestEnsurePaidAfterAStaleLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithStaleLookups(time.Minute), iamporttest.WithDuplicates(iamporttest.RefuseNone))
		journal := iamport.WithJournal(iamport.NewMemoryJournal())
		_, err := s.client(journal).EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		for range 5 {
			nothingSent(t, err2(s.client(journal).EnsurePaid(t.Context(), order)))
			time.Sleep(11 * time.Second)
		}
		time.Sleep(5 * time.Second)
		_, err = s.client(journal).EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, 1, s.Charges("order_1"))
	})
}
