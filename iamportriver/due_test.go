package iamportriver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// subscribers makes a table of n subscribers of card-1 whose month 1 is due, and a Due that
// bills each month up to months, a day of the clock each.
func (s *shop[TTx]) subscribers(n, months int) {
	s.t.Helper()
	_, err := s.Database.pool.exec(s.t.Context(), `CREATE TABLE IF NOT EXISTS subscribers (id text, month integer)`)
	require.NoError(s.t, err)
	for i := range n {
		_, err := s.Database.pool.exec(s.t.Context(), `INSERT INTO subscribers VALUES ($1, 1)`, fmt.Sprintf("s%04d", i))
		require.NoError(s.t, err)
	}
	s.Due = func(ctx context.Context, tx TTx, _ time.Time, limit int) (due []ChargeArgs, err error) {
		ids, err := s.Database.conn(tx).texts(ctx, fmt.Sprintf(`UPDATE subscribers SET month = month + 1 WHERE id IN
			(SELECT id FROM subscribers WHERE month <= %d ORDER BY month, id LIMIT %d) RETURNING id || '-' || (month - 1)`, months, limit))
		for _, id := range ids {
			due = append(due, won(id, "card-1"))
		}
		return due, err
	}
}

func TestDue(t *testing.T) { onBoth(t, testDue[pgx.Tx], testDue[*sql.Tx]) }

// After a downtime of three months each month is billed once, also if two processes look for
// what is due at the same time.
func testDue[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		c.DueLimit = 7
		c.Due = func(context.Context, TTx, time.Time, int) ([]ChargeArgs, error) { return nil, errors.New("not set") }
	})
	s.subscribers(10, 3)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for more := true; more; {
				var err error
				if more, err = s.bill(t.Context(), s.river); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	s.start()
	s.ends(30)
	s.jobs("iamport_charge")
	require.Len(t, s.ledger(), 30)
	require.Equal(t, 30, s.server.TotalCharges())
}

func TestDueRunsByItself(t *testing.T) {
	onBoth(t, testDueRunsByItself[pgx.Tx], testDueRunsByItself[*sql.Tx])
}

func testDueRunsByItself[TTx any](t *testing.T, db Database[TTx]) {
	var now atomic.Pointer[time.Time]
	var fail atomic.Bool
	fail.Store(true)
	s := newShop(t, db, func(c *Config[TTx]) {
		c.DueEvery = time.Second
		c.Now = func() time.Time { return time.Unix(1_800_000_000, 0) }
		c.Due = func(context.Context, TTx, time.Time, int) ([]ChargeArgs, error) { return nil, nil }
	})
	s.subscribers(3, 1)
	inner := s.Due
	s.Due = func(ctx context.Context, tx TTx, at time.Time, limit int) ([]ChargeArgs, error) {
		due, err := inner(ctx, tx, at, limit)
		now.Store(&at)
		if fail.Swap(false) { // the marks of a Due that fails are rolled back
			return nil, errors.New("due failed")
		}
		return due, err
	}
	s.start()
	s.ends(3)
	require.Equal(t, "2027-01-15T17:00:00+09:00", now.Load().Format(time.RFC3339))
	require.Len(t, s.jobs("iamport_charge"), 3)
}

// A Due that does not mark what it returns does not run without end.
func TestDueWithoutMarks(t *testing.T) {
	onBoth(t, testDueWithoutMarks[pgx.Tx], testDueWithoutMarks[*sql.Tx])
}

func testDueWithoutMarks[TTx any](t *testing.T, db Database[TTx]) {
	calls := 0
	s := newShop(t, db, func(c *Config[TTx]) {
		c.DueLimit = 2
		c.Due = func(context.Context, TTx, time.Time, int) ([]ChargeArgs, error) {
			calls++
			// The period is the same, whatever the order number is.
			a := ChargeArgs{MerchantUID: fmt.Sprintf("a-%d", calls), Period: "a 2026-12", CustomerUID: "card-1", Amount: iamport.KRW(1000), Name: "a"}
			return []ChargeArgs{a, won("order-2", "card-2")}, nil
		}
	})
	more, err := s.bill(t.Context(), s.river)
	require.NoError(t, err)
	require.True(t, more)
	more, err = s.bill(t.Context(), s.river)
	require.NoError(t, err)
	require.False(t, more)
	s.start()
	s.ends(2)
	require.Len(t, s.jobs("iamport_charge"), 2)
	require.Equal(t, 2, s.server.TotalCharges())
}

func TestJournalIsPruned(t *testing.T) {
	onBoth(t, testJournalIsPruned[pgx.Tx], testJournalIsPruned[*sql.Tx])
}

func testJournalIsPruned[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	_, err := db.journal.Begin(t.Context(), iamport.Attempt{MerchantUID: "old", ID: "1"}, 0)
	require.NoError(t, err)
	for _, old := range []string{
		`UPDATE iamport_attempts SET since = since - interval '3 hours'`, // PostgreSQL
		`UPDATE iamport_attempts SET since = since - 3 * 3600 * 1000000000`,
	} {
		if _, err = db.pool.exec(t.Context(), old); err == nil {
			break
		}
	}
	require.NoError(t, err)
	s.start()
	require.Eventually(t, func() bool {
		left, err := db.pool.texts(t.Context(), `SELECT merchant_uid FROM iamport_attempts`)
		return err == nil && len(left) == 0
	}, 10*time.Second, 20*time.Millisecond)
}
