package runs

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// do calls Do with a minute of time.
func do(t *testing.T, g *Group[string, int], subject, key string) (int, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return g.Do(ctx, subject, key, key)
}

// What arrives during a run is handled by the next one, each value once, whatever the number
// of callers. Nothing joins a run that has begun.
func TestEachValueGetsARunThatBeganLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var began int
		var handled [][]string
		var g Group[string, int]
		g.Run = func(_ context.Context, items []*Item[string, int]) {
			began++
			n := began
			var values []string
			for _, item := range items {
				values = append(values, item.Value)
			}
			handled = append(handled, values)
			time.Sleep(time.Second)
			for _, item := range items {
				item.Finish(n)
				item.Finish(-1)
			}
		}
		var wait sync.WaitGroup
		call := func(key string, run int) {
			wait.Go(func() {
				got, ok := do(t, &g, "payment", key)
				require.True(t, ok)
				require.Equal(t, run, got)
			})
			synctest.Wait()
		}
		call("a", 1)
		call("b", 2)
		for range 1000 {
			call("a", 2)
		}
		time.Sleep(1500 * time.Millisecond)
		call("a", 3)
		wait.Wait()
		synctest.Wait()
		require.Equal(t, [][]string{{"a"}, {"b", "a"}, {"a"}}, handled)
		require.Empty(t, g.subjects)
	})
}

// One run about a subject is made at a time, and others beside it.
func TestOneRunOfASubjectAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inside atomic.Int64
		var g Group[string, int]
		g.Run = func(_ context.Context, items []*Item[string, int]) {
			require.Equal(t, int64(1), inside.Add(1))
			time.Sleep(time.Second)
			inside.Add(-1)
			for _, item := range items {
				item.Finish(1)
			}
		}
		other := Group[string, int]{Run: func(_ context.Context, items []*Item[string, int]) { time.Sleep(time.Second); items[0].Finish(1) }}
		start := time.Now()
		var wait sync.WaitGroup
		for n := range 5 {
			wait.Go(func() { _, ok := do(t, &g, "payment", strconv.Itoa(n)); require.True(t, ok) })
			synctest.Wait()
			wait.Go(func() { _, ok := do(t, &other, strconv.Itoa(n), "event"); require.True(t, ok) })
		}
		wait.Wait()
		require.Equal(t, 2*time.Second, time.Since(start)) // the first, and one for all that arrived during it
	})
}

// Above 256 different values about one subject there is no waiting.
func TestWaitingValuesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		var g Group[string, int]
		g.Run = func(_ context.Context, items []*Item[string, int]) {
			<-stop
			for _, item := range items {
				item.Finish(1)
			}
		}
		var served, refused atomic.Int64
		var wait sync.WaitGroup
		wait.Go(func() { _, _ = do(t, &g, "payment", "first") })
		synctest.Wait()
		start := time.Now()
		for n := range 1000 {
			wait.Go(func() {
				if _, ok := do(t, &g, "payment", strconv.Itoa(n)); ok {
					served.Add(1)
					return
				}
				refused.Add(1)
				require.Equal(t, start, time.Now())
			})
		}
		synctest.Wait()
		require.Equal(t, int64(1000-MaxWaiting), refused.Load())
		close(stop)
		wait.Wait()
		require.Equal(t, int64(MaxWaiting), served.Load())
	})
}

// A run that ends its goroutine has the result 0, and the next one is made.
func TestRunThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Group[string, int]
		g.Run = func(_ context.Context, items []*Item[string, int]) {
			if items[0].Value == "exit" {
				time.Sleep(time.Second)
				runtime.Goexit()
			}
			items[0].Finish(1)
		}
		var wait sync.WaitGroup
		wait.Go(func() { got, ok := do(t, &g, "payment", "exit"); require.True(t, ok); require.Zero(t, got) })
		synctest.Wait()
		got, ok := do(t, &g, "payment", "next")
		require.True(t, ok)
		require.Equal(t, 1, got)
		wait.Wait()
		synctest.Wait()
		require.Empty(t, g.subjects)
	})
}

// A run has the values of its first caller, goes on without the callers, and its context ends
// when the last of them stops waiting. Without a caller that waits no run is made.
func TestContextOfARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		start := time.Now()
		var mu sync.Mutex
		var ended []time.Duration
		stop := make(chan struct{})
		var g Group[string, int]
		g.Run = func(ctx context.Context, _ []*Item[string, int]) {
			require.Equal(t, "value", ctx.Value(key{}))
			<-ctx.Done()
			mu.Lock()
			ended = append(ended, time.Since(start))
			mu.Unlock()
			<-stop
		}
		call := func(value string, after, limit time.Duration) {
			go func() {
				time.Sleep(after)
				ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), limit)
				defer cancel()
				time.AfterFunc(time.Second, cancel) // the caller leaves
				if _, ok := g.Do(ctx, "payment", value, value); ok {
					t.Error("a result without Finish")
				}
			}()
		}
		call("a", 0, 5*time.Second)
		call("a", 6*time.Second, 5*time.Second)
		call("b", 7*time.Second, 5*time.Second)
		call("a", 8*time.Second, 5*time.Second)
		time.Sleep(time.Minute)
		ends := func() []time.Duration { mu.Lock(); defer mu.Unlock(); return slices.Clone(ended) }
		require.Equal(t, []time.Duration{5 * time.Second}, ends())
		close(stop) // too late for the others
		synctest.Wait()
		require.Equal(t, []time.Duration{5 * time.Second}, ends())
		require.Empty(t, g.subjects)

		start = time.Now()
		call("a", 0, 5*time.Second)
		call("b", 1*time.Second, 5*time.Second)
		call("b", 2*time.Second, 8*time.Second)
		time.Sleep(time.Minute)
		require.Equal(t, []time.Duration{5 * time.Second, 5 * time.Second, 10 * time.Second}, ends())
	})
}
