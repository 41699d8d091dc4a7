package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// tryDays returns the days after 28 February on which renewals of the first customer were
// tried in the next three weeks. do is called on the day of a key.
func tryDays(t *testing.T, e *env, do map[int]func()) (days []int) {
	t.Helper()
	tried := func() int {
		all, err := orders(t.Context(), e.db, `kind = ? AND state IN (?, ?)`, kindRenewal, orderDeclined, orderPaid)
		require.NoError(t, err)
		return len(all)
	}
	e.runDays(t, 27)
	for today, before := 0, tried(); today < 21; today++ {
		e.runDays(t, 1)
		if f := do[today]; f != nil {
			f()
		}
		if now := tried(); now > before {
			days, before = append(days, today), now
		}
	}
	return days
}

func TestDunningDays(t *testing.T) {
	t.Parallel()
	for _, p := range plans { // also a renewal that iamport declined is tried again by the run
		t.Run(p.ID, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, e *env) {
				c := e.mustSignUp(t, p, goodCard)
				e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
				days := tryDays(t, e, map[int]func(){
					0: func() { require.Equal(t, statePastDue, e.again(t, c).State) },
					6: func() { require.Equal(t, statePastDue, e.again(t, c).State) },
					7: func() { require.Equal(t, stateEnded, e.again(t, c).State) },
				})
				require.Equal(t, []int{0, 1, 3, 7}, days)
				require.Equal(t, "[2116] over the limit", e.theOrder(t, "renewal-1-20470228-4").Reason)
				require.ErrorAs(t, e.changeCard(t.Context(), e.again(t, c), 2, goodCard), new(refusal))
				e.requireEqualBooks(t, "signup-1")
			})
		})
	}
}

func TestDunningPaysAndTheMonthsStay(t *testing.T) {
	t.Parallel()
	for _, p := range plans {
		t.Run(p.ID, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, e *env) {
				c := e.mustSignUp(t, p, goodCard)
				e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
				days := tryDays(t, e, map[int]func(){2: func() { e.sandbox.DeclineCustomer("customer-1-card-1", "") }})
				require.Equal(t, []int{0, 1, 3}, days)
				c = e.again(t, c)
				require.Equal(t, stateActive, c.State)
				require.Equal(t, "20470331", day(c.PeriodEnd))
				require.True(t, c.NextTry.IsZero())
				e.runDays(t, 20) // until 9 April
				e.requireEqualBooks(t, "renewal-1-20470228-3", "renewal-1-20470331", "signup-1")
			})
		})
	}
}

func TestNewCardIsTriedAtOnce(t *testing.T) {
	t.Parallel()
	for _, p := range plans {
		t.Run(p.ID, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, e *env) {
				c := e.mustSignUp(t, p, goodCard)
				e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
				days := tryDays(t, e, map[int]func(){2: func() {
					require.ErrorAs(t, e.changeCard(t.Context(), e.again(t, c), 2, unknownCard), new(refusal))
					require.NoError(t, e.changeCard(t.Context(), e.again(t, c), 2, goodCard))
					require.NoError(t, e.changeCard(t.Context(), e.again(t, c), 2, goodCard), "the form again")
					require.ErrorAs(t, e.changeCard(t.Context(), e.again(t, c), 1, goodCard), new(refusal), "an old form")
				}})
				require.Equal(t, []int{0, 1, 2}, days)
				require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
				e.requireEqualBooks(t, "renewal-1-20470228-3", "signup-1")
			})
		})
	}
}

// A new card that is declined too does not move the days.
func TestNewCardThatIsDeclined(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, basic, goodCard)
		e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
		days := tryDays(t, e, map[int]func(){2: func() {
			for range 2 { // the form again
				require.NoError(t, e.changeCard(t.Context(), e.again(t, c), 2, unpaidCard))
			}
		}})
		require.Equal(t, []int{0, 1, 2, 3, 7}, days)
		require.Equal(t, stateEnded, e.again(t, c).State)
		tries, err := orders(t.Context(), e.db, `kind = ?`, kindRenewal)
		require.NoError(t, err)
		require.Len(t, tries, 5)
		e.requireEqualBooks(t, "signup-1")
	})
}

func TestCancelWhilePastDue(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
		days := tryDays(t, e, map[int]func(){0: func() {
			e.sandbox.DeclineCustomer("customer-1-card-1", "")
			require.NoError(t, e.setCancel(t.Context(), e.again(t, c), true))
		}})
		require.Equal(t, []int{0}, days)
		require.Equal(t, stateEnded, e.again(t, c).State)
		e.requireEqualBooks(t, "signup-1")
	})
}

// A try whose outcome is not known is not followed by another one.
func TestNoTryWhileUnknown(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, basic, goodCard)
		e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
		e.runDays(t, 28)
		e.sandbox.DeclineCustomer("customer-1-card-1", "")
		e.sandbox.Inject(againRoute, faultLostForHours)
		e.runDays(t, 1)
		require.Equal(t, orderUnknown, e.theOrder(t, "renewal-1-20470228-2").State)
		require.NoError(t, e.changeCard(context.WithoutCancel(t.Context()), e.again(t, c), 2, goodCard))
		e.runDays(t, 1)
		require.Equal(t, stateActive, e.again(t, c).State)
		e.requireEqualBooks(t, "renewal-1-20470228-2", "signup-1")
	})
}

// A run that has read a try as open, and charges it after another run has recorded its
// decline, must not: the next try has another number.
func TestDeclinedTryIsFinal(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.mustSignUp(t, basic, goodCard)
		e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
		e.runDays(t, 28)
		e.sandbox.DeclineCustomer("customer-1-card-1", "")
		require.NoError(t, e.charge(t.Context(), "renewal-1-20470228"))
		require.Equal(t, orderDeclined, e.theOrder(t, "renewal-1-20470228").State)
		e.runDays(t, 1)
		e.requireEqualBooks(t, "renewal-1-20470228-2", "signup-1")
	})
}

func TestNextTry(t *testing.T) {
	t.Parallel()
	for today, want := range map[string]string{
		"2027-02-28": "2027-03-01", "2027-03-01": "2027-03-03", "2027-03-02": "2027-03-03", "2027-03-03": "2027-03-07",
		"2027-03-06": "2027-03-07",
	} {
		got, more := nextTry(date(t, "2027-02-28"), date(t, today))
		require.True(t, more)
		require.Equal(t, want, got.Format("2006-01-02"), today)
	}
	for _, today := range []string{"2027-03-07", "2027-03-20"} {
		_, more := nextTry(date(t, "2027-02-28"), date(t, today))
		require.False(t, more, today)
	}
}
