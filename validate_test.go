package iamport_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// checkedCall is a call with a request struct, and a valid request for it.
type checkedCall struct {
	valid any
	send  func(context.Context, *iamport.Client, any) error
}

func sends[R, T any](valid R, do func(*iamport.Client, context.Context, R) (T, error)) checkedCall {
	return checkedCall{valid, func(ctx context.Context, c *iamport.Client, r any) error {
		_, err := do(c, ctx, r.(R))
		return err
	}}
}

func checkedCalls() map[string]checkedCall {
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"}
	prepared := iamport.PrepareRequest{MerchantUID: "m-1", Amount: iamport.KRW(0)}
	return map[string]checkedCall{
		"Onetime": sends(iamport.OnetimeRequest{MerchantUID: "order-1", Amount: iamport.KRW(1000), Card: card}, (*iamport.Client).Onetime),
		"Again":   sends(iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: "order-1", Amount: iamport.KRW(1000)}, (*iamport.Client).Again),
		"Schedule": sends(iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
			{MerchantUID: "order-1", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(1000)},
		}}, (*iamport.Client).Schedule),
		"Unschedule":            sends(iamport.UnscheduleRequest{MerchantUIDs: []string{"m-1"}}, (*iamport.Client).Unschedule),
		"CancelPayment":         sends(iamport.CancelRequest{ImpUID: "imp_1", Full: true}, (*iamport.Client).CancelPayment),
		"PreparePayment":        sends(prepared, (*iamport.Client).PreparePayment),
		"UpdatePreparedPayment": sends(prepared, (*iamport.Client).UpdatePreparedPayment),
		"RegisterCustomer": sends(iamport.RegisterCustomerRequest{Card: card}, func(c *iamport.Client, ctx context.Context, r iamport.RegisterCustomerRequest) (*iamport.Customer, error) {
			return c.RegisterCustomer(ctx, "cu-1", r)
		}),
		"DeleteCustomer": sends(iamport.DeleteCustomerRequest{}, func(c *iamport.Client, ctx context.Context, r iamport.DeleteCustomerRequest) (*iamport.Customer, error) {
			return c.DeleteCustomer(ctx, "cu-1", r)
		}),
		"FindPayment": sends(iamport.FindPaymentQuery{}, func(c *iamport.Client, ctx context.Context, q iamport.FindPaymentQuery) (*iamport.Payment, error) {
			return c.FindPayment(ctx, "m-1", q)
		}),
		"FindPayments": sends(iamport.FindPaymentsQuery{}, func(c *iamport.Client, ctx context.Context, q iamport.FindPaymentsQuery) ([]*iamport.Payment, error) {
			return clienttest.Collect(c.FindPayments(ctx, "m-1", q))
		}),
		"Payments": sends(iamport.PaymentQuery{}, func(c *iamport.Client, ctx context.Context, q iamport.PaymentQuery) ([]*iamport.Payment, error) {
			return clienttest.Collect(c.Payments(ctx, q))
		}),
	}
}

// charge holds the common fields of the charges.
func charge(own map[string]int) map[string]int {
	for name, limit := range map[string]int{
		"MerchantUID": 40, "Name": 40, "BuyerName": 16, "BuyerEmail": 64, "BuyerTel": 16, "BuyerAddr": 128, "BuyerPostcode": 8,
	} {
		own[name] = limit
	}
	return own
}

