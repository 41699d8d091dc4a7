package clienttest

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/iamport-go/iamport"
)

// Op is one call of a client.
type Op func(context.Context, *iamport.Client) error

// Changes are the calls that change data; the first word of a key is the method of
// Client. A test compares them and Reads with all methods.
var Changes = map[string]Op{
	"Onetime":       charge("Onetime"),
	"Again":         charge("Again"),
	"RetrySchedule": charge("RetrySchedule"),
	"EnsurePaid": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.EnsurePaid(ctx, Order))
	},
	"RegisterCustomer": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.RegisterCustomer(ctx, "cu-1", iamport.RegisterCustomerRequest{Card: card}))
	},
	"DeleteCustomer": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.DeleteCustomer(ctx, "cu-1", iamport.DeleteCustomerRequest{}))
	},
	"Schedule": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.Schedule(ctx, iamport.ScheduleRequest{
			CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{{MerchantUID: "order-1", ScheduleAt: Year2100, Amount: iamport.KRW(3000)}},
		}))
	},
	"Unschedule": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.Unschedule(ctx, iamport.UnscheduleRequest{CustomerUID: "cu-1", MerchantUIDs: []string{"order-1"}}))
	},
	"UpdateSchedule": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.UpdateSchedule(ctx, "order-1", Year2100))
	},
	"Reschedule": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.Reschedule(ctx, "order-1", Year2100))
	},
	"CancelPayment": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.CancelPayment(ctx, iamport.CancelRequest{ImpUID: "imps_1", Full: true}))
	},
	"EnsureRefunded": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.EnsureRefunded(ctx, iamport.CancelRequest{ImpUID: "imps_1", Full: true, Checksum: iamport.KRW(3000)}))
	},
	"PreparePayment": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.PreparePayment(ctx, iamport.PrepareRequest{MerchantUID: "order-1", Amount: iamport.KRW(3000)}))
	},
	"UpdatePreparedPayment": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.UpdatePreparedPayment(ctx, iamport.PrepareRequest{MerchantUID: "order-1", Amount: iamport.KRW(3000)}))
	},
	"Call POST":               anyCall("POST", nil),
	"Call POST with a body":   anyCall("POST", map[string]string{"name": "value"}),
	"Call PUT":                anyCall("PUT", nil),
	"Call PUT with a body":    anyCall("PUT", map[string]string{"name": "value"}),
	"Call DELETE":             anyCall("DELETE", nil),
	"Call DELETE with a body": anyCall("DELETE", map[string]string{"name": "value"}),
	"Call PATCH":              anyCall("PATCH", nil),
	"Call PATCH with a body":  anyCall("PATCH", map[string]string{"name": "value"}),
	"Call OPTIONS":            anyCall("OPTIONS", nil), // net/http treats it as a read
}

// Reads are the calls that change nothing.
var Reads = map[string]Op{
	"Token":    func(ctx context.Context, c *iamport.Client) error { return ErrorOf(c.Token(ctx)) },
	"Call GET": anyCall("GET", nil),
	"Settle":   func(ctx context.Context, c *iamport.Client) error { return ErrorOf(c.Settle(ctx, "order-1", "a")) },
	"GetCustomer": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.GetCustomer(ctx, "cu-1"))
	},
	"GetCustomers": func(ctx context.Context, c *iamport.Client) error {
		_, _, err := c.GetCustomers(ctx, "cu-1")
		return err
	},
	"ListCustomerPayments": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.ListCustomerPayments(ctx, "cu-1", 1))
	},
	"CustomerPayments": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(Collect(c.CustomerPayments(ctx, "cu-1")))
	},
	"ListCustomerSchedules": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.ListCustomerSchedules(ctx, "cu-1", iamport.CustomerScheduleQuery{From: Year2100.Add(-time.Hour), To: Year2100}))
	},
	"CustomerSchedules": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(Collect(c.CustomerSchedules(ctx, "cu-1", iamport.CustomerScheduleQuery{From: Year2100.Add(-time.Hour), To: Year2100})))
	},
	"GetPayment": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.GetPayment(ctx, "imps_1"))
	},
	"GetPayments": func(ctx context.Context, c *iamport.Client) error {
		_, _, err := c.GetPayments(ctx, iamport.GetPaymentsRequest{ImpUIDs: []string{"imps_1"}})
		return err
	},
	"FindPayment": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.FindPayment(ctx, "order-1", iamport.FindPaymentQuery{}))
	},
	"FindPayments": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(Collect(c.FindPayments(ctx, "order-1", iamport.FindPaymentsQuery{})))
	},
	"Payments": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(Collect(c.Payments(ctx, iamport.PaymentQuery{})))
	},
	"GetBalance": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.GetBalance(ctx, "imps_1"))
	},
	"GetPreparedPayment": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.GetPreparedPayment(ctx, "order-1"))
	},
	"GetSchedule": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.GetSchedule(ctx, "order-1"))
	},
	"ListPayments": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.ListPayments(ctx, iamport.PaymentQuery{}, 1))
	},
	"ListSchedules": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(c.ListSchedules(ctx, iamport.ScheduleQuery{From: Year2100.Add(-time.Hour), To: Year2100}))
	},
	"Schedules": func(ctx context.Context, c *iamport.Client) error {
		return ErrorOf(Collect(c.Schedules(ctx, iamport.ScheduleQuery{From: Year2100.Add(-time.Hour), To: Year2100})))
	},
}

var card = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"}

func charge(op string) Op {
	return func(ctx context.Context, c *iamport.Client) error { return ErrorOf(Charges[op](ctx, c)) }
}

func anyCall(method string, body any) Op {
	return func(ctx context.Context, c *iamport.Client) error {
		return c.Call(ctx, method, []string{"anything", "order-1"}, nil, body, nil)
	}
}

// IsChange reports whether a request may change data: every request except a sign-in
// and a GET.
func IsChange(method, path string) bool { return method != http.MethodGet && path != signInPath }

// LookUp answers a sign-in or a GET so that each of the Changes sends its change:
// order-1 has no record, and the payment imps_1 is paid.
func LookUp(path string) (status int, body string) {
	switch {
	case path == signInPath:
		return 200, SignInJSON
	case strings.HasPrefix(path, "/payments/findAll/"):
		return 404, NoneJSON
	default:
		return 200, PaidJSON
	}
}
