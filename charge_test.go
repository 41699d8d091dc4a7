package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

const (
	paidJSON   = `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":"KRW","status":"paid","started_at":946684800,"paid_at":946684800,"failed_at":0,"fail_reason":null,"customer_uid":null,"card_type":1}}`
	failedJSON = `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":"KRW","status":"failed","started_at":946684800,"paid_at":0,"failed_at":946684800,"fail_reason":"[2116]\uac1c\uc778 \uc6d4 \ud55c\ub3c4\uae08\uc561 \ucd08\uacfc","customer_uid":null}}`
	noneJSON   = `{"code":-1,"message":"\uc874\uc7ac\ud558\uc9c0 \uc54a\ub294 \uacb0\uc81c\uc815\ubcf4\uc785\ub2c8\ub2e4.","response":null}`
)

// chargeCalls are the calls that charge a card, each for order-1 and, but for the
// schedule whose sum only the API knows, 3,000 won.
var chargeCalls = map[string]func(context.Context, *iamport.Client) (*iamport.Payment, error){
	"Onetime": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.Onetime(ctx, iamport.OnetimeRequest{
			MerchantUID: "order-1", Amount: iamport.KRW(3000),
			Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
		})
	},
	"Again": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.Again(ctx, iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: "order-1", Amount: iamport.KRW(3000)})
	},
	"RetrySchedule": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.RetrySchedule(ctx, "order-1")
	},
}

// shop is a transport that answers every charge with one answer and every look-up
// with another, and counts the charges that were sent.
type shop struct {
	charge func(*http.Request) (*http.Response, error)
	lookUp func(*http.Request) (*http.Response, error)

	charges, lookUps atomic.Int64
}

func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.URL.Path == "/users/getToken":
		now := time.Now().Unix()
		return httpmock.NewStringResponse(200, fmt.Sprintf(
			`{"code":0,"message":null,"response":{"access_token":"a0b1c2d3","now":%d,"expired_at":%d}}`, now, now+1800)), nil
	case r.Method == http.MethodGet:
		s.lookUps.Add(1)
		return s.lookUp(r)
	default:
		s.charges.Add(1)
		return s.charge(r)
	}
}

func answering(status int, contentType, body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(status, body)
		resp.Header.Set("Content-Type", contentType)
		return resp, nil
	}
}

func answeringJSON(status int, body string) func(*http.Request) (*http.Response, error) {
	return answering(status, "application/json; charset=UTF-8", body)
}

func failing(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// cut answers with the beginning of a body whose rest never comes.
func cut(body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(200, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), brokenReader{}))
		return resp, nil
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// outcome is one of the four results of a charge.
type outcome string

const (
	paid       outcome = "paid"
	notCharged outcome = "not charged"
	already    outcome = "already paid"
	unknown    outcome = "unknown"
)

// outcomeOf sorts a result, and fails the test if it is none or more than one of
// the four.
func outcomeOf(t *testing.T, p *iamport.Payment, err error) outcome {
	t.Helper()
	if err == nil {
		require.NotNil(t, p)
		require.Equal(t, iamport.StatusPaid, p.Status)
		return paid
	}
	require.Nil(t, p)
	var found []outcome
	if errors.Is(err, iamport.ErrNotCharged) {
		found = append(found, notCharged)
	}
	if _, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		found = append(found, already)
	}
	if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		require.False(t, lost.Since.IsZero())
		require.Error(t, lost.Err)
		require.Equal(t, "order-1", lost.MerchantUID)
		found = append(found, unknown)
	}
	require.Len(t, found, 1, "%#v", err)
	return found[0]
}

