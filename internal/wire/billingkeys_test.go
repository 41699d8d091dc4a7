package wire_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// The golden files of billing keys hold these three.

func fullCustomer() *iamport.Customer {
	return &iamport.Customer{
		CustomerUID: "cu/1", PGProvider: iamport.PGNiceV2, PGID: "mid-1", Sandbox: true, CustomerID: "buyer-1",
		CardInfo: iamport.CardInfo{
			CardName: "BC카드", CardCode: "361", CardIssuerCode: "362", CardIssuerName: "issuer",
			CardPublisherCode: "363", CardPublisherName: "publisher", CardNumber: "12341234****1234",
			CardType: new(iamport.CardCredit),
		},
		CustomerName: "홍길동", CustomerTel: "010-0000-0000", CustomerEmail: "a@example.com",
		CustomerAddr: "서울", CustomerPostcode: "06000",
		Inserted: clienttest.At(1700000001), Updated: clienttest.At(1700000002),
	}
}

func paypalCustomer() *iamport.Customer {
	return &iamport.Customer{
		CustomerUID: "cu-2", PGProvider: iamport.PGPayPalV2, PGID: "mid-2",
		Inserted: clienttest.At(1700000003), Updated: clienttest.At(1700000003),
	}
}

func superCustomer() *iamport.Customer {
	return &iamport.Customer{
		CustomerUID: "cu-3", CustomerID: "buyer-3", CustomerName: "홍길동", CustomerTel: "010-0000-0000",
		CustomerEmail: "a@example.com", CustomerAddr: "서울", CustomerPostcode: "06000", ChannelGroupID: "group-1",
		SucceededChannels: []iamport.SucceededChannel{{
			PGProvider: iamport.PGNice, PGID: "mid-1", Inserted: clienttest.At(1700000004), Updated: clienttest.At(1700000005),
			CardInfo: iamport.CardInfo{
				CardName: "BC", CardCode: "361", CardIssuerCode: "1", CardIssuerName: "2",
				CardPublisherCode: "3", CardPublisherName: "4", CardNumber: "1234****1234", CardType: new(iamport.CardDebit),
			},
		}},
		FailedChannels: []iamport.FailedChannel{{Type: "DB_FAILED", Message: "실패", PGProvider: iamport.PGKCP, PGID: "mid-2"}},
	}
}

func TestGetCustomerOnTheWire(t *testing.T) {
	t.Parallel()
	single := wireTest(t, "get_customer", func(ctx context.Context, c *iamport.Client) (*iamport.Customer, error) {
		return c.GetCustomer(ctx, "cu/1")
	})
	require.Equal(t, fullCustomer(), single)
	require.False(t, single.IsSuper())

	group := wireTest(t, "get_customer_super", func(ctx context.Context, c *iamport.Client) (*iamport.Customer, error) {
		return c.GetCustomer(ctx, "cu-3")
	})
	require.Equal(t, superCustomer(), group)
	require.True(t, group.IsSuper())
}

// foundAndMissing holds the two results of a look-up of many.
type foundAndMissing[T any] struct {
	found   []T
	missing []string
}

func TestGetCustomersOnTheWire(t *testing.T) {
	t.Parallel()
	list := func(ids ...string) func(context.Context, *iamport.Client) (foundAndMissing[*iamport.Customer], error) {
		return func(ctx context.Context, c *iamport.Client) (foundAndMissing[*iamport.Customer], error) {
			found, missing, err := c.GetCustomers(ctx, ids...)
			return foundAndMissing[*iamport.Customer]{found, missing}, err
		}
	}
	// 207: those that are missing are not named, and the order is the API's own.
	require.Equal(t, foundAndMissing[*iamport.Customer]{
		found:   []*iamport.Customer{superCustomer(), fullCustomer(), paypalCustomer()},
		missing: []string{"cu-4", "빨강"},
	}, wireTest(t, "list_customers", list("cu-4", "cu/1", "cu-2", "빨강", "cu-3", "cu-2")))

	require.Equal(t, foundAndMissing[*iamport.Customer]{
		found: []*iamport.Customer{paypalCustomer()}, missing: []string{},
	}, wireTest(t, "list_customers_all", list("cu-2")))

	none := wireTest(t, "list_customers_none", list("cu-8", "cu-9"))
	require.Empty(t, none.found)
	require.Equal(t, []string{"cu-8", "cu-9"}, none.missing)
}

func TestDeleteCustomerOnTheWire(t *testing.T) {
	t.Parallel()
	require.Equal(t, fullCustomer(), wireTest(t, "delete_customer", func(ctx context.Context, c *iamport.Client) (*iamport.Customer, error) {
		return c.DeleteCustomer(ctx, "cu/1", iamport.DeleteCustomerRequest{Reason: "해지 a&b=c", Requester: iamport.RequesterCustomer})
	}))
	require.Equal(t, superCustomer(), wireTest(t, "delete_customer_plain", func(ctx context.Context, c *iamport.Client) (*iamport.Customer, error) {
		return c.DeleteCustomer(ctx, "cu-3", iamport.DeleteCustomerRequest{})
	}))
}

func TestCustomerPaymentsOnTheWire(t *testing.T) {
	t.Parallel()
	page := func(n int) func(context.Context, *iamport.Client) (*iamport.Page[*iamport.Payment], error) {
		return func(ctx context.Context, c *iamport.Client) (*iamport.Page[*iamport.Payment], error) {
			return c.ListCustomerPayments(ctx, "cu/1", n)
		}
	}
	clienttest.RequirePage(t, &iamport.Page[*iamport.Payment]{
		Total: 41, Previous: 1, Next: 3, List: []*iamport.Payment{fullPayment()},
	}, wireTest(t, "list_customer_payments", page(2)))
	clienttest.RequirePage(t, &iamport.Page[*iamport.Payment]{List: []*iamport.Payment{}},
		wireTest(t, "list_customer_payments_first", page(0)))

	require.Equal(t, []*iamport.Payment{fullPayment()},
		wireTest(t, "customer_payments", func(ctx context.Context, c *iamport.Client) ([]*iamport.Payment, error) {
			return clienttest.Collect(c.CustomerPayments(ctx, "cu/1"))
		}))
}
