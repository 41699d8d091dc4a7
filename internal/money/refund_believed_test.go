package money_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// refundShop is a payment of 3,000 won of which every look-up shows remaining, with
// one answer to a refund.
func refundShop(status int, answer, look string) (shop *clienttest.Shop, body *map[string]any) {
	body = new(map[string]any)
	return &clienttest.Shop{
		Charge: func(r *http.Request) (*http.Response, error) {
			text, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal(text, body); err != nil {
				return nil, err
			}
			return clienttest.JSON(status, answer), nil
		},
		LookUp: clienttest.AnsweringJSON(200, clienttest.Envelope(look)),
	}, body
}

const (
	whole    = `{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":"KRW","status":"paid"}`
	refunded = `{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":1000,"currency":"KRW","status":"cancelled"}`
)

// An answer that shows the refund counts only if it is a success of the API. Any
// other answer is looked up, and here the look-up shows that nothing was refunded.
func TestAnswersThatShowARefund(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  int
		answer  string
		refused bool
	}{
		"HTTP 400":                      {400, clienttest.Envelope(refunded), false},
		"a code":                        {200, `{"code":1,"message":"no","response":` + refunded + `}`, false},
		"a code and an empty object":    {200, `{"code":1,"message":"no","response":{}}`, true},
		"a code and a list":             {200, `{"code":1,"message":"no","response":[1]}`, false},
		"a code and null":               {200, `{"code":1,"message":"no","response":null}`, true},
		"another payment":               {200, clienttest.Envelope(`{"imp_uid":"imps_2","merchant_uid":"order-2","amount":3000,"cancel_amount":1000,"status":"cancelled"}`), false},
		"another sum":                   {200, clienttest.Envelope(`{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":999,"status":"cancelled"}`), false},
		"a failed payment":              {200, clienttest.Envelope(`{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":1000,"status":"failed"}`), false},
		"null":                          {200, clienttest.Envelope(`null`), false},
		"HTTP 401 with a payment in it": {401, `{"code":1,"message":"no","response":` + refunded + `}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := refundShop(test.status, test.answer, whole)
				journal := newNotes()
				c := clienttest.NewClient(t, s, iamport.WithJournal(journal))
				_, err := c.EnsureRefunded(t.Context(), iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000)})
				if test.refused {
					require.ErrorIs(t, err, iamport.ErrNotCharged)
				} else {
					require.Equal(t, held, time.Until(clienttest.OutcomeUnknown(t, err).RetryAt))
				}
				require.Equal(t, []bool{test.refused}, journal.noted)
				require.Equal(t, int64(1), s.Charges.Load())
			})
		})
	}
}

// Full is sent as the amount of the checksum, and so is an amount that equals it.
func TestRefundOfTheWholeChecksum(t *testing.T) {
	t.Parallel()
	for _, r := range []iamport.CancelRequest{
		{ImpUID: "imps_1", Full: true, Checksum: iamport.KRW(3000)},
		{ImpUID: "imps_1", Amount: iamport.KRW(3000), Checksum: iamport.KRW(3000)},
	} {
		s, body := refundShop(200, clienttest.Envelope(`{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":3000,"status":"cancelled"}`), whole)
		journal := newNotes()
		c := clienttest.NewClient(t, s, iamport.WithJournal(journal))
		p, err := c.EnsureRefunded(iamport.WithAttempt(t.Context(), "the-callers-own"), r)
		require.NoError(t, err)
		require.Equal(t, iamport.KRW(0), p.Remaining())
		require.Equal(t, map[string]any{"imp_uid": "imps_1", "amount": 3000.0, "checksum": 3000.0}, *body)
		require.NotEqual(t, "the-callers-own", journal.begun[0].ID, "an id is good for one send")
	}
}

// A refund that was not sent ends its attempt, and the payment is not held.
func TestRefundThatWasNotSentHoldsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t)
		journal := newNotes()
		c := s.client(iamport.WithJournal(journal))
		ended, cancelled := context.WithCancel(t.Context())
		journal.begin = func(context.Context) (time.Duration, error) {
			cancelled() // between the record and the send
			return 0, nil
		}
		journal.Journal = deafJournal{journal.Journal}
		lost := nothingSent(t, err2(c.EnsureRefunded(ended, r)))
		require.True(t, lost.RetryAt.IsZero())
		require.ErrorIs(t, lost, context.Canceled)
		require.Equal(t, []bool{true}, journal.noted)
		require.Zero(t, s.sent(cancel))

		journal.begin = nil
		_, err := c.EnsureRefunded(t.Context(), r)
		require.NoError(t, err)
	})
}

// A look-up of another payment decides nothing, and the error names a failed look-up.
func TestLooksOfARefundThatTellNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := refundShop(502, "<html>", whole)
		c := clienttest.NewClient(t, &lookUpsAfter{s, clienttest.AnsweringJSON(200, clienttest.Envelope(
			`{"imp_uid":"imps_2","merchant_uid":"order-2","amount":2000,"cancel_amount":0,"status":"paid"}`))})
		r := iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000)}
		_, err := c.EnsureRefunded(t.Context(), r)
		require.Nil(t, clienttest.OutcomeUnknown(t, err).Payment)

		s, _ = refundShop(502, "<html>", whole)
		c = clienttest.NewClient(t, &lookUpsAfter{s, clienttest.Answering(404, "text/html", "<html>")})
		_, err = c.EnsureRefunded(t.Context(), r)
		clienttest.OutcomeUnknown(t, err)
		require.ErrorContains(t, err, "the look-up failed")
	})
}
