package foreign_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/foreign"
)

func TestAsideWaitsForAFastFunction(t *testing.T) {
	t.Parallel()
	var a foreign.Aside
	for i := range 100 {
		ran := 0
		a.Call(func() { ran = i })
		require.Equal(t, i, ran)
	}
}

func TestAsideOutlivesPanicsAndGoexit(t *testing.T) {
	t.Parallel()
	var a foreign.Aside
	for range 2000 { // more than may run at once
		a.Call(func() { panic("observer") })
		a.Call(runtime.Goexit)
	}
	called := false
	a.Call(func() { called = true })
	require.True(t, called)
}

func TestAsideDoesNotWaitForASlowFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a foreign.Aside
		var calls atomic.Int64
		stuck := make(chan struct{})
		slow := func() {
			calls.Add(1)
			<-stuck
		}
		began := time.Now()
		a.Call(slow)
		require.Equal(t, 50*time.Millisecond, time.Since(began), "the first one is waited for")
		for range 5000 {
			a.Call(slow)
		}
		require.Equal(t, 50*time.Millisecond, time.Since(began), "the others are not")
		synctest.Wait()
		require.Equal(t, int64(1000), calls.Load(), "and no more of them run than that")

		close(stuck)
		synctest.Wait()
		began = time.Now()
		ran := false
		a.Call(func() {
			time.Sleep(49 * time.Millisecond)
			ran = true
		})
		require.True(t, ran, "once they have returned, calls are waited for again")
		require.Equal(t, 49*time.Millisecond, time.Since(began))
	})
}