// The schema's limits of each parameter. A parameter that is not here has no limit.
var (
	maxLengths = map[string]map[string]int{
		"Onetime": charge(map[string]int{"CustomerUID": 80, "PG": 80, "ChannelGroupID": 55}),
		"Again":   charge(map[string]int{"CustomerUID": 80, "ChannelKey": 55}),
		"Schedule": {
			"CustomerUID": 80, "ChannelKey": 55,
			"Schedules[0].MerchantUID": 40, "Schedules[0].Name": 40, "Schedules[0].BuyerName": 16, "Schedules[0].BuyerEmail": 64,
			"Schedules[0].BuyerTel": 16, "Schedules[0].BuyerAddr": 128, "Schedules[0].BuyerPostcode": 8,
		},
		"Unschedule":            {"CustomerUID": 80, "MerchantUIDs": 40},
		"CancelPayment":         {"ImpUID": 32, "MerchantUID": 40},
		"PreparePayment":        {"MerchantUID": 40},
		"UpdatePreparedPayment": {"MerchantUID": 40},
		"RegisterCustomer": {
			"ChannelKey": 55, "PG": 80, "CustomerName": 20, "CustomerTel": 20, "CustomerEmail": 200,
			"CustomerAddr": 200, "CustomerPostcode": 8, "ChannelGroupID": 55,
		},
	}
	requiredFields = map[string][]string{
		"Onetime": {"MerchantUID", "Amount"},
		"Again":   {"CustomerUID", "MerchantUID", "Amount"},
		"Schedule": {
			"CustomerUID", "Schedules", "Schedules[0].MerchantUID", "Schedules[0].ScheduleAt", "Schedules[0].Amount",
		},
		"PreparePayment":        {"MerchantUID", "Amount"},
		"UpdatePreparedPayment": {"MerchantUID", "Amount"},
	}
	enums = map[string][]string{
		"ProductType":     {"real", "digital"},
		"CashReceiptType": {"person", "company", "anonymous"},
		"Requester":       {"customer", "admin"},
		"Sorting":         {"-started", "started", "-paid", "paid", "-updated", "updated"},
		"Status":          {"ready", "paid", "cancelled", "failed"},
	}
)

// parameter is a field of a request, under the name that errors give it.
type parameter struct {
	name string
	tag  reflect.StructTag
	in   func(request reflect.Value) reflect.Value
}

// parameters lists every parameter of a request, those of its items too.
func parameters(prefix string, v reflect.Value, in func(reflect.Value) reflect.Value) (list []parameter) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		p := parameter{prefix + field.Name, field.Tag, func(r reflect.Value) reflect.Value { return in(r).Field(i) }}
		list = append(list, p)
		switch {
		case field.Type == reflect.TypeFor[iamport.Extra]() || field.Type == reflect.TypeFor[iamport.CancelExtra]():
			list = append(list, parameters(p.name+".", v.Field(i), p.in)...)
		case field.Type == reflect.TypeFor[[]iamport.ScheduleItem]():
			list = append(list, parameters(p.name+"[0].", v.Field(i).Index(0), func(r reflect.Value) reflect.Value { return p.in(r).Index(0) })...)
		}
	}
	return list
}

// problems returns the fields that a call was refused for before it was sent.
func (call checkedCall) problems(t *testing.T, op string, change func(request reflect.Value)) []string {
	t.Helper()
	request := reflect.New(reflect.TypeOf(call.valid)).Elem()
	request.Set(reflect.ValueOf(call.valid))
	if r, ok := call.valid.(iamport.ScheduleRequest); ok { // the items are shared
		r.Schedules = slices.Clone(r.Schedules)
		request.Set(reflect.ValueOf(r))
	}
	change(request)
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.PaidJSON))
	// The answer is about another order than most requests here: no look-up of it.
	err := call.send(t.Context(), clienttest.NewClient(t, s, iamport.WithSettleWindow(0)), request.Interface())
	if !errors.As(err, new(*iamport.InvalidRequestError)) {
		require.NotEmpty(t, s.Requests())
		return nil
	}
	require.Empty(t, s.Requests(), "%s was sent", op)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	var fields []string
	require.Equal(t, op, clienttest.InvalidRequest(t, err).Op)
	for field := range clienttest.Invalid(t, err) {
		fields = append(fields, field)
	}
	return fields
}

