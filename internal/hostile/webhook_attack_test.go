package hostile_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func okFn(context.Context, *iamport.Event, *iamport.Payment) error { return nil }

func answerOf(h http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// A panic of the transport in a look-up must not end the process.
func TestWebhookLookUpThatPanics(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return clienttest.JSON(200, clienttest.SignInJSON), nil
		}
		panic("transport")
	}))
	require.Equal(t, 502, send(client.WebhookHandler(okFn), eventJSON).Code)
}

// A record without its merchant_uid is an incomplete answer of the API, and no proof of a forgery.
func TestWebhookRecordWithoutItsOrder(t *testing.T) {
	t.Parallel()
	for _, record := range []string{`{"imp_uid":"imp_1234567890","merchant_uid":null,"status":"paid"}`, `{"imp_uid":"imp_1234567890"}`} {
		client, _ := clienttest.CountLookUps(t, 200, clienttest.Envelope(record))
		require.Equal(t, 502, send(client.WebhookHandler(okFn), eventJSON).Code, record)
	}
}

// A request without a body is no event.
func TestWebhookWithoutABody(t *testing.T) {
	t.Parallel()
	client, _ := recordOf(t)
	r, err := http.NewRequest("POST", "/", nil)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	require.Equal(t, 400, answerOf(client.WebhookHandler(okFn), r))
}

// The default limit, and one value of WithWebhookLimit alone.
func TestWebhookLimits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		opts    []iamport.WebhookOption
		lookups int
	}{
		{nil, 16 + 10*50},
		{[]iamport.WebhookOption{iamport.WithWebhookLimit(0, 3)}, 3 + 10*50},
		{[]iamport.WebhookOption{iamport.WithWebhookLimit(1, 0)}, 16 + 10*1},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, lookups := clienttest.CountLookUps(t, 404, clienttest.NoneJSON)
			h := client.WebhookHandler(okFn, test.opts...)
			for n := range 1000 {
				go send(h, fmt.Sprintf(`{"imp_uid":"imp_%d"}`, n))
			}
			time.Sleep(time.Minute)
			require.InDelta(t, test.lookups, lookups.Load(), 1)
		})
	}
}

// An API that is slower than the time-out: 503, and iamport may send the event again.
func TestWebhookOfASlowAPI(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, 503, send(slowRecord(t).WebhookHandler(okFn, iamport.WithWebhookTimeout(90*time.Millisecond)), eventJSON).Code)
		require.Equal(t, 200, send(slowRecord(t).WebhookHandler(okFn, iamport.WithWebhookTimeout(110*time.Millisecond)), eventJSON).Code)
		time.Sleep(time.Minute)
	})
}

// Events that differ in any member do not share a call.
func TestOnlyEqualEventsShareACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := recordOf(t)
		var calls atomic.Int64
		h := client.WebhookHandler(func(context.Context, *iamport.Event, *iamport.Payment) error {
			calls.Add(1)
			time.Sleep(time.Second)
			return nil
		})
		for _, members := range []string{
			``, ``, `,"status":"paid"`, `,"status":"paid"`, `,"status":"ready"`, `,"customer_uid":"paid"`, `,"cancellation_id":"paid"`,
			`,"x":"paid"`, `,"x":"paid"`, `,"y":"paid"`, `,"status":"a b"`, `,"status":"a","customer_uid":"b"`,
		} {
			go send(h, `{"imp_uid":"imp_1234567890"`+members+`}`)
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		require.Equal(t, int64(10), calls.Load()) // the first one twice: it had begun
	})
}

// A panic is logged with its place, and without its value.
func TestPanicOfAWebhookIsLogged(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	client := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return clienttest.JSON(200, clienttest.SignInJSON), nil
		}
		return clienttest.JSON(200, paidJSON), nil
	}), iamport.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))))
	h := client.WebhookHandler(func(context.Context, *iamport.Event, *iamport.Payment) error { panic("secret") })
	require.Equal(t, 500, send(h, eventJSON).Code)
	require.Contains(t, log.String(), `level=ERROR msg="iamport webhook panicked" type=string stack=`)
	require.Contains(t, log.String(), "webhook_attack_test.go")
	require.NotContains(t, log.String(), "secret")
}

// slowRecord returns a client whose API needs 100 ms to show the paid payment.
func slowRecord(t *testing.T) *iamport.Client {
	t.Helper()
	return clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return clienttest.JSON(200, clienttest.SignInJSON), nil
		}
		time.Sleep(100 * time.Millisecond)
		return clienttest.JSON(200, paidJSON), nil
	}))
}

