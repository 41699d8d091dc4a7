package iamporttest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// BenchmarkCharge charges an order and looks it up, in a shop with 10,000 pending schedules. The time per charge does
// not grow with the number of payments, requests and schedules: -benchtime 10000x and 100000x give the same result.
func BenchmarkCharge(b *testing.B) {
	srv := iamporttest.NewServer(iamporttest.WithoutRequestLog())
	client := srv.Client()
	send := func(method, path, contentType, token, body string) []byte {
		r, err := http.NewRequestWithContext(b.Context(), method, "https://api.iamport.kr"+path, bytes.NewBufferString(body))
		require.NoError(b, err)
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", token)
		res, err := client.Do(r)
		require.NoError(b, err)
		text, err := io.ReadAll(res.Body)
		require.NoError(b, err)
		require.NoError(b, res.Body.Close())
		require.Equal(b, 200, res.StatusCode)
		return text
	}
	const (
		form = "application/x-www-form-urlencoded"
		json = "application/json"
	)
	answer := send("POST", "/users/getToken", form, "", "imp_key="+iamporttest.Key+"&imp_secret="+iamporttest.Secret)
	_, answer, _ = bytes.Cut(answer, []byte(`"access_token":"`))
	token := string(answer[:40])
	send("POST", "/subscribe/customers/c", json, token, `{"card_number":"1234123412341234","expiry":"2030-12"}`)
	at := srv.Now().Add(24 * time.Hour).Unix()
	for i := range 10000 {
		send("POST", "/subscribe/payments/schedule", json, token, fmt.Sprintf(
			`{"customer_uid":"c","schedules":[{"merchant_uid":"s%d","schedule_at":%d,"amount":1}]}`, i, at))
	}
	n := 0
	for b.Loop() {
		n++
		send("POST", "/subscribe/payments/again", json, token, fmt.Sprintf(`{"customer_uid":"c","merchant_uid":"m%d","amount":1}`, n))
		send("GET", fmt.Sprintf("/payments/findAll/m%d", n), "", token, "")
	}
	require.Equal(b, n, srv.TotalCharges())
}
