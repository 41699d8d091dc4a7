package wire_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestGetPaymentsOnTheWire(t *testing.T) {
	t.Parallel()
	get := func(r iamport.GetPaymentsRequest) func(context.Context, *iamport.Client) (foundAndMissing[*iamport.Payment], error) {
		return func(ctx context.Context, c *iamport.Client) (foundAndMissing[*iamport.Payment], error) {
			found, missing, err := c.GetPayments(ctx, r)
			return foundAndMissing[*iamport.Payment]{found, missing}, err
		}
	}
	require.Equal(t, foundAndMissing[*iamport.Payment]{[]*iamport.Payment{fullPayment()}, []string{"imp_0"}},
		wireTest(t, "get_payments_imp", get(iamport.GetPaymentsRequest{ImpUIDs: []string{"imp_0", "imps_1", "imp_0"}})))
	require.Equal(t, foundAndMissing[*iamport.Payment]{[]*iamport.Payment{fullPayment()}, []string{"a&b"}},
		wireTest(t, "get_payments_merchant", get(iamport.GetPaymentsRequest{MerchantUIDs: []string{"m-1", "a&b"}})))
	require.Equal(t, foundAndMissing[*iamport.Payment]{nil, []string{"imp_0"}},
		wireTest(t, "get_payments_none", get(iamport.GetPaymentsRequest{ImpUIDs: []string{"imp_0"}})))
}

func TestFindPaymentsOnTheWire(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]iamport.FindPaymentsQuery{
		"find_payments":      {},
		"find_payments_full": {Status: iamport.StatusCancelled, Sorting: iamport.SortUpdatedDesc, PageSize: 1000},
	} {
		require.Equal(t, []*iamport.Payment{fullPayment()},
			wireTest(t, name, func(ctx context.Context, c *iamport.Client) ([]*iamport.Payment, error) {
				return clienttest.Collect(c.FindPayments(ctx, "m/1", q))
			}), name)
	}
}

func TestPaymentsOnTheWire(t *testing.T) {
	t.Parallel()
	from, to := time.Unix(1700000000, 0), time.Unix(1700000060, 999_999_999)
	for name, q := range map[string]iamport.PaymentQuery{
		"payments":      {From: from, To: to},
		"payments_full": {From: from, To: to, Status: iamport.StatusCancelled, Sorting: iamport.SortPaidAsc, PageSize: 1},
	} {
		require.Equal(t, []*iamport.Payment{fullPayment()},
			wireTest(t, name, func(ctx context.Context, c *iamport.Client) ([]*iamport.Payment, error) {
				return clienttest.Collect(c.Payments(ctx, q))
			}), name)
	}
}

func TestGetBalanceOnTheWire(t *testing.T) {
	t.Parallel()
	part := func(n int64) iamport.BalancePart {
		return iamport.BalancePart{
			TaxFree: iamport.KRW(n), Supply: iamport.KRW(n + 1), VAT: iamport.KRW(n + 2), Service: iamport.KRW(n + 3),
		}
	}
	require.Equal(t, &iamport.Balance{
		Amount: iamport.KRW(10000), CashReceipt: part(0), Primary: part(10), Secondary: part(20), Discount: part(30),
		Histories: []iamport.BalanceHistory{{
			CashReceipt: part(40), Primary: part(50), Secondary: part(60), Discount: part(70), Created: clienttest.At(1700000001),
		}},
	}, wireTest(t, "get_balance", func(ctx context.Context, c *iamport.Client) (*iamport.Balance, error) {
		return c.GetBalance(ctx, "imp/1")
	}))
}

func TestPreparedPaymentsOnTheWire(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do   func(context.Context, *iamport.Client) (*iamport.PreparedPayment, error)
		want iamport.PreparedPayment
	}{
		"prepare": {
			func(ctx context.Context, c *iamport.Client) (*iamport.PreparedPayment, error) {
				return c.PreparePayment(ctx, iamport.PrepareRequest{MerchantUID: "m/1", Amount: clienttest.Amount("10.99"), Currency: "USD"})
			},
			iamport.PreparedPayment{MerchantUID: "m/1", Amount: clienttest.Amount("10.99"), Currency: "USD"},
		},
		"prepare_zero": {
			func(ctx context.Context, c *iamport.Client) (*iamport.PreparedPayment, error) {
				return c.PreparePayment(ctx, iamport.PrepareRequest{MerchantUID: "m-1", Amount: iamport.KRW(0)})
			},
			iamport.PreparedPayment{MerchantUID: "m-1", Amount: iamport.KRW(0)},
		},
		"update_prepared": {
			func(ctx context.Context, c *iamport.Client) (*iamport.PreparedPayment, error) {
				return c.UpdatePreparedPayment(ctx, iamport.PrepareRequest{MerchantUID: "m-1", Amount: iamport.KRW(3000), Currency: "KRW"})
			},
			iamport.PreparedPayment{MerchantUID: "m-1", Amount: iamport.KRW(3000), Currency: "KRW"},
		},
		"get_prepared": {
			func(ctx context.Context, c *iamport.Client) (*iamport.PreparedPayment, error) {
				return c.GetPreparedPayment(ctx, "m/1")
			},
			iamport.PreparedPayment{MerchantUID: "m/1", Amount: iamport.KRW(1000), Currency: "KRW"},
		},
	} {
		require.Equal(t, &test.want, wireTest(t, name, test.do), name)
	}
}
