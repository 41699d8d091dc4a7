package money_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// reads are all look-up operations; single means that one object is requested by its
// id.
func reads() map[string]struct {
	call   func(context.Context, *iamport.Client) (any, error)
	single bool
} {
	type read = struct {
		call   func(context.Context, *iamport.Client) (any, error)
		single bool
	}
	from, to := time.Now(), time.Now().Add(time.Hour)
	return map[string]read{
		"GetCustomer":        {single: true, call: func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetCustomer(ctx, "c") }},
		"GetSchedule":        {single: true, call: func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetSchedule(ctx, "o") }},
		"GetPayment":         {single: true, call: func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetPayment(ctx, "i") }},
		"GetBalance":         {single: true, call: func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetBalance(ctx, "i") }},
		"GetPreparedPayment": {single: true, call: func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetPreparedPayment(ctx, "o") }},
		"FindPayment": {single: true, call: func(ctx context.Context, c *iamport.Client) (any, error) {
			return c.FindPayment(ctx, "o", iamport.FindPaymentQuery{})
		}},
		"GetPayments": {call: func(ctx context.Context, c *iamport.Client) (any, error) {
			found, _, err := c.GetPayments(ctx, iamport.GetPaymentsRequest{ImpUIDs: []string{"i"}})
			return found, err
		}},
		"GetCustomers": {call: func(ctx context.Context, c *iamport.Client) (any, error) {
			found, _, err := c.GetCustomers(ctx, "c")
			return found, err
		}},
		"FindPayments": {call: func(ctx context.Context, c *iamport.Client) (any, error) {
			return all(c.FindPayments(ctx, "o", iamport.FindPaymentsQuery{}))
		}},
		"CustomerPayments": {call: func(ctx context.Context, c *iamport.Client) (any, error) { return all(c.CustomerPayments(ctx, "c")) }},
		"ListCustomerPayments": {call: func(ctx context.Context, c *iamport.Client) (any, error) {
			page, err := c.ListCustomerPayments(ctx, "c", 0)
			if err != nil {
				return nil, err
			}
			return page.List, nil
		}},
		"Payments": {call: func(ctx context.Context, c *iamport.Client) (any, error) {
			return all(c.Payments(ctx, iamport.PaymentQuery{}))
		}},
		"Schedules": {call: func(ctx context.Context, c *iamport.Client) (any, error) {
			return all(c.Schedules(ctx, iamport.ScheduleQuery{From: from, To: to}))
		}},
		"CustomerSchedules": {call: func(ctx context.Context, c *iamport.Client) (any, error) {
			return all(c.CustomerSchedules(ctx, "c", iamport.CustomerScheduleQuery{From: from, To: to}))
		}},
		"ListSchedules": {call: func(ctx context.Context, c *iamport.Client) (any, error) {
			page, err := c.ListSchedules(ctx, iamport.ScheduleQuery{From: from, To: to})
			if err != nil {
				return nil, err
			}
			return page.List, nil
		}},
	}
}

func all[T any](items func(func(T, error) bool)) (list []T, err error) {
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, nil
}

// Only the API's own answer means "not found".
func TestNoneIsTheWordOfTheAPI(t *testing.T) {
	t.Parallel()
	for name, read := range reads() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, test := range []struct {
				status int
				body   string
				none   bool
			}{
				{404, `{"code":-1,"message":"none","response":null}`, true},
				{404, `{"code":1,"message":"none","response":null}`, true},
				{404, `{"code":5,"message":"Not Found","details":[]}`, false},
				{404, `{"code":5,"message":"Not Found"}`, false},
				{404, `{"code":0,"message":"Not Found","response":null}`, false},
				{404, `{"message":"Not Found","response":null}`, false},
				{404, `{"code":-1,"message":null,"response":null}`, false},
				{404, `{"code":-1,"message":"","response":null}`, false},
				{404, `{"code":-1,"message":"none","response":{}}`, false},
				{404, `<html>404</html>`, false},
				{404, ``, false},
				{200, `{"code":-1,"message":"none","response":null}`, name == "GetCustomer"},
				{400, `{"code":-1,"message":"none","response":null}`, false},
			} {
				synctest.Test(t, func(t *testing.T) {
					found, err := answered(t, test.status, test.body, read.call)
					what := fmt.Sprintf("HTTP %d %s", test.status, test.body)
					switch {
					case test.none && read.single:
						require.ErrorIs(t, err, iamport.ErrNotFound, what)
					case test.none && (name == "Payments" || name == "Schedules" || name == "ListSchedules" || name == "CustomerSchedules"):
						require.ErrorIs(t, err, iamport.ErrNotFound, what) // a list of the shop is empty, never "not found"
					case test.none:
						require.NoError(t, err, what)
						require.Empty(t, found, what)
					default:
						require.Error(t, err, what)
						require.NotErrorIs(t, err, iamport.ErrNotFound, what)
					}
				})
			}
		})
	}
}