// Forged events of a payment, 15 a second, do not keep its true event out.
func TestForgedEventsDoNotKeepTheTrueOneOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		h := slowRecord(t).WebhookHandler(func(context.Context, *iamport.Event, *iamport.Payment) error { calls.Add(1); return nil })
		for n := range 150 {
			go send(h, fmt.Sprintf(`{"imp_uid":"imp_1234567890","merchant_uid":"x%d"}`, n))
		}
		synctest.Wait()
		start := time.Now()
		code := send(h, eventJSON).Code
		took := time.Since(start)
		time.Sleep(time.Minute)
		require.Equal(t, 200, code, "after %s", took)
		require.Equal(t, int64(1), calls.Load())
	})
}

// Different events of one payment that wait are bounded, like those of different payments.
func TestFloodOfDifferentEventsOfOnePayment(t *testing.T) { // not parallel: it counts all goroutines
	synctest.Test(t, func(t *testing.T) {
		h := slowRecord(t).WebhookHandler(okFn)
		before := runtime.NumGoroutine()
		for n := range 10_000 {
			ctx, leave := context.WithCancel(t.Context())
			go h.ServeHTTP(httptest.NewRecorder(), request(fmt.Sprintf(`{"imp_uid":"imp_1234567890","x":%d}`, n)).WithContext(ctx))
			if n%2 == 0 {
				leave() // the sender closes the connection: the run goes on
			}
			defer leave()
		}
		synctest.Wait()
		waiting := runtime.NumGoroutine() - before
		time.Sleep(time.Minute)
		require.LessOrEqual(t, waiting, 2*1000)
	})
}

// An equal event that arrives later is not answered 503 at the deadline of an earlier one.
func TestEqualEventHasItsOwnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := recordOf(t)
		var calls atomic.Int64
		h := client.WebhookHandler(func(ctx context.Context, _ *iamport.Event, _ *iamport.Payment) error {
			if calls.Add(1) == 1 {
				time.Sleep(10500 * time.Millisecond) // the first run is slow
			}
			return ctx.Err()
		})
		go send(h, eventJSON) // the slow one
		time.Sleep(100 * time.Millisecond)
		go send(h, eventJSON) // waits, until 10.1 s
		time.Sleep(9 * time.Second)
		start := time.Now()
		code := send(h, eventJSON).Code // shares that run, could wait until 19.1 s
		took := time.Since(start)
		time.Sleep(time.Minute)
		require.Equal(t, 200, code, "answered after %s", took)
	})
}

// A callback for forged events that ends its goroutine does not change the answer.
func TestForgedCallbackThatEnds(t *testing.T) {
	t.Parallel()
	client, _ := clienttest.CountLookUps(t, 404, clienttest.NoneJSON)
	h := client.WebhookHandler(okFn, iamport.WithForged(func(context.Context, iamport.Forgery) { runtime.Goexit() }))
	require.Equal(t, 200, send(h, eventJSON).Code)
}

// WithWebhookIPs does not write to the slice of its caller, and keeps no reference to it.
func TestWebhookIPsAreCopied(t *testing.T) {
	t.Parallel()
	list := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	_ = iamport.WithWebhookIPs(list[:0]...)
	require.Equal(t, "10.0.0.0/8", list[0].String())
	client, _ := recordOf(t)
	h := client.WebhookHandler(okFn, iamport.WithWebhookIPs(list...))
	list[0] = netip.MustParsePrefix("0.0.0.0/0")
	r := request(eventJSON)
	r.RemoteAddr = "192.0.2.1:1"
	require.Equal(t, 403, answerOf(h, r))
}

// A panic of fn that is not seen by recover (GODEBUG=panicnil=1) is no success.
func TestWebhookPanicNil(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	client, _ := recordOf(t)
	h := client.WebhookHandler(func(context.Context, *iamport.Event, *iamport.Payment) error { panic(nil) })
	require.Equal(t, 500, send(h, eventJSON).Code)
}

// A nil option is ignored, as NewClient does.
func TestWebhookNilOption(t *testing.T) {
	t.Parallel()
	client, _ := recordOf(t)
	require.NotPanics(t, func() { client.WebhookHandler(okFn, nil) })
}

// An event that waits keeps no more than its body.
func TestWaitingEventsAreSmall(t *testing.T) { //nolint:paralleltest // It measures the heap of the process.
	synctest.Test(t, func(t *testing.T) {
		client, _ := clienttest.CountLookUps(t, 404, clienttest.NoneJSON)
		h := client.WebhookHandler(okFn, iamport.WithWebhookLimit(10, 1))
		var members strings.Builder
		for n := 0; members.Len() < 65_000; n++ {
			members.WriteString(`,"` + strconv.FormatInt(int64(n), 36) + `":0`)
		}
		heap := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := heap()
		const events = 60 // all wait for the limit
		for n := range events {
			go send(h, fmt.Sprintf(`{"imp_uid":"imp_%d"%s}`, n, members.String()))
		}
		synctest.Wait()
		kept := (heap() - before) / events
		time.Sleep(time.Minute)
		require.LessOrEqual(t, kept, int64(4*64<<10))
	})
}
