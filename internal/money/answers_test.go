package money_test

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
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestEveryAnswerToAChargeIsOneOutcome(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		charge func(*http.Request) (*http.Response, error)
		want   clienttest.Outcome
		check  func(*testing.T, error)
	}{
		"paid":                   {charge: clienttest.AnsweringJSON(200, clienttest.PaidJSON), want: clienttest.Paid},
		"paid with HTTP 201":     {charge: clienttest.AnsweringJSON(201, clienttest.PaidJSON), want: clienttest.Paid},
		"paid, code as a string": {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"code":0`, `"code":"0"`, 1)), want: clienttest.Paid},
		"paid, odd types": {charge: clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order-1",`+
			`"amount":"3000.00","status":"paid","card_type":"card","card_quota":"3","started_at":"1603417956","paid_at":1603417956.5,`+
			`"cancel_history":{},"promotion":[],"escrow":"false","bank_code":4,"brand_new":{"a":[1]}}}`), want: clienttest.Paid},
		"paid, nulls": {charge: clienttest.AnsweringJSON(200, `{"code":0,"response":{"status":"paid","imp_uid":"imps_1","merchant_uid":null,"amount":3000,"currency":null,"customer_uid":null,"started_at":null,"cancel_history":null}}`), want: clienttest.Paid},
		"declined as a payment": {charge: clienttest.AnsweringJSON(200, clienttest.FailedJSON), want: clienttest.NotCharged, check: func(t *testing.T, err error) {
			decline, ok := errors.AsType[*iamport.DeclinedError](err)
			require.True(t, ok)
			require.Equal(t, "imps_1", decline.Payment.ImpUID)
			require.Equal(t, "[2116]개인 월 한도금액 초과", decline.Reason)
			require.Equal(t, "2116", decline.PGCode)
		}},
		"declined as a message": {charge: clienttest.AnsweringJSON(200, `{"code":-1,"message":"\uacb0\uc81c\uc2b9\uc778\uc5d0 \uc2e4\ud328\ud558\uc600\uc2b5\ub2c8\ub2e4. [F113]\uac70\ub798\uac70\uc808","response":null}`), want: clienttest.NotCharged, check: func(t *testing.T, err error) {
			decline, ok := errors.AsType[*iamport.DeclinedError](err)
			require.True(t, ok)
			require.Nil(t, decline.Payment)
			require.Equal(t, "F113", decline.PGCode)
			require.Equal(t, "결제승인에 실패하였습니다. [F113]거래거절", decline.Reason)
			api, ok := errors.AsType[*iamport.Error](err)
			require.True(t, ok)
			require.Equal(t, -1, api.Code)
		}},
		"unknown customer_uid":    {charge: clienttest.AnsweringJSON(200, `{"code":1,"message":"\ub4f1\ub85d\ub418\uc9c0 \uc54a\uc740 \uad6c\ub9e4\uc790\uc785\ub2c8\ub2e4.","response":null}`), want: clienttest.NotCharged, check: isAPIError(200, 1, "등록되지 않은 구매자입니다.")},
		"HTTP 400 with a message": {charge: clienttest.AnsweringJSON(400, `{"code":-1,"message":"\uc774\ub2c8\uc2dc\uc2a4 \ube4c\ub9c1\uacb0\uc81c\ub294 \uc0c1\ud488\uba85\uc774 \ud544\uc218\uc785\ub2c8\ub2e4.","response":null}`), want: clienttest.NotCharged, check: isAPIError(400, -1, "이니시스 빌링결제는 상품명이 필수입니다.")},
		"HTTP 404 with a message": {charge: clienttest.AnsweringJSON(404, clienttest.NoneJSON), want: clienttest.NotCharged, check: isAPIError(404, -1, "존재하지 않는 결제정보입니다.")},
		"HTTP 429":                {charge: clienttest.AnsweringJSON(429, `{"code":-1,"message":"slow down","response":null}`), want: clienttest.NotCharged, check: func(t *testing.T, err error) { require.ErrorIs(t, err, iamport.ErrRateLimited) }},
		"HTTP 401 twice": {charge: clienttest.AnsweringJSON(401, `{"code":-1,"message":"Unauthorized","response":null}`), want: clienttest.NotCharged, check: func(t *testing.T, err error) {
			require.ErrorIs(t, err, iamport.ErrUnauthorized)
			isAPIError(401, -1, "Unauthorized")(t, err)
		}},

		"paid, without any id":       {charge: clienttest.AnsweringJSON(200, `{"code":0,"response":{"status":"paid","imp_uid":null,"merchant_uid":null,"amount":3000}}`), want: clienttest.Unknown},
		"HTTP 400 without a code":    {charge: clienttest.AnsweringJSON(400, `{"message":"name"}`), want: clienttest.Unknown},
		"HTTP 408 with a code":       {charge: clienttest.AnsweringJSON(408, `{"code":-1,"message":"time-out","response":null}`), want: clienttest.Unknown},
		"HTTP 429 with HTML":         {charge: clienttest.Answering(429, "text/html", `<html>slow down</html>`), want: clienttest.Unknown},
		"a gateway's 401":            {charge: clienttest.Answering(401, "text/html", `<html>secret-host</html>`), want: clienttest.Unknown, check: hidesBody},
		"HTTP 401, empty":            {charge: clienttest.Answering(401, "text/plain", ``), want: clienttest.Unknown},
		"HTTP 401, paid":             {charge: clienttest.AnsweringJSON(401, clienttest.PaidJSON), want: clienttest.Unknown},
		"HTTP 401, a code and paid":  {charge: clienttest.AnsweringJSON(401, strings.Replace(clienttest.PaidJSON, `"code":0`, `"code":1`, 1)), want: clienttest.Unknown},
		"HTTP 403 with HTML":         {charge: clienttest.Answering(403, "text/html", `<html>forbidden</html>`), want: clienttest.Unknown},
		"HTTP 500 with a message":    {charge: clienttest.AnsweringJSON(500, `{"code":-1,"message":"error","response":null}`), want: clienttest.Unknown},
		"HTTP 502 with HTML":         {charge: clienttest.Answering(502, "text/html", `<html>secret-host</html>`), want: clienttest.Unknown, check: hidesBody},
		"HTTP 504, empty":            {charge: clienttest.Answering(504, "text/plain", ``), want: clienttest.Unknown},
		"HTTP 302":                   {charge: clienttest.Answering(302, "text/html", ``), want: clienttest.Unknown},
		"HTTP 500, paid":             {charge: clienttest.AnsweringJSON(500, clienttest.PaidJSON), want: clienttest.Unknown},
		"HTTP 400, paid":             {charge: clienttest.AnsweringJSON(400, clienttest.PaidJSON), want: clienttest.Unknown},
		"an error and a paid one":    {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"code":0`, `"code":1`, 1)), want: clienttest.Unknown},
		"an empty body":              {charge: clienttest.AnsweringJSON(200, ``), want: clienttest.Unknown},
		"null":                       {charge: clienttest.AnsweringJSON(200, `null`), want: clienttest.Unknown},
		"an empty object":            {charge: clienttest.AnsweringJSON(200, `{}`), want: clienttest.Unknown},
		"response null":              {charge: clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":null}`), want: clienttest.Unknown},
		"no code":                    {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"code":0,`, ``, 1)), want: clienttest.Unknown},
		"code null":                  {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"code":0`, `"code":null`, 1)), want: clienttest.Unknown},
		"HTML with HTTP 200":         {charge: clienttest.Answering(200, "text/html", `<html>secret-host</html>`), want: clienttest.Unknown, check: hidesBody},
		"half of the JSON":           {charge: clienttest.AnsweringJSON(200, clienttest.PaidJSON[:60]), want: clienttest.Unknown},
		"a body cut at the start":    {charge: clienttest.Cut(""), want: clienttest.Unknown},
		"a body cut after 60 bytes":  {charge: clienttest.Cut(clienttest.PaidJSON[:60]), want: clienttest.Unknown},
		"a body cut before the end":  {charge: clienttest.Cut(clienttest.PaidJSON[:len(clienttest.PaidJSON)-1]), want: clienttest.Unknown},
		"status ready":               {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"paid"`, `"ready"`, 1)), want: clienttest.Unknown},
		"status cancelled":           {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"paid"`, `"cancelled"`, 1)), want: clienttest.Unknown},
		"a status of tomorrow":       {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"paid"`, `"settling"`, 1)), want: clienttest.Unknown},
		"status missing":             {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"status":"paid",`, ``, 1)), want: clienttest.Unknown},
		"another order":              {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"order-1"`, `"order-2"`, 1)), want: clienttest.Unknown},
		"another order, failed":      {charge: clienttest.AnsweringJSON(200, strings.Replace(clienttest.FailedJSON, `"order-1"`, `"order-2"`, 1)), want: clienttest.Unknown},
		"a reset connection":         {charge: clienttest.Failing(syscall.ECONNRESET), want: clienttest.Unknown, check: func(t *testing.T, err error) { require.ErrorIs(t, err, syscall.ECONNRESET) }},
		"a time-out":                 {charge: clienttest.Failing(context.DeadlineExceeded), want: clienttest.Unknown, check: func(t *testing.T, err error) { require.ErrorIs(t, err, context.DeadlineExceeded) }},
		"a transport's own mistake":  {charge: clienttest.Failing(errors.New("quotes the request")), want: clienttest.Unknown},
		"neither response nor error": {charge: func(*http.Request) (*http.Response, error) { return nil, nil }, want: clienttest.Unknown}, //nolint:nilnil // a broken transport
	}
	for name, test := range tests {
		for op, call := range clienttest.Charges {
			t.Run(name+"/"+op, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &clienttest.Shop{Charge: test.charge, LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON)}
					p, err := call(t.Context(), clienttest.NewClient(t, s, iamport.WithSettleWindow(0)))
					require.Equal(t, test.want, clienttest.OutcomeOf(t, p, err), "%v", err)
					if test.check != nil {
						test.check(t, err)
					}
					sends := int64(1)
					if name == "HTTP 401 twice" {
						sends = 2
					}
					require.Equal(t, sends, s.Charges.Load(), "a charge is sent once")
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
	for op, call := range clienttest.Charges {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, clienttest.PaidJSON), LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON)}
			client := clienttest.NewClient(t, s)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			p, err := call(ctx, client)
			require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err))
			require.ErrorIs(t, err, context.Canceled)

			_, err = client.Token(t.Context())
			require.NoError(t, err)
			p, err = call(ctx, client) // with a token at hand
			require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err))
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, s.Charges.Load())
		})
	}
}

func TestChargeWithoutAConnectionIsNotCharged(t *testing.T) {
	t.Parallel()
	// Only the sign-in gets a connection; everything after it goes to a port that
	// nobody listens on.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, clienttest.SignInJSON)
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
	for op, call := range clienttest.Charges {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			client := clienttest.NewClient(t, newTransport(t), options...)
			_, err := client.Token(t.Context())
			require.NoError(t, err)
			p, err := call(t.Context(), client)
			require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err), "%v", err)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)

			// A transport of another type may have sent it, whatever it says.
			wrapped := clienttest.Transport(newTransport(t).RoundTrip)
			client = clienttest.NewClient(t, wrapped, options...)
			_, err = client.Token(t.Context())
			require.NoError(t, err)
			p, err = call(t.Context(), client)
			require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err), "%v", err)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		})
	}
}
