package wire_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// The golden files of schedules hold these three. 4102444800 is the first second
// of the year 2100, which 32 bits do not hold.

func bookedSchedule() *iamport.Schedule {
	return &iamport.Schedule{
		CustomerUID: "cu-1", MerchantUID: "m-1", ScheduleAt: clienttest.At(4102444800),
		Amount: iamport.KRW(5900), Currency: "KRW", Name: "구독", ScheduleStatus: iamport.ScheduleScheduled,
	}
}

func executedSchedule() *iamport.Schedule {
	return &iamport.Schedule{
		CustomerUID: "cu-1", MerchantUID: "m-2", ImpUID: "imps_2", PGProvider: iamport.PGNiceV2, PGID: "mid-1",
		CustomerID: "buyer-1", ScheduleAt: clienttest.At(1700000001), ExecutedAt: clienttest.At(1700000002), RevokedAt: clienttest.At(1700000003),
		Amount: clienttest.Amount("10.99"), Currency: "USD", Name: "n", BuyerName: "홍길동", BuyerEmail: "e", BuyerTel: "t",
		BuyerAddr: "a", BuyerPostcode: "p", CustomData: `{"a":1}`, ScheduleStatus: iamport.ScheduleExecuted,
		PaymentStatus: iamport.StatusFailed, FailReason: "[2116]한도", PromotionID: "promotion-id-1",
	}
}

func revokedSchedule() *iamport.Schedule {
	return &iamport.Schedule{
		CustomerUID: "4", MerchantUID: "m-3", ScheduleAt: clienttest.At(1696742786), RevokedAt: clienttest.At(1694160397),
		Amount: iamport.KRW(5900), Currency: "KRW", ScheduleStatus: iamport.ScheduleRevoked,
	}
}

func TestScheduleOnTheWire(t *testing.T) {
	t.Parallel()
	schedule := func(r iamport.ScheduleRequest) func(context.Context, *iamport.Client) ([]*iamport.Schedule, error) {
		return func(ctx context.Context, c *iamport.Client) ([]*iamport.Schedule, error) { return c.Schedule(ctx, r) }
	}
	booked := wireTest(t, "schedule_full", schedule(iamport.ScheduleRequest{
		CustomerUID: "cu-1",
		Card:        iamport.Card{Number: "1234123412341234", Expiry: "2030-12", Birth: "123456", Pwd2Digit: "00", CVC: "123"},
		CustomerID:  "buyer-1", CheckingAmount: iamport.KRW(1000), ChannelKey: "channel-key-1",
		Schedules: []iamport.ScheduleItem{
			{
				MerchantUID: "m-1", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(60000), Currency: "KRW",
				Name: `구독 "1" & <월>`, TaxFree: iamport.KRW(0), VATAmount: iamport.KRW(0),
				BuyerName: "홍 길동", BuyerEmail: "a+b@example.com", BuyerTel: "010-0000-0000",
				BuyerAddr: "서울시 강남구", BuyerPostcode: "06000", CustomData: `{"a":1,"b":"c:d"}`,
				NoticeURL: "https://shop.example/hook?a=1&b=2", ProductType: iamport.ProductReal,
				CashReceiptType: iamport.CashReceiptCompany, CardQuota: 3, InterestFreeByMerchant: true,
				UseCardPoint: true, ProductCount: 2, BrowserIP: "192.0.2.1",
				Extra: iamport.Extra{NaverUseCfm: "21001231"}, Bypass: `{"k":"v"}`, PromotionID: "promotion-id-1",
			},
			{MerchantUID: "m-2", ScheduleAt: clienttest.Year2100.Add(time.Second), Amount: clienttest.Amount("10.50"), Currency: "USD"},
		},
	}))
	require.Equal(t, []*iamport.Schedule{bookedSchedule(), executedSchedule()}, booked)

	plain := iamport.ScheduleRequest{
		CustomerUID: "cu-1",
		Schedules:   []iamport.ScheduleItem{{MerchantUID: "m-1", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(5900)}},
	}
	require.Equal(t, []*iamport.Schedule{bookedSchedule()}, wireTest(t, "schedule_plain", schedule(plain)))
	plain.CheckingAmount = iamport.KRW(0)
	require.Equal(t, []*iamport.Schedule{bookedSchedule()}, wireTest(t, "schedule_checking_zero", schedule(plain)))
}