func TestEveryParameterIsChecked(t *testing.T) {
	t.Parallel()
	for op, call := range checkedCalls() {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			unused := map[string]bool{}
			for name := range maxLengths[op] {
				unused[name] = true
			}
			for _, p := range parameters("", reflect.ValueOf(call.valid), func(r reflect.Value) reflect.Value { return r }) {
				delete(unused, p.name)
				isRequired := slices.Contains(requiredFields[op], p.name)
				without := call.problems(t, op, func(r reflect.Value) { p.in(r).SetZero() })
				if isRequired {
					require.Equal(t, []string{p.name}, without)
				}
				require.Equal(t, isRequired, p.tag.Get("required") != "", p.name)

				var set func(text string) []string
				switch value := p.in(reflect.ValueOf(call.valid)); {
				case value.Kind() == reflect.String:
					set = func(text string) []string {
						return call.problems(t, op, func(r reflect.Value) { p.in(r).SetString(text) })
					}
				case value.Type() == reflect.TypeFor[[]string]():
					set = func(text string) []string {
						found := call.problems(t, op, func(r reflect.Value) { p.in(r).Set(reflect.ValueOf([]string{text})) })
						for i := range found {
							found[i] = strings.TrimSuffix(found[i], "[0]")
						}
						return found
					}
				default:
					continue
				}
				require.Equal(t, []string{p.name}, set("\xff"), "not UTF-8")
				limit := maxLengths[op][p.name]
				switch enum := enums[p.name[strings.LastIndexByte(p.name, '.')+1:]]; {
				case enum != nil:
					if op == "Payments" && p.name == "Status" {
						enum = append(slices.Clone(enum), "all")
					}
					for _, value := range append(enum, "") {
						require.Empty(t, set(value), value)
					}
					for _, value := range []string{"x", strings.ToUpper(enum[0]), enum[0] + ",", strings.Join(enum, ",")} {
						require.Equal(t, []string{p.name}, set(value), value)
					}
				case strings.HasSuffix(p.name, "Bypass"):
					require.Empty(t, set(`{"a":"가"}`))
					for _, value := range []string{"a", "{", "{'a':1}", `{"a":1}}`, " "} {
						require.Equal(t, []string{p.name}, set(value), value)
					}
				case limit > 0:
					require.Empty(t, set(strings.Repeat("가", limit)), "characters, not bytes: %s", p.name)
					require.Equal(t, []string{p.name}, set(strings.Repeat("가", limit+1)))
					require.Equal(t, []string{p.name}, set(strings.Repeat("a", limit+1)))
				default:
					require.Empty(t, set(strings.Repeat("가", 1000)), p.name)
				}
			}
			require.Empty(t, unused, "no such parameters")
		})
	}
}

func TestEveryProblemIsToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := clienttest.NewClient(t, clienttest.NoCall(t)).Schedule(t.Context(), iamport.ScheduleRequest{
		Card:           iamport.Card{Number: "1"},
		CheckingAmount: clienttest.Amount("0.5"),
		Schedules: []iamport.ScheduleItem{
			{MerchantUID: "m-1", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(1)},
			{TaxFree: iamport.KRW(-1), VATAmount: iamport.KRW(-1), CardQuota: 1, ProductCount: -1, Bypass: "x", BuyerName: strings.Repeat("가", 17)},
		},
	})
	problems := clienttest.Invalid(t, err)
	for _, field := range []string{
		"CustomerUID", "Card.Number", "Card.Expiry", "CheckingAmount",
		"Schedules[1].MerchantUID", "Schedules[1].ScheduleAt", "Schedules[1].Amount", "Schedules[1].TaxFree",
		"Schedules[1].VATAmount", "Schedules[1].CardQuota", "Schedules[1].ProductCount", "Schedules[1].Bypass",
		"Schedules[1].BuyerName",
	} {
		require.Contains(t, problems, field)
	}
	require.Len(t, problems, 13)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
}

// A merchant_uid with a control character could be charged, and be confused with
// another.
func TestOrdersWithControlCharactersOrSpaceAround(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.NoCall(t))
	for _, bad := range []string{"a\x00b", "a\nb", "a\u0085b", "a\x7fb", " ab", "ab ", "ab\n", "\u00a0ab"} {
		_, err := client.Again(t.Context(), iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: bad, Amount: iamport.KRW(3000)})
		require.Contains(t, clienttest.Invalid(t, err), "MerchantUID", "%q", bad)
		_, err = client.Onetime(t.Context(), iamport.OnetimeRequest{
			MerchantUID: bad, Amount: iamport.KRW(3000), Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
		})
		require.Contains(t, clienttest.Invalid(t, err), "MerchantUID", "%q", bad)
	}
}
