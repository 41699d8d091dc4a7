package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const (
	scheduleRoute   = "POST /subscribe/payments/schedule"
	unscheduleRoute = "POST /subscribe/payments/unschedule"
)

func TestSchedulesAtMonthEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.sandbox.InjectFunc(func(r *http.Request) *iamporttest.Fault {
			if r.Method+" "+r.URL.Path == againRoute && e.sandbox.TotalCharges() > 0 {
				t.Error("a booked renewal was charged by the run")
			}
			return nil
		})
		c := e.mustSignUp(t, pro, goodCard)
		first := e.theOrder(t, "renewal-1-20470228")
		require.Equal(t, orderBooked, first.State)
		require.Equal(t, "2047-02-28 09:00", first.RunAt.In(seoul).Format("2006-01-02 15:04"))
		e.runDays(t, 62) // until 3 April
		require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470430").State)
		require.Equal(t, "20470430", day(e.again(t, c).PeriodEnd))
		e.requireEqualBooks(t, "renewal-1-20470228", "renewal-1-20470331", "signup-1")
	})
}

// The webhook of the schedule books the next renewal, without a run.
func TestWebhookBooksTheNext(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		e.sandbox.forward(28)
		e.waitWebhooks(t)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470331").State)
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

func TestNightFindsLostWebhooks(t *testing.T) {
	t.Parallel()
	for _, state := range []string{orderPaid, orderDeclined} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, e *env) {
				c := e.mustSignUp(t, pro, goodCard)
				if state == orderDeclined {
					e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
				}
				e.sandbox.InjectWebhooks("renewal-1-20470228", iamporttest.WebhookFault{Drop: true})
				e.sandbox.forward(28)
				e.waitWebhooks(t)
				require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470228").State)
				e.runDays(t, 0)
				require.Equal(t, state, e.theOrder(t, "renewal-1-20470228").State)
				c = e.again(t, c)
				if state == orderDeclined {
					require.Equal(t, statePastDue, c.State)
					require.Equal(t, "20470301", day(c.NextTry))
					return
				}
				require.Equal(t, "20470331", day(c.PeriodEnd))
				require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470331").State)
				e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
			})
		})
	}
}

func TestNightFindsARefundInTheConsole(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.mustSignUp(t, basic, goodCard)
		e.runDays(t, 20)
		e.sandbox.InjectWebhooks("signup-1", iamporttest.WebhookFault{Drop: true})
		require.NoError(t, e.sandbox.CancelInConsole("signup-1", "4000"))
		e.runDays(t, 0)
		r, err := e.reconcile(t.Context(), january.Add(-time.Hour))
		require.NoError(t, err)
		require.Len(t, r.Differences, 2, "the night of today is over")
		e.runDays(t, 1)
		e.requireEqualBooks(t, "signup-1")
	})
}

func TestBookingWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]iamporttest.Fault{
		"booked": iamporttest.LoseAfter(), "not booked": iamporttest.LoseBefore(), "booked late": iamporttest.LoseThenExecute(time.Minute),
		"refused": iamporttest.DeclineCode("try again"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, e *env) {
				e.sandbox.Inject(scheduleRoute, fault)
				e.mustSignUp(t, pro, goodCard)
				e.runDays(t, 1)
				require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470228").State)
				e.runDays(t, 28)
				e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
			})
		})
	}
}

// A renewal that cannot be booked until its day is charged by the run.
func TestBookingThatNeverWorks(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.sandbox.InjectFunc(func(r *http.Request) *iamporttest.Fault {
			if r.Method+" "+r.URL.Path == scheduleRoute {
				return new(iamporttest.DeclineCode("no schedules today"))
			}
			return nil
		})
		c := e.mustSignUp(t, pro, goodCard)
		e.runDays(t, 29)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

// A schedule that somebody has revoked in the console is missed one day after its time, and
// the run charges the renewal.
func TestOverdueSchedule(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		_, err := e.client.Unschedule(t.Context(), iamport.UnscheduleRequest{MerchantUIDs: []string{"renewal-1-20470228"}})
		require.NoError(t, err)
		e.runDays(t, 28)
		require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470228").State)
		e.runDays(t, 2)
		require.Equal(t, orderRevoked, e.theOrder(t, "renewal-1-20470228").State)
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		e.requireEqualBooks(t, "renewal-1-20470228-2", "signup-1")
	})
}

// A schedule that has run, and whose payment neither a webhook nor the night brought, is
// looked up a day later.
func TestOverduePayment(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		e.sandbox.InjectWebhooks("renewal-1-20470228", iamporttest.WebhookFault{Drop: true})
		e.sandbox.InjectFunc(func(r *http.Request) *iamporttest.Fault {
			if strings.HasPrefix(r.URL.Path, "/payments/status/") {
				return new(iamporttest.Answer(503, "text/html", "busy"))
			}
			return nil
		})
		e.sandbox.forward(29)
		require.Error(t, e.run(t.Context()), "the night failed, and the rest was done")
		require.Equal(t, "20470331", day(e.again(t, c).PeriodEnd))
		e.sandbox.InjectFunc(nil)
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1")
	})
}

