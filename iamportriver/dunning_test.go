package iamportriver

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestDunning(t *testing.T) { onBoth(t, testDunning[pgx.Tx], testDunning[*sql.Tx]) }

func testDunning[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) { c.Dunning = DunningWaits(100*time.Millisecond, 200*time.Millisecond) })
	s.server.DeclineCustomer("card-1", "한도초과")
	s.server.DeclineCustomer("card-2", "잔액부족")
	s.insert(won("order-1", "card-1"), won("order-2", "card-2"))
	s.start()
	for s.row("order-2").state == "open" {
		time.Sleep(time.Millisecond)
	}
	s.server.DeclineCustomer("card-2", "") // the card has money again
	for _, r := range s.ends(5) {
		if r.State == StateDeclined {
			declined, ok := errors.AsType[*iamport.DeclinedError](r.Err)
			require.True(t, ok)
			require.NotEmpty(t, declined.Reason)
			require.Equal(t, r.Args.MerchantUID != "order-1-3", r.Next != nil)
			require.Equal(t, r.Next == nil, r.NextAt.IsZero())
		}
	}
	s.jobs("iamport_charge")
	require.Equal(t, []string{"order-1 declined 0", "order-1-2 declined 0", "order-1-3 declined 0", "order-2 declined 0", "order-2-2 paid 1000"}, s.ledger())
	periods, err := s.Database.pool.texts(t.Context(), `SELECT period || ' ' || try || ' ' || state FROM iamport_orders ORDER BY period, try`)
	require.NoError(t, err)
	require.Equal(t, []string{"order-1 1 declined", "order-1 2 declined", "order-1 3 declined", "order-2 1 declined", "order-2 2 paid"}, periods)
	require.Equal(t, "한도초과", s.row("order-1").reason)
	require.Equal(t, 0, s.insert(won("order-1", "card-1")), "a period is billed once")
}

func TestDunningNumberIsTaken(t *testing.T) {
	onBoth(t, testDunningNumberIsTaken[pgx.Tx], testDunningNumberIsTaken[*sql.Tx])
}

// A next try whose number is taken is not made, and the card is not tried again and again.
func testDunningNumberIsTaken[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		c.Dunning = func(d Decline) Next { return Next{At: d.At, MerchantUID: "order-2"} }
	})
	s.server.DeclineCustomer("card-1", "한도초과")
	s.insert(won("order-1", "card-1"), won("order-2", "card-2"))
	s.start()
	for _, r := range s.ends(2) {
		require.Nil(t, r.Next)
	}
	s.jobs("iamport_charge")
	require.Equal(t, []string{"order-1 declined 0", "order-2 paid 1000"}, s.ledger())
	require.Len(t, s.requests(again), 2)
}

func TestDunningIsWrong(t *testing.T) {
	onBoth(t, testDunningIsWrong[pgx.Tx], testDunningIsWrong[*sql.Tx])
}

// A next try that no database can store is not made, and the decline has its end.
func testDunningIsWrong[TTx any](t *testing.T, db Database[TTx]) {
	next := map[string]Next{
		"far":   {At: time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"past":  {At: time.Date(-9000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"NUL":   {At: time.Now(), MerchantUID: "order\x00"},
		"UTF-8": {At: time.Now(), MerchantUID: "order\xff"},
	}
	s := newShop(t, db, func(c *Config[TTx]) { c.Dunning = func(d Decline) Next { return next[d.Args.MerchantUID] } })
	s.server.DeclineCustomer("card-1", "한도초과")
	for uid := range next {
		s.insert(won(uid, "card-1"))
	}
	s.start()
	for _, r := range s.ends(len(next)) {
		require.Equal(t, StateDeclined, r.State)
		require.Nil(t, r.Next)
	}
	s.jobs("iamport_charge")
	require.Len(t, s.requests(again), len(next))
}
