package money_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// Only the requested payment shows a refund.
func TestRefundIsNotShownByAnotherPayment(t *testing.T) {
	t.Parallel()
	s := &clienttest.Shop{LookUp: clienttest.AnsweringJSON(200, clienttest.Envelope(clienttest.RecordOf("imps_1", "paid", "a")))}
	s.Charge = clienttest.AnsweringJSON(200, clienttest.Envelope(`{"imp_uid":null,"merchant_uid":"another","amount":3000,"cancel_amount":3000,"status":"cancelled"}`))
	c := clienttest.NewClient(t, s, iamport.WithSettleWindow(0))
	_, err := c.CancelPayment(t.Context(), iamport.CancelRequest{ImpUID: "imps_1", MerchantUID: "order-1", Full: true})
	clienttest.OutcomeUnknown(t, err)
	_, err = c.CancelPayment(t.Context(), iamport.CancelRequest{ImpUID: "imps_1", Full: true})
	clienttest.OutcomeUnknown(t, err)
	_, err = c.EnsureRefunded(t.Context(), iamport.CancelRequest{ImpUID: "imps_1", Full: true, Checksum: iamport.KRW(3000)})
	clienttest.OutcomeUnknown(t, err)

	s.Charge = clienttest.AnsweringJSON(200, clienttest.Envelope(`{"imp_uid":null,"merchant_uid":"order-1","amount":3000,"cancel_amount":3000,"status":"cancelled"}`))
	_, err = c.CancelPayment(t.Context(), iamport.CancelRequest{ImpUID: "imps_1", MerchantUID: "order-1", Full: true})
	require.NoError(t, err)
}

// A refusal and a refund of another sum at the same time: the outcome is unknown, and
// the error names what remains.
func TestRefusedRefundBesideAnotherOne(t *testing.T) {
	t.Parallel()
	s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, `{"code":-1,"message":"busy","response":null}`)}
	s.LookUp = clienttest.AnsweringJSON(200, clienttest.Envelope(clienttest.RecordOf("imps_1", "paid", "a")))
	journal := newNotes()
	c := clienttest.NewClient(t, &lookUpsAfter{s, clienttest.AnsweringJSON(200, clienttest.Envelope(
		`{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":1500,"currency":"KRW","status":"cancelled"}`))}, iamport.WithJournal(journal))
	r := iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000)}
	_, err := c.EnsureRefunded(t.Context(), r)
	lost := clienttest.OutcomeUnknown(t, err)
	require.ErrorContains(t, err, "busy")
	require.ErrorContains(t, err, "1500 remains of the payment")
	require.Equal(t, iamport.KRW(1500), lost.Payment.Remaining())
	require.Equal(t, []bool{false}, journal.noted)

	_, err = c.EnsureRefunded(t.Context(), r)
	require.ErrorIs(t, err, iamport.ErrNotCharged, "the next call sends nothing")
	require.ErrorContains(t, err, "1500 remains of the payment")
	require.Equal(t, int64(1), s.Charges.Load())
}

// lookUpsAfter answers look-ups differently after a change was sent.
type lookUpsAfter struct {
	*clienttest.Shop
	after clienttest.Transport
}

func (l *lookUpsAfter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet && l.Charges.Load() > 0 {
		return l.after(r)
	}
	return l.Shop.RoundTrip(r)
}

// A fraction of a won is never refunded: an API that truncates it to 0 would refund
// everything.
func TestPartOfAWonIsNotRefunded(t *testing.T) {
	t.Parallel()
	for currency, sends := range map[string]int64{"KRW": 0, "krw": 0, "USD": 1} {
		s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, `{"code":-1,"message":"no","response":null}`)}
		s.LookUp = clienttest.AnsweringJSON(200, clienttest.Envelope(fmt.Sprintf(
			`{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":%q,"status":"paid"}`, currency)))
		_, err := clienttest.NewClient(t, s).EnsureRefunded(t.Context(), iamport.CancelRequest{
			ImpUID: "imps_1", Amount: clienttest.Amount("0.4"), Checksum: iamport.KRW(3000),
		})
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.Equal(t, sends, s.Charges.Load(), currency)
	}
}