func TestNewCardIsBookedInstead(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]iamporttest.Fault{
		"revoked": nil, "the answer is lost": {iamporttest.LoseAfter()}, "the request is lost": {iamporttest.LoseBefore()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, e *env) {
				c := e.mustSignUp(t, pro, goodCard)
				e.sandbox.DeclineCustomer("customer-1-card-1", "[2116] over the limit")
				e.sandbox.Inject(unscheduleRoute, faults...)
				require.NoError(t, e.changeCard(t.Context(), c, 2, goodCard))
				e.runDays(t, 1)
				require.Equal(t, orderRevoked, e.theOrder(t, "renewal-1-20470228").State)
				require.Equal(t, "customer-1-card-2", e.theOrder(t, "renewal-1-20470228-2").CardUID)
				e.runDays(t, 28)
				require.Equal(t, stateActive, e.again(t, c).State)
				e.requireEqualBooks(t, "renewal-1-20470228-2", "signup-1")
			})
		})
	}
}

func TestCancelRevokesTheSchedule(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		require.NoError(t, e.setCancel(t.Context(), c, true))
		require.Equal(t, orderRevoked, e.theOrder(t, "renewal-1-20470228").State)
		require.NoError(t, e.setCancel(t.Context(), c, false))
		require.Equal(t, orderBooked, e.theOrder(t, "renewal-1-20470228-2").State)
		require.NoError(t, e.setCancel(t.Context(), c, true))
		e.runDays(t, 28)
		require.Equal(t, stateEnded, e.again(t, c).State)
		e.requireEqualBooks(t, "signup-1")
	})
}

func TestUpgradeBooksTheNewPrice(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, basic, goodCard)
		e.runDays(t, 10)
		require.NoError(t, e.upgrade(t.Context(), c, pro))
		next := e.theOrder(t, "renewal-1-20470228")
		require.Equal(t, orderBooked, next.State)
		require.Equal(t, pro.Price, next.Amount)
		e.runDays(t, 20)
		e.requireEqualBooks(t, "renewal-1-20470228", "signup-1", "upgrade-1-20470131-pro")
	})
}

// The renewal that is booked at the old price is revoked.
func TestUpgradeOfABookedPlan(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, pro, goodCard)
		e.runDays(t, 10)
		require.NoError(t, e.upgrade(t.Context(), c, team))
		require.Equal(t, orderRevoked, e.theOrder(t, "renewal-1-20470228").State)
		require.Equal(t, team.Price, e.theOrder(t, "renewal-1-20470228-2").Amount)
		e.runDays(t, 20)
		e.requireEqualBooks(t, "renewal-1-20470228-2", "signup-1", "upgrade-1-20470131-team")
	})
}

func TestTwoUpgradesInAMonth(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		c := e.mustSignUp(t, basic, goodCard)
		e.sandbox.Inject(againRoute, faultLostForHours)
		require.NoError(t, e.upgrade(t.Context(), c, pro))
		require.ErrorAs(t, e.upgrade(t.Context(), c, team), new(refusal), "the other one is unknown")
		e.runDays(t, 1)
		require.NoError(t, e.upgrade(t.Context(), e.again(t, c), team))
		require.Equal(t, team.ID, e.again(t, c).Plan)
		e.runDays(t, 28)
		require.Equal(t, team.Price, e.theOrder(t, "renewal-1-20470228-2").Amount)
		e.requireEqualBooks(t, "renewal-1-20470228-2", "signup-1", "upgrade-1-20470131-pro", "upgrade-1-20470131-team")
	})
}

// A schedule that is not the shop's, and one that somebody has changed, are differences.
func TestReconcileFindsSchedules(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, e *env) {
		e.mustSignUp(t, pro, goodCard)
		at := e.theOrder(t, "renewal-1-20470228").RunAt
		_, err := e.client.UpdateSchedule(t.Context(), "renewal-1-20470228", at.Add(time.Hour))
		require.NoError(t, err)
		_, err = e.client.Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "customer-1-card-1", Schedules: []iamport.ScheduleItem{
			{MerchantUID: "by-hand", ScheduleAt: at.Time, Amount: iamport.KRW(1000), Name: "by hand"},
		}})
		require.NoError(t, err)
		r, err := e.reconcile(t.Context(), january.Add(-time.Hour))
		require.NoError(t, err)
		require.Len(t, r.Differences, 2)
	})
}
