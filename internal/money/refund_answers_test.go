package money_test

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// CancelPayment has the outcomes of a charge except AlreadyPaidError, because nothing
// is looked up.
func TestRefundIsMadeOrNotOrUnknown(t *testing.T) {
	t.Parallel()
	request := iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000)}
	refused := clienttest.AnsweringJSON(200, `{"code":1,"message":"\uc774\ubbf8 \uc804\uc561\ucde8\uc18c\ub41c \uc8fc\ubb38\uc785\ub2c8\ub2e4.","response":null}`)

	_, err := clienttest.NewClient(t, &clienttest.Shop{Charge: refused}).CancelPayment(t.Context(), request)
	require.ErrorIs(t, err, iamport.ErrNotCharged, "a refusal moved no money")
	require.ErrorContains(t, err, "이미 전액취소된 주문입니다.")

	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = clienttest.NewClient(t, &clienttest.Shop{Charge: refused}).CancelPayment(over, request)
	require.ErrorIs(t, err, iamport.ErrNotCharged, "it was never sent")

	_, err = clienttest.NewClient(t, &clienttest.Shop{Charge: clienttest.Failing(syscall.ECONNRESET)}).CancelPayment(t.Context(), request)
	require.NotErrorIs(t, err, iamport.ErrNotCharged)
	lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err)
	require.True(t, ok)
	require.Equal(t, "CancelPayment", lost.Op)
	require.Equal(t, "imps_1", lost.ImpUID)
	require.Empty(t, lost.MerchantUID)
}

func TestWholeWon(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.Always(clienttest.Charged))
	r := iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: "order-1", Amount: clienttest.Amount("3000.5"), Currency: "KRW"}
	_, err := client.Again(t.Context(), r)
	require.ErrorContains(t, err, "Again: Amount must be whole won")
	r.Currency = ""
	_, err = client.Again(t.Context(), r)
	require.ErrorContains(t, err, "Again: Amount must be whole won")
	r.Amount, r.Currency = clienttest.Amount("3000.0"), "KRW"
	_, err = client.Again(t.Context(), r)
	require.NoError(t, err)
	r.Amount, r.Currency = clienttest.Amount("10.99"), "USD"
	_, err = client.Again(t.Context(), r)
	require.NoError(t, err)
}
