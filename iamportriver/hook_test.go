package iamportriver

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestDeclineIsKept(t *testing.T) {
	onBoth(t, testDeclineIsKept[pgx.Tx], testDeclineIsKept[*sql.Tx])
}

// A declined card is not tried again if the first call of the hook panics or uses up its time.
func testDeclineIsKept[TTx any](t *testing.T, db Database[TTx]) {
	var calls atomic.Int64
	s := newShop(t, db, func(c *Config[TTx]) {
		ledger := c.OnResult
		c.OnResult = func(ctx context.Context, tx TTx, r Result) error {
			switch first := calls.Add(1) <= 2; {
			case first && r.Args.MerchantUID == "order-1":
				panic("the hook panicked")
			case first:
				<-ctx.Done()
				return ctx.Err()
			}
			return ledger(ctx, tx, r)
		}
	})
	s.finishTimeout = 300 * time.Millisecond
	s.server.DeclineCustomer("card-1", "한도초과")
	s.start()
	for i, uid := range []string{"order-1", "order-2"} {
		calls.Store(1)
		s.insert(won(uid, "card-1"))
		s.ends(i + 1)
		require.Len(t, s.requests(again), i+1, "a declined card was tried again")
	}
	s.jobs("iamport_charge")
	ids, err := db.pool.texts(t.Context(), `SELECT imp_uid FROM iamport_orders WHERE imp_uid = ''`)
	require.NoError(t, err)
	require.Empty(t, ids, "the record of the decline is not named")
}
