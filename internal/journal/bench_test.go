package journal_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/journal"
)

const million = 1_000_000

// orderName and attemptName are as long as those of a real shop: 32 and 26 bytes.
func orderName(i int) string   { return fmt.Sprintf("subscription-2026-11-%011d", i) }
func attemptName(i int) string { return fmt.Sprintf("%026d", i) }

// heap returns the bytes in use once all garbage is gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// fill pays n orders.
func fill(m *journal.Memory, n int) {
	for i := range n {
		order, id := orderName(i), attemptName(i)
		m.Begin(order, id, time.Hour)
		m.End(order, id, false)
	}
}

// BenchmarkMemory measures what a million paid orders take.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		before := heap()
		m := new(journal.Memory)
		fill(m, million)
		used := heap() - before
		runtime.KeepAlive(m)
		b.ReportMetric(float64(used)/million, "bytes/order")
		b.ReportMetric(float64(used)/(1<<20), "MiB")
	}
}

// BenchmarkPaid measures a Begin and an End beside a million other orders.
func BenchmarkPaid(b *testing.B) {
	m := new(journal.Memory)
	fill(m, million)
	b.ReportAllocs()
	for i := million; b.Loop(); i++ {
		order, id := orderName(i), attemptName(i)
		m.Begin(order, id, time.Hour)
		m.End(order, id, false)
	}
}

// A million paid orders stay under 300 MiB. It is not parallel, because it measures
// the memory of the process.
func TestMillionOrders(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second and 200 MiB")
	}
	before := heap()
	m := new(journal.Memory)
	fill(m, million)
	used := (heap() - before) >> 20
	require.Equal(t, million, m.Orders())
	require.Less(t, used, uint64(300), "MiB")
	t.Logf("%d MiB", used)
}
