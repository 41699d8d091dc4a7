package iamportriver

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func TestDeletedJob(t *testing.T) { onBoth(t, testDeletedJob[pgx.Tx], testDeletedJob[*sql.Tx]) }

// An order, or a refund, whose job was deleted before its end gets a job by the next Insert.
func testDeletedJob[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	paid, err := s.Client.Again(t.Context(), iamport.AgainRequest{MerchantUID: "paid", CustomerUID: "card-1", Amount: iamport.KRW(1000), Name: "a"})
	require.NoError(t, err)
	refund := func() (inserted bool) {
		require.NoError(t, db.inTx(t.Context(), func(tx TTx) (err error) {
			inserted, err = s.InsertRefund(t.Context(), tx, s.river, RefundArgs{ImpUID: paid.ImpUID, Checksum: iamport.KRW(1000), Full: true})
			return err
		}))
		return inserted
	}
	require.Equal(t, 1, s.insert(won("order-1", "card-1"), won("order-1", "card-1")))
	require.True(t, refund())
	_, err = db.pool.exec(t.Context(), `DELETE FROM river_job`)
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, 0, s.insert(won("order-1", "card-1"), won("order-1", "card-1")), "the order is not new")
		require.False(t, refund(), "the refund is not new")
	}
	s.start()
	s.ends(1)
	require.Len(t, s.jobs("iamport_charge"), 1)
	require.Len(t, s.jobs("iamport_refund"), 1)
	require.Equal(t, "1000", s.server.Cancelled("paid"))
	require.Equal(t, 0, s.insert(won("order-1", "card-1")))
	require.Len(t, s.jobs("iamport_charge"), 1)
}

func TestJobIsDeletedWhileItRuns(t *testing.T) {
	onBoth(t, testJobIsDeletedWhileItRuns[pgx.Tx], testJobIsDeletedWhileItRuns[*sql.Tx])
}

// The end of an order is stored, although its job was rescued and deleted.
func testJobIsDeletedWhileItRuns[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		ledger := c.OnResult
		c.OnResult = func(ctx context.Context, tx TTx, r Result) error {
			if _, err := db.conn(tx).exec(ctx, `DELETE FROM river_job WHERE kind = 'iamport_charge'`); err != nil {
				return err
			}
			return ledger(ctx, tx, r)
		}
	})
	s.insert(won("order-1", "card-1"))
	s.start()
	s.ends(1)
	require.Eventually(t, func() bool { return s.row("order-1").ended }, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, []string{"order-1 paid 1000"}, s.ledger())
}

func TestTwoRuns(t *testing.T) { onBoth(t, testTwoRuns[pgx.Tx], testTwoRuns[*sql.Tx]) }

// A run that stood still after its decline until River began another run ends nothing and makes
// no next try: the other one may be charging.
func testTwoRuns[TTx any](t *testing.T, db Database[TTx]) {
	runs := 0
	s := newShop(t, db, func(c *Config[TTx]) {
		ledger := c.OnResult
		c.Dunning = DunningWaits(time.Millisecond)
		c.OnResult = func(ctx context.Context, tx TTx, r Result) error {
			runs++
			if runs == 1 { // River counts the runs when it fetches a job
				if _, err := db.conn(tx).exec(ctx, `UPDATE river_job SET attempt = attempt + 1 WHERE kind = 'iamport_charge'`); err != nil {
					return err
				}
			}
			return ledger(ctx, tx, r)
		}
	})
	s.server.Inject(again, iamporttest.Decline("한도초과"))
	s.insert(won("order-1", "card-1"))
	s.start()
	s.ends(2)
	jobs := s.jobs("iamport_charge")
	require.Len(t, jobs, 1)
	require.Contains(t, jobs[0].Errors[0].Error, "another run of this job has begun")
	require.Equal(t, []string{"order-1 paid 1000"}, s.ledger())
	require.Equal(t, 1, s.server.TotalCharges())
}

func TestOtherJobOfTheOrder(t *testing.T) {
	onBoth(t, testOtherJobOfTheOrder[pgx.Tx], testOtherJobOfTheOrder[*sql.Tx])
}

// A job of River's own Insert, which is on other terms or has ended, would leave the order without
// one.
func testOtherJobOfTheOrder[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	other, wrong := won("order-1", "card-1"), won("order-2", "")
	other.Amount = iamport.KRW(5)
	for _, a := range []ChargeArgs{other, wrong, won("order-3", "card-1")} {
		_, err := s.river.Insert(t.Context(), a, nil)
		require.NoError(t, err)
	}
	_, err := s.river.JobCancel(t.Context(), 2)
	require.NoError(t, err)
	for _, uid := range []string{"order-1", "order-2"} {
		err := db.inTx(t.Context(), func(tx TTx) error {
			_, err := s.Insert(t.Context(), tx, s.river, won(uid, "card-1"))
			return err
		})
		require.ErrorContains(t, err, "with other terms or at its end: delete it first", uid)
	}
	require.Equal(t, 1, s.insert(won("order-3", "card-1")), "the terms are the same")
	s.Due = func(context.Context, TTx, time.Time, int) ([]ChargeArgs, error) {
		return []ChargeArgs{won("order-2", "card-1"), won("order-4", "card-1")}, nil
	}
	_, err = s.bill(t.Context(), s.river)
	require.NoError(t, err, "it does not hold back the others")
	_, err = s.river.JobDelete(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, 1, s.insert(won("order-2", "card-1")))
	s.start()
	s.ends(4)
	require.Equal(t, 4, s.server.TotalCharges())
}
