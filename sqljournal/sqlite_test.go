package sqljournal

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestSQLitePrune(t *testing.T) {
	t.Parallel()
	j, db := newSQLite(t)
	now := time.Now()
	j.store = sqliteStore{db, func() time.Time { return now }}
	_, err := db.ExecContext(t.Context(), `INSERT INTO iamport_attempts (merchant_uid, id, since)
		WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 3000)
		SELECT 'order_' || n, 'a', ? - CASE WHEN n > 2500 THEN 0 ELSE 1 END FROM n`, now.Add(-kept).UnixNano())
	require.NoError(t, err)
	removed, err := j.Prune(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(2500), removed)
	var left int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM iamport_attempts`).Scan(&left))
	require.Equal(t, 500, left)
}

// A connection whose transaction was interrupted is usable again.
func TestSQLiteAfterAnEndedContext(t *testing.T) {
	t.Parallel()
	j, db := newSQLite(t)
	db.SetMaxOpenConns(1)
	other := openSQLite(t, fileOf(t, j))
	conn, err := other.Conn(t.Context())
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = j.Begin(ctx, iamport.Attempt{MerchantUID: "order_1", ID: "a"}, 0)
	require.Error(t, err)
	_, err = conn.ExecContext(t.Context(), `ROLLBACK`)
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	for _, id := range []string{"b", "c"} {
		wait, err := j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: id}, 0)
		require.NoError(t, err)
		require.Zero(t, wait)
	}
	_, err = j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: "b"}, 0)
	require.ErrorIs(t, err, iamport.ErrAttemptUsed)
}

func fileOf(t *testing.T, j *Journal) string {
	t.Helper()
	var seq int
	var name, file string
	require.NoError(t, j.store.(sqliteStore).db.QueryRowContext(t.Context(), `PRAGMA database_list`).Scan(&seq, &name, &file))
	return file
}

func TestSQLiteWithoutItsTable(t *testing.T) {
	t.Parallel()
	j := SQLite(openSQLite(t, filepath.Join(t.TempDir(), "empty.db")))
	_, err := j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: "a"}, 0)
	require.ErrorContains(t, err, "sqljournal: begin: ")
	require.NoError(t, j.Migrate(t.Context()))
	require.NoError(t, j.Migrate(t.Context()))
	_, err = j.Begin(t.Context(), iamport.Attempt{MerchantUID: "order_1", ID: "a"}, 0)
	require.NoError(t, err)
}
