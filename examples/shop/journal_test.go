package main

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest/journaltest"
)

func TestJournal(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, file string) iamport.Journal {
		db, err := database{file, true}.open(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		return &journal{db: db, now: time.Now}
	}
	journaltest.Run(t, journaltest.Config{
		New: func(t *testing.T) iamport.Journal { return open(t, filepath.Join(t.TempDir(), "a ?#% b.db")) },
		Second: func(t *testing.T, first iamport.Journal) iamport.Journal {
			return open(t, fileOf(t, first.(*journal).db))
		},
	})
}

// fileOf returns the file of a database.
func fileOf(t *testing.T, db *sql.DB) string {
	var seq int
	var name, file string
	require.NoError(t, db.QueryRowContext(t.Context(), `PRAGMA database_list`).Scan(&seq, &name, &file))
	return file
}

// Attempts of more than two hours ago are removed by the next one.
func TestJournalForgets(t *testing.T) {
	t.Parallel()
	db, err := database{filepath.Join(t.TempDir(), "shop.db"), true}.open(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	now := time.Now()
	j := &journal{db: db, now: func() time.Time { return now }}
	for i, want := range []int{1, 2, 1} {
		wait, err := j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order", ID: string(rune('a' + i))}, 0)
		require.NoError(t, err)
		require.Zero(t, wait)
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM attempts`).Scan(&n))
		require.Equal(t, want, n)
		now = now.Add([]time.Duration{kept, kept + time.Nanosecond, 0}[i])
	}
}
