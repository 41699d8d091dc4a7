package journaltest

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// recorder records that a case failed instead of failing the test.
type recorder struct {
	ctx     context.Context
	failure string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failures runs a case, or all with the name "", and returns the messages of the
// failed ones, by name.
func failures(t *testing.T, c Config, name string) map[string]string {
	t.Helper()
	failed := make(map[string]string)
	for _, each := range cases {
		if each.synctestOnly && !c.Synctest || name != "" && name != each.name {
			continue
		}
		test := func(t *testing.T) {
			t.Helper()
			r := &recorder{ctx: t.Context()}
			done := make(chan struct{})
			go func() {
				defer close(done)
				each.run(newEnv(t, c, r))
			}()
			<-done
			if r.failure != "" {
				failed[each.name] = r.failure
			}
		}
		if c.Synctest {
			synctest.Test(t, test)
		} else {
			test(t)
		}
	}
	return failed
}

// broken maps each fault to a case that finds it. Other cases may find it too.
var broken = map[fault]string{
	racy:            "one of many at once is recorded",
	racyID:          "one of many at once takes an id",
	waitsOwnQuiet:   "the wait counts from Begin",
	quietZeroHeld:   "quiet 0 always records",
	waitNotShrunk:   "the wait counts from Begin",
	waitInMillis:    "a hold is over when its wait is",
	waitOfFirst:     "the wait counts from Begin",
	coarseClock:     "a hold is over when its wait is",
	perOrder:        "notCharged frees its own hold only",
	lastAttemptOnly: "three attempts end in every order",
	unknownFrees:    "paid or unknown holds from its End",
	heldFromBegin:   "paid or unknown holds from its End",
	notChargedHolds: "notCharged frees at once",
	freeForEver:     "the last End counts",
	paidForEver:     "the last End counts",
	dropsNotCharged: "an id is good once",
	endNeedsEntry:   "an End without an entry",
	endAlwaysAdds:   "an End without an entry",
	noUsed:          "an id is good once",
	heldBeforeUsed:  "an id is good once",
	usedIfHeld:      "an id is good once",
	idsOfAllOrders:  "an id of another order",
	usedRenews:      "a refused Begin records nothing",
	refusedExtends:  "a refused Begin records nothing",
	refusedTakesID:  "a refused Begin records nothing",
	holdsAll:        "other orders are not held",
	foldsIDs:        "ids are compared byte by byte",
	foldsOrders:     "orders are compared byte by byte",
	trimsIDs:        "ids are compared byte by byte",
	trimsOrders:     "orders are compared byte by byte",
	normalises:      "orders are compared byte by byte",
	cutsIDs:         "ids are compared byte by byte",
	joinsKeys:       "order and id are not run together",
	matchesPattern:  "unusual orders",
	refusesLong:     "unusual orders",
	beginIgnoresCtx: "ended contexts",
	recordsThenCtx:  "ended contexts",
	hidesCtx:        "ended contexts",
	endIgnoresCtx:   "ended contexts",
	ownMemory:       "two clients see one store",
	forgetsSoon:     "entries are kept for two hours",
	forgetsByBegin:  "entries are kept for two hours",
	neverForgets:    "entries are kept for two hours",
}

// of returns a Config for a fake with a fault.
func of(f fault) Config {
	c := Config{New: func(*testing.T) iamport.Journal { return &fake{fault: f} }, Synctest: true}
	if f == ownMemory {
		c.Second = func(*testing.T, iamport.Journal) iamport.Journal { return new(fake) }
	}
	return c
}

// Every fault is found, and every case finds one.
func TestFindsFaults(t *testing.T) {
	t.Parallel()
	require.Empty(t, failures(t, of(""), ""), "the fake without a fault")
	found := make(map[string]bool)
	for f, name := range broken {
		found[name] = true
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			failed := failures(t, of(f), name)
			require.Contains(t, failed, name)
			t.Log(failed[name])
		})
	}
	for _, each := range cases {
		require.True(t, found[each.name], "no fault is listed that %q finds", each.name)
	}
}

// Faults are also found in real time, except those that take hours.
func TestFindsFaultsInRealTime(t *testing.T) {
	t.Parallel()
	for f, name := range map[fault]string{
		"":              "",
		racy:            broken[racy],
		racyID:          broken[racyID],
		waitNotShrunk:   broken[waitNotShrunk],
		coarseClock:     broken[coarseClock],
		heldFromBegin:   broken[heldFromBegin],
		refusedExtends:  broken[refusedExtends],
		lastAttemptOnly: broken[lastAttemptOnly],
		ownMemory:       broken[ownMemory],
		earlyClock:      "one of many at once is recorded", // which a bubble, where all start at the same time, does not show
	} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			c := of(f)
			c.Synctest, c.Unit = false, 20*time.Millisecond
			failed := failures(t, c, name)
			if f == "" {
				require.Empty(t, failed)
				return
			}
			require.Contains(t, failed, name)
			t.Log(failed[name])
		})
	}
}

// A Begin that takes longer than a wait can still be tested with longer waits, unless
// it takes longer than all of them.
func TestSlowJournal(t *testing.T) {
	t.Parallel()
	for _, each := range []struct {
		takes time.Duration
		fails bool
	}{{150 * time.Millisecond, false}, {time.Minute, true}} {
		synctest.Test(t, func(t *testing.T) {
			r := &recorder{ctx: t.Context()}
			done := make(chan struct{})
			go func() {
				defer close(done)
				c := Config{New: func(*testing.T) iamport.Journal { return slow{new(fake), each.takes} }, Unit: 100 * time.Millisecond}
				overAfterWait(newEnv(t, c, r))
			}()
			<-done
			require.Equal(t, each.fails, r.failure != "", r.failure)
		})
	}
}

// slow waits before it reads.
type slow struct {
	*fake
	takes time.Duration
}

func (s slow) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	time.Sleep(s.takes)
	return s.fake.Begin(ctx, a, quiet)
}