func answered(t *testing.T, status int, body string, call func(context.Context, *iamport.Client) (any, error)) (any, error) {
	t.Helper()
	s := newShop(t)
	s.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if r.URL.Path == "/users/getToken" {
			return nil
		}
		return new(iamporttest.Answer(status, "application/json", body))
	})
	return call(t.Context(), s.client())
}

// A list that ends before its total, or has unreadable items, is an error.
func TestListsThatAreNotWhole(t *testing.T) {
	t.Parallel()
	for name, read := range reads() {
		if read.single {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for body, whole := range map[string]bool{
				`{"total":1,"previous":0,"next":0,"list":[{"imp_uid":"i","merchant_uid":"o","customer_uid":"c"}]}`: true,
				`{"total":0,"previous":0,"next":0,"list":[]}`:                                                      true,
				`{"total":0,"previous":0,"next":0,"list":null}`:                                                    true,
				`{"total":2,"previous":0,"next":0,"list":[{"imp_uid":"i","merchant_uid":"o","customer_uid":"c"}]}`: false,
				`{"total":1,"previous":0,"next":0,"list":[]}`:                                                      false,
				`{"total":1,"previous":0,"next":0,"list":[null]}`:                                                  false,
				`{"total":1,"previous":0,"next":0,"list":null}`:                                                    false,
				`{"total":1,"previous":0,"next":0}`:                                                                false,
				`{"total":1,"previous":0,"next":0,"list":["i"]}`:                                                   false,
				`{"total":1,"previous":0,"next":0,"list":{"imp_uid":"i"}}`:                                         false,
				`{"total":9,"previous":0,"next":2,"list":[]}`:                                                      false,
				`[{"imp_uid":"i","merchant_uid":"o","customer_uid":"c"},"i"]`:                                      false,
			} {
				synctest.Test(t, func(t *testing.T) {
					_, err := answered(t, 200, `{"code":0,"message":null,"response":`+body+`}`, read.call)
					if whole {
						require.NoError(t, err, body)
					} else {
						require.Error(t, err, body)
					}
				})
			}
		})
	}
}

// The look-up before a charge must be complete: otherwise EnsurePaid sends nothing,
// for every kind of incomplete answer.
func TestLookThatIsNotWhole(t *testing.T) {
	t.Parallel()
	const record = `{"imp_uid":"i","merchant_uid":"order_1","amount":3000,"status":"failed"}`
	for body, whole := range map[string]bool{
		`{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":[]}}`:                                                           true,
		`{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":null}}`:                                                         true,
		`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[` + record + `]}}`:                                             true,
		`{"code":0,"message":null,"response":{"previous":0,"next":0,"list":[]}}`:                                                                     false,
		`{"code":0,"message":null,"response":{"previous":0,"next":0,"list":[` + record + `]}}`:                                                       false,
		`{"code":0,"message":null,"response":{"list":[]}}`:                                                                                           false,
		`{"code":0,"message":null,"response":[]}`:                                                                                                    false,
		`{"code":0,"message":null,"response":[` + record + `]}`:                                                                                      false,
		`{"code":0,"message":null,"response":{"total":2,"previous":0,"next":0,"list":[` + record + `]}}`:                                             false,
		`{"code":0,"message":null,"response":{"total":2,"previous":0,"next":0,"list":[` + record + `,` + record + `]}}`:                              false,
		`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[` + record + `,null]}}`:                                        false,
		`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[{"imp_uid":"i","merchant_uid":"order_2","status":"failed"}]}}`: false,
		`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[{"status":"failed"}]}}`:                                        false,
		`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[` + record + `,{"imp_uid":"j","merchant_uid":"order_2"}]}}`:    false,
		`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[` + record + `,"j"]}}`:                                         false,
		`{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":{"imp_uid":"i"}}}`:                                              false,
		`{"code":0,"message":null,"response":null}`:                                                                                                  false,
		`{"code":0,"message":null,"response":{}}`:                                                                                                    false,
		`{"code":1,"message":"none","response":null}`:                                                                                                false,
		`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":1,"list":[` + record + `]}}`:                                             false,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.Inject(findAll, iamporttest.Answer(200, "application/json", body))
			_, err := s.client().EnsurePaid(t.Context(), order)
			if whole {
				require.NoError(t, err, body)
				require.Equal(t, 1, s.sent(again))
				return
			}
			nothingSent(t, err)
			require.Zero(t, s.sent(again), body)
		})
	}
	for _, body := range []string{`{"code":5,"message":"Not Found","details":[]}`, "<html>", ""} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			_, err := s.client().Again(t.Context(), order)
			require.NoError(t, err)
			s.Inject(findAll, iamporttest.Answer(404, "application/json", body))
			nothingSent(t, err2(s.client().EnsurePaid(t.Context(), order)))
			require.Equal(t, 1, s.sent(again))
		})
	}
}

