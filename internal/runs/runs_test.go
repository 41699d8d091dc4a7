package runs

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Calls that arrive during a run share the next run, never the one that has begun.
func TestEachCallGetsARunThatBeganLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Group[int]
		var began atomic.Int64
		do := func(context.Context) int {
			n := int(began.Add(1))
			time.Sleep(time.Second)
			return n
		}
		var wait sync.WaitGroup
		call := func(result int) {
			wait.Go(func() {
				got, err := g.Do(t.Context(), "event", "payment", 0, do)
				require.NoError(t, err)
				require.Equal(t, result, got)
			})
		}
		call(1)
		synctest.Wait()
		for range 10_000 {
			call(2)
		}
		synctest.Wait()
		time.Sleep(1500 * time.Millisecond)
		call(3)
		start := time.Now()
		wait.Wait()
		require.Equal(t, 1500*time.Millisecond, time.Since(start))
		require.Equal(t, int64(3), began.Load())
		require.Empty(t, g.waiting)
	})
}

// Runs about one subject are made one after another, and others beside them.
func TestOneRunOfASubjectAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Group[struct{}]
		var inside [2]atomic.Int64
		var wait sync.WaitGroup
		start := time.Now()
		for n := range 20 {
			wait.Go(func() {
				subject := n % 2
				_, err := g.Do(t.Context(), strconv.Itoa(n), strconv.Itoa(subject), struct{}{}, func(context.Context) struct{} {
					require.Equal(t, int64(1), inside[subject].Add(1))
					time.Sleep(time.Second)
					inside[subject].Add(-1)
					return struct{}{}
				})
				require.NoError(t, err)
			})
		}
		wait.Wait()
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestRunsThatDoNotReturn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Group[int]
		got, err := g.Do(t.Context(), "event", "payment", 1, func(context.Context) int {
			runtime.Goexit()
			return 2
		})
		require.NoError(t, err)
		require.Zero(t, got)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stop := make(chan struct{})
		got, err = g.Do(ctx, "event", "payment", 1, func(context.Context) int { <-stop; return 2 })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, got)

		// The run goes on, and the next one does not begin.
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, _ = g.Do(ctx, "event", "payment", 1, func(context.Context) int {
			t.Error("two runs at once")
			return 2
		})
		require.Equal(t, 1, got)
		time.Sleep(time.Millisecond) // past the deadline of the run too
		close(stop)
		synctest.Wait()
		require.Empty(t, g.waiting)
	})
}

// A run has the values and the deadline of its first call, and goes on without it.
func TestRunGoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Group[int]
		type key struct{}
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Minute)
		ended := make(chan error, 1)
		time.AfterFunc(time.Second, cancel)
		_, err := g.Do(ctx, "event", "payment", 1, func(ctx context.Context) int {
			require.Equal(t, "value", ctx.Value(key{}))
			<-ctx.Done()
			ended <- ctx.Err()
			return 2
		})
		require.ErrorIs(t, err, context.Canceled)
		start := time.Now()
		require.ErrorIs(t, <-ended, context.DeadlineExceeded)
		require.Equal(t, 59*time.Second, time.Since(start))
	})
}

// A call with more time than the run that it shares gets the result late.
func TestRunWithoutItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Group[int]
		stop := make(chan struct{})
		go func() {
			_, _ = g.Do(t.Context(), "other", "payment", 1, func(context.Context) int { <-stop; return 2 })
		}()
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() { _, _ = g.Do(short, "event", "payment", 1, func(context.Context) int { return 2 }) }()
		synctest.Wait()
		got, err := g.Do(t.Context(), "event", "payment", 1, func(context.Context) int { return 3 })
		require.NoError(t, err)
		require.Equal(t, 1, got)
		close(stop)
	})
}
