package journal_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/journal"
)

// begun requires that Begin records an attempt.
func begun(t *testing.T, m *journal.Memory, order, id string, quiet time.Duration) {
	t.Helper()
	wait, used := m.Begin(order, id, quiet)
	require.False(t, used, "%s was used", id)
	require.Zero(t, wait)
}

// held requires that Begin is refused with this wait, and records nothing.
func held(t *testing.T, m *journal.Memory, order string, quiet, want time.Duration) {
	t.Helper()
	before := m.Entries()
	wait, used := m.Begin(order, "probe", quiet)
	require.False(t, used)
	require.Equal(t, want, wait)
	require.Equal(t, before, m.Entries())
}

func TestWaitIsTheLongestHold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m journal.Memory
		begun(t, &m, "order", "a", time.Hour)
		time.Sleep(time.Minute)
		begun(t, &m, "order", "b", 0)
		time.Sleep(time.Minute)
		begun(t, &m, "order", "c", -time.Hour)
		held(t, &m, "order", time.Hour, time.Hour)
		m.End("order", "c", true)
		held(t, &m, "order", time.Hour, 59*time.Minute)
		m.End("order", "a", false)
		held(t, &m, "order", time.Hour, time.Hour)
		held(t, &m, "order", math.MaxInt64, math.MaxInt64)
		time.Sleep(time.Hour - 1)
		held(t, &m, "order", time.Hour, 1)
		time.Sleep(time.Nanosecond)
		begun(t, &m, "order", "d", time.Hour)
	})
}

// The last End of an attempt counts.
func TestLastEndCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m journal.Memory
		begun(t, &m, "order", "a", time.Hour)
		m.End("order", "a", true)
		time.Sleep(time.Minute)
		m.End("order", "a", false)
		held(t, &m, "order", time.Hour, time.Hour)
		m.End("order", "a", true)
		begun(t, &m, "order", "b", time.Hour)
		require.Equal(t, 2, m.Entries())
	})
}

func TestEndWithoutBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m journal.Memory
		m.End("order", "a", true)
		require.Zero(t, m.Entries())
		m.End("order", "a", false)
		held(t, &m, "order", time.Hour, time.Hour)
		_, used := m.Begin("order", "a", 0)
		require.True(t, used)
	})
}

// An entry is gone two hours after its last Begin or End, to the nanosecond, also
// while it is still in memory.
func TestForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m journal.Memory
		for i := range 10 {
			begun(t, &m, "old", fmt.Sprintf("old-%d", i), 0)
		}
		begun(t, &m, "order", "begun", 0)
		begun(t, &m, "order", "ended", 0)
		time.Sleep(time.Hour)
		m.End("order", "ended", true)
		time.Sleep(time.Hour - 1)
		for _, id := range []string{"begun", "ended"} {
			_, used := m.Begin("order", id, time.Hour)
			require.True(t, used, id)
		}
		time.Sleep(time.Nanosecond)
		require.Equal(t, 12, m.Entries())
		m.End("order", "begun", true) // is unknown again, and so records nothing
		begun(t, &m, "order", "begun", math.MaxInt64)
		m.End("order", "begun", true) // the new one, not the old one
		begun(t, &m, "order", "probe", math.MaxInt64)
		_, used := m.Begin("order", "ended", time.Hour)
		require.True(t, used)
		time.Sleep(time.Hour)
		begun(t, &m, "order", "ended", 0)
	})
}

// Entries leave memory in any order in which they became old: the first, the last
// and one in the middle of an order.
func TestDropsWhatIsOld(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c"}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var m journal.Memory
				for _, id := range ids {
					begun(t, &m, "order", id, 0)
				}
				for _, i := range order {
					time.Sleep(time.Second)
					m.End("order", ids[i], true)
				}
				time.Sleep(journal.Kept - 2*time.Second)
				for n, gone := range order {
					m.End("none", "none", true) // drops only old entries
					require.Equal(t, len(order)-n-1, m.Entries())
					for _, i := range order[n+1:] {
						_, used := m.Begin("order", ids[i], 0)
						require.True(t, used, "%s is gone with %s", ids[i], ids[gone])
					}
					time.Sleep(time.Second)
				}
				require.Zero(t, m.Orders())
			})
		})
	}
}

// A call drops at most two old entries, so that none takes long, and adds at most
// one, so that all old ones are dropped after as many calls.
func TestForgettingIsSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		var m journal.Memory
		for i := range n {
			begun(t, &m, fmt.Sprintf("first-%d", i), "a", time.Hour)
		}
		time.Sleep(journal.Kept)
		require.Equal(t, n, m.Entries())
		for i := range n {
			begun(t, &m, fmt.Sprintf("second-%d", i), "a", time.Hour)
			require.Equal(t, max(0, n-2*(i+1))+i+1, m.Entries())
		}
		require.Equal(t, n, m.Orders())
	})
}

// Memory keeps no text of its caller, which may be a part of a large one.
func TestClonesTexts(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("order-1 attempt-1 ", 1000)
	order, id := body[:7], body[8:17]
	var m journal.Memory
	for range 2 {
		m.End(order, id, false)
		id = body[18:25]
	}
	low := uintptr(unsafe.Pointer(unsafe.StringData(body)))
	for _, text := range m.Texts() {
		p := uintptr(unsafe.Pointer(unsafe.StringData(text)))
		require.False(t, low <= p && p < low+uintptr(len(body)), "%q is a piece of the caller's text", text)
	}
}
