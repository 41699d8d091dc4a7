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
	"github.com/iamport-go/iamport/internal/clienttest"
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
		"plain":                              {won(1), none, none, "", 0, ""},
		"a fraction of a won":                {clienttest.Amount("1.5"), none, none, "", 0, "Amount"},
		"a fraction of a won, said":          {clienttest.Amount("1.5"), none, none, "KRW", 0, "Amount"},
		"a fraction of a won, in lower case": {clienttest.Amount("1.5"), none, none, "krw", 0, "Amount"},
		"a tax-free part of a won":           {won(2), clienttest.Amount("0.5"), none, "", 0, "TaxFree"},
		"a VAT of part of a won":             {won(2), none, clienttest.Amount("0.5"), "KRW", 0, "VATAmount"},
		"a tax-free part in cents":           {won(2), clienttest.Amount("0.5"), clienttest.Amount("0.5"), "USD", 0, ""},
		"cents":                              {clienttest.Amount("1.5"), none, none, "USD", 0, ""},
		"explicit zeros":                     {won(1), won(0), won(0), "", 0, ""},
		"not set":                            {none, none, none, "", 0, "Amount"},
		"zero, in instalments":               {won(0), none, none, "", 2, "Amount"},
		"negative":                           {won(-1), none, none, "", 0, "Amount"},
		"negative tax-free part":             {won(1), won(-1), none, "", 0, "TaxFree"},
		"negative VAT":                       {won(1), none, won(-1), "", 0, "VATAmount"},
		"instalments from 50,000":            {won(50_000), none, none, "", 2, ""},
		"instalments below":                  {won(49_999), none, none, "", 2, "CardQuota"},
		"instalments below, by a hair":       {iamport.KRW(49_999), none, none, "KRW", 2, "CardQuota"},
		"instalments in dollars":             {won(100), none, none, "USD", 2, ""},
		"one instalment":                     {won(50_000), none, none, "", 1, "CardQuota"},
		"negative instalments":               {won(50_000), none, none, "", -2, "CardQuota"},
		"one instalment in dollars":          {won(100), none, none, "USD", 1, "CardQuota"},
		"a single payment below 50,000":      {won(1), none, none, "KRW", 0, ""},
		"more than 32 bits":                  {won(3_000_000_000), none, none, "", 12, ""},
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
					MerchantUID: "order-1", ScheduleAt: clienttest.Year2100,
					Amount: test.amount, TaxFree: test.taxFree, VATAmount: test.vat, Currency: test.currency, CardQuota: test.quota,
				}}})
				return err
			},
		} {
			s := clienttest.Always(clienttest.Charged)
			if op == "Schedule" {
				s = clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope("[]")))
			}
			err := do(t.Context(), clienttest.NewClient(t, s))
			if test.field == "" {
				require.NoError(t, err, "%s, %s", op, name)
				require.Len(t, s.Requests(), 1)
				continue
			}
			require.Empty(t, s.Requests(), "%s, %s", op, name)
			field := test.field
			if op == "Schedule" {
				field = "Schedules[0]." + field
			}
			require.Contains(t, clienttest.Invalid(t, err), field, "%s, %s", op, name)
			require.Len(t, clienttest.Invalid(t, err), 1, "%s, %s", op, name)
		}
	}
}

