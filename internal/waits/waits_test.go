package waits

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPausesGrow(t *testing.T) {
	t.Parallel()
	longest := make([]time.Duration, 8)
	for range 2000 {
		w := New(100*time.Millisecond, time.Second)
		for i := range longest {
			d := w.Next()
			require.GreaterOrEqual(t, d, time.Duration(0))
			longest[i] = max(longest[i], d)
		}
	}
	for i, interval := range []int{100, 200, 400, 800, 1000, 1000, 1000, 1000} {
		limit := 2 * time.Duration(interval) * time.Millisecond
		require.LessOrEqual(t, longest[i], limit+time.Millisecond, "pause %d", i)
		require.Greater(t, longest[i], limit*9/10, "pause %d", i)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		require.True(t, Sleep(t.Context(), time.Second))
		require.Equal(t, time.Second, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.False(t, Sleep(ctx, time.Hour))
		require.Equal(t, time.Second, time.Since(began), "the deadline comes before the end")
		require.True(t, Sleep(ctx, time.Second/2))

		Sleep(ctx, time.Second/2) // ends with ctx, which the caller cannot tell from before it
		require.Equal(t, 2*time.Second, time.Since(began), "the deadline does not come before the end")

		stopped, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		require.False(t, Sleep(stopped, time.Hour))
		require.Equal(t, 3*time.Second, time.Since(began))
		require.False(t, Sleep(stopped, 0), "the context has ended")
	})
}
