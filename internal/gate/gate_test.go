package gate

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Of 10,000 callers with 10 s each, the burst and 50 a second enter, four at a time. The
// others are refused at once.
func TestEnter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(50, 4)
		var entered, atOnce, inside, most atomic.Int64
		var wait sync.WaitGroup
		start := time.Now()
		for range 10_000 {
			wait.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				leave, err := g.Enter(ctx)
				if err != nil {
					if time.Now().Equal(start) {
						atOnce.Add(1)
					}
					return
				}
				entered.Add(1)
				most.Store(max(most.Load(), inside.Add(1)))
				time.Sleep(10 * time.Millisecond)
				inside.Add(-1)
				leave()
			})
		}
		wait.Wait()
		require.InDelta(t, 504, entered.Load(), 1) // the turn of one comes when its time ends
		require.Equal(t, int64(10_000-504), atOnce.Load())
		require.Equal(t, int64(4), most.Load())
	})
}

// A caller waits for those inside no longer than its context lives.
func TestEnterBesideASlowWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(50, 1)
		leave, err := g.Enter(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err = g.Enter(ctx)
		require.ErrorIs(t, err, ErrFull)
		require.Equal(t, 10*time.Second, time.Since(start))
		leave()
		_, err = g.Enter(t.Context())
		require.NoError(t, err)
	})
}
