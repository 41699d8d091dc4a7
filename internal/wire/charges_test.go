package wire_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// fullPayment is what the golden files with every property of a payment hold.
func fullPayment() *iamport.Payment {
	credit := iamport.CardCredit
	return &iamport.Payment{
		ImpUID: "imps_1", MerchantUID: "m-1", PayMethod: "card", Channel: "api", PGProvider: iamport.PGNiceV2,
		EmbPGProvider: "kakaopay", PGTID: "tid-1", PGID: "mid-1", Sandbox: true, Escrow: true, ApplyNum: "12345678",
		BankCode: "004", BankName: "KB",
		CardInfo: iamport.CardInfo{
			CardName: "BC", CardCode: "361", CardIssuerCode: "362", CardIssuerName: "issuer",
			CardPublisherCode: "363", CardPublisherName: "publisher", CardNumber: "12341234****1234", CardType: &credit,
		},
		CardQuota: 3, VbankCode: "020", VbankName: "Woori", VbankNum: "110-1", VbankHolder: "holder",
		VbankDate: clienttest.At(1700000001), VbankIssuedAt: clienttest.At(1700000002), Name: "구독",
		Amount: clienttest.Amount("10.5"), CancelAmount: clienttest.Amount("0.25"), Currency: "USD",
		BuyerName: "n", BuyerEmail: "e", BuyerTel: "t", BuyerAddr: "a", BuyerPostcode: "p",
		CustomData: `{"a":1}`, UserAgent: "ua", Status: iamport.StatusPaid,
		StartedAt: clienttest.At(1700000003), PaidAt: clienttest.At(1700000004), FailedAt: clienttest.At(1700000005), CancelledAt: clienttest.At(1700000006),
		FailReason: "f", CancelReason: "c", ReceiptURL: "https://r.example/1",
		CancelHistory: []iamport.PaymentCancel{{
			PGTID: "ct-1", Amount: clienttest.Amount("0.25"), CancelledAt: clienttest.At(1700000007), Reason: "r",
			CancellationID: "cid-1", ReceiptURL: "https://r.example/2",
		}},
		DepositHistory: []iamport.VbankDeposit{{
			PGTID: "dt-1", Amount: clienttest.Amount("5"), DepositorName: "d", DepositedAt: clienttest.At(1700000008),
		}},
		CancelReceiptURLs: []string{"https://r.example/2"}, CashReceiptIssued: true,
		CustomerUID: "c-1", CustomerUIDUsage: iamport.UsagePayment,
		Promotion: &iamport.Promotion{ID: "promotion-id-1", Discount: iamport.KRW(1000)},
	}
}

func TestOnetimeSendsEveryParameter(t *testing.T) {
	t.Parallel()
	payment := wireTest(t, "onetime_full", func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.Onetime(ctx, iamport.OnetimeRequest{
			MerchantUID: "m-1", Amount: clienttest.Amount("10.50"), CustomerUID: "c-1",
			Card:     iamport.Card{Number: "1234 1234 1234 1234", Expiry: "2030-12", Birth: "1234567890", Pwd2Digit: "00", CVC: "1234"},
			Currency: "USD", TaxFree: iamport.KRW(0), VATAmount: iamport.KRW(0),
			PG: iamport.PGPaymentwall.MID("mid1"), ChannelGroupID: "group-1", Name: `구독 "1" & <월>`,
			BuyerName: "홍 길동", BuyerEmail: "a+b@example.com", BuyerTel: "010-0000-0000", BuyerAddr: "서울시 강남구", BuyerPostcode: "06000",
			CardQuota: 2, InterestFreeByMerchant: true, UseCardPoint: true, CustomData: `{"a":1,"b":"c:d"}`,
			NoticeURL: "https://shop.example/hook?a=1&b=2", BrowserIP: "192.0.2.1",
			Secure3DChargeID: "ch-1", Secure3DToken: "3d-1", ProductType: iamport.ProductDigital,
			PromotionID: "promotion-id-1", Bypass: `{"k":"v"}`,
		})
	})
	require.Equal(t, fullPayment(), payment)
	require.Equal(t, clienttest.Amount("10.25"), payment.Remaining())
}

