package hostile_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

const token = `{"code":0,"message":null,"response":{"access_token":"t","now":1512446940,"expired_at":1512448740}}`

// serve answers every call but the sign-in by handle.
func serve(t testing.TB, handle http.HandlerFunc, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/users/getToken" {
			_, _ = w.Write([]byte(token))
			return
		}
		handle(w, r)
	}))
	t.Cleanup(ts.Close)
	c, err := iamport.NewClient("key", "secret", append([]iamport.Option{iamport.WithBaseURL(ts.URL), iamport.WithSettleWindow(0)}, opts...)...)
	require.NoError(t, err)
	return c
}

// packed is text compressed, for servers whose few kilobytes are gigabytes.
func packed(t testing.TB, prefix, unit string, size int, suffix string) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	require.NoError(t, err)
	block := []byte(strings.Repeat(unit, max(1, (1<<20)/len(unit))))
	_, err = z.Write([]byte(prefix))
	require.NoError(t, err)
	for written := 0; written < size; written += len(block) {
		_, err = z.Write(block)
		require.NoError(t, err)
	}
	_, err = z.Write([]byte(suffix))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// hostileAnswers are bodies that decode to far more than they weigh.
func hostileAnswers(t testing.TB) map[string][]byte {
	const page = `{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[`
	const huge = 64 << 20
	return map[string][]byte{
		"empty objects":          packed(t, page, "{},", huge, `{}]}}`),
		"empty objects that fit": packed(t, page, "{},", 5<<20, `{}]}}`),
		"nulls":                  packed(t, page, "null,", huge, `null]}}`),
		"refunds that fit":       packed(t, page+`{"cancel_history":[`, "{},", 5<<20, `{}]}]}}`),
		"numbers that fit":       packed(t, page, "1,", 5<<20, `1]}}`),
		"nesting":                packed(t, page, "[", huge, ``),
		"nested objects":         packed(t, page, `{"a":`, huge, ``),
		"one text":               packed(t, `{"code":-1,"message":"`, "1234-1234-", huge, `","response":null}`),
		"one text that fits":     packed(t, `{"code":-1,"message":"`, "1234-1234-", 7<<20, `","response":null}`),
		"members":                packed(t, `{"code":0,"message":null,"response":{`, `"list":[{}],`, huge, `"total":1}}`),
		"members that fit":       packed(t, `{"code":0,"message":null,"response":{`, `"list":[{}],`, 7<<20, `"total":1}}`),
		"envelopes":              packed(t, `{"code":0,`, `"response":{"list":[{}]},`, 7<<20, `"message":null}`),
		"spaces":                 packed(t, page, " ", huge, `]}}`),
		"one key":                packed(t, page+`{"`, "a", 7<<20, `":1}]}}`),
	}
}

// Eight hostile answers are read at once, of each kind, and the heap stays small.
func TestHeapUnderHostileAnswers(t *testing.T) { //nolint:paralleltest // It measures the heap of the process.
	answers := hostileAnswers(t)
	var body []byte
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	}, iamport.WithTimeout(time.Second))
	_, err := c.Token(t.Context())
	require.NoError(t, err)
	for name, answer := range answers {
		body = answer
		runtime.GC()
		stop, peak := watchHeap()
		var readers sync.WaitGroup
		for i := range 8 {
			readers.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
				defer cancel()
				if i%2 == 0 {
					_, err := c.Again(ctx, iamport.AgainRequest{CustomerUID: "c", MerchantUID: fmt.Sprint("order-", i), Amount: iamport.KRW(1)})
					require.Error(t, err, name)
				} else {
					_, _ = c.ListCustomerPayments(ctx, "c", 0)
				}
			})
		}
		readers.Wait()
		close(stop)
		highest := <-peak
		t.Logf("%-24s %6d bytes sent, heap at most %4d MiB", name, len(answer), highest>>20)
		require.LessOrEqual(t, highest, uint64(256<<20), name)
	}
}

// watchHeap measures the heap until stop is closed, and then sends its highest size.
func watchHeap() (stop chan struct{}, peak chan uint64) {
	stop, peak = make(chan struct{}), make(chan uint64, 1)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		var highest uint64
		for {
			metrics.Read(sample)
			highest = max(highest, sample[0].Value.Uint64())
			select {
			case <-stop:
				peak <- highest
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return stop, peak
}

// A page of 1,000 payments with every field set is within the bounds.
func TestPageOfAThousandPayments(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("가나다라마바사아자차", 4)
	payment := fmt.Sprintf(`{"imp_uid":"imps_%%d","merchant_uid":"order_%%d","amount":3000,"cancel_amount":1000,"currency":"KRW","status":"cancelled",`+
		`"name":%[1]q,"buyer_name":%[1]q,"buyer_addr":%[1]q,"custom_data":%[1]q,"fail_reason":%[1]q,"receipt_url":"https:\/\/receipt.example\/%[1]s",`+
		`"user_agent":"iamport-go/0.1.0 (abcdefghijklmnopqrstuvwxyz)","cancel_history":[{"pg_tid":"a","amount":500,"reason":%[1]q},{"pg_tid":"b","amount":500}],`+
		`"cancel_receipt_urls":["https:\/\/a.example","https:\/\/b.example"]%[2]s}`, text, strings.Repeat(`,"unknown_field":null`, 30))
	list := make([]string, 1000)
	for i := range list {
		list[i] = fmt.Sprintf(payment, i, i)
	}
	body := `{"code":0,"message":null,"response":{"total":1000,"previous":0,"next":0,"list":[` + strings.Join(list, ",") + `]}}`
	require.Greater(t, len(body), 1<<20)
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
	n := 0
	for p, err := range c.Payments(t.Context(), iamport.PaymentQuery{Limit: 1000}) {
		require.NoError(t, err)
		require.Equal(t, iamport.KRW(2000), p.Remaining())
		n++
	}
	require.Equal(t, 1000, n)
}

// A message of megabytes is cut before it is searched for the card, so that the
// caller's deadline holds.
func TestLongMessageWithinTheDeadline(t *testing.T) {
	t.Parallel()
	body := packed(t, `{"code":-1,"message":"`, "1234-1234-1234-", 900<<10, `","response":null}`)
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := c.Onetime(ctx, iamport.OnetimeRequest{
		MerchantUID: "o", Amount: iamport.KRW(1), Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
	})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "1234-1234-1234-1234")
	require.NoError(t, ctx.Err())
}
