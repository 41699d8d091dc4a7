package iamport_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestSumsOfACharge(t *testing.T) {
	t.Parallel()
	won, none := iamport.KRW, iamport.Amount{}
	for name, test := range map[string]struct {
		amount, taxFree, vat iamport.Amount
		currency             string
		quota                int
		field                string // "" if it may be sent
	}{
		"plain":                         {won(1), none, none, "", 0, ""},
		"explicit zeros":                {won(1), won(0), won(0), "", 0, ""},
		"not set":                       {none, none, none, "", 0, "amount"},
		"zero":                          {won(0), none, none, "", 0, "amount"},
		"negative":                      {won(-1), none, none, "", 0, "amount"},
		"negative tax-free part":        {won(1), won(-1), none, "", 0, "tax_free"},
		"negative VAT":                  {won(1), none, won(-1), "", 0, "vat_amount"},
		"instalments from 50,000":       {won(50_000), none, none, "", 2, ""},
		"instalments below":             {won(49_999), none, none, "", 2, "card_quota"},
		"instalments below, by a hair":  {iamport.KRW(49_999), none, none, "KRW", 2, "card_quota"},
		"instalments in dollars":        {won(100), none, none, "USD", 2, ""},
		"one instalment":                {won(50_000), none, none, "", 1, "card_quota"},
		"negative instalments":          {won(50_000), none, none, "", -2, "card_quota"},
		"one instalment in dollars":     {won(100), none, none, "USD", 1, "card_quota"},
		"a single payment below 50,000": {won(1), none, none, "KRW", 0, ""},
		"more than 32 bits":             {won(3_000_000_000), none, none, "", 12, ""},
	} {
		for op, do := range map[string]func(context.Context, *iamport.Client) error{
			"Onetime": func(ctx context.Context, c *iamport.Client) error {
				_, err := c.Onetime(ctx, iamport.OnetimeRequest{
					MerchantUID: "order-1", Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
					Amount: test.amount, TaxFree: test.taxFree, VATAmount: test.vat, Currency: test.currency, CardQuota: test.quota,
				})
				return err
			},
			"Again": func(ctx context.Context, c *iamport.Client) error {
				_, err := c.Again(ctx, iamport.AgainRequest{
					MerchantUID: "order-1", CustomerUID: "cu-1",
					Amount: test.amount, TaxFree: test.taxFree, VATAmount: test.vat, Currency: test.currency, CardQuota: test.quota,
				})
				return err
			},
			"Schedule": func(ctx context.Context, c *iamport.Client) error {
				_, err := c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{{
					MerchantUID: "order-1", ScheduleAt: year2100,
					Amount: test.amount, TaxFree: test.taxFree, VATAmount: test.vat, Currency: test.currency, CardQuota: test.quota,
				}}})
				return err
			},
		} {
			s := always(answeringJSON(200, paidJSON))
			if op == "Schedule" {
				s = always(answeringJSON(200, response("[]")))
			}
			err := do(t.Context(), newClient(t, s))
			if test.field == "" {
				require.NoError(t, err, "%s, %s", op, name)
				require.Len(t, s.requests(), 1)
				continue
			}
			require.Empty(t, s.requests(), "%s, %s", op, name)
			field := test.field
			if op == "Schedule" {
				field = "schedules[0]." + field
			}
			require.Contains(t, invalid(t, err), field, "%s, %s", op, name)
			require.Len(t, invalid(t, err), 1, "%s, %s", op, name)
		}
	}
}