func TestAgainSendsEveryParameter(t *testing.T) {
	t.Parallel()
	want := fullPayment()
	want.Amount, want.Currency = iamport.KRW(60000), "KRW"
	payment := wireTest(t, "again_full", func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.Again(ctx, iamport.AgainRequest{
			CustomerUID: "c-1", MerchantUID: "m-1", Amount: iamport.KRW(60000), Name: `구독 "1" & <월>`,
			Currency: "KRW", TaxFree: iamport.KRW(0), VATAmount: iamport.KRW(0),
			BuyerName: "홍 길동", BuyerEmail: "a+b@example.com", BuyerTel: "010-0000-0000", BuyerAddr: "서울시 강남구", BuyerPostcode: "06000",
			CardQuota: 3, InterestFreeByMerchant: true, UseCardPoint: true, CustomData: `{"a":1,"b":"c:d"}`,
			NoticeURL: "https://shop.example/hook?a=1&b=2", BrowserIP: "192.0.2.1",
			ProductType: iamport.ProductDigital, ProductCount: 2, CashReceiptType: iamport.CashReceiptAnonymous,
			Bypass: `{"k":"v"}`, Extra: iamport.Extra{NaverUseCfm: "20301231"},
			PromotionID: "promotion-id-1", ChannelKey: "channel-key-1",
		})
	})
	require.Equal(t, want, payment)
}

func TestRegisterCustomerSendsEveryParameter(t *testing.T) {
	t.Parallel()
	customer := wireTest(t, "register_customer_full", func(ctx context.Context, c *iamport.Client) (*iamport.Customer, error) {
		return c.RegisterCustomer(ctx, "c/1", iamport.RegisterCustomerRequest{
			Card:       iamport.Card{Number: "1234123412341234", Expiry: "2030-12", Birth: "123456", Pwd2Digit: "00", CVC: "123"},
			ChannelKey: "channel-key-1", PG: iamport.PGNice, CustomerID: "buyer-1", CustomerName: "홍길동",
			CustomerTel: "010-0000-0000", CustomerEmail: "a@example.com", CustomerAddr: "서울", CustomerPostcode: "06000",
			ChannelGroupID: "group-1",
		})
	})
	debit := iamport.CardDebit
	require.Equal(t, &iamport.Customer{
		CustomerUID: "c/1", CustomerID: "buyer-1", CustomerName: "홍길동", ChannelGroupID: "group-1",
		SucceededChannels: []iamport.SucceededChannel{
			{
				PGProvider: iamport.PGNice, PGID: "mid-1", Inserted: clienttest.At(1700000001), Updated: clienttest.At(1700000002),
				CardInfo: iamport.CardInfo{
					CardName: "BC", CardCode: "361", CardIssuerCode: "1", CardIssuerName: "2",
					CardPublisherCode: "3", CardPublisherName: "4", CardNumber: "1234****1234", CardType: &debit,
				},
			},
			{PGProvider: iamport.PGKCP, PGID: "mid-2", Inserted: clienttest.At(1700000003), Updated: clienttest.At(1700000004)},
		},
		FailedChannels: []iamport.FailedChannel{{Type: "PG_PROVIDER", Message: "[F112] 실패", PGProvider: iamport.PGDaou, PGID: "mid-3"}},
	}, customer)
	require.True(t, customer.IsSuper())
}

func TestLookUpsOfOnePayment(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.GetPayment(ctx, "imps_1")
	}
	require.Equal(t, fullPayment(), wireTest(t, "get_payment", get))
	require.Equal(t, fullPayment(), wireTest(t, "get_payment_sandbox", get, iamport.WithSandbox()))
	for name, q := range map[string]iamport.FindPaymentQuery{
		"find_payment":      {},
		"find_payment_paid": {Status: iamport.StatusPaid, Sorting: iamport.SortPaidDesc},
	} {
		require.Equal(t, fullPayment(), wireTest(t, name, func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
			return c.FindPayment(ctx, "m-1", q)
		}))
	}
}
