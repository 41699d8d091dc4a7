package iamport_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// benchServer answers every charge with the guide's payment, over a real port.
func benchServer(b *testing.B) (url string, answer []byte) {
	b.Helper()
	answer = []byte(readBenchAnswer(b))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		if r.URL.Path == "/users/getToken" {
			_, _ = io.WriteString(w, clienttest.SignInJSON)
			return
		}
		_, _ = w.Write(benchAnswer(answer, request))
	}))
	b.Cleanup(server.Close)
	return server.URL, answer
}

func readBenchAnswer(b *testing.B) string {
	b.Helper()
	data, err := os.ReadFile("internal/wire/testdata/again_guide.http")
	require.NoError(b, err)
	_, answer, ok := strings.Cut(string(data), "---\n200\n")
	require.True(b, ok)
	return answer
}

// benchAnswer returns the answer for the order of a request. Each charge has an order of its
// own, as in life: the journal keeps all attempts of an order.
func benchAnswer(answer, request []byte) []byte {
	_, order, _ := bytes.Cut(request, []byte(`"merchant_uid":"`))
	if len(order) < len(benchRequest.MerchantUID) {
		return answer
	}
	return bytes.Replace(answer, []byte(benchRequest.MerchantUID), order[:len(benchRequest.MerchantUID)], 1)
}

// benchOrder returns an order number as long as that of benchRequest.
func benchOrder(n int) string { return fmt.Sprintf("order_id_%07d", n) }

var benchRequest = iamport.AgainRequest{
	CustomerUID: "your-customer-unique-id", MerchantUID: "order_id_8237352", Amount: iamport.KRW(3000),
}

// BenchmarkAgain is a charge through the client, on one connection.
func BenchmarkAgain(b *testing.B) {
	url, _ := benchServer(b)
	client, err := iamport.NewClient("k", "s", iamport.WithBaseURL(url))
	require.NoError(b, err)
	b.ReportAllocs()
	request := benchRequest
	for n := 0; b.Loop(); n++ {
		request.MerchantUID = benchOrder(n)
		if _, err := client.Again(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAgainByHand is the same charge written directly with net/http, with a
// struct of the few fields that a merchant reads, no checks and a fixed token.
func BenchmarkAgainByHand(b *testing.B) {
	url, _ := benchServer(b)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		body, err := json.Marshal(map[string]any{
			"customer_uid": benchRequest.CustomerUID, "merchant_uid": benchOrder(n), "amount": 3000,
		})
		if err != nil {
			b.Fatal(err)
		}
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url+"/subscribe/payments/again", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer token")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		var answer struct {
			Code     int
			Message  string
			Response struct {
				ImpUID string `json:"imp_uid"`
				Status string
				Amount json.Number
			}
		}
		err = json.NewDecoder(resp.Body).Decode(&answer)
		_ = resp.Body.Close()
		if err != nil || answer.Response.Status != "paid" {
			b.Fatal(err, answer)
		}
	}
}

// BenchmarkAgainWithoutNetwork measures the client alone.
func BenchmarkAgainWithoutNetwork(b *testing.B) {
	answer := []byte(readBenchAnswer(b))
	client := clienttest.NewClient(b, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		body := []byte(clienttest.SignInJSON)
		if r.URL.Path != "/users/getToken" {
			request, _ := io.ReadAll(r.Body)
			body = benchAnswer(answer, request)
		}
		return &http.Response{
			StatusCode: 200, Header: http.Header{}, Request: r,
			ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
		}, nil
	}))
	b.ReportAllocs()
	request := benchRequest
	for n := 0; b.Loop(); n++ {
		request.MerchantUID = benchOrder(n)
		if _, err := client.Again(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkToken is the hot path that every goroutine takes.
func BenchmarkToken(b *testing.B) {
	url, _ := benchServer(b)
	client, err := iamport.NewClient("k", "s", iamport.WithBaseURL(url))
	require.NoError(b, err)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.Token(b.Context()); err != nil {
				b.Error(err)
			}
		}
	})
}