func TestOtherNumbersThatCannotBeRight(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), clienttest.NewClient(t, clienttest.NoCall(t))
	item := iamport.ScheduleItem{MerchantUID: "m-1", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(1)}
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
	_, walkFromErr := clienttest.Collect(client.CustomerSchedules(ctx, "cu-1", iamport.CustomerScheduleQuery{To: period.To}))
	_, walkStatusErr := clienttest.Collect(client.Schedules(ctx, iamport.ScheduleQuery{From: period.From, To: period.To, Status: "done"}))
	_, walkLimitErr := clienttest.Collect(client.Schedules(ctx, iamport.ScheduleQuery{From: period.From, To: period.To, PageSize: 1001}))
	_, walkOrderErr := clienttest.Collect(client.Schedules(ctx, iamport.ScheduleQuery{From: period.To, To: period.From}))
	_, findLimitErr := clienttest.Collect(client.FindPayments(ctx, "m-1", iamport.FindPaymentsQuery{PageSize: 1001}))
	_, paymentsLimitErr := clienttest.Collect(client.Payments(ctx, iamport.PaymentQuery{PageSize: -1}))
	_, paymentsOrderErr := clienttest.Collect(client.Payments(ctx, iamport.PaymentQuery{From: period.To, To: period.From}))
	_, _, noCustomers := client.GetCustomers(ctx)
	_, _, emptyCustomer := client.GetCustomers(ctx, "cu-1", "")
	_, _, noPayments := client.GetPayments(ctx, iamport.GetPaymentsRequest{})
	_, _, emptyPayment := client.GetPayments(ctx, iamport.GetPaymentsRequest{ImpUIDs: []string{""}})
	for _, test := range []struct {
		field string
		err   error
	}{
		{"ProductCount", countErr},
		{"Amount", prepareErr},
		{"Page", pageErr},
		{"Page", customerPageErr},
		{"Status", customerStatusErr},
		{"From", customerFromErr},
		{"To", customerToErr},
		{"From", walkFromErr},
		{"Status", walkStatusErr},
		{"PageSize", walkLimitErr},
		{"To", walkOrderErr},
		{"PageSize", findLimitErr},
		{"PageSize", paymentsLimitErr},
		{"From", paymentsOrderErr},
		{"CustomerUIDs", noCustomers},
		{"CustomerUIDs[1]", emptyCustomer},
		{"ImpUIDs", noPayments},
		{"ImpUIDs[0]", emptyPayment},
		{"CheckingAmount", schedule(func(r *iamport.ScheduleRequest) { r.CheckingAmount = clienttest.Amount("1000.5") })},
		{"CheckingAmount", schedule(func(r *iamport.ScheduleRequest) { r.CheckingAmount = iamport.KRW(-1) })},
		{"Schedules[0].ProductCount", schedule(func(r *iamport.ScheduleRequest) { r.Schedules[0].ProductCount = -1 })},
		{"Schedules", schedule(func(r *iamport.ScheduleRequest) { r.Schedules = nil })},
		{"Page", schedules(func(q *iamport.ScheduleQuery) { q.Page = -1 })},
		{"PageSize", schedules(func(q *iamport.ScheduleQuery) { q.PageSize = -1 })},
		{"PageSize", schedules(func(q *iamport.ScheduleQuery) { q.PageSize = 1001 })},
		{"Status", schedules(func(q *iamport.ScheduleQuery) { q.Status = "done" })},
		{"From", schedules(func(q *iamport.ScheduleQuery) { q.From = time.Time{} })},
		{"To", schedules(func(q *iamport.ScheduleQuery) { q.To = time.Time{} })},
		{"To", schedules(func(q *iamport.ScheduleQuery) { q.To = q.From })},
	} {
		problems := clienttest.Invalid(t, test.err)
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
		"GetCustomer": {80, "CustomerUID", func(c *iamport.Client, id string) error { return clienttest.ErrorOf(c.GetCustomer(t.Context(), id)) }},
		"DeleteCustomer": {80, "CustomerUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(c.DeleteCustomer(t.Context(), id, iamport.DeleteCustomerRequest{}))
		}},
		"RegisterCustomer": {80, "CustomerUID", func(c *iamport.Client, id string) error { return clienttest.RegisterCard(t, c, id) }},
		"ListCustomerPayments": {80, "CustomerUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(c.ListCustomerPayments(t.Context(), id, 1))
		}},
		"CustomerPayments": {80, "CustomerUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(clienttest.Collect(c.CustomerPayments(t.Context(), id)))
		}},
		"ListCustomerSchedules": {80, "CustomerUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(c.ListCustomerSchedules(t.Context(), id, clienttest.ShortPeriod))
		}},
		"CustomerSchedules": {80, "CustomerUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(clienttest.Collect(c.CustomerSchedules(t.Context(), id, clienttest.ShortPeriod)))
		}},
		"GetSchedule": {40, "MerchantUID", func(c *iamport.Client, id string) error { return clienttest.ErrorOf(c.GetSchedule(t.Context(), id)) }},
		"UpdateSchedule": {40, "MerchantUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(c.UpdateSchedule(t.Context(), id, clienttest.Year2100))
		}},
		"Reschedule": {40, "MerchantUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(c.Reschedule(t.Context(), id, clienttest.Year2100))
		}},
		"RetrySchedule": {40, "MerchantUID", func(c *iamport.Client, id string) error { return clienttest.ErrorOf(c.RetrySchedule(t.Context(), id)) }},
		"FindPayment": {40, "MerchantUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(c.FindPayment(t.Context(), id, iamport.FindPaymentQuery{}))
		}},
		"FindPayments": {40, "MerchantUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(clienttest.Collect(c.FindPayments(t.Context(), id, iamport.FindPaymentsQuery{})))
		}},
		"GetPreparedPayment": {40, "MerchantUID", func(c *iamport.Client, id string) error {
			return clienttest.ErrorOf(c.GetPreparedPayment(t.Context(), id))
		}},
		"GetCustomers": {80, "CustomerUIDs[0]", func(c *iamport.Client, id string) error {
			_, _, err := c.GetCustomers(t.Context(), id)
			return err
		}},
		"GetPayments": {40, "MerchantUIDs[0]", func(c *iamport.Client, id string) error {
			_, _, err := c.GetPayments(t.Context(), iamport.GetPaymentsRequest{MerchantUIDs: []string{id}})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := clienttest.Always(clienttest.AnsweringJSON(404, clienttest.NoneJSON))
			require.NotErrorAs(t, test.do(clienttest.NewClient(t, s), strings.Repeat("가", test.limit)), new(*iamport.InvalidRequestError))
			require.NotEmpty(t, s.Requests())
			bad := []string{"", "\xff", strings.Repeat("가", test.limit+1), strings.Repeat("a", test.limit+1)}
			if !slices.Contains([]string{"GetCustomers", "GetPayments"}, name) { // a query carries them
				bad = append(bad, ".", "..")
			}
			for _, id := range bad {
				require.Contains(t, clienttest.Invalid(t, test.do(clienttest.NewClient(t, clienttest.NoCall(t)), id)), test.field, "%q", id)
			}
		})
	}
}