func TestOtherNumbersThatCannotBeRight(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), newClient(t, noCall(t))
	item := iamport.ScheduleItem{MerchantUID: "m-1", ScheduleAt: year2100, Amount: iamport.KRW(1)}
	from := time.Unix(1700000000, 0)
	period := iamport.ScheduleQuery{From: from, To: from.Add(time.Hour)}
	schedule := func(change func(*iamport.ScheduleRequest)) error {
		r := iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{item}}
		change(&r)
		_, err := client.Schedule(ctx, r)
		return err
	}
	schedules := func(change func(*iamport.ScheduleQuery)) error {
		q := period
		change(&q)
		_, err := client.ListSchedules(ctx, q)
		return err
	}
	again := iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: "m-1", Amount: iamport.KRW(1), ProductCount: -1}
	_, countErr := client.Again(ctx, again)
	_, prepareErr := client.PreparePayment(ctx, iamport.PrepareRequest{MerchantUID: "m-1", Amount: iamport.KRW(-1)})
	_, pageErr := client.ListCustomerPayments(ctx, "cu-1", -1)
	_, customerPageErr := client.ListCustomerSchedules(ctx, "cu-1", iamport.CustomerScheduleQuery{From: period.From, To: period.To, Page: -1})
	_, customerStatusErr := client.ListCustomerSchedules(ctx, "cu-1", iamport.CustomerScheduleQuery{From: period.From, To: period.To, Status: "done"})
	_, customerFromErr := client.ListCustomerSchedules(ctx, "cu-1", iamport.CustomerScheduleQuery{To: period.To})
	_, customerToErr := client.ListCustomerSchedules(ctx, "cu-1", iamport.CustomerScheduleQuery{From: period.From})
	_, walkFromErr := collect(client.CustomerSchedules(ctx, "cu-1", iamport.CustomerScheduleQuery{To: period.To}))
	_, walkStatusErr := collect(client.Schedules(ctx, iamport.ScheduleQuery{From: period.From, To: period.To, Status: "done"}))
	_, walkLimitErr := collect(client.Schedules(ctx, iamport.ScheduleQuery{From: period.From, To: period.To, Limit: 1001}))
	_, walkOrderErr := collect(client.Schedules(ctx, iamport.ScheduleQuery{From: period.To, To: period.From}))
	_, findLimitErr := collect(client.FindPayments(ctx, "m-1", iamport.FindPaymentsQuery{Limit: 1001}))
	_, paymentsLimitErr := collect(client.Payments(ctx, iamport.PaymentQuery{Limit: -1}))
	_, paymentsOrderErr := collect(client.Payments(ctx, iamport.PaymentQuery{From: period.To, To: period.From}))
	_, _, noCustomers := client.ListCustomers(ctx)
	_, _, emptyCustomer := client.ListCustomers(ctx, "cu-1", "")
	_, _, noPayments := client.GetPayments(ctx, iamport.GetPaymentsRequest{})
	_, _, emptyPayment := client.GetPayments(ctx, iamport.GetPaymentsRequest{ImpUIDs: []string{""}})
	for _, test := range []struct {
		field string
		err   error
	}{
		{"product_count", countErr},
		{"amount", prepareErr},
		{"page", pageErr},
		{"page", customerPageErr},
		{"schedule-status", customerStatusErr},
		{"from", customerFromErr},
		{"to", customerToErr},
		{"from", walkFromErr},
		{"schedule_status", walkStatusErr},
		{"limit", walkLimitErr},
		{"schedule_to", walkOrderErr},
		{"limit", findLimitErr},
		{"limit", paymentsLimitErr},
		{"from", paymentsOrderErr},
		{"customer_uid", noCustomers},
		{"customer_uid", emptyCustomer},
		{"imp_uid", noPayments},
		{"imp_uid", emptyPayment},
		{"checking_amount", schedule(func(r *iamport.ScheduleRequest) { r.CheckingAmount = amount("1000.5") })},
		{"checking_amount", schedule(func(r *iamport.ScheduleRequest) { r.CheckingAmount = iamport.KRW(-1) })},
		{"schedules[0].product_count", schedule(func(r *iamport.ScheduleRequest) { r.Schedules[0].ProductCount = -1 })},
		{"schedules", schedule(func(r *iamport.ScheduleRequest) { r.Schedules = nil })},
		{"page", schedules(func(q *iamport.ScheduleQuery) { q.Page = -1 })},
		{"limit", schedules(func(q *iamport.ScheduleQuery) { q.Limit = -1 })},
		{"limit", schedules(func(q *iamport.ScheduleQuery) { q.Limit = 1001 })},
		{"schedule_status", schedules(func(q *iamport.ScheduleQuery) { q.Status = "done" })},
		{"schedule_from", schedules(func(q *iamport.ScheduleQuery) { q.From = time.Time{} })},
		{"schedule_to", schedules(func(q *iamport.ScheduleQuery) { q.To = time.Time{} })},
		{"schedule_to", schedules(func(q *iamport.ScheduleQuery) { q.To = q.From })},
	} {
		problems := invalid(t, test.err)
		require.Contains(t, problems, test.field)
		require.Len(t, problems, 1)
		require.ErrorIs(t, test.err, iamport.ErrNotCharged)
	}
}

