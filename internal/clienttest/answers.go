package clienttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/iamport-go/iamport"
)

// Answers about order-1.
const (
	// PaidJSON is a payment of 3,000 won.
	PaidJSON = `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":"KRW","status":"paid","started_at":946684800,"paid_at":946684800,"failed_at":0,"fail_reason":null,"customer_uid":null,"card_type":1}}`
	// FailedJSON is a payment that the card company declined.
	FailedJSON = `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":"KRW","status":"failed","started_at":946684800,"paid_at":0,"failed_at":946684800,"fail_reason":"[2116]\uac1c\uc778 \uc6d4 \ud55c\ub3c4\uae08\uc561 \ucd08\uacfc","customer_uid":null}}`
	// NoneJSON is the API's "not found".
	NoneJSON = `{"code":-1,"message":"\uc874\uc7ac\ud558\uc9c0 \uc54a\ub294 \uacb0\uc81c\uc815\ubcf4\uc785\ub2c8\ub2e4.","response":null}`
)

// JSON is a response as the API sends it.
func JSON(status int, body string) *http.Response {
	return respond(status, "application/json; charset=UTF-8", body)
}

func respond(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {contentType}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// Answering answers everything, a sign-in too, with one response.
func Answering(status int, contentType, body string) Transport {
	return func(*http.Request) (*http.Response, error) { return respond(status, contentType, body), nil }
}

// AnsweringJSON answers everything, a sign-in too, with one JSON response.
func AnsweringJSON(status int, body string) Transport {
	return func(*http.Request) (*http.Response, error) { return JSON(status, body), nil }
}

// Failing returns err instead of an answer.
func Failing(err error) Transport {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// Cut answers with the beginning of a body and then breaks the connection.
func Cut(body string) Transport {
	return func(*http.Request) (*http.Response, error) {
		resp := JSON(200, "")
		resp.Header, resp.ContentLength = http.Header{}, -1
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), brokenReader{}))
		return resp, nil
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Envelope puts the response of a success into its envelope.
func Envelope(response string) string {
	return `{"code":0,"message":null,"response":` + response + `}`
}

// Charged answers a charge with a payment on its terms.
func Charged(r *http.Request) (*http.Response, error) {
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
	return JSON(200, Envelope(string(answer))), nil
}

// RecordOf is one record of order-1 in the answer of findAll, with the mark of an
// attempt unless that is "".
func RecordOf(impUID, status, mark string) string {
	userAgent := "null"
	if mark != "" {
		userAgent = fmt.Sprintf(`"iamport-go/%s (%s)"`, iamport.Version, mark)
	}
	return fmt.Sprintf(`{"imp_uid":%q,"merchant_uid":"order-1","amount":3000,"cancel_amount":0,"currency":"KRW","status":%q,`+
		`"fail_reason":"[2116] limit","customer_uid":null,"user_agent":%s}`, impUID, status, userAgent)
}

// Listing answers findAll with these records.
func Listing(records ...string) Transport {
	return AnsweringJSON(200, Envelope(fmt.Sprintf(`{"total":%d,"previous":0,"next":0,"list":[%s]}`, len(records), strings.Join(records, ","))))
}

// CountLookUps returns a client whose API answers every call but the sign-in with one
// response, and the number of these calls.
func CountLookUps(t testing.TB, status int, body string) (*iamport.Client, *atomic.Int64) {
	t.Helper()
	calls := new(atomic.Int64)
	return NewClient(t, Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return JSON(200, SignInJSON), nil
		}
		calls.Add(1)
		return JSON(status, body), nil
	})), calls
}
