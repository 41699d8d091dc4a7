package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest/journaltest"
)

func openJournal(t *testing.T, path string) *journal {
	t.Helper()
	j := new(journal)
	require.NoError(t, j.open(path))
	t.Cleanup(j.close)
	return j
}

func TestJournal(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, journaltest.Config{
		New: func(t *testing.T) iamport.Journal { return openJournal(t, filepath.Join(t.TempDir(), "journal")) },
	})
}

func TestJournalIsNotOpen(t *testing.T) {
	t.Parallel()
	_, err := new(journal).Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: "a"}, time.Minute)
	require.ErrorIs(t, err, errNotOpen)
}

// The next process knows what this one wrote, up to a line that was cut off.
func TestJournalOfTheProcessBefore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	first, ctx := openJournal(t, path), t.Context()
	const odd = "order \"1\" \u00a0가"
	for _, id := range []string{"begun", "held", "free"} {
		order := id
		if id == "begun" {
			order = odd
		}
		a := iamport.Attempt{MerchantUID: order, ID: id}
		wait, err := first.Begin(ctx, a, time.Minute)
		require.NoError(t, err)
		require.Zero(t, wait)
		if id != "begun" {
			require.NoError(t, first.End(ctx, a, id == "free"))
		}
	}
	whole := content(t, path)
	for cut := range len("begin 1 x \"y\"\n") {
		path := write(t, whole+"begin 1 x \"y\"\n"[:cut])
		next := openJournal(t, path)
		require.Equal(t, whole, content(t, path))
		for order, isHeld := range map[string]bool{odd: true, "held": true, "free": false} {
			wait, err := next.Begin(ctx, iamport.Attempt{MerchantUID: order, ID: "next"}, time.Minute)
			require.NoError(t, err)
			require.Equal(t, isHeld, wait > 0, order)
			require.LessOrEqual(t, wait, time.Minute)
			wait, err = next.Begin(ctx, iamport.Attempt{MerchantUID: order, ID: "last"}, 1)
			require.NoError(t, err)
			require.Zero(t, wait, "the quiet period is over: %s", order)
		}
		_, err := next.Begin(ctx, iamport.Attempt{MerchantUID: "free", ID: "free"}, time.Minute)
		require.ErrorIs(t, err, iamport.ErrAttemptUsed)
	}
}

// A clock that was set back holds an order for no longer than a quiet period.
func TestJournalOfTheFuture(t *testing.T) {
	t.Parallel()
	j := openJournal(t, write(t, "begin 99999999999999 a \"order_1\"\n"))
	wait, err := j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: "b"}, time.Minute)
	require.NoError(t, err)
	require.InDelta(t, time.Minute, wait, float64(10*time.Second))
}

func TestFileThatIsNoJournal(t *testing.T) {
	t.Parallel()
	for _, text := range []string{header + "x\n", "begin 1 a order_1\nbegin 1 b \"order_1\"\n", "end 1 a \"order_1\"\nfree 1 a \"order_1\"\n"} {
		path := write(t, text)
		require.ErrorContains(t, new(journal).open(path), "not a journal")
		require.Equal(t, text, content(t, path), "it is left as it is")
	}
	require.ErrorContains(t, new(journal).open(filepath.Join(t.TempDir(), "missing", "journal")), "missing")
}
