package money_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// A failed schedule has a failed record, and a retry may follow in the same second:
// that record is never the retry's own.
func TestRetryIsNotSettledByTheFailureThatItRetries(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, 900 * time.Millisecond, -900 * time.Millisecond, time.Minute} {
		for _, wait := range []time.Duration{0, 300 * time.Millisecond, 999 * time.Millisecond, 1100 * time.Millisecond, 1800 * time.Millisecond} {
			t.Run(skew.String()+"/"+wait.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					srv := iamporttest.NewServer(iamporttest.WithClockOffset(skew))
					client := clienttest.SandboxClient(t, srv, iamport.WithSettleWindow(2*time.Second))
					_, err := client.Schedule(t.Context(), iamport.ScheduleRequest{
						CustomerUID: "cu-1", Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
						Schedules: []iamport.ScheduleItem{{
							MerchantUID: "order-1", ScheduleAt: srv.Now().Add(time.Hour).Truncate(time.Second), Amount: iamport.KRW(3000), Name: "July",
						}},
					})
					require.NoError(t, err)
					srv.DeclineCustomer("cu-1", "[2116] limit")
					time.Sleep(time.Hour)
					s, err := client.GetSchedule(t.Context(), "order-1") // it runs with this request
					require.NoError(t, err)
					require.Equal(t, iamport.ScheduleExecuted, s.ScheduleStatus)
					require.False(t, s.Paid())
					srv.DeclineCustomer("cu-1", "")

					time.Sleep(wait)
					srv.Inject("POST /subscribe/payments/schedule/{merchant_uid}/retry", iamporttest.LoseThenExecute(20*time.Second))
					p, err := client.RetrySchedule(t.Context(), "order-1")
					require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err), "%v", err)

					lost := clienttest.OutcomeUnknown(t, err)
					require.Empty(t, lost.Attempt, "RetrySchedule sends no mark")
					p, err = client.Settle(t.Context(), lost.MerchantUID, lost.Attempt)
					require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err), "%v", err)
					time.Sleep(20 * time.Second)
					p, err = client.Settle(t.Context(), lost.MerchantUID, lost.Attempt)
					require.Equal(t, clienttest.Paid, clienttest.OutcomeOf(t, p, err), "%v", err)
					require.Equal(t, 1, srv.Charges("order-1"))
				})
			})
		}
	}
}

// A retry sends no mark, and its record may be the failed one, overwritten: only an
// unmarked paid record decides a lost retry.
func TestLostRetryIsSettledByAnUnmarkedPayment(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		records []string
		want    clienttest.Outcome
	}{
		"two failures":          {[]string{clienttest.RecordOf("imps_2", "failed", ""), clienttest.RecordOf("imps_1", "failed", "")}, clienttest.Unknown},
		"a marked failure":      {[]string{clienttest.RecordOf("imps_1", "failed", "other")}, clienttest.Unknown},
		"an unmarked payment":   {[]string{clienttest.RecordOf("imps_2", "paid", ""), clienttest.RecordOf("imps_1", "failed", "")}, clienttest.Paid},
		"another call's":        {[]string{clienttest.RecordOf("imps_2", "paid", "other")}, clienttest.AlreadyPaid},
		"one that was refunded": {[]string{clienttest.RecordOf("imps_2", "cancelled", "")}, clienttest.AlreadyPaid},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &clienttest.Shop{Charge: clienttest.Answering(502, "text/html", "<html>"), LookUp: clienttest.Listing(test.records...)}
			p, err := clienttest.NewClient(t, s).RetrySchedule(t.Context(), "order-1")
			require.Equal(t, test.want, clienttest.OutcomeOf(t, p, err), "%s: %v", name, err)
			if test.want == clienttest.Unknown {
				require.Empty(t, clienttest.OutcomeUnknown(t, err).Attempt)
			}
		})
	}
}

// An attempt with an unknown outcome may have a failed record. The next attempt does
// not use it, with any clock of the server.
func TestOpenAttemptSettlesNoLaterOne(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-time.Second, -5 * time.Minute} {
		t.Run(step.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, client := clienttest.Sandbox(t, iamport.WithSettleWindow(2*time.Second))
				srv.DeclineCustomer("cu-1", "[2116] limit")
				srv.Inject(clienttest.AgainRoute, iamporttest.LoseAfter(), iamporttest.LoseThenExecute(20*time.Second))
				srv.Inject(clienttest.FindAllRoute, slices.Repeat([]iamporttest.Fault{iamporttest.LoseBefore()}, 40)...)
				p, err := clienttest.Charges["Again"](t.Context(), client) // declined, but the outcome is unknown
				require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err))
				first := clienttest.OutcomeUnknown(t, err).Attempt
				srv.DeclineCustomer("cu-1", "")
				for srv.Pending() > 1 {
					_, _ = client.Settle(t.Context(), "order-1", "")
				}

				srv.SetClockOffset(step - 10*time.Second)
				p, err = clienttest.Charges["Again"](t.Context(), client)
				require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err), "%v", err)
				second := clienttest.OutcomeUnknown(t, err).Attempt
				require.NotEqual(t, first, second)

				p, err = client.Settle(t.Context(), "order-1", first)
				require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err), "the first one failed")
				p, err = client.Settle(t.Context(), "order-1", second)
				require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err))
				time.Sleep(time.Hour)
				p, err = client.Settle(t.Context(), "order-1", second)
				require.Equal(t, clienttest.Paid, clienttest.OutcomeOf(t, p, err))
				p, err = client.Settle(t.Context(), "order-1", first)
				require.Equal(t, clienttest.AlreadyPaid, clienttest.OutcomeOf(t, p, err))
				require.Equal(t, 1, srv.Charges("order-1"))
			})
		})
	}
}

// The answer to a retry is its own, even if the overwritten record keeps the mark of
// an earlier call.
func TestRetryThatIsAnsweredWithTheMarkOfAnEarlierCall(t *testing.T) {
	t.Parallel()
	record := clienttest.RecordOf("imps_1", "paid", "mark-of-an-earlier-again")
	s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, clienttest.Envelope(record)), LookUp: clienttest.Listing(record)}
	p, err := clienttest.NewClient(t, s).RetrySchedule(t.Context(), "order-1")
	require.Equal(t, clienttest.Paid, clienttest.OutcomeOf(t, p, err), "%v", err)

	s.Charge = clienttest.AnsweringJSON(200, clienttest.Envelope(clienttest.RecordOf("imps_1", "failed", "mark-of-an-earlier-again")))
	_, err = clienttest.NewClient(t, s).RetrySchedule(t.Context(), "order-1")
	var decline *iamport.DeclinedError
	require.ErrorAs(t, err, &decline)
	require.Equal(t, "2116", decline.PGCode)
}
