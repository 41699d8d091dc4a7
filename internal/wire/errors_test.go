package wire_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// Traps of errors: reasons that other clients lose, and outcomes that they report
// wrongly.

const unknownUID = `{"code":1,"message":"\uc694\uccad\ud558\uc2e0 customer_uid(xxx)\ub85c \ub4f1\ub85d\ub41c \uc815\ubcf4\ub97c \ucc3e\uc744 \uc218 \uc5c6\uc2b5\ub2c8\ub2e4.","response":null}`

// lookUps are the calls for one object, by its id.
var lookUps = map[string]func(context.Context, *iamport.Client) (any, error){
	"GetCustomer": func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetCustomer(ctx, "x") },
	"GetSchedule": func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetSchedule(ctx, "x") },
	"GetPayment":  func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetPayment(ctx, "x") },
	"GetBalance":  func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetBalance(ctx, "x") },
	"FindPayment": func(ctx context.Context, c *iamport.Client) (any, error) {
		return c.FindPayment(ctx, "x", iamport.FindPaymentQuery{})
	},
	"GetPreparedPayment": func(ctx context.Context, c *iamport.Client) (any, error) { return c.GetPreparedPayment(ctx, "x") },
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	for op, get := range lookUps {
		in200 := op == "GetCustomer" // the only one with "not found" as HTTP 200
		for name, test := range map[string]struct {
			status, code int
			body         string
			notFound     bool
		}{
			"in practice":          {200, 1, unknownUID, in200},
			"by the schema":        {404, -1, strings.Replace(unknownUID, `"code":1`, `"code":-1`, 1), true},
			"404 with code 1":      {404, 1, unknownUID, true},
			"404 without code":     {404, 0, strings.Replace(unknownUID, `"code":1,`, "", 1), false},
			"404 with code 0":      {404, 0, strings.Replace(unknownUID, `"code":1`, `"code":0`, 1), false},
			"404 without response": {404, 1, strings.Replace(unknownUID, `,"response":null`, "", 1), false},
			"code as a string":     {200, 1, strings.Replace(unknownUID, `"code":1`, `"code":"1"`, 1), in200},
			"a code of tomorrow":   {200, 1404, strings.Replace(unknownUID, `"code":1`, `"code":1404`, 1), in200},
		} {
			_, err := get(t.Context(), clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(test.status, test.body))))
			api := clienttest.APIError(t, err)
			require.Equal(t, test.notFound, errors.Is(err, iamport.ErrNotFound), "%s %s", op, name)
			require.Equal(t, []any{op, test.status, test.code, "요청하신 customer_uid(xxx)로 등록된 정보를 찾을 수 없습니다."},
				[]any{api.Op, api.StatusCode, api.Code, api.Message}, name)
		}
		for name, answer := range map[string]func(*http.Request) (*http.Response, error){
			"HTTP 200, response null": clienttest.AnsweringJSON(200, clienttest.Envelope("null")),
			"HTTP 404 with HTML":      clienttest.Answering(404, "text/html", "<html>"),
			"HTTP 404 of a gateway":   clienttest.AnsweringJSON(404, `{"code":5,"message":"Not Found"}`),
			"HTTP 400 with HTML":      clienttest.Answering(400, "text/html", "<html>"),
			"HTTP 400":                clienttest.AnsweringJSON(400, unknownUID),
			"HTTP 409":                clienttest.AnsweringJSON(409, unknownUID),
		} {
			_, err := get(t.Context(), clienttest.NewClient(t, clienttest.Always(answer)))
			require.Equal(t, op, clienttest.APIError(t, err).Op)
			require.NotErrorIs(t, err, iamport.ErrNotFound, "%s %s", op, name)
		}
	}
}

func TestARefusedDeletionSaysWhy(t *testing.T) {
	t.Parallel()
	for status, notFound := range map[int]bool{200: false, 404: true} {
		_, err := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(status, unknownUID))).
			DeleteCustomer(t.Context(), "xxx", iamport.DeleteCustomerRequest{})
		require.Equal(t, 1, clienttest.APIError(t, err).Code)
		require.ErrorContains(t, err, "등록된 정보를 찾을 수 없습니다")
		// Code 1 can mean anything, such as a reason that the PG misses.
		require.Equal(t, notFound, errors.Is(err, iamport.ErrNotFound))
	}
}

