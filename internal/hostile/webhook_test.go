package hostile_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

const (
	eventJSON = `{ "imp_uid": "imp_1234567890", "merchant_uid": "order_id_8237352", "status": "paid" }`
	paidJSON  = `{"code":0,"message":null,"response":{"imp_uid":"imp_1234567890","merchant_uid":"order_id_8237352",` +
		`"amount":3000,"currency":"KRW","status":"paid","cancel_amount":0}}`
)

// send sends an event to a webhook handler and returns the answer.
func send(h http.Handler, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request(body))
	return w
}

// request returns the request of an event.
func request(body string) *http.Request {
	r := httptest.NewRequest("POST", "/iamport/webhook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// recordOf returns a client whose API shows one payment, and counts the look-ups.
func recordOf(t *testing.T) (*iamport.Client, *atomic.Int64) {
	t.Helper()
	return clienttest.CountLookUps(t, 200, paidJSON)
}

// Ten thousand equal events make two look-ups and two calls of fn, one after another: one
// for the first event, and one for those that came while it was handled.
func TestFloodOfEqualEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, lookups := recordOf(t)
		var calls, inside atomic.Int64
		h := client.WebhookHandler(func(context.Context, *iamport.Event, *iamport.Payment) error {
			calls.Add(1)
			require.Equal(t, int64(1), inside.Add(1))
			time.Sleep(time.Second)
			inside.Add(-1)
			return nil
		})
		var wait sync.WaitGroup
		for n := range 10_000 {
			wait.Go(func() { require.Equal(t, 200, send(h, eventJSON).Code) })
			if n == 0 {
				synctest.Wait()
			}
		}
		wait.Wait()
		require.Equal(t, int64(2), lookups.Load())
		require.Equal(t, int64(2), calls.Load())
	})
}

// Events about one payment are handled one at a time, also if they differ.
func TestEventsOfOnePaymentOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, lookups := recordOf(t)
		var inside atomic.Int64
		h := client.WebhookHandler(func(context.Context, *iamport.Event, *iamport.Payment) error {
			require.Equal(t, int64(1), inside.Add(1))
			time.Sleep(time.Second)
			inside.Add(-1)
			return nil
		})
		var wait sync.WaitGroup
		for _, status := range []string{"ready", "paid", "cancelled", "failed"} {
			wait.Go(func() {
				require.Equal(t, 200, send(h, `{"imp_uid":"imp_1234567890","status":"`+status+`"}`).Code)
			})
		}
		start := time.Now()
		wait.Wait()
		require.Equal(t, 4*time.Second, time.Since(start))
		require.LessOrEqual(t, lookups.Load(), int64(2)) // one for the first, and one for those that came meanwhile
	})
}

// Ten thousand different events make no more look-ups than the limit allows, and take no
// memory that grows with them.
func TestFloodOfDifferentEvents(t *testing.T) { //nolint:paralleltest // It measures the heap of the process.
	synctest.Test(t, func(t *testing.T) {
		var inside, most, lookups atomic.Int64
		client := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/users/getToken" {
				return clienttest.JSON(200, clienttest.SignInJSON), nil
			}
			lookups.Add(1)
			most.Store(max(most.Load(), inside.Add(1)))
			time.Sleep(100 * time.Millisecond)
			inside.Add(-1)
			return clienttest.JSON(404, clienttest.NoneJSON), nil
		}))
		h := client.WebhookHandler(nil, iamport.WithWebhookLimit(20, 4), iamport.WithWebhookTimeout(5*time.Second))
		var heaps [3]int64 // after the first round it holds the descriptors of 10,000 goroutines
		for round := range heaps {
			lookups.Store(0)
			var busy atomic.Int64
			var wait sync.WaitGroup
			start := time.Now()
			for n := range 10_000 {
				wait.Go(func() {
					w := send(h, fmt.Sprintf(`{"imp_uid":"imp_%d_%d"}`, round, n))
					if w.Code == 503 {
						require.Equal(t, "5", w.Header().Get("Retry-After"))
						busy.Add(1)
					}
				})
			}
			wait.Wait()
			require.LessOrEqual(t, time.Since(start), 5*time.Second)
			require.InDelta(t, 4+20*5, lookups.Load(), 2)
			require.GreaterOrEqual(t, busy.Load(), 10_000-lookups.Load())
			require.LessOrEqual(t, most.Load(), int64(4))
			time.Sleep(time.Minute)
			var heap runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&heap)
			heaps[round] = int64(heap.HeapAlloc)
		}
		require.Less(t, heaps[2]-heaps[0], int64(8<<20)) // 20,000 events of 1 KiB would take more
	})
}

// A slow fn is answered 503 at the time-out, and its context ends. One that goes on holds
// its payment and no other.
func TestSlowWebhookFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, lookups := recordOf(t)
		stop := make(chan struct{})
		ended := make(chan time.Time, 10)
		h := client.WebhookHandler(func(ctx context.Context, _ *iamport.Event, _ *iamport.Payment) error {
			<-ctx.Done()
			ended <- time.Now()
			<-stop
			return nil
		}, iamport.WithWebhookTimeout(3*time.Second), iamport.WithWebhookTimeout(0))
		start := time.Now()
		require.Equal(t, 503, send(h, eventJSON).Code)
		require.Equal(t, 3*time.Second, time.Since(start))
		require.Equal(t, 3*time.Second, (<-ended).Sub(start))
		require.Equal(t, 503, send(h, eventJSON).Code)
		require.Equal(t, 6*time.Second, time.Since(start))
		require.Equal(t, int64(1), lookups.Load())
		close(stop)
		synctest.Wait()
	})
}

// A sender that closes the connection does not interrupt fn.
func TestSenderThatLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := recordOf(t)
		var done atomic.Bool
		h := client.WebhookHandler(func(ctx context.Context, _ *iamport.Event, _ *iamport.Payment) error {
			time.Sleep(2 * time.Second)
			done.Store(true)
			return ctx.Err()
		})
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		h.ServeHTTP(httptest.NewRecorder(), request(eventJSON).WithContext(ctx))
		time.Sleep(5 * time.Second)
		require.True(t, done.Load())
	})
}
