// Package journaltest tests whether a journal follows the contract of [iamport.Journal]. With a journal that does not,
// such as one that reads before it locks, an order can be charged twice.
//
//	func TestJournal(t *testing.T) {
//		journaltest.Run(t, journaltest.Config{
//			New: func(t *testing.T) iamport.Journal { return myjournal.New(emptyDatabase(t)) },
//		})
//	}
//
// It cannot test two parts of the contract: a commit must not be lost in a failover of the database, and an entry must
// survive a crash of its process.
package journaltest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/iamport-go/iamport"
)

// Config configures Run.
type Config struct {
	// New returns an empty journal. It is called once for each case, one after the
	// other. Required.
	New func(t *testing.T) iamport.Journal
	// Second returns another client of the store of first, with its own connection, as
	// another process has. If it is nil, first is used for both.
	Second func(t *testing.T, first iamport.Journal) iamport.Journal
	// Synctest runs each case, and its New and Second, in a bubble of testing/synctest.
	// It is for journals in memory that read the time from package time: the cases do
	// not wait in real time, times are compared exactly, and a further case tests that
	// entries are kept for two hours and are gone two hours later.
	Synctest bool
	// Unit is the shortest wait of the cases. Two times are equal if they differ by at
	// most a tenth of it. Increase it if the journal's clock is coarse. The default is
	// 100 ms, with which all cases wait about 3 seconds. A journal that
	// syncs a disk for each entry takes longer: many attempts begin at once.
	Unit time.Duration
}

// Run runs every case as a subtest of t. The cases begin up to 100 attempts at the
// same time.
func Run(t *testing.T, c Config) {
	t.Helper()
	if c.New == nil {
		t.Fatalf("journaltest: Config.New is required")
	}
	for _, each := range cases {
		if each.synctestOnly && !c.Synctest {
			continue
		}
		t.Run(each.name, func(t *testing.T) {
			test := func(t *testing.T) {
				t.Helper()
				each.run(newEnv(t, c, t))
			}
			if c.Synctest {
				synctest.Test(t, test)
			} else {
				test(t)
			}
		})
	}
}

type testCase struct {
	name         string
	run          func(*env)
	synctestOnly bool // it waits for hours
}

var cases = []testCase{
	{name: "one of many at once is recorded", run: oneOfMany},
	{name: "one of many at once takes an id", run: oneTakesID},
	{name: "the wait counts from Begin", run: waitFromBegin},
	{name: "a hold is over when its wait is", run: overAfterWait},
	{name: "quiet 0 always records", run: quietZero},
	{name: "a refused Begin records nothing", run: refusedBegin},
	{name: "other orders are not held", run: otherOrders},

	{name: "paid or unknown holds from its End", run: unknownHolds},
	{name: "notCharged frees at once", run: notChargedFrees},
	{name: "notCharged frees its own hold only", run: notChargedFreesOwn},
	{name: "three attempts end in every order", run: everyOrderOfEnds},
	{name: "the last End counts", run: lastEndCounts},
	{name: "an End without an entry", run: endWithoutEntry},

	{name: "an id is good once", run: idOnce},
	{name: "an id of another order", run: idOfAnotherOrder},
	{name: "ids are compared byte by byte", run: idsByteByByte},
	{name: "orders are compared byte by byte", run: ordersByteByByte},
	{name: "order and id are not run together", run: notRunTogether},
	{name: "unusual orders", run: unusualOrders},

	{name: "ended contexts", run: endedContexts},
	{name: "two clients see one store", run: twoClients},
	{name: "entries are kept for two hours", run: keptTwoHours, synctestOnly: true},
}
