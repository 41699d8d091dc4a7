package iamportriver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestHookThatFailsForWeeks(t *testing.T) {
	onBoth(t, testHookThatFailsForWeeks[pgx.Tx], testHookThatFailsForWeeks[*sql.Tx])
}

// Errors and panics of a hook neither grow the job without end nor use up its attempts, and the
// order ends when the hook works again.
func testHookThatFailsForWeeks[TTx any](t *testing.T, db Database[TTx]) {
	var calls atomic.Int64
	s := newShop(t, db, func(c *Config[TTx]) {
		c.RetryWait = time.Millisecond
		works := c.OnResult
		c.OnResult = func(ctx context.Context, tx TTx, r Result) error {
			switch n := calls.Add(1); n {
			case maxErrors + 1:
				return errors.New("the hook failed")
			case maxErrors + 2:
				panic("the hook panicked")
			}
			return works(ctx, tx, r)
		}
	})
	s.insert(won("order-1", "card-1"))
	text := `{"at":"2026-11-01T00:00:00Z","attempt":1,"error":"the hook failed","trace":""}`
	many := text
	for range maxErrors - 1 {
		many += "," + text
	}
	for _, query := range []string{ // PostgreSQL has an array of JSON, SQLite an array in JSON
		fmt.Sprintf(`UPDATE river_job SET errors = ARRAY(SELECT jsonb_array_elements('[%s]'))`, many),
		fmt.Sprintf(`UPDATE river_job SET errors = jsonb('[%s]')`, many),
	} {
		if _, err := db.pool.exec(t.Context(), query); err == nil {
			break
		}
	}
	calls.Store(maxErrors)
	s.start()
	s.ends(1)
	job := s.jobs("iamport_charge")[0]
	require.Len(t, job.Errors, maxErrors)
	require.Equal(t, 1, job.Attempt)
	require.Equal(t, int64(maxErrors+3), calls.Load())
	require.Equal(t, 1, s.server.TotalCharges())
}
