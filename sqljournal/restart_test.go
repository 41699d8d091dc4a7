package sqljournal

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest/journaltest"
	"github.com/iamport-go/iamport/internal/postgrestest"
)

// One hundred connections begin attempts of ten orders while the server crashes and comes back
// twice. An attempt that was recorded is there afterwards, and holds its order; of the attempts
// of an order exactly one was recorded.
func TestCrashOfPostgres(t *testing.T) {
	t.Parallel()
	c := postgrestest.New(t)
	config := newSchema(t, c.URL())
	config.MaxConns = 100
	pool := openPool(t, config)
	j := Pgx(pool)
	require.NoError(t, j.Migrate(t.Context()))

	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var mu sync.Mutex
	recorded := make(map[string][]string) // ids by order
	var failed atomic.Int64
	var done atomic.Bool
	var wait sync.WaitGroup
	for worker := range 100 {
		wait.Go(func() {
			for n := 0; !done.Load() && ctx.Err() == nil; n++ {
				a := iamport.Attempt{MerchantUID: fmt.Sprintf("order_%d", (worker+n)%50), ID: fmt.Sprintf("w%d-%d", worker, n)}
				held, err := j.Begin(ctx, a, time.Hour)
				switch {
				case err != nil:
					failed.Add(1)
					time.Sleep(10 * time.Millisecond)
				case held == 0:
					mu.Lock()
					recorded[a.MerchantUID] = append(recorded[a.MerchantUID], a.ID)
					mu.Unlock()
				}
			}
		})
	}
	for range 2 {
		time.Sleep(300 * time.Millisecond)
		c.Crash()
		c.Start()
	}
	time.Sleep(300 * time.Millisecond)
	done.Store(true)
	wait.Wait()
	require.Positive(t, failed.Load(), "the crashes were not noticed")

	rows, err := pool.Query(ctx, `SELECT merchant_uid, count(*), string_agg(id, ' ') FROM iamport_attempts GROUP BY merchant_uid`)
	require.NoError(t, err)
	defer rows.Close()
	orders := 0
	for rows.Next() {
		var order, ids string
		var n int
		require.NoError(t, rows.Scan(&order, &n, &ids))
		require.Equal(t, 1, n, "%s was recorded more than once: %s", order, ids)
		// An entry whose answer was lost in the crash was reported to nobody.
		require.LessOrEqual(t, len(recorded[order]), 1, order)
		if len(recorded[order]) == 1 {
			require.Equal(t, ids, recorded[order][0])
		}
		delete(recorded, order)
		orders++
	}
	require.NoError(t, rows.Err())
	require.Empty(t, recorded, "recorded attempts were lost")
	require.Positive(t, orders)
}

// The contract of a journal, with 100 connections to a server of its own.
func TestConformanceOfAHundredConnections(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t).URL()
	open := func(t *testing.T) *pgxpool.Pool {
		t.Helper()
		config := newSchema(t, url)
		config.MaxConns, config.MinConns = 100, 100
		return openPool(t, config)
	}
	journaltest.Run(t, journaltest.Config{New: func(t *testing.T) iamport.Journal {
		j := Pgx(open(t))
		require.NoError(t, j.Migrate(t.Context()))
		return j
	}})
}
