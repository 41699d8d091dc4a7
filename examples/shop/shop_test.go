package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

var january = time.Date(2047, 1, 31, 10, 0, 0, 0, seoul)

func TestRenewalsAtMonthEnds(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	c := e.mustSignUp(t, basic, goodCard)
	require.Equal(t, stateActive, c.State)
	e.runDays(t, 62) // until 3 April
	e.requireEqualBooks(t, "renewal-1-20470228", "renewal-1-20470331", "signup-1")
	require.Equal(t, "20470430", day(e.again(t, c).PeriodEnd))
}

func TestDeclinedSignUpBeginsWithItsPayment(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	c := e.mustSignUp(t, basic, unpaidCard)
	require.Equal(t, stateNew, c.State)
	e.runDays(t, 5)
	require.NoError(t, e.changeCard(t.Context(), e.again(t, c), 2, goodCard))
	require.Equal(t, "20470305", day(e.again(t, c).PeriodEnd))
	e.requireEqualBooks(t, "signup-1")
}

func TestUpgradeKeepsItsPriceWhileUnknown(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	c := e.mustSignUp(t, basic, goodCard)
	e.runDays(t, 10)
	e.sandbox.Inject(againRoute, iamporttest.LoseThenExecute(5*time.Minute))
	require.NoError(t, e.upgrade(t.Context(), e.again(t, c), pro))
	price := e.theOrder(t, "upgrade-1-20470131-pro").Amount
	e.sandbox.setClock(e.now().Add(4 * time.Minute)) // still held, and nothing is visible
	require.NoError(t, e.upgrade(t.Context(), e.again(t, c), pro))
	require.Equal(t, orderUnknown, e.theOrder(t, "upgrade-1-20470131-pro").State)
	e.runDays(t, 1)
	require.Equal(t, pro.ID, e.again(t, c).Plan)
	require.Equal(t, price, e.theOrder(t, "upgrade-1-20470131-pro").Amount)
	require.ErrorAs(t, e.upgrade(t.Context(), e.again(t, c), pro), new(refusal))
	e.requireEqualBooks(t, "signup-1", "upgrade-1-20470131-pro")
}

func TestCancelAtTheEndOfThePeriod(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	c := e.mustSignUp(t, basic, goodCard)
	require.NoError(t, e.setCancel(t.Context(), c, true))
	e.runDays(t, 27)
	require.Equal(t, stateActive, e.again(t, c).State)
	e.runDays(t, 1)
	require.Equal(t, stateEnded, e.again(t, c).State)
	e.requireEqualBooks(t, "signup-1")
}

// The database closes while the renewal is at the card company, as in a crash. The next
// process finds the charge.
func TestCrashInARenewal(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]iamporttest.Fault{
		"charged":      {},
		"not charged":  iamporttest.LoseBefore(),
		"charged late": iamporttest.LoseThenExecute(time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, january)
			e.mustSignUp(t, basic, goodCard)
			e.sandbox.forward(28)
			var once sync.Once
			e.sandbox.InjectFunc(func(r *http.Request) (f *iamporttest.Fault) {
				if strings.HasSuffix(r.URL.Path, "/again") {
					once.Do(func() { f = &fault; _ = e.close() })
				}
				return f
			})
			require.Error(t, e.run(t.Context()))

			e.open(t)
			require.Equal(t, orderOpen, e.theOrder(t, "renewal-1-20470228").State)
			require.NoError(t, e.run(t.Context()))
			if name != "charged" {
				require.Equal(t, orderUnknown, e.theOrder(t, "renewal-1-20470228").State, "held by the journal")
			}
			e.runDays(t, 1)
			e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
		})
	}
}

func TestRefundRetry(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	e.mustSignUp(t, basic, goodCard)
	give := func(amount, checksum int64) (refund, error) {
		return e.refund(t.Context(), "signup-1", iamport.KRW(amount), iamport.KRW(checksum), "sorry")
	}
	e.sandbox.Inject(cancelRoute, iamporttest.LoseThenExecute(5*time.Minute))
	for range 2 {
		r, err := give(3000, 9900)
		require.NoError(t, err)
		require.Equal(t, refundUnknown, r.State)
	}
	_, err := give(1000, 6900)
	require.ErrorAs(t, err, new(refusal), "one refund at a time")
	e.runDays(t, 1)
	r, err := give(3000, 9900)
	require.NoError(t, err)
	require.Equal(t, refundMade, r.State)
	for _, row := range [][2]int64{{3001, 9900}, {9900, 9900}, {7000, 6900}, {0, 6900}, {-1, 6900}} {
		_, err := give(row[0], row[1])
		require.ErrorAs(t, err, new(refusal))
	}
	r, err = give(6900, 6900)
	require.NoError(t, err)
	require.Equal(t, refundMade, r.State)
	require.Equal(t, "9900", e.sandbox.Cancelled("signup-1"))
	e.requireEqualBooks(t, "signup-1")
}

// A payment that the ledger does not have is found.
func TestReconcileFindsADifference(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	e.mustSignUp(t, basic, goodCard)
	_, err := e.client.CancelPayment(t.Context(), iamport.CancelRequest{MerchantUID: "signup-1", Amount: iamport.KRW(1)})
	require.NoError(t, err)
	r, err := e.reconcile(t.Context(), january.Add(-time.Hour))
	require.NoError(t, err)
	require.Equal(t, "signup-1: ledger 9,900 won in, 0 won out; iamport 9,900 won in, 1 won out", r.Differences[1])
	require.Contains(t, r.Differences[0], "nobody has brought the payment")
	require.Error(t, e.report(t.Context(), t.Output(), january.Add(-time.Hour)))
	require.Error(t, e.sandbox.checkBooks(t.Context(), e.shop))
}

// A wrong key stops the run with an error, and declines nobody.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	c := e.mustSignUp(t, basic, goodCard)
	require.NoError(t, e.close())
	shop, err := openShop(t.Context(), database{e.file, true}, account{"sandbox-key", "wrong", e.sandbox.Client()}, e.now, e.log)
	require.NoError(t, err)
	t.Cleanup(func() { _ = shop.close() })
	e.sandbox.forward(28)
	require.ErrorContains(t, shop.run(t.Context()), "the key or secret is wrong")
	e.open(t)
	require.Equal(t, stateActive, e.again(t, c).State)
	e.runDays(t, 1)
	e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
}

func TestARunThatIsStoppedChargesNothing(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	e.mustSignUp(t, basic, goodCard)
	e.sandbox.forward(28)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.ErrorIs(t, e.run(ctx), context.Canceled)
	e.requireEqualBooks(t, "signup-1")
}
