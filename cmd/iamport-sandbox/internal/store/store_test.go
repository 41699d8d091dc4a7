package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/exchange"
	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/store"
	"github.com/iamport-go/iamport/iamporttest"
)

func open(t *testing.T, file string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), file)
	require.NoError(t, err)
	return s
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	s := open(t, file)
	require.NoError(t, s.Save([]iamporttest.Document{{Kind: "a", Key: "1", JSON: []byte("1")}, {Kind: "a", Key: "2", JSON: []byte("2")},
		{Kind: "b", Key: "1", JSON: []byte("3")}}))
	require.NoError(t, s.Save([]iamporttest.Document{{Kind: "a", Key: "1", JSON: []byte("4")}, {Kind: "a", Key: "2"}, {Kind: "c", Key: "none"}}))
	require.NoError(t, s.Close())
	s = open(t, file)
	all, err := s.Load()
	require.NoError(t, err)
	require.ElementsMatch(t, []iamporttest.Document{{Kind: "a", Key: "1", JSON: []byte("4")}, {Kind: "b", Key: "1", JSON: []byte("3")}}, all)
	require.NoError(t, s.Close())
	require.Error(t, s.Save([]iamporttest.Document{{Kind: "a", Key: "1", JSON: []byte("5")}}), "the file is closed")
}

func TestOffset(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	s := open(t, file)
	offset, err := s.Offset(t.Context())
	require.NoError(t, err)
	require.Zero(t, offset)
	now := time.Hour
	s.SetOffset(func() time.Duration { return now })
	require.NoError(t, s.Save(nil))
	now = 2 * time.Hour
	require.NoError(t, s.Flush())
	now += time.Millisecond // less than two clocks drift
	require.NoError(t, s.Flush())
	offset, err = s.Offset(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2*time.Hour, offset)
	require.NoError(t, s.Close())
}

func TestExchangesAreBounded(t *testing.T) {
	t.Parallel()
	s := open(t, "")
	s.Limit = 100
	const more = 25
	for i := range s.Limit + more {
		s.Record(exchange.Exchange{Method: "GET", Status: i, Orders: []string{"m", fmt.Sprint("m", i)}})
		if i%10 == 0 {
			require.NoError(t, s.Flush())
		}
	}
	all, err := s.Exchanges(t.Context(), "", 0, 1_000_000)
	require.NoError(t, err)
	require.Len(t, all, s.Limit)
	require.Equal(t, s.Limit+more-1, all[0].Status, "the newest first")
	of, err := s.Exchanges(t.Context(), "m", 0, 1_000_000)
	require.NoError(t, err)
	require.Len(t, of, s.Limit)
	gone, err := s.Exchanges(t.Context(), "m24", 0, 10)
	require.NoError(t, err)
	require.Empty(t, gone)
	require.NoError(t, s.Close())
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "PRAGMA user_version = 2")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, err = store.Open(t.Context(), file)
	require.ErrorContains(t, err, "newer version")

	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("this is a text and no database, and it is longer than a header of one"), 0o600))
	_, err = store.Open(context.Background(), text)
	require.ErrorContains(t, err, "not a database")
}
