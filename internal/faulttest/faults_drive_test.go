package faulttest_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// stopCharges closes the connection path of the charges before the first one.
func stopCharges(_ *testing.T, a *world, ids []string, charge func(string)) {
	a.charges.Stop()
	pool(ids, workers, charge)
}

// closing are rows in which the server ends its connections while calls run.
func closing() []fault {
	closeOften := func(ctx context.Context, a *world) {
		for last := 0; ctx.Err() == nil; wait(ctx, 5*time.Millisecond) {
			if total, _ := a.seen.all(); total >= last+20 {
				a.ts.CloseClientConnections()
				last = total
			}
		}
	}
	return []fault{
		{name: "server closes connections", protos: bothVersions, window: 2 * time.Second, meanwhile: closeOften,
			inject:   new(iamporttest.Fault{}.Slow(20 * time.Millisecond)),
			executed: paid | unknown, idle: unknown | notCharged},
		// HTTP/2 says GOAWAY: streams that the server has not begun were not executed.
		{name: "server says Connection: close", protos: bothVersions, window: 3 * time.Second,
			wiring:   wiring{wrap: fewClose},
			executed: paid, idle: unknown | notCharged},
		// HTTP/1.1 closes an idle connection at the moment in which a charge takes it.
		{name: "server closes after every answer", window: time.Second,
			wiring: wiring{wrap: closesAfterAnswer}, executed: paid | unknown, idle: unknown | notCharged},
	}
}

func fewClose(next http.Handler) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%40 == 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// closesAfterAnswer ends each connection without notice, right after an answer.
func closesAfterAnswer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		conn := r.Context().Value(connKey{}).(net.Conn)
		time.AfterFunc(rand.N(10*time.Millisecond), func() { _ = conn.Close() })
	})
}

// awayRows are rows in which the proxy stops while charges are running, and restarts.
func awayRows() []fault {
	return []fault{
		{name: "proxy goes away after execution", protos: bothVersions, drive: away(true), executed: paid, all: true,
			inject: new(iamporttest.Fault{}.Slow(time.Minute))},
		{name: "proxy goes away before execution", protos: bothVersions, drive: away(false), window: brief,
			inject: new(iamporttest.Delay(time.Minute)), idle: unknown, none: true},
	}
}

func away(executed bool) func(*testing.T, *world, []string, func(string)) {
	return func(t *testing.T, a *world, ids []string, charge func(string)) {
		sent := 0
		for batch := range slices.Chunk(ids, workers) {
			sent += len(batch)
			done := make(chan struct{})
			go func() {
				defer close(done)
				pool(batch, len(batch), charge)
			}()
			inTheAir := func() bool {
				if executed {
					return a.srv.TotalCharges() >= sent
				}
				total, _ := a.seen.all()
				return total >= sent
			}
			for !inTheAir() && !closed(done) {
				time.Sleep(5 * time.Millisecond)
			}
			a.main.Stop()
			time.Sleep(50 * time.Millisecond)
			require.NoError(t, restart(a.main))
			<-done
		}
	}
}

// hotRows are retries in the same second in which the schedule failed.
func hotRows() []fault {
	calls := []charge{retry}
	return []fault{
		{name: "hot retry: reset after execution", calls: calls, booked: true, drive: hot,
			inject: new(iamporttest.LoseAfter()), executed: paid, all: true},
		{name: "hot retry: reset before execution", calls: calls, booked: true, drive: hot,
			inject: new(iamporttest.LoseBefore()), window: brief, idle: unknown, none: true},
		{name: "hot retry: lost, executed late, found", calls: calls, booked: true, drive: hot,
			inject: new(iamporttest.LoseThenExecute(time.Second)), executed: paid, all: true},
		{name: "hot retry: lost, executed after the window", calls: calls, booked: true, drive: hot,
			inject: new(iamporttest.LoseThenExecute(20 * time.Second)), window: brief, executed: unknown, all: true},
		{name: "hot retry: lost, executed late, window 0", calls: calls, booked: true, drive: hot,
			inject: new(iamporttest.LoseThenExecute(20 * time.Second)), noWindow: true, executed: unknown, all: true},
	}
}

func hot(t *testing.T, a *world, ids []string, charge func(string)) {
	for batch := range slices.Chunk(ids, 50) {
		a.bookFailed(t, batch)
		// A read renews the token.
		_, err := a.client.GetSchedule(t.Context(), batch[0])
		require.NoError(t, err)
		pool(batch, len(batch), charge)
	}
}

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
