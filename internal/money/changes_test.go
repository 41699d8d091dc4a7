package money_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// changes are the operations that change data but do not charge, each with the call
// that its unknown outcome names.
func changes() map[string]struct {
	call func(context.Context, *iamport.Client) error
	hint string
} {
	type change = struct {
		call func(context.Context, *iamport.Client) error
		hint string
	}
	later := time.Now().Add(time.Hour)
	return map[string]change{
		"RegisterCustomer": {hint: "GetCustomer", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.RegisterCustomer(ctx, "customer_2", iamport.RegisterCustomerRequest{Card: card})
			return err
		}},
		"DeleteCustomer": {hint: "GetCustomer", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.DeleteCustomer(ctx, "customer_1", iamport.DeleteCustomerRequest{})
			return err
		}},
		"Schedule": {hint: "GetSchedule", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "customer_1", Schedules: []iamport.ScheduleItem{
				{MerchantUID: "order_1", ScheduleAt: later, Amount: iamport.KRW(3000)},
			}})
			return err
		}},
		"Unschedule": {hint: "GetSchedule", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.Unschedule(ctx, iamport.UnscheduleRequest{MerchantUIDs: []string{"order_1"}})
			return err
		}},
		"UpdateSchedule": {hint: "GetSchedule", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.UpdateSchedule(ctx, "order_1", later)
			return err
		}},
		"Reschedule": {hint: "GetSchedule", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.Reschedule(ctx, "order_1", later)
			return err
		}},
		"PreparePayment": {hint: "GetPreparedPayment", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.PreparePayment(ctx, iamport.PrepareRequest{MerchantUID: "order_1", Amount: iamport.KRW(0)})
			return err
		}},
		"UpdatePreparedPayment": {hint: "GetPreparedPayment", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.UpdatePreparedPayment(ctx, iamport.PrepareRequest{MerchantUID: "order_1", Amount: iamport.KRW(1)})
			return err
		}},
		"CancelPayment": {hint: "GetPayment", call: func(ctx context.Context, c *iamport.Client) error {
			_, err := c.CancelPayment(ctx, iamport.CancelRequest{ImpUID: "imps_1", Full: true})
			return err
		}},
		"Call POST":   {hint: "GET on the same object", call: calling("POST")},
		"Call PUT":    {hint: "GET on the same object", call: calling("PUT")},
		"Call DELETE": {hint: "GET on the same object", call: calling("DELETE")},
	}
}

func calling(method string) func(context.Context, *iamport.Client) error {
	return func(ctx context.Context, c *iamport.Client) error {
		return c.Call(ctx, method, []string{"receipts", "imps_1"}, url.Values{}, nil, nil)
	}
}

// An error of a change that is not an OutcomeUnknownError means that nothing was
// changed: a refusal, or a request that was never sent. A lost or unreadable answer
// is unknown.
func TestOutcomesOfChanges(t *testing.T) {
	t.Parallel()
	type reply struct {
		name, answer string
		status       int
		certain      bool
		sends        int
	}
	replies := []reply{
		{name: "lost", sends: 1},
		{name: "HTML", status: 200, answer: "<html>", sends: 1},
		{name: "502", status: 502, answer: "<html>", sends: 1},
		{name: "500 of the API", status: 500, answer: `{"code":-1,"message":"no","response":null}`, sends: 1},
		{name: "cut", status: 200, answer: `{"code":0,"message":null,"resp`, sends: 1},
		{name: "redirect", status: 302, answer: "", sends: 1},
		{name: "408", status: 408, answer: `{"code":-1,"message":"no","response":null}`, sends: 1},
		{name: "gateway's 404", status: 404, answer: "<html>", sends: 1},
		{name: "gateway's 401", status: 401, answer: "<html>", sends: 1},
		{name: "400 without a code", status: 400, answer: `{"message":"no"}`, sends: 1},
		{name: "refused", status: 200, answer: `{"code":1,"message":"no","response":null}`, certain: true, sends: 1},
		{name: "refused by 400", status: 400, answer: `{"code":-1,"message":"no","response":null}`, certain: true, sends: 1},
		{name: "refused by 404", status: 404, answer: `{"code":-1,"message":"no","response":null}`, certain: true, sends: 1},
		{name: "refused by PHP", status: 200, answer: `{"code":1,"message":"no","response":[]}`, certain: true, sends: 1},
		{name: "429", status: 429, answer: `{"code":-1,"message":"no","response":null}`, certain: true, sends: 1},
		{name: "401 twice", status: 401, answer: unauthorizedJSON, certain: true, sends: 2},
	}
	for name, change := range changes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range replies {
				synctest.Test(t, func(t *testing.T) {
					s := newShop(t)
					sends := 0
					s.InjectFunc(func(q *http.Request) *iamporttest.Fault {
						switch {
						case q.URL.Path == "/users/getToken":
							return nil
						case r.status == 0:
							sends++
							return new(iamporttest.LoseBefore())
						}
						sends++
						return new(iamporttest.Answer(r.status, "application/json", r.answer))
					})
					err := change.call(t.Context(), s.client())
					require.Equal(t, r.sends, sends, r.name)
					if !r.certain {
						lost := unknown(t, err)
						require.ErrorContains(t, lost, change.hint, r.name)
						require.Empty(t, lost.Attempt)
						require.True(t, lost.RetryAt.IsZero())
						return
					}
					require.ErrorIs(t, err, iamport.ErrNotCharged, r.name)
					var api *iamport.Error
					require.ErrorAs(t, err, &api, r.name)
				})
			}
		})
	}
}

// A code 0 without the expected response does not show the change.
func TestChangeWithoutAResponse(t *testing.T) {
	t.Parallel()
	for name, change := range changes() {
		if strings.HasPrefix(name, "Call") {
			continue // it has no type to expect
		}
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.InjectFunc(func(q *http.Request) *iamporttest.Fault {
				if q.URL.Path == "/users/getToken" {
					return nil
				}
				return new(iamporttest.Answer(200, "application/json", `{"code":0,"message":null,"response":null}`))
			})
			unknown(t, change.call(t.Context(), s.client()))
		})
	}
}

// TestNullBesideAnItemOfOddTypes: a null in the answer to a change is a schedule that may be
// missing, also where another item must be read leniently.
func TestNullBesideAnItemOfOddTypes(t *testing.T) {
	t.Parallel()
	for name, item := range map[string]string{
		"as it should be": `{"merchant_uid":"a","customer_uid":"cu-1","amount":3000}`,
		"odd types":       `{"merchant_uid":"a","customer_uid":5,"amount":3000}`,
	} {
		client := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`[null,`+item+`]`))))
		_, err := client.Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
			{MerchantUID: "a", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(3000)},
			{MerchantUID: "b", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(3000)},
		}})
		require.Error(t, err, name)
		clienttest.OutcomeUnknown(t, err)
	}
}
