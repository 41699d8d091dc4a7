package iamport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

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
	if _, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		require.Equal(t, "order-1", outcomeUnknown(t, err).MerchantUID)
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
		"paid, nulls": {charge: answeringJSON(200, `{"code":0,"response":{"status":"paid","imp_uid":"imps_1","merchant_uid":null,"amount":3000,"currency":null,"customer_uid":null,"started_at":null,"cancel_history":null}}`), want: paid},
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
		"HTTP 404 with a message": {charge: answeringJSON(404, noneJSON), want: notCharged, check: isAPIError(404, -1, "존재하지 않는 결제정보입니다.")},
		"HTTP 429":                {charge: answeringJSON(429, `{"code":-1,"message":"slow down","response":null}`), want: notCharged, check: func(t *testing.T, err error) { require.ErrorIs(t, err, iamport.ErrRateLimited) }},
		"HTTP 401 twice": {charge: answeringJSON(401, `{"code":-1,"message":"Unauthorized","response":null}`), want: notCharged, check: func(t *testing.T, err error) {
			require.ErrorIs(t, err, iamport.ErrUnauthorized)
			isAPIError(401, -1, "Unauthorized")(t, err)
		}},

		"paid, without any id":       {charge: answeringJSON(200, `{"code":0,"response":{"status":"paid","imp_uid":null,"merchant_uid":null,"amount":3000}}`), want: unknown},
		"HTTP 400 without a code":    {charge: answeringJSON(400, `{"message":"name"}`), want: unknown},
		"HTTP 408 with a code":       {charge: answeringJSON(408, `{"code":-1,"message":"time-out","response":null}`), want: unknown},
		"HTTP 429 with HTML":         {charge: answering(429, "text/html", `<html>slow down</html>`), want: unknown},
		"a gateway's 401":            {charge: answering(401, "text/html", `<html>secret-host</html>`), want: unknown, check: hidesBody},
		"HTTP 401, empty":            {charge: answering(401, "text/plain", ``), want: unknown},
		"HTTP 401, paid":             {charge: answeringJSON(401, paidJSON), want: unknown},
		"HTTP 401, a code and paid":  {charge: answeringJSON(401, strings.Replace(paidJSON, `"code":0`, `"code":1`, 1)), want: unknown},
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
					if name == "HTTP 401 twice" {
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
	// Only the sign-in gets a connection; everything after it goes to a port that
	// nobody listens on.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, signInJSON)
	}))
	t.Cleanup(server.Close)
	newTransport := func(t *testing.T) *http.Transport {
		var dials atomic.Int64
		transport := &http.Transport{DisableKeepAlives: true}
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials.Add(1) > 1 {
				address = "127.0.0.1:1"
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		t.Cleanup(transport.CloseIdleConnections)
		return transport
	}
	options := []iamport.Option{iamport.WithBaseURL(server.URL), iamport.WithSettleWindow(0)}
	for op, call := range chargeCalls {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, newTransport(t), options...)
			_, err := client.Token(t.Context())
			require.NoError(t, err)
			p, err := call(t.Context(), client)
			require.Equal(t, notCharged, outcomeOf(t, p, err), "%v", err)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)

			// A transport of another type may have sent it, whatever it says.
			wrapped := roundTripper(newTransport(t).RoundTrip)
			client = newClient(t, wrapped, options...)
			_, err = client.Token(t.Context())
			require.NoError(t, err)
			p, err = call(t.Context(), client)
			require.Equal(t, unknown, outcomeOf(t, p, err), "%v", err)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		})
	}
}