func TestEveryAnswerToAChargeIsOneOutcome(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		charge func(*http.Request) (*http.Response, error)
		want   outcome
		check  func(*testing.T, error)
	}{
		"paid":                   {charge: answeringJSON(200, paidJSON), want: paid},
		"paid with HTTP 201":     {charge: answeringJSON(201, paidJSON), want: paid},
		"paid, code as a string": {charge: answeringJSON(200, strings.Replace(paidJSON, `"code":0`, `"code":"0"`, 1)), want: paid},
		"paid, odd types": {charge: answeringJSON(200, `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order-1",`+
			`"amount":"3000.00","status":"paid","card_type":"card","card_quota":"3","started_at":"1603417956","paid_at":1603417956.5,`+
			`"cancel_history":{},"promotion":[],"escrow":"false","bank_code":4,"brand_new":{"a":[1]}}}`), want: paid},
		"paid, nulls": {charge: answeringJSON(200, `{"code":0,"response":{"status":"paid","imp_uid":null,"merchant_uid":null,"amount":null,"started_at":null,"cancel_history":null}}`), want: paid},
		"declined as a payment": {charge: answeringJSON(200, failedJSON), want: notCharged, check: func(t *testing.T, err error) {
			decline, ok := errors.AsType[*iamport.DeclinedError](err)
			require.True(t, ok)
			require.Equal(t, "imps_1", decline.Payment.ImpUID)
			require.Equal(t, "[2116]개인 월 한도금액 초과", decline.Reason)
			require.Equal(t, "2116", decline.PGCode)
		}},
		"declined as a message": {charge: answeringJSON(200, `{"code":-1,"message":"\uacb0\uc81c\uc2b9\uc778\uc5d0 \uc2e4\ud328\ud558\uc600\uc2b5\ub2c8\ub2e4. [F113]\uac70\ub798\uac70\uc808","response":null}`), want: notCharged, check: func(t *testing.T, err error) {
			decline, ok := errors.AsType[*iamport.DeclinedError](err)
			require.True(t, ok)
			require.Nil(t, decline.Payment)
			require.Equal(t, "F113", decline.PGCode)
			require.Equal(t, "결제승인에 실패하였습니다. [F113]거래거절", decline.Reason)
			api, ok := errors.AsType[*iamport.Error](err)
			require.True(t, ok)
			require.Equal(t, -1, api.Code)
		}},
		"unknown customer_uid":    {charge: answeringJSON(200, `{"code":1,"message":"\ub4f1\ub85d\ub418\uc9c0 \uc54a\uc740 \uad6c\ub9e4\uc790\uc785\ub2c8\ub2e4.","response":null}`), want: notCharged, check: isAPIError(200, 1, "등록되지 않은 구매자입니다.")},
		"HTTP 400 with a message": {charge: answeringJSON(400, `{"code":-1,"message":"\uc774\ub2c8\uc2dc\uc2a4 \ube4c\ub9c1\uacb0\uc81c\ub294 \uc0c1\ud488\uba85\uc774 \ud544\uc218\uc785\ub2c8\ub2e4.","response":null}`), want: notCharged, check: isAPIError(400, -1, "이니시스 빌링결제는 상품명이 필수입니다.")},
		"HTTP 400 without a code": {charge: answeringJSON(400, `{"message":"name"}`), want: notCharged, check: isAPIError(400, 0, "name")},
		"HTTP 429":                {charge: answering(429, "text/html", `<html>slow down</html>`), want: notCharged, check: func(t *testing.T, err error) { require.ErrorIs(t, err, iamport.ErrRateLimited) }},
		"HTTP 401 twice": {charge: answeringJSON(401, `{"code":-1,"message":"Unauthorized","response":null}`), want: notCharged, check: func(t *testing.T, err error) {
			require.ErrorIs(t, err, iamport.ErrUnauthorized)
			isAPIError(401, -1, "Unauthorized")(t, err)
		}},

		"HTTP 403 with HTML":         {charge: answering(403, "text/html", `<html>forbidden</html>`), want: unknown},
		"HTTP 500 with a message":    {charge: answeringJSON(500, `{"code":-1,"message":"error","response":null}`), want: unknown},
		"HTTP 502 with HTML":         {charge: answering(502, "text/html", `<html>secret-host</html>`), want: unknown, check: hidesBody},
		"HTTP 504, empty":            {charge: answering(504, "text/plain", ``), want: unknown},
		"HTTP 302":                   {charge: answering(302, "text/html", ``), want: unknown},
		"HTTP 500, paid":             {charge: answeringJSON(500, paidJSON), want: unknown},
		"HTTP 400, paid":             {charge: answeringJSON(400, paidJSON), want: unknown},
		"an error and a paid one":    {charge: answeringJSON(200, strings.Replace(paidJSON, `"code":0`, `"code":1`, 1)), want: unknown},
		"an empty body":              {charge: answeringJSON(200, ``), want: unknown},
		"null":                       {charge: answeringJSON(200, `null`), want: unknown},
		"an empty object":            {charge: answeringJSON(200, `{}`), want: unknown},
		"response null":              {charge: answeringJSON(200, `{"code":0,"message":null,"response":null}`), want: unknown},
		"no code":                    {charge: answeringJSON(200, strings.Replace(paidJSON, `"code":0,`, ``, 1)), want: unknown},
		"code null":                  {charge: answeringJSON(200, strings.Replace(paidJSON, `"code":0`, `"code":null`, 1)), want: unknown},
		"HTML with HTTP 200":         {charge: answering(200, "text/html", `<html>secret-host</html>`), want: unknown, check: hidesBody},
		"half of the JSON":           {charge: answeringJSON(200, paidJSON[:60]), want: unknown},
		"a body cut at the start":    {charge: cut(""), want: unknown},
		"a body cut after 60 bytes":  {charge: cut(paidJSON[:60]), want: unknown},
		"a body cut before the end":  {charge: cut(paidJSON[:len(paidJSON)-1]), want: unknown},
		"status ready":               {charge: answeringJSON(200, strings.Replace(paidJSON, `"paid"`, `"ready"`, 1)), want: unknown},
		"status cancelled":           {charge: answeringJSON(200, strings.Replace(paidJSON, `"paid"`, `"cancelled"`, 1)), want: unknown},
		"a status of tomorrow":       {charge: answeringJSON(200, strings.Replace(paidJSON, `"paid"`, `"settling"`, 1)), want: unknown},
		"status missing":             {charge: answeringJSON(200, strings.Replace(paidJSON, `"status":"paid",`, ``, 1)), want: unknown},
		"another order":              {charge: answeringJSON(200, strings.Replace(paidJSON, `"order-1"`, `"order-2"`, 1)), want: unknown},
		"another order, failed":      {charge: answeringJSON(200, strings.Replace(failedJSON, `"order-1"`, `"order-2"`, 1)), want: unknown},
		"a reset connection":         {charge: failing(syscall.ECONNRESET), want: unknown, check: func(t *testing.T, err error) { require.ErrorIs(t, err, syscall.ECONNRESET) }},
		"a time-out":                 {charge: failing(context.DeadlineExceeded), want: unknown, check: func(t *testing.T, err error) { require.ErrorIs(t, err, context.DeadlineExceeded) }},
		"a transport's own mistake":  {charge: failing(errors.New("quotes the request")), want: unknown},
		"neither response nor error": {charge: func(*http.Request) (*http.Response, error) { return nil, nil }, want: unknown}, //nolint:nilnil // a broken transport
	}
	for name, test := range tests {
		for op, call := range chargeCalls {
			t.Run(name+"/"+op, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &shop{charge: test.charge, lookUp: answeringJSON(404, noneJSON)}
					p, err := call(t.Context(), newClient(t, s, iamport.WithSettleWindow(0)))
					require.Equal(t, test.want, outcomeOf(t, p, err), "%v", err)
					if test.check != nil {
						test.check(t, err)
					}
					sends := int64(1)
					if strings.HasPrefix(name, "HTTP 401") {
						sends = 2
					}
					require.Equal(t, sends, s.charges.Load(), "a charge is sent once")
				})
			})
		}
	}
}

