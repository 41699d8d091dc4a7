package iamport_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest/journaltest"
)

func TestMemoryJournal(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, journaltest.Config{
		New:      func(*testing.T) iamport.Journal { return iamport.NewMemoryJournal() },
		Synctest: true,
	})
}

// Two journals in memory are independent.
func TestMemoryJournalsAreApart(t *testing.T) {
	t.Parallel()
	a := iamport.Attempt{MerchantUID: "order", ID: "a"}
	for range 2 {
		wait, err := iamport.NewMemoryJournal().Begin(t.Context(), a, time.Hour)
		require.NoError(t, err)
		require.Zero(t, wait)
	}
}

// An End with an ended context records nothing here.
func TestMemoryJournalEndedContext(t *testing.T) {
	t.Parallel()
	journal := iamport.NewMemoryJournal()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := iamport.Attempt{MerchantUID: "order", ID: "a"}
	require.ErrorIs(t, journal.End(ctx, a, false), context.Canceled)
	wait, err := journal.Begin(t.Context(), a, time.Hour)
	require.NoError(t, err)
	require.Zero(t, wait)
}
