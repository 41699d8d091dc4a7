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
	"github.com/iamport-go/iamport/internal/clienttest"
)

// serve answers every call but the sign-in by handle.
func serve(t testing.TB, handle http.HandlerFunc, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/users/getToken" {
			_, _ = w.Write([]byte(clienttest.SignInJSON))
			return
		}
		handle(w, r)
	}))
	t.Cleanup(ts.Close)
	c, err := iamport.NewClient("key", "secret", append([]iamport.Option{iamport.WithBaseURL(ts.URL), iamport.WithSettleWindow(0)}, opts...)...)
	require.NoError(t, err)
	return c
}

// packed is a text compressed, for servers whose few kilobytes are megabytes: prefix,
// then unit as often as makes size bytes, then suffix.
func packed(t testing.TB, prefix, unit string, size int, suffix string) []byte {
	t.Helper()
	// One gzip file after another is the text of both, so a block is compressed once.
	block := compressed(t, strings.Repeat(unit, max(1, (1<<20)/len(unit))))
	body := compressed(t, prefix)
	for written := 0; written < size; written += 1 << 20 {
		body = append(body, block...)
	}
	return append(body, compressed(t, suffix)...)
}

func compressed(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

const (
	listed   = `{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[`
	tooDeep  = "nested deeper than 32 levels"
	tooLong  = "a list in the answer has more than 10000 items"
	tooMany  = "more than 200000 values"
	tooLarge = "larger than 4 MiB"
	longText = "a text in the answer is longer than 1 MiB"
)

// beyondTheBounds are answers that decode to far more than their size, with the bound
// that each of them exceeds.
func beyondTheBounds(t testing.TB) map[string]struct {
	body []byte
	want string
} {
	const long = 6 << 20 // more than Size, so that no bound hides another one
	type answer = struct {
		body []byte
		want string
	}
	lists := `[` + strings.Repeat("{},", 9_000) + `{}],`
	return map[string]answer{
		"empty objects":       {packed(t, listed, "{},", long, `{}]}}`), tooLong},
		"nulls":               {packed(t, listed, "null,", long, `null]}}`), tooLong},
		"numbers":             {packed(t, listed, "1,", long, `1]}}`), tooLong},
		"refunds":             {packed(t, listed+`{"cancel_history":[`, "{},", long, `{}]}]}}`), tooLong},
		"members":             {packed(t, `{"code":0,"message":null,"response":{`, `"list":[{}],`, long, `"total":1}}`), tooLong},
		"responses":           {packed(t, `{"code":0,`, `"response":{"list":[{}]},`, long, `"message":null}`), tooLong},
		"lists of refunds":    {packed(t, listed, `{"cancel_history":`+lists[:len(lists)-1]+`},`, long, `{}]}}`), tooMany},
		"lists in members":    {packed(t, `{"code":0,"message":null,"response":{`, `"list":`+lists, long, `"total":1}}`), tooMany},
		"nesting":             {packed(t, listed, "[", long, ``), tooDeep},
		"nested objects":      {packed(t, listed, `{"a":`, long, ``), tooDeep},
		"one text":            {packed(t, `{"code":-1,"message":"`, "1234-1234-", long, `","response":null}`), longText},
		"one name":            {packed(t, listed+`{"`, "a", long, `":1}]}}`), longText},
		"spaces":              {packed(t, listed, " ", 64<<20, `]}}`), tooLarge},
		"no UTF-8":            {packed(t, listed, `{"name":"`+strings.Repeat("\xff", 10_000)+`"},`, 3<<20, `{}]}}`), tooLarge},
		"digits":              {packed(t, listed+`{"amount":`, "1", long, `}]}}`), tooLarge},
		"texts":               {packed(t, listed, `{"name":"`+strings.Repeat("a", 100_000)+`"},`, long, `{}]}}`), tooLarge},
		"names of one answer": {packed(t, listed+`{"a":1`, `,"`+strings.Repeat("a", 5_000)+`":1`, long, `}]}}`), tooLarge},
	}
}

// withinTheBounds are answers that decode to as much as the bounds allow. One member of
// another type than expected makes the client decode an answer a second time.
func withinTheBounds(t testing.TB) map[string][]byte {
	const most = 4<<20 - 64<<10
	text := func(unit string) string { return `{"name":"` + strings.Repeat(unit, 1_000_000/len(unit)) + `"},` }
	many := `[` + strings.Repeat("{},", 9_998) + `{"name":1}]`
	refunds := `{"cancel_history":[` + strings.Repeat("{},", 9_998) + `{}]},`
	return map[string][]byte{
		"lists again": compressed(t, `{"code":0,"message":null,"response":{`+strings.Repeat(`"list":`+many+`,`, 3)+`"total":1}}`),
		"refunds":     compressed(t, listed+strings.Repeat(refunds, 9)+`{"name":1}]}}`),
		"texts":       compressed(t, listed+strings.Repeat(text("a"), 4)+`{"name":1}]}}`),
		"digits":      compressed(t, listed+`{"amount":`+strings.Repeat("1", most)+`}]}}`),
		"members":     compressed(t, listed+`{"name":1`+strings.Repeat(`,"`+strings.Repeat("k", 410)+`":1`, 9_900)+`}]}}`),
	}
}

// An answer that exceeds a bound is not read further: a read fails, and a change is
// unknown.
func TestAnswersBeyondTheBounds(t *testing.T) {
	t.Parallel()
	for name, answer := range beyondTheBounds(t) {
		c := serveGzip(t, answer.body)
		_, err := c.Unschedule(t.Context(), iamport.UnscheduleRequest{CustomerUID: "c", All: true})
		require.ErrorContains(t, err, answer.want, name)
		require.ErrorAs(t, err, new(*iamport.OutcomeUnknownError), name)
		if name != "empty objects" { // one is enough: a read is tried again after a pause
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err = c.ListCustomerPayments(ctx, "c", 0)
		cancel()
		require.ErrorContains(t, err, answer.want, name)
	}
}

// Eight hostile answers are read at once, of each kind, and the heap stays small.
func TestHeapUnderHostileAnswers(t *testing.T) { //nolint:paralleltest // It measures the heap of the process.
	if raced {
		t.Skip("the race detector has a heap of its own")
	}
	kinds := withinTheBounds(t)
	for name, answer := range beyondTheBounds(t) {
		kinds[name+" beyond the bounds"] = answer.body
	}
	for name, body := range kinds {
		c := serveGzip(t, body)
		_, err := c.Token(t.Context())
		require.NoError(t, err)
		runtime.GC()
		stop, peak := watchHeap()
		var readers sync.WaitGroup
		for i := range 8 {
			readers.Go(func() {
				// A change is not tried again. A read is, unless its answer can be decoded.
				if i%2 == 0 || strings.HasSuffix(name, "beyond the bounds") {
					_, _ = c.Unschedule(t.Context(), iamport.UnscheduleRequest{CustomerUID: "c", All: true})
				} else {
					_, err := c.ListCustomerPayments(t.Context(), "c", 0)
					require.NoError(t, err, name)
				}
			})
		}
		readers.Wait()
		close(stop)
		highest := <-peak
		t.Logf("%-24s %6d bytes sent, heap at most %4d MiB", name, len(body), highest>>20)
		require.LessOrEqual(t, highest, uint64(256<<20), name)
	}
}

// serveGzip answers every call but the sign-in by one compressed body.
func serveGzip(t testing.TB, body []byte) *iamport.Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	}, iamport.WithTimeout(30*time.Second))
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
		`"cancel_receipt_urls":["https:\/\/a.example","https:\/\/b.example"]%[2]s}`, text, strings.Repeat(`,"unknown_field":null`, 50))
	list := make([]string, 1000)
	for i := range list {
		list[i] = fmt.Sprintf(payment, i, i)
	}
	body := `{"code":0,"message":null,"response":{"total":1000,"previous":0,"next":0,"list":[` + strings.Join(list, ",") + `]}}`
	require.Greater(t, len(body), 1<<20)
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
	n := 0
	for p, err := range c.Payments(t.Context(), iamport.PaymentQuery{PageSize: 1000}) {
		require.NoError(t, err)
		require.Equal(t, iamport.KRW(2000), p.Remaining())
		n++
	}
	require.Equal(t, 1000, n)
}
