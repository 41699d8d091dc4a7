package money_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func TestRefundOfAnOrderPaidTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := paidShop(t, iamporttest.WithDuplicates(iamporttest.RefuseNone))
		c := s.client()
		_, err := c.Again(t.Context(), order)
		require.NoError(t, err)
		_, err = c.EnsureRefunded(t.Context(), iamport.CancelRequest{MerchantUID: "order_1", Full: true, Checksum: iamport.KRW(3000)})
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.ErrorContains(t, err, "more than one payment")
		r.Amount, r.Full = iamport.Amount{}, true
		_, err = c.EnsureRefunded(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, "3000", s.Cancelled("order_1"))
	})
}

func TestRefundsOfALaterDay(t *testing.T) {
	t.Parallel()
	for method, status := range map[string]string{"vbank": "paid", "phone": "cancelled", "card": "ready", "trans": "failed"} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			body := fmt.Sprintf(`{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order_1","amount":3000,"cancel_amount":0,"pay_method":%q,"status":%q}}`, method, status)
			answer := iamporttest.Answer(200, "application/json", body)
			s.Inject("GET /payments/{imp_uid}", answer)
			s.Inject(cancel, answer)
			r := iamport.CancelRequest{ImpUID: "imps_1", Full: true, Checksum: iamport.KRW(3000)}
			_, err := s.client().EnsureRefunded(t.Context(), r)
			require.ErrorIs(t, err, iamport.ErrNotCharged)
			require.Zero(t, s.sent(cancel))
			_, err = s.client().CancelPayment(t.Context(), r)
			if method == "vbank" || method == "phone" {
				require.NoError(t, err)
			} else {
				unknown(t, err)
			}
		})
	}
}

func TestCancelThatDoesNotShowTheRefund(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request iamport.CancelRequest
		answer  string
		shows   bool
	}{
		"still paid":           {iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000)}, `"cancel_amount":0,"status":"paid"`, false},
		"too little":           {iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000)}, `"cancel_amount":999,"status":"cancelled"`, false},
		"the amount":           {iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000)}, `"cancel_amount":1000,"status":"cancelled"`, true},
		"the amount, and paid": {iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000)}, `"cancel_amount":1000,"status":"paid"`, true},
		"full":                 {iamport.CancelRequest{ImpUID: "imps_1", Full: true}, `"cancel_amount":3000,"status":"cancelled"`, true},
		"full, a part":         {iamport.CancelRequest{ImpUID: "imps_1", Full: true}, `"cancel_amount":2999,"status":"cancelled"`, false},
		"no sum":               {iamport.CancelRequest{ImpUID: "imps_1", Full: true}, `"status":"cancelled"`, false},
		"failed":               {iamport.CancelRequest{ImpUID: "imps_1", Full: true}, `"cancel_amount":3000,"status":"failed"`, false},
		"another payment":      {iamport.CancelRequest{ImpUID: "imps_2", Full: true}, `"cancel_amount":3000,"status":"cancelled"`, false},
		"another order":        {iamport.CancelRequest{MerchantUID: "order_2", Full: true}, `"cancel_amount":3000,"status":"cancelled"`, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.Inject(cancel, iamporttest.Answer(200, "application/json",
				`{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order_1","amount":3000,`+test.answer+`}}`))
			_, err := s.client().CancelPayment(t.Context(), test.request)
			if test.shows {
				require.NoError(t, err, name)
				return
			}
			require.Equal(t, test.request.ImpUID, unknown(t, err).ImpUID, name)
		})
	}
}
