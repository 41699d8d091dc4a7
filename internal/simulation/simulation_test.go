package simulation

import (
	"flag"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	simSeed     = flag.Uint64("sim.seed", 0, "run the world of this seed alone, until it finds a lie")
	simRepeat   = flag.Int("sim.repeat", 20, "how often -sim.seed runs its seed at most")
	simFrom     = flag.Uint64("sim.from", 0, "the first seed; 0: a random one")
	simTime     = flag.Duration("sim.time", 4*time.Second, "how long to run, without -sim.charges")
	simCharges  = flag.Int("sim.charges", 0, "run until so many charges were sent")
	simFailFast = flag.Bool("sim.failfast", false, "stop at the first lie")
	simTable    = flag.Bool("sim.table", true, "print the table, with -v")
)

// TestSimulation runs worlds until the time or the charges are used up.
func TestSimulation(t *testing.T) {
	r := &report{table: map[row]int{}, kinds: map[string]int{}, stories: map[string]string{}}
	if *simSeed != 0 {
		for range *simRepeat {
			runSeed(t, r, *simSeed)
			if len(r.stories) > 0 {
				break
			}
		}
	} else {
		runSeeds(t, r)
	}
	if testing.Verbose() && *simTable {
		t.Logf("\n%s", r)
	}
	t.Logf("\n%s", r.totals())
	for _, kind := range slices.Sorted(maps.Keys(r.stories)) {
		t.Error(r.stories[kind])
	}
	if r.settledTooFew() {
		t.Errorf("only %.2f%% of the lost charges that showed were settled", r.undisturbed.percent())
	}
}

// runSeeds runs one world after another on each processor.
func runSeeds(t *testing.T, r *report) {
	first := *simFrom
	if first == 0 {
		first = rand.Uint64() >> 16
	}
	t.Logf("the first seed is %d", first)
	began := time.Now()
	enough := func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if *simFailFast && (len(r.stories) > 0 || r.settledTooFew()) {
			return true
		}
		if *simCharges > 0 {
			return r.charges >= *simCharges
		}
		return time.Since(began) >= *simTime
	}
	var next atomic.Uint64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for !enough() {
				runSeed(t, r, first+next.Add(1)-1)
			}
		})
	}
	group.Wait()
}

// runSeed runs a world in its own bubble.
func runSeed(t *testing.T, r *report, seed uint64) {
	synctest.Test(t, func(*testing.T) { r.add(runWorld(seed)) })
}
