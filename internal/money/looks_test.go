package money_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// failLooks makes every look-up without a queued fault fail.
func (s *shop) failLooks() {
	s.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if r.Method == http.MethodGet {
			return new(iamporttest.Answer(403, "text/html", "<html>"))
		}
		return nil
	})
}

// A list of two pages counts only if both arrive: "not found" for the second page is
// not about the order.
func TestLookWhoseSecondPageIsMissing(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]iamporttest.Fault{
		"none":     iamporttest.Answer(404, "application/json", `{"code":-1,"message":"none","response":null}`),
		"refused":  iamporttest.Answer(403, "text/html", "<html>"),
		"no total": iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":{"previous":1,"next":0,"list":[]}}`),
		"empty":    iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":{"total":2,"previous":1,"next":0,"list":[]}}`),
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.Inject(findAll, iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":{"total":2,"previous":0,"next":2,`+
				`"list":[{"imp_uid":"i","merchant_uid":"order_1","amount":3000,"status":"failed"}]}}`), second)
			nothingSent(t, err2(s.client().EnsurePaid(t.Context(), order)))
			require.Zero(t, s.sent(again), name)
			require.Zero(t, s.Pending(), name)
		})
	}
}

// If look-ups fail after one that showed nothing paid, the outcome is unknown, and
// the error holds the record of an earlier look-up.
func TestLooksThatFailAfterOneThatWorked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(again, iamporttest.DeclineCode("no"))
		s.Inject(findAll, iamporttest.Fault{}, iamporttest.Fault{}) // before the charge, and after the refusal
		s.failLooks()
		lost := unknown(t, err2(s.client().EnsurePaid(t.Context(), order)))
		require.ErrorContains(t, lost, "the look-up failed")
		require.Equal(t, held, time.Until(lost.RetryAt))
	})
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(again, iamporttest.Pending(time.Hour, true).Slow(2*time.Minute))
		s.Inject(findAll, iamporttest.Fault{})
		s.failLooks()
		lost := unknown(t, err2(s.client().Again(t.Context(), order)))
		require.Equal(t, iamport.StatusReady, lost.Payment.Status)
		require.ErrorContains(t, lost, "the look-up failed")
	})
}

// The error holds the record because of which a lost charge is unknown.
func TestRecordThatKeepsALostChargeOpen(t *testing.T) {
	t.Parallel()
	for status, fault := range map[iamport.Status]iamporttest.Fault{
		iamport.StatusReady:  iamporttest.Pending(time.Hour, true),
		iamport.StatusFailed: iamporttest.FailThenPay(time.Hour, "no"),
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.Inject(again, fault.Slow(2*time.Minute))
			lost := unknown(t, err2(s.client().Again(t.Context(), order)))
			require.Equal(t, status, lost.Payment.Status)
		})
	}
}

// A refusal of Paymentwall decides nothing, so it is looked up as long as a lost answer, not longer.
func TestRefusalOfPaymentwallIsLookedUpForTheSettleWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(again, iamporttest.DeclineCode("no"))
		began := time.Now()
		unknown(t, err2(s.client(iamport.WithPG(iamport.PGPaymentwall)).Again(t.Context(), order)))
		require.InDelta(t, 10, time.Since(began).Seconds(), 1)
	})
}

// A decline by a failed payment is the result even if the API keeps no marks.
func TestDeclineWithoutAMark(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithUserAgentLimit(0))
		journal := newNotes()
		s.Inject(again, iamporttest.Decline("[2116] limit"))
		c := s.client(iamport.WithJournal(journal))
		require.Equal(t, "2116", declined(t, err2(c.EnsurePaid(t.Context(), order))).PGCode)
		require.Equal(t, []bool{true}, journal.noted)
	})
}

// The answer is a decline, but the record of the attempt is paid: the order is paid,
// and the attempt has moved money.
func TestDeclineThatTheRecordBelies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		journal := newNotes()
		s.Inject(again, iamporttest.AnswerAfter(200, "application/json",
			`{"code":0,"message":null,"response":{"imp_uid":"imps_9","merchant_uid":"order_1","amount":3000,"status":"failed"}}`))
		p, err := s.client(iamport.WithJournal(journal)).EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, iamport.StatusPaid, p.Status)
		require.Equal(t, []bool{false}, journal.noted)
	})
}

// The response of a refusal: an empty object is no payment, and an object with any id
// or status of a payment is one.
func TestRefusalsWithAResponse(t *testing.T) {
	t.Parallel()
	for response, refused := range map[string]bool{
		`null`: true, `[]`: true, `{}`: true, `{"imp_uid":null,"status":""}`: true,
		`{"status":"paid"}`:                          false,
		`{"merchant_uid":"order_1"}`:                 false,
		`{"merchant_uid":"order_1","status":"paid"}`: false,
		`"paid"`: false,
		`[{"imp_uid":"imps_9","merchant_uid":"order_1","status":"paid"}]`: false,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.Inject(again, iamporttest.Answer(200, "application/json", fmt.Sprintf(`{"code":-1,"message":"no","response":%s}`, response)))
			_, err := s.client().Again(t.Context(), order)
			if refused {
				require.ErrorIs(t, err, iamport.ErrNotCharged, response)
			} else {
				unknown(t, err)
			}
		})
	}
}

// Settle checks its arguments before it looks the order up.
func TestSettleOfWhatCannotBeAnOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, bad := range []string{"", ".", "..", string(make([]byte, 41))} {
		_, err := s.client().Settle(t.Context(), bad, "")
		require.ErrorIs(t, err, iamport.ErrNotCharged, "%q", bad)
		require.NotErrorAs(t, err, new(*iamport.OutcomeUnknownError), "%q", bad)
	}
}

// The error of a look-up is reported only if it was the last one.
func TestLookThatFailedBeforeOneThatWorked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(again, iamporttest.Pending(time.Hour, true).Slow(2*time.Minute))
		s.Inject(findAll, iamporttest.Answer(403, "text/html", "<html>"))
		lost := unknown(t, err2(s.client().Again(t.Context(), order)))
		require.Equal(t, iamport.StatusReady, lost.Payment.Status)
		require.NotContains(t, lost.Error(), "the look-up failed")
	})
}

// A refusal with a message is final for EnsurePaid when the settle window ends, not
// after a time-out.
func TestRefusalInWordsEndsWithTheSettleWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(again, iamporttest.DeclineCode("no"))
		began := time.Now()
		_, err := s.client().EnsurePaid(t.Context(), order)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.InDelta(t, 10, time.Since(began).Seconds(), 2)
	})
}

// A failure that is Paymentwall's only because of WithPG decides nothing for Settle.
func TestSettleAtPaymentwall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		list := fmt.Sprintf(`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[{"imp_uid":"imps_1","merchant_uid":"order_1",`+
			`"amount":3000,"status":"failed","pg_provider":null,"user_agent":"iamport-go/%s (a-1)"}]}}`, iamport.Version)
		s.Inject(findAll, iamporttest.Answer(200, "application/json", list), iamporttest.Answer(200, "application/json", list))
		declined(t, err2(s.client().Settle(t.Context(), "order_1", "a-1")))
		unknown(t, err2(s.client(iamport.WithPG(iamport.PGPaymentwall)).Settle(t.Context(), "order_1", "a-1")))
	})
}