func TestIdsAreLimitedInCharacters(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit int
		field string
		do    func(c *iamport.Client, id string) error
	}{
		"GetCustomer": {80, "customer_uid", func(c *iamport.Client, id string) error { return only(c.GetCustomer(t.Context(), id)) }},
		"DeleteCustomer": {80, "customer_uid", func(c *iamport.Client, id string) error {
			return only(c.DeleteCustomer(t.Context(), id, iamport.DeleteCustomerRequest{}))
		}},
		"RegisterCustomer":     {80, "customer_uid", func(c *iamport.Client, id string) error { return registerDummy(t, c, id) }},
		"ListCustomerPayments": {80, "customer_uid", func(c *iamport.Client, id string) error { return only(c.ListCustomerPayments(t.Context(), id, 1)) }},
		"CustomerPayments":     {80, "customer_uid", func(c *iamport.Client, id string) error { return only(collect(c.CustomerPayments(t.Context(), id))) }},
		"ListCustomerSchedules": {80, "customer_uid", func(c *iamport.Client, id string) error {
			return only(c.ListCustomerSchedules(t.Context(), id, shortPeriod))
		}},
		"CustomerSchedules": {80, "customer_uid", func(c *iamport.Client, id string) error {
			return only(collect(c.CustomerSchedules(t.Context(), id, shortPeriod)))
		}},
		"GetSchedule":    {40, "merchant_uid", func(c *iamport.Client, id string) error { return only(c.GetSchedule(t.Context(), id)) }},
		"UpdateSchedule": {40, "merchant_uid", func(c *iamport.Client, id string) error { return only(c.UpdateSchedule(t.Context(), id, year2100)) }},
		"Reschedule":     {40, "merchant_uid", func(c *iamport.Client, id string) error { return only(c.Reschedule(t.Context(), id, year2100)) }},
		"RetrySchedule":  {40, "merchant_uid", func(c *iamport.Client, id string) error { return only(c.RetrySchedule(t.Context(), id)) }},
		"FindPayment": {40, "merchant_uid", func(c *iamport.Client, id string) error {
			return only(c.FindPayment(t.Context(), id, iamport.FindPaymentQuery{}))
		}},
		"FindPayments": {40, "merchant_uid", func(c *iamport.Client, id string) error {
			return only(collect(c.FindPayments(t.Context(), id, iamport.FindPaymentsQuery{})))
		}},
		"GetPreparedPayment": {40, "merchant_uid", func(c *iamport.Client, id string) error { return only(c.GetPreparedPayment(t.Context(), id)) }},
		"ListCustomers": {80, "customer_uid", func(c *iamport.Client, id string) error {
			_, _, err := c.ListCustomers(t.Context(), id)
			return err
		}},
		"GetPayments": {40, "merchant_uid", func(c *iamport.Client, id string) error {
			_, _, err := c.GetPayments(t.Context(), iamport.GetPaymentsRequest{MerchantUIDs: []string{id}})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := always(answeringJSON(400, noneJSON))
			require.NotErrorAs(t, test.do(newClient(t, s), strings.Repeat("가", test.limit)), new(*iamport.InvalidRequestError))
			require.NotEmpty(t, s.requests())
			bad := []string{"", "\xff", strings.Repeat("가", test.limit+1), strings.Repeat("a", test.limit+1)}
			if !slices.Contains([]string{"ListCustomers", "GetPayments"}, name) { // a query carries them
				bad = append(bad, ".", "..")
			}
			for _, id := range bad {
				require.Contains(t, invalid(t, test.do(newClient(t, noCall(t)), id)), test.field, "%q", id)
			}
		})
	}
}

var shortPeriod = iamport.CustomerScheduleQuery{From: time.Unix(1700000000, 0), To: time.Unix(1700000060, 0)}

func only[T any](_ T, err error) error { return err }

func TestTimesThatHavePassedByTheServersClock(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *iamport.Client, time.Time) error{
		"schedules[0].schedule_at": func(ctx context.Context, c *iamport.Client, at time.Time) error {
			return only(c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
				{MerchantUID: "m-1", ScheduleAt: at, Amount: iamport.KRW(1)},
			}}))
		},
		"schedule_at": func(ctx context.Context, c *iamport.Client, at time.Time) error {
			return only(c.UpdateSchedule(ctx, "m-1", at))
		},
		"schedule_at ": func(ctx context.Context, c *iamport.Client, at time.Time) error {
			return only(c.Reschedule(ctx, "m-1", at))
		},
	}
	for field, do := range calls {
		synctest.Test(t, func(t *testing.T) {
			field := strings.TrimSpace(field)
			body := response(`{"merchant_uid":"m-1"}`)
			if strings.Contains(field, "[") {
				body = response(`[{"merchant_uid":"m-1"}]`)
			}
			s := always(answeringJSON(200, body))
			client := newClient(t, s)
			refused := func(at time.Time) {
				t.Helper()
				sent := len(s.requests())
				require.Contains(t, invalid(t, do(t.Context(), client, at)), field)
				require.Len(t, s.requests(), sent)
			}
			// Before any answer the local clock has to do.
			refused(time.Time{})
			refused(time.Now().Add(-time.Second))
			refused(time.Now())
			refused(time.UnixMilli(253402300800_000)) // the year 10000
			// The sign-in tells that the server's clock shows 2017, the local one 2000.
			require.NoError(t, do(t.Context(), client, time.Now().Add(20*365*24*time.Hour)))
			require.Len(t, s.requests(), 1)
			server := time.Unix(1512446940, 0)
			refused(server.Add(-time.Hour))
			refused(time.Now().Add(time.Hour))
			require.NoError(t, do(t.Context(), client, server.Add(time.Minute)))
			require.Len(t, s.requests(), 2)
		})
	}
}
