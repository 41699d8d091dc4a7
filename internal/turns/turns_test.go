package turns

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var q Queues
		var inside, most, done atomic.Int32
		var wait sync.WaitGroup
		began := time.Now()
		for range 50 {
			wait.Go(func() {
				leave, err := q.Enter(t.Context(), "order_1")
				require.NoError(t, err)
				defer leave()
				most.Store(max(most.Load(), inside.Add(1)))
				time.Sleep(time.Second)
				inside.Add(-1)
				done.Add(1)
			})
		}
		wait.Wait()
		require.EqualValues(t, 1, most.Load())
		require.EqualValues(t, 50, done.Load())
		require.Equal(t, 50*time.Second, time.Since(began))
		require.Empty(t, q.queues, "nothing is kept")
	})
}

func TestOtherNamesDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var q Queues
		for _, name := range []string{"a", "b", "A", ""} {
			leave, err := q.Enter(t.Context(), name)
			require.NoError(t, err)
			defer leave()
		}
	})
}

func TestContextEndsTheWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var q Queues
		leave, err := q.Enter(t.Context(), "order_1")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		none, err := q.Enter(ctx, "order_1")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Nil(t, none)
		require.Equal(t, time.Second, time.Since(began))

		leave()
		leave, err = q.Enter(t.Context(), "order_1")
		require.NoError(t, err, "the one who went left no trace")
		leave()
		require.Empty(t, q.queues)
	})
}