func TestNoReasonIsEverLost(t *testing.T) {
	t.Parallel()
	const reason = `"\uc774\ub2c8\uc2dc\uc2a4 \ube4c\ub9c1\uacb0\uc81c\ub294 \uc0c1\ud488\uba85\uc774 \ud544\uc218\uc785\ub2c8\ub2e4."`
	for _, test := range []struct {
		status  int
		body    string
		code    int
		certain bool // it was refused: nothing was changed
	}{
		{200, `{"code":1,"message":` + reason + `,"response":null}`, 1, true},
		{200, `{"code":-1,"message":` + reason + `}`, -1, true},
		{200, `{"code":1,"message":` + reason + `,"response":[]}`, 1, true},
		{400, `{"code":-1,"message":` + reason + `,"response":null}`, -1, true},
		{400, `{"message":` + reason + `}`, 0, false},
		{403, `{"code":1,"message":` + reason + `,"response":null}`, 1, true},
		{404, `{"code":-1,"message":` + reason + `,"response":null}`, -1, true},
		{408, `{"code":-1,"message":` + reason + `,"response":null}`, -1, false},
		{409, `{"code":1,"message":` + reason + `,"response":null}`, 1, true},
		{500, `{"code":-1,"message":` + reason + `,"response":null}`, -1, false},
		{501, `{"code":1,"message":` + reason + `,"error":{"a":1}}`, 1, false},
	} {
		client := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(test.status, test.body)))
		_, err := client.PreparePayment(t.Context(), iamport.PrepareRequest{MerchantUID: "m-1", Amount: iamport.KRW(1)})
		api := clienttest.APIError(t, err)
		require.Equal(t, []any{test.status, test.code, "이니시스 빌링결제는 상품명이 필수입니다."},
			[]any{api.StatusCode, api.Code, api.Message})
		require.ErrorContains(t, err, api.Message)
		require.Equal(t, test.certain, errors.Is(err, iamport.ErrNotCharged), "%d %s", test.status, test.body)
		require.Equal(t, !test.certain, errors.As(err, new(*iamport.OutcomeUnknownError)), "%d %s", test.status, test.body)
	}
	// Without a message the code still shows, and the text is never empty.
	for _, body := range []string{`{"code":1,"message":""}`, `{"code":1,"message":null,"response":null}`, `{"code":1}`} {
		_, err := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, body))).GetCustomer(t.Context(), "x")
		require.Equal(t, 1, clienttest.APIError(t, err).Code)
		require.ErrorContains(t, err, "iamport: GetCustomer: the answer holds no message (HTTP 200, code 1)")
	}
}

// scheduleWith books one charge, optionally with a card or a test of the card.
func scheduleWith(card iamport.Card, checking iamport.Amount) func(context.Context, *iamport.Client) error {
	return func(ctx context.Context, c *iamport.Client) error {
		_, err := c.Schedule(ctx, iamport.ScheduleRequest{
			CustomerUID: "cu-1", Card: card, CheckingAmount: checking,
			Schedules: []iamport.ScheduleItem{{MerchantUID: "m-1", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(5900)}},
		})
		return err
	}
}

func TestScheduleThatIsLost(t *testing.T) {
	t.Parallel()
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"}
	for name, do := range map[string]func(context.Context, *iamport.Client) error{
		"plain":              scheduleWith(iamport.Card{}, iamport.Amount{}),
		"a check of 0":       scheduleWith(iamport.Card{}, iamport.KRW(0)),
		"a card":             scheduleWith(card, iamport.Amount{}),
		"a card and a check": scheduleWith(card, iamport.KRW(1000)),
	} {
		for lost, answer := range map[string]func(*http.Request) (*http.Response, error){
			"reset":         clienttest.Failing(syscall.ECONNRESET),
			"HTTP 502":      clienttest.Answering(502, "text/html", "<html>"),
			"cut":           clienttest.Cut(`{"code":0,`),
			"response null": clienttest.AnsweringJSON(200, clienttest.Envelope("null")),
		} {
			s := clienttest.Always(answer)
			err := do(t.Context(), clienttest.NewClient(t, s))
			require.Len(t, s.Requests(), 1, "%s, %s", name, lost)
			require.Equal(t, "Schedule", clienttest.OutcomeUnknown(t, err).Op)
			require.ErrorContains(t, err, "call GetSchedule for each merchant_uid to find out whether it is booked")
		}
		// A refusal with a message is a refusal.
		s := clienttest.Always(clienttest.AnsweringJSON(200, `{"code":1,"message":"\uce74\ub4dc\uc815\ubcf4 \ud655\uc778\uc5d0 \uc2e4\ud328\ud558\uc600\uc2b5\ub2c8\ub2e4. [F113]\uac70\ub798\uac70\uc808 \uce74\ub4dc\ubc88\ud638\ud2c0\ub9bc","response":null}`))
		err := do(t.Context(), clienttest.NewClient(t, s))
		require.NotErrorAs(t, err, new(*iamport.OutcomeUnknownError), name)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.Equal(t, "F113", clienttest.APIError(t, err).PGCode)
		require.Len(t, s.Requests(), 1)
	}
}

