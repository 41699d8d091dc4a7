package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"encoding/json"
)

// fakeIamport answers at once: every charge is paid, and no order was charged before.
type fakeIamport func(merchantUID string)

func answers() *http.Client { return &http.Client{Transport: fakeIamport(func(string) {})} }

func (s fakeIamport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	text := s.answer(r.URL.Path, body)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)),
	}, nil
}

func (s fakeIamport) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, s.answer(r.URL.Path, body))
}

func (s fakeIamport) answer(path string, body []byte) string {
	switch path {
	case "/users/getToken":
		return `{"code":0,"message":null,"response":{"access_token":"` + strings.Repeat("a", 40) + `","now":1800000000,"expired_at":1800001800}}`
	case "/subscribe/payments/again":
		var asked struct {
			CustomerUID string          `json:"customer_uid"`
			MerchantUID string          `json:"merchant_uid"`
			Amount      json.RawMessage `json:"amount"`
		}
		if err := json.Unmarshal(body, &asked); err != nil {
			return ""
		}
		s(asked.MerchantUID)
		return fmt.Sprintf(`{"code":0,"message":null,"response":{"imp_uid":"imp_%s","merchant_uid":"%s","customer_uid":"%s","amount":%s,`+
			`"cancel_amount":0,"currency":"KRW","status":"paid","paid_at":1800000000,"sandbox":false}}`,
			asked.MerchantUID, asked.MerchantUID, asked.CustomerUID, asked.Amount)
	default:
		return `{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":[]}}`
	}
}