func TestUnscheduleOnTheWire(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]iamport.UnscheduleRequest{
		"unschedule_orders":          {MerchantUIDs: []string{"m-3"}},
		"unschedule_customer_orders": {CustomerUID: "4", MerchantUIDs: []string{"m-3", "m/4"}},
		"unschedule_all":             {CustomerUID: "4", All: true},
	} {
		require.Equal(t, []*iamport.Schedule{revokedSchedule()},
			wireTest(t, name, func(ctx context.Context, c *iamport.Client) ([]*iamport.Schedule, error) {
				return c.Unschedule(ctx, r)
			}), name)
	}
}

func TestOneScheduleOnTheWire(t *testing.T) {
	t.Parallel()
	require.Equal(t, executedSchedule(), wireTest(t, "get_schedule", func(ctx context.Context, c *iamport.Client) (*iamport.Schedule, error) {
		return c.GetSchedule(ctx, "m/2")
	}))
	require.Equal(t, bookedSchedule(), wireTest(t, "update_schedule", func(ctx context.Context, c *iamport.Client) (*iamport.Schedule, error) {
		return c.UpdateSchedule(ctx, "m/1", clienttest.Year2100)
	}))
	require.Equal(t, bookedSchedule(), wireTest(t, "reschedule", func(ctx context.Context, c *iamport.Client) (*iamport.Schedule, error) {
		return c.Reschedule(ctx, "m/1", clienttest.Year2100)
	}))
	require.Equal(t, fullPayment(), wireTest(t, "retry_schedule", func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.RetrySchedule(ctx, "m-1")
	}))
}

func TestSchedulesOfACustomerOnTheWire(t *testing.T) {
	t.Parallel()
	from, to := time.Unix(1700000000, 0), time.Unix(1700000060, 0)
	list := func(q iamport.CustomerScheduleQuery) func(context.Context, *iamport.Client) (*iamport.Page[*iamport.Schedule], error) {
		return func(ctx context.Context, c *iamport.Client) (*iamport.Page[*iamport.Schedule], error) {
			return c.ListCustomerSchedules(ctx, "cu/1", q)
		}
	}
	clienttest.RequirePage(t, &iamport.Page[*iamport.Schedule]{
		Total: 42, Previous: 1, Next: 3, List: []*iamport.Schedule{executedSchedule(), bookedSchedule()},
	}, wireTest(t, "list_customer_schedules", list(iamport.CustomerScheduleQuery{
		From: from, To: to, Status: iamport.ScheduleExecuted, Page: 2,
	})))

	page := wireTest(t, "list_customer_schedules_array", list(iamport.CustomerScheduleQuery{From: from, To: to}))
	require.Equal(t, []*iamport.Schedule{executedSchedule(), revokedSchedule()}, page.List)
	require.Equal(t, []int{2, 0, 0}, []int{page.Total, page.Previous, page.Next})

	require.Equal(t, []*iamport.Schedule{revokedSchedule()},
		wireTest(t, "customer_schedules", func(ctx context.Context, c *iamport.Client) ([]*iamport.Schedule, error) {
			return clienttest.Collect(c.CustomerSchedules(ctx, "cu/1", iamport.CustomerScheduleQuery{
				From: from, To: to, Status: iamport.ScheduleRevoked, Page: 7,
			}))
		}))
}

func TestSchedulesOfTheShopOnTheWire(t *testing.T) {
	t.Parallel()
	from, to := time.Unix(1700000000, 0), time.Unix(1700000060, 0)
	list := func(q iamport.ScheduleQuery) func(context.Context, *iamport.Client) (*iamport.Page[*iamport.Schedule], error) {
		return func(ctx context.Context, c *iamport.Client) (*iamport.Page[*iamport.Schedule], error) {
			return c.ListSchedules(ctx, q)
		}
	}
	clienttest.RequirePage(t, &iamport.Page[*iamport.Schedule]{
		Total: 101, Previous: 1, List: []*iamport.Schedule{bookedSchedule()},
	}, wireTest(t, "list_schedules", list(iamport.ScheduleQuery{
		From: from, To: to, Status: iamport.ScheduleScheduled, Sorting: iamport.SortScheduledAsc, Page: 2, PageSize: 100,
	})))

	page := wireTest(t, "list_schedules_array", list(iamport.ScheduleQuery{From: from, To: to}))
	require.Equal(t, []*iamport.Schedule{bookedSchedule()}, page.List)
	require.Equal(t, []int{1, 0, 0}, []int{page.Total, page.Previous, page.Next})

	require.Equal(t, []*iamport.Schedule{executedSchedule()},
		wireTest(t, "schedules", func(ctx context.Context, c *iamport.Client) ([]*iamport.Schedule, error) {
			return clienttest.Collect(c.Schedules(ctx, iamport.ScheduleQuery{
				From: from, To: to, Status: iamport.ScheduleExecuted, Page: 7, PageSize: 1000,
			}))
		}))
}
