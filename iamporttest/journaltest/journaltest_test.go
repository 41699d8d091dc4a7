package journaltest_test

import (
	"testing"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest/journaltest"
)

// The journal in memory also follows the contract in real time.
func TestRunInRealTime(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, journaltest.Config{
		New:    func(*testing.T) iamport.Journal { return iamport.NewMemoryJournal() },
		Second: func(_ *testing.T, first iamport.Journal) iamport.Journal { return first },
		Unit:   20 * time.Millisecond,
	})
}

func TestRunInABubble(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, journaltest.Config{
		New:      func(*testing.T) iamport.Journal { return iamport.NewMemoryJournal() },
		Synctest: true,
	})
}
