package main

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// side makes one call in one of the two ways. order is a new order number.
type side func(ctx context.Context, order string) error

// cost is what one call took, on average.
type cost struct {
	time          time.Duration
	allocs, bytes float64
}

// ratio is the median of the ratios of all rounds, and their range.
type ratio struct{ median, low, high float64 }

func ratioOf(values []float64) ratio {
	values = slices.Sorted(slices.Values(values))
	return ratio{(values[(len(values)-1)/2] + values[len(values)/2]) / 2, values[0], values[len(values)-1]}
}

// comparison is the package against the floor.
type comparison struct {
	floor, own          cost // medians
	time, allocs, bytes ratio
}

// comparing is how a comparison is made.
type comparing struct {
	rounds     int
	goroutines int
	calls      int           // of a round on each side; 0: as many as take slice
	slice      time.Duration // how long a side of a round takes, about
}

// compare alternates floor and own. Every second round begins with own, so that neither side
// has a better place.
func compare(ctx context.Context, floor, own side, how comparing) (comparison, error) {
	calls := how.calls
	if calls == 0 {
		var err error
		if calls, err = callsIn(ctx, floor, how); err != nil {
			return comparison{}, err
		}
	}
	var costs [2][]cost
	for round := range how.rounds + 1 { // the first warms up
		for i := range costs {
			which := (i + round) % 2
			c, err := measure(ctx, [...]side{floor, own}[which], how.goroutines, calls)
			if err != nil {
				return comparison{}, err
			}
			if round > 0 {
				costs[which] = append(costs[which], c)
			}
		}
	}
	of := func(value func(cost) float64) (floor, own float64, r ratio) {
		var values [3][]float64
		for i := range costs[0] {
			a, b := value(costs[0][i]), value(costs[1][i])
			values[0], values[1], values[2] = append(values[0], a), append(values[1], b), append(values[2], b/a)
		}
		return ratioOf(values[0]).median, ratioOf(values[1]).median, ratioOf(values[2])
	}
	var c comparison
	var times [2]float64
	times[0], times[1], c.time = of(func(c cost) float64 { return float64(c.time) })
	c.floor.time, c.own.time = time.Duration(times[0]), time.Duration(times[1])
	c.floor.allocs, c.own.allocs, c.allocs = of(func(c cost) float64 { return c.allocs })
	c.floor.bytes, c.own.bytes, c.bytes = of(func(c cost) float64 { return c.bytes })
	return c, nil
}

// callsIn returns how many calls take about how.slice.
func callsIn(ctx context.Context, s side, how comparing) (int, error) {
	for calls := how.goroutines; ; calls *= 4 {
		c, err := measure(ctx, s, how.goroutines, calls)
		if err != nil {
			return 0, err
		}
		// The first calls open the connections and take longer.
		if took := c.time * time.Duration(calls); calls > 4*how.goroutines && took >= how.slice/8 || took >= how.slice {
			return max(int(how.slice/max(c.time, 1)), 4, how.goroutines), nil
		}
	}
}

// measure makes calls, spread over goroutines, after a garbage collection.
func measure(ctx context.Context, call side, goroutines, calls int) (cost, error) {
	orders := newOrders(calls)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var before, after runtime.MemStats
	work := func() {
		for failed.Load() == nil {
			i := int(next.Add(1)) - 1
			if i >= calls {
				return
			}
			if err := call(ctx, orders[i]); err != nil {
				failed.Store(&err)
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	if goroutines == 1 {
		work()
	} else {
		var all sync.WaitGroup
		for range goroutines {
			all.Go(work)
		}
		all.Wait()
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if err := failed.Load(); err != nil {
		return cost{}, *err
	}
	return cost{
		time:   took / time.Duration(calls),
		allocs: float64(after.Mallocs-before.Mallocs) / float64(calls),
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / float64(calls),
	}, nil
}

var orderCount atomic.Int64

// newOrders returns n order numbers that were not used before.
func newOrders(n int) []string {
	orders := make([]string, n)
	for i := range orders {
		orders[i] = "order_" + strconv.FormatInt(1_000_000_000+orderCount.Add(1), 10)
	}
	return orders
}
