package wire_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// Traps of answers: what other clients of this API read wrongly.

func TestValuesThatOtherClientsCannotRead(t *testing.T) {
	t.Parallel()
	get := func(members string) *iamport.Payment {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"imp_uid":"imps_1","status":"paid",`+members+`}`)))
		p, err := clienttest.NewClient(t, s).GetPayment(t.Context(), "imps_1")
		require.NoError(t, err, members)
		require.Equal(t, "imps_1", p.ImpUID, members)
		return p
	}
	for text, want := range map[string]string{
		"3000000000": "3000000000", "10.99": "10.99", `"1000"`: "1000", "5900.0": "5900", "1e3": "1000", "0": "0",
		"9007199254740993": "9007199254740993",
	} {
		p := get(`"amount":` + text + `,"cancel_amount":` + text)
		require.Equal(t, clienttest.Amount(want), p.Amount, text)
		require.Equal(t, clienttest.Amount(want), p.CancelAmount, text)
	}
	require.Equal(t, "004", get(`"bank_code":"004"`).BankCode)
	require.Equal(t, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), get(`"paid_at":4102444800`).PaidAt.Time)
	require.Equal(t, time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), get(`"started_at":2147483648`).StartedAt.Time)
	require.True(t, get(`"paid_at":0`).PaidAt.IsZero())
	require.Equal(t, clienttest.At(1700000000), get(`"cancelled_at":1700000000`).CancelledAt, "two l")
	require.Zero(t, get(`"canceled_at":1700000000`).CancelledAt, "the API knows no such name")
	require.Nil(t, get(`"card_type":null`).CardType)
	require.Equal(t, new(iamport.CardCredit), get(`"card_type":0`).CardType)
	require.Equal(t, new(iamport.CardDebit), get(`"card_type":"1"`).CardType)
	require.True(t, get(`"sandbox":true,"brand_new":{"a":[1]}`).Sandbox)
	require.Equal(t, `{"a":[1]}`, get(`"custom_data":"{\"a\":[1]}"`).CustomData)
	require.Equal(t, "https://r.example/1", get(`"receipt_url":"https:\/\/r.example\/1"`).ReceiptURL)
	require.Equal(t, iamport.Status("pending"), get(`"status":"pending"`).Status)
	require.Equal(t, iamport.StatusCancelled, get(`"status":"cancelled"`).Status)
	require.Equal(t, []any{"", "", false, 0}, []any{
		get(`"name":null`).Name, string(get(`"pg_provider":null`).PGProvider),
		get(`"escrow":null`).Escrow, get(`"card_quota":null`).CardQuota,
	})
}

func TestCancelledIsWrittenWithTwoL(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"total":0,"previous":0,"next":0,"list":[]}`)))
	client := clienttest.NewClient(t, s)
	_, err := clienttest.Collect(client.Payments(t.Context(), iamport.PaymentQuery{
		Status: "cancelled", From: time.Unix(1700000000, 0), To: time.Unix(1700000001, 0),
	}))
	require.NoError(t, err)
	_, err = clienttest.Collect(client.FindPayments(t.Context(), "m-1", iamport.FindPaymentsQuery{Status: "cancelled"}))
	require.NoError(t, err)
	require.Equal(t, "/payments/status/cancelled?from=1700000000&page=1&to=1700000000", s.Requests()[0].URI)
	require.Equal(t, "/payments/findAll/m-1/cancelled?page=1", s.Requests()[1].URI)

	client = clienttest.NewClient(t, clienttest.NoCall(t))
	_, err = clienttest.Collect(client.Payments(t.Context(), iamport.PaymentQuery{Status: "canceled"}))
	require.Contains(t, clienttest.Invalid(t, err), "Status")
	_, err = clienttest.Collect(client.FindPayments(t.Context(), "m-1", iamport.FindPaymentsQuery{Status: "canceled"}))
	require.Contains(t, clienttest.Invalid(t, err), "Status")
	_, err = client.FindPayment(t.Context(), "m-1", iamport.FindPaymentQuery{Status: "canceled"})
	require.Contains(t, clienttest.Invalid(t, err), "Status")
}