// If the API answers HTTP 200 with a code for an unknown order, the error holds its
// message.
func TestLookRefusedWithHTTP200(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(findAll, iamporttest.Answer(200, "application/json", `{"code":1,"message":"no such payment","response":null}`))
		require.ErrorContains(t, nothingSent(t, err2(s.client().EnsurePaid(t.Context(), order))), "no such payment")
	})
}

// A walk is an error if the list ends before its total on a later page.
func TestWalkThatEndsEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for total, whole := range map[int]bool{2: true, 3: false} {
			s := newShop(t)
			s.InjectFunc(func(r *http.Request) *iamporttest.Fault {
				if r.URL.Path == "/users/getToken" {
					return nil
				}
				next, id := 2, "imps_1"
				if r.URL.Query().Get("page") == "2" {
					next, id = 0, "imps_2"
				}
				return new(iamporttest.Answer(200, "application/json", fmt.Sprintf(
					`{"code":0,"message":null,"response":{"total":%d,"previous":0,"next":%d,"list":[{"imp_uid":%q}]}}`, total, next, id)))
			})
			_, err := all(s.client().CustomerPayments(t.Context(), "c"))
			if whole {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, "2 of 3 items")
			}
		}
	})
}

// TestRefusedIsTheWordOfTheAPI: of a read, a change and a charge, by all kinds of answers.
func TestRefusedIsTheWordOfTheAPI(t *testing.T) {
	t.Parallel()
	for body, statuses := range map[string]map[int]bool{
		clienttest.NoneJSON:                         {200: true, 400: true, 401: true, 404: true, 429: true, 502: false},
		`{"code":5,"message":"Not Found"}`:          {400: false, 404: false},
		`<html>`:                                    {200: false, 403: false, 404: false, 500: false},
		`{"code":0,"message":null,"response":null}`: {200: false},
	} {
		for status, want := range statuses {
			synctest.Test(t, func(t *testing.T) {
				client := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(status, body)), iamport.WithSettleWindow(0))
				_, err := client.GetPayment(t.Context(), "imps_1")
				require.Equal(t, want, clienttest.APIError(t, err).Refused(), "%d %s", status, body)
				_, err = client.DeleteCustomer(t.Context(), "cu-1", iamport.DeleteCustomerRequest{})
				refused, ok := errors.AsType[*iamport.Error](err)
				require.Equal(t, want, ok && refused.Refused(), "%d %s: %v", status, body, err)
				require.Equal(t, want, errors.Is(err, iamport.ErrNotCharged))
			})
		}
	}
	_, err := clienttest.NewClient(t, clienttest.Failing(io.EOF)).DeleteCustomer(t.Context(), "cu-1", iamport.DeleteCustomerRequest{})
	lost, ok := errors.AsType[*iamport.Error](err)
	require.False(t, ok && lost.Refused(), "%v", err)
}
