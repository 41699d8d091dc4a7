package iamport_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// stub is a transport that signs in, answers everything else by a function, and
// keeps what was sent.
type stub struct {
	// answer gets the number of the request, counted from 1.
	answer func(n int, r *http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []sentRequest
}

type sentRequest struct{ method, uri, body string }

func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/users/getToken" {
		return httpmock.NewStringResponse(200, signInJSON), nil
	}
	request := sentRequest{method: r.Method, uri: r.URL.RequestURI()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		request.body = string(body)
	}
	s.mu.Lock()
	s.sent = append(s.sent, request)
	n := len(s.sent)
	s.mu.Unlock()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(strings.NewReader(request.body))
	return s.answer(n, r)
}

// requests returns what was sent so far, sign-ins left out.
func (s *stub) requests() []sentRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent[:len(s.sent):len(s.sent)]
}

// always answers every request in one way.
func always(answer func(*http.Request) (*http.Response, error)) *stub {
	return &stub{answer: func(_ int, r *http.Request) (*http.Response, error) { return answer(r) }}
}

// charged answers a charge with a payment on the terms that it asks for.
func charged(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var asked struct {
		MerchantUID any             `json:"merchant_uid"`
		Amount      json.RawMessage `json:"amount"`
		Currency    string          `json:"currency"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	answer, err := json.Marshal(map[string]any{
		"imp_uid": "imps_1", "merchant_uid": asked.MerchantUID, "amount": asked.Amount,
		"currency": cmp.Or(asked.Currency, "KRW"), "cancel_amount": 0, "status": "paid",
	})
	if err != nil {
		return nil, err
	}
	return answeringJSON(200, response(string(answer)))(r)
}

// recordOf is one record of order-1 in the answer of findAll, with the mark of an
// attempt unless that is "".
func recordOf(impUID, status, mark string) string {
	agent := "null"
	if mark != "" {
		agent = fmt.Sprintf(`"iamport-go/%s (%s)"`, iamport.Version, mark)
	}
	return fmt.Sprintf(`{"imp_uid":%q,"merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":"KRW","status":%q,`+
		`"fail_reason":"[2116] limit","customer_uid":null,"user_agent":%s}`, impUID, status, agent)
}

// listing answers findAll with these records.
func listing(list ...string) func(*http.Request) (*http.Response, error) {
	return answeringJSON(200, response(fmt.Sprintf(`{"total":%d,"previous":0,"next":0,"list":[%s]}`, len(list), strings.Join(list, ","))))
}

const (
	againRoute   = "POST /subscribe/payments/again"
	findAllRoute = "GET /payments/findAll/{merchant_uid}"
)

var order1 = iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: "order-1", Amount: iamport.KRW(3000)}

func sandboxClient(t testing.TB, srv *iamporttest.Server, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append(opts, iamport.WithHTTPClient(srv.Client()))...)
	require.NoError(t, err)
	return client
}

// ensureShop is a sandbox with a card stored under cu-1.
func ensureShop(t *testing.T, opts ...iamport.Option) (*iamporttest.Server, *iamport.Client) {
	t.Helper()
	srv := iamporttest.NewServer()
	client := sandboxClient(t, srv, opts...)
	_, err := client.RegisterCustomer(t.Context(), "cu-1", iamport.RegisterCustomerRequest{
		Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
	})
	require.NoError(t, err)
	return srv, client
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

// response is the envelope of a success.
func response(body string) string { return `{"code":0,"message":null,"response":` + body + `}` }

// collect takes all items of a walk up to its error.
func collect[T any](items iter.Seq2[T, error]) (list []T, err error) {
	for item, err := range items {
		if err != nil {
			return list, err
		}
		list = append(list, item)
	}
	return list, nil
}

// apiError asserts that err is an *Error and returns it.
func apiError(t *testing.T, err error) *iamport.Error {
	t.Helper()
	var api *iamport.Error
	require.ErrorAs(t, err, &api)
	return api
}

// outcomeUnknown asserts that err is an *OutcomeUnknownError and returns it.
func outcomeUnknown(t *testing.T, err error) *iamport.OutcomeUnknownError {
	t.Helper()
	var lost *iamport.OutcomeUnknownError
	require.ErrorAs(t, err, &lost)
	for _, sentinel := range []error{iamport.ErrNotCharged, iamport.ErrUnauthorized, iamport.ErrNotFound, iamport.ErrRateLimited} {
		require.NotErrorIs(t, err, sentinel)
	}
	require.Error(t, lost.Err)
	return lost
}