func TestPartialRefundLeavesARemainder(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]iamport.Amount{
		`"amount":100,"cancel_amount":30,"status":"cancelled"`:       iamport.KRW(70),
		`"amount":100,"cancel_amount":100,"status":"cancelled"`:      iamport.KRW(0),
		`"amount":100,"cancel_amount":0,"status":"paid"`:             iamport.KRW(100),
		`"amount":100,"cancel_amount":null,"status":"paid"`:          iamport.KRW(100),
		`"amount":10.99,"cancel_amount":0.01,"status":"cancelled"`:   clienttest.Amount("10.98"),
		`"amount":null,"cancel_amount":30,"status":"cancelled"`:      {},
		`"amount":3000000000,"cancel_amount":1,"status":"cancelled"`: iamport.KRW(2_999_999_999),
	} {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"imp_uid":"imps_1",`+members+`}`)))
		p, err := clienttest.NewClient(t, s).GetPayment(t.Context(), "imps_1")
		require.NoError(t, err)
		require.Equal(t, want, p.Remaining(), members)
	}
}

func TestExecutedDoesNotMeanPaid(t *testing.T) {
	t.Parallel()
	for members, test := range map[string]struct {
		status iamport.Status
		paid   bool
	}{
		`"schedule_status":"scheduled","payment_status":null`:      {"", false},
		`"schedule_status":"executed","payment_status":null`:       {"", false},
		`"schedule_status":"executed"`:                             {"", false},
		`"schedule_status":"executed","payment_status":""`:         {"", false},
		`"schedule_status":"executed","payment_status":"failed"`:   {iamport.StatusFailed, false},
		`"schedule_status":"executed","payment_status":"paid"`:     {iamport.StatusPaid, true},
		`"schedule_status":"revoked","payment_status":"cancelled"`: {iamport.StatusCancelled, false},
		`"schedule_status":"executed","payment_status":"pending"`:  {"pending", false},
	} {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"merchant_uid":"m-1",`+members+`}`)))
		schedule, err := clienttest.NewClient(t, s).GetSchedule(t.Context(), "m-1")
		require.NoError(t, err)
		require.Equal(t, test.status, schedule.PaymentStatus, members)
		require.Equal(t, test.paid, schedule.Paid(), members)
	}
}

func TestCustomersWithOddAnswers(t *testing.T) {
	t.Parallel()
	get := func(members string) *iamport.Customer {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"customer_uid":"cu-1",`+members+`}`)))
		customer, err := clienttest.NewClient(t, s).GetCustomer(t.Context(), "cu-1")
		require.NoError(t, err)
		return customer
	}
	require.True(t, get(`"channelGroupId":"g"`).IsSuper())
	require.True(t, get(`"succeededChannels":[{"pg_provider":"nice"}]`).IsSuper())
	require.True(t, get(`"failedChannels":[{"type":"PG_PROVIDER"}]`).IsSuper())
	require.False(t, get(`"channelGroupId":null,"succeededChannels":null,"failedChannels":[]`).IsSuper())
	require.False(t, get(`"pg_provider":"nice","card_type":"card"`).IsSuper())
	for name, member := range map[string]string{
		"the name that the schema requires": `"update":1700000002`,
		"the name that it defines":          `"updated":1700000002`,
		"both":                              `"update":1,"updated":1700000002`,
	} {
		channels := get(`"succeededChannels":[{"inserted":1700000001,` + member + `}]`).SucceededChannels
		require.Len(t, channels, 1)
		require.Equal(t, clienttest.At(1700000002), channels[0].Updated, name)
		require.Equal(t, clienttest.At(1700000001), channels[0].Inserted, name)
	}
}

func TestRetryIsAChargeThatReturnsAPayment(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.PaidJSON))
	p, err := clienttest.NewClient(t, s).RetrySchedule(t.Context(), "order-1")
	require.NoError(t, err)
	require.Equal(t, "imps_1", p.ImpUID)
	require.Equal(t, iamport.KRW(3000), p.Amount)
	require.Equal(t, []clienttest.Request{{Method: "POST", URI: "/subscribe/payments/schedule/order-1/retry", Body: "{}"}}, s.Requests())

	// Code 0, HTTP 200, and the money was not taken.
	p, err = clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, clienttest.FailedJSON))).RetrySchedule(t.Context(), "order-1")
	require.Nil(t, p)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	var decline *iamport.DeclinedError
	require.ErrorAs(t, err, &decline)
	require.Equal(t, "2116", decline.PGCode)
}

// Remaining is not set for a cancelled payment without its refunded amount.
func TestRemainingOfASumThatIsNotTold(t *testing.T) {
	t.Parallel()
	for _, p := range []iamport.Payment{
		{}, {Status: iamport.StatusPaid}, {Status: iamport.StatusCancelled, Amount: iamport.KRW(3000)},
		{Status: iamport.StatusCancelled, CancelAmount: iamport.KRW(3000)},
	} {
		require.Equal(t, iamport.Amount{}, p.Remaining(), "%+v", p)
	}
	paid := iamport.Payment{Status: iamport.StatusPaid, Amount: iamport.KRW(3000)}
	require.Equal(t, iamport.KRW(3000), paid.Remaining())
}