func isAPIError(status, code int, message string) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		api, ok := errors.AsType[*iamport.Error](err)
		require.True(t, ok)
		require.Equal(t, status, api.StatusCode)
		require.Equal(t, code, api.Code)
		require.Equal(t, message, api.Message)
		require.Contains(t, err.Error(), message)
		_, isDecline := errors.AsType[*iamport.DeclinedError](err)
		require.False(t, isDecline)
	}
}

func hidesBody(t *testing.T, err error) { require.NotContains(t, err.Error(), "secret-host") }

func TestChargeThatCannotLeaveIsNotCharged(t *testing.T) {
	t.Parallel()
	for op, call := range chargeCalls {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := &shop{charge: answeringJSON(200, paidJSON), lookUp: answeringJSON(404, noneJSON)}
			client := newClient(t, s)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			p, err := call(ctx, client)
			require.Equal(t, notCharged, outcomeOf(t, p, err))
			require.ErrorIs(t, err, context.Canceled)

			_, err = client.Token(t.Context())
			require.NoError(t, err)
			p, err = call(ctx, client) // with a token at hand
			require.Equal(t, notCharged, outcomeOf(t, p, err))
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, s.charges.Load())
		})
	}
}

func TestChargeWithoutAConnectionIsNotCharged(t *testing.T) {
	t.Parallel()
	// The sign-in is answered in place; the charge goes to a port nobody listens on.
	real := &http.Transport{}
	t.Cleanup(real.CloseIdleConnections)
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return httpmock.NewStringResponse(200, signInJSON), nil
		}
		return real.RoundTrip(r)
	})
	for op, call := range chargeCalls {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			p, err := call(t.Context(), newClient(t, transport, iamport.WithBaseURL("http://127.0.0.1:1")))
			require.Equal(t, notCharged, outcomeOf(t, p, err), "%v", err)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		})
	}
}