func TestTimesThatHavePassed(t *testing.T) {
	t.Parallel()
	calls := map[string]struct {
		field, answer string
		do            func(context.Context, *iamport.Client, time.Time) error
	}{
		"Schedule": {"Schedules[0].ScheduleAt", `[{"merchant_uid":"m-1"}]`, func(ctx context.Context, c *iamport.Client, at time.Time) error {
			return clienttest.ErrorOf(c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
				{MerchantUID: "m-1", ScheduleAt: at, Amount: iamport.KRW(1)},
			}}))
		}},
		"UpdateSchedule": {"ScheduleAt", `{"merchant_uid":"m-1"}`, func(ctx context.Context, c *iamport.Client, at time.Time) error {
			return clienttest.ErrorOf(c.UpdateSchedule(ctx, "m-1", at))
		}},
		"Reschedule": {"ScheduleAt", `{"merchant_uid":"m-1"}`, func(ctx context.Context, c *iamport.Client, at time.Time) error {
			return clienttest.ErrorOf(c.Reschedule(ctx, "m-1", at))
		}},
	}
	for op, call := range calls {
		synctest.Test(t, func(t *testing.T) {
			s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(call.answer)))
			client := clienttest.NewClient(t, s)
			year10000 := time.Unix(253402300800, 0)
			for _, at := range []time.Time{{}, time.Now().Add(-time.Second), time.Now(), year10000} {
				problems := clienttest.Invalid(t, call.do(t.Context(), client, at))
				require.Contains(t, problems, call.field, "%s at %v", op, at)
				require.Len(t, problems, 1)
				require.Empty(t, s.Requests())
			}
			require.NoError(t, call.do(t.Context(), client, time.Now().Add(time.Second)))
			require.NoError(t, call.do(t.Context(), client, year10000.Add(-1)))
			require.Len(t, s.Requests(), 2)
		})
	}
}

// embedding is a Charge that is neither of the two requests.
type embedding struct{ *iamport.AgainRequest }

func TestEnsurePaidTakesTheTwoRequestsOnly(t *testing.T) {
	t.Parallel()
	for _, r := range []iamport.Charge{
		nil, (*iamport.AgainRequest)(nil), (*iamport.OnetimeRequest)(nil), embedding{}, embedding{new(clienttest.Order)}, struct{ iamport.Charge }{},
	} {
		_, err := clienttest.NewClient(t, clienttest.NoCall(t)).EnsurePaid(t.Context(), r)
		require.Equal(t, map[string]string{"Charge": "must be an AgainRequest or an OnetimeRequest, not nil"}, clienttest.Invalid(t, err))
	}
}

func TestPreparedSumsAreWholeWon(t *testing.T) {
	t.Parallel()
	for currency, refused := range map[string]bool{"": true, "KRW": true, "krw": true, "USD": false} {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"merchant_uid":"order-1","amount":10.5,"currency":"USD"}`)))
		_, err := clienttest.NewClient(t, s).PreparePayment(t.Context(), iamport.PrepareRequest{
			MerchantUID: "order-1", Amount: clienttest.Amount("10.5"), Currency: currency,
		})
		if refused {
			require.Contains(t, clienttest.Invalid(t, err)["Amount"], "whole won")
		} else {
			require.NoError(t, err)
		}
	}
}
