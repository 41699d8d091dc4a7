package wire_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// The four calls of the Payjoa (DaouData) billing guide, value for value.

func TestGuideOnetime(t *testing.T) {
	t.Parallel()
	payment := wireTest(t, "onetime_guide", func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.Onetime(ctx, iamport.OnetimeRequest{
			MerchantUID: "order_id_8237352",
			Amount:      iamport.KRW(3000),
			Card:        iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2019-01", Birth: "123456"},
		})
	})
	debit := iamport.CardDebit
	require.Equal(t, &iamport.Payment{
		ImpUID: "imps_157956638714", MerchantUID: "order_id_8237352", PayMethod: "card", Channel: "api",
		PGProvider: iamport.PGDaou, PGID: "CTS16628", PGTID: "KM201023105236123456", Sandbox: true,
		ApplyNum: "63889323",
		CardInfo: iamport.CardInfo{CardCode: "361", CardName: "BC카드", CardNumber: "12341234****1234", CardType: &debit},
		Amount:   iamport.KRW(3000), CancelAmount: iamport.KRW(0), Currency: "KRW", Status: iamport.StatusPaid,
		StartedAt: clienttest.At(1603417955), PaidAt: clienttest.At(1603417956),
		ReceiptURL: "https://agent.daoupay.com/receipt?tid=1", UserAgent: "iamport-go",
		CancelHistory: []iamport.PaymentCancel{}, DepositHistory: []iamport.VbankDeposit{}, CancelReceiptURLs: []string{},
	}, payment)
}

func TestGuideRegisterCustomer(t *testing.T) {
	t.Parallel()
	customer := wireTest(t, "register_customer_guide", func(ctx context.Context, c *iamport.Client) (*iamport.Customer, error) {
		return c.RegisterCustomer(ctx, "your-customer-unique-id", iamport.RegisterCustomerRequest{
			Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2025-12", Birth: "820213", Pwd2Digit: "00"},
		})
	})
	require.Equal(t, &iamport.Customer{
		CustomerUID: "your-customer-unique-id", PGProvider: iamport.PGDaou, PGID: "CTS16628",
		CardInfo: iamport.CardInfo{CardCode: "366", CardName: "신한카드", CardNumber: "12341234****1234"},
		Inserted: clienttest.At(1487921135), Updated: clienttest.At(1487921513),
	}, customer)
	require.False(t, customer.IsSuper())
}

func TestGuideOnetimeStoresTheCard(t *testing.T) {
	t.Parallel()
	payment := wireTest(t, "onetime_store_guide", func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.Onetime(ctx, iamport.OnetimeRequest{
			CustomerUID: "your-customer-unique-id",
			MerchantUID: "order_id_8237352",
			Amount:      iamport.KRW(3000),
			Card:        iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2019-01", Birth: "123456", Pwd2Digit: "00"},
		})
	})
	require.Equal(t, iamport.StatusPaid, payment.Status)
	require.Equal(t, "your-customer-unique-id", payment.CustomerUID)
	require.Equal(t, iamport.UsageIssue, payment.CustomerUIDUsage)
}

func TestGuideAgain(t *testing.T) {
	t.Parallel()
	payment := wireTest(t, "again_guide", func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.Again(ctx, iamport.AgainRequest{
			CustomerUID: "your-customer-unique-id",
			MerchantUID: "order_id_8237352",
			Amount:      iamport.KRW(3000),
		})
	})
	require.Equal(t, iamport.StatusPaid, payment.Status)
	require.Equal(t, iamport.UsagePayment, payment.CustomerUIDUsage)
}