func TestChangesAreNeverSentTwice(t *testing.T) {
	t.Parallel()
	for op, do := range map[string]func(context.Context, *iamport.Client) error{
		"RegisterCustomer": func(ctx context.Context, c *iamport.Client) error {
			_, err := c.RegisterCustomer(ctx, "cu-1", iamport.RegisterCustomerRequest{
				Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
			})
			return err
		},
		"PreparePayment": func(ctx context.Context, c *iamport.Client) error {
			_, err := c.PreparePayment(ctx, iamport.PrepareRequest{MerchantUID: "m-1", Amount: iamport.KRW(1)})
			return err
		},
		"Unschedule": func(ctx context.Context, c *iamport.Client) error {
			_, err := c.Unschedule(ctx, iamport.UnscheduleRequest{MerchantUIDs: []string{"m-1"}})
			return err
		},
		"UpdateSchedule": func(ctx context.Context, c *iamport.Client) error {
			_, err := c.UpdateSchedule(ctx, "m-1", clienttest.Year2100)
			return err
		},
		"Reschedule": func(ctx context.Context, c *iamport.Client) error {
			_, err := c.Reschedule(ctx, "m-1", clienttest.Year2100)
			return err
		},
		"DeleteCustomer": func(ctx context.Context, c *iamport.Client) error {
			_, err := c.DeleteCustomer(ctx, "cu-1", iamport.DeleteCustomerRequest{})
			return err
		},
		"UpdatePreparedPayment": func(ctx context.Context, c *iamport.Client) error {
			_, err := c.UpdatePreparedPayment(ctx, iamport.PrepareRequest{MerchantUID: "m-1", Amount: iamport.KRW(1)})
			return err
		},
	} {
		for name, answer := range map[string]func(*http.Request) (*http.Response, error){
			"reset":    clienttest.Failing(syscall.ECONNRESET),
			"HTTP 429": clienttest.Answering(429, "text/html", "<html>"),
			"HTTP 502": clienttest.Answering(502, "text/html", "<html>"),
			"HTTP 401": clienttest.Answering(401, "text/html", "<html>"), // of a gateway
			"HTTP 404": clienttest.AnsweringJSON(404, `{"message":"no route"}`),
			"cut":      clienttest.Cut(`{"code":0,`),
		} {
			s := clienttest.Always(answer)
			err := do(t.Context(), clienttest.NewClient(t, s))
			require.Equal(t, op, clienttest.OutcomeUnknown(t, err).Op, name)
			require.ErrorContains(t, err, "(call G", "how to find out")
			require.Len(t, s.Requests(), 1, "%s, %s", op, name)
		}
	}
}

// The texts, whole. Those that a user's own test double makes have the exported fields
// alone.
func TestTextsOfErrors(t *testing.T) {
	t.Parallel()
	get := func(status int, body string) error {
		_, err := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(status, body))).GetPayment(t.Context(), "imps_1")
		return err
	}
	shop := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, clienttest.NoneJSON), LookUp: clienttest.Listing(clienttest.RecordOf("imps_1", "paid", "other"))}
	_, already := clienttest.NewClient(t, shop).Again(t.Context(), clienttest.Order)
	paid := &iamport.Payment{ImpUID: "imps_1", MerchantUID: "order-1", Status: iamport.StatusPaid}
	for want, err := range map[string]error{
		"GetPayment: no (HTTP 400, code -1)":                                                                           get(400, `{"code":-1,"message":"no","response":null}`),
		"GetPayment: the answer holds no response of the expected kind (HTTP 200, code 0)":                             get(200, clienttest.Envelope("null")),
		"GetPayment: well; the answer holds no response of the expected kind (HTTP 200, code 0)":                       get(200, `{"code":0,"message":"well","response":null}`),
		"Again: merchant_uid \"order-1\" was paid by another call as imps_1 (status paid)":                             already,
		"Op: the answer holds no message":                                                                              &iamport.Error{Op: "Op"},
		"Op: the answer holds no message (HTTP 500, code 0)":                                                           &iamport.Error{Op: "Op", StatusCode: 500},
		"Op: declined: no reason given":                                                                                &iamport.DeclinedError{Op: "Op"},
		"Op: declined: limit":                                                                                          &iamport.DeclinedError{Op: "Op", Reason: "limit"},
		"Op: paid by another call":                                                                                     &iamport.AlreadyPaidError{Op: "Op"},
		"Op: merchant_uid \"order-1\" was paid by another call as imps_1 (status paid)":                                &iamport.AlreadyPaidError{Op: "Op", Payment: paid},
		"Op: merchant_uid \"order-1\" was paid by another call as imps_1 (status paid), and differs in amount, status": &iamport.AlreadyPaidError{Op: "Op", Payment: paid, Differs: []string{"amount", "status"}},
		"Op: outcome unknown":                                                                                          &iamport.OutcomeUnknownError{Op: "Op"},
		"Op: outcome unknown for merchant_uid \"a\": reset":                                                            &iamport.OutcomeUnknownError{Op: "Op", MerchantUID: "a", Err: errors.New("reset")},
	} {
		require.EqualError(t, err, "iamport: "+want)
	}
}
