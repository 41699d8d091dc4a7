package iamportriver

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const cancel = "POST /payments/cancel"

func TestRefunds(t *testing.T) { onBoth(t, testRefunds[pgx.Tx], testRefunds[*sql.Tx]) }

func testRefunds[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		c.OnRefund = func(ctx context.Context, tx TTx, r Refund) error {
			if r.State == RefundMade && r.Err != nil || r.State != RefundMade && r.Payment != nil {
				t.Error("the refund and its error do not agree")
			}
			_, err := c.Database.conn(tx).exec(ctx, `INSERT INTO ledger VALUES ($1, $2, 0)`, r.Args.Reason, string(r.State))
			return err
		}
	})
	pay := func(uid string) string {
		p, err := s.Client.Again(t.Context(), iamport.AgainRequest{MerchantUID: uid, CustomerUID: "card-1", Amount: iamport.KRW(1000), Name: "a"})
		require.NoError(t, err)
		return p.ImpUID
	}
	one, two, three := pay("order-1"), pay("order-2"), pay("order-3")
	s.server.Inject(cancel, iamporttest.LoseBefore(), iamporttest.LoseAfter())
	refund := func(r RefundArgs) (inserted bool, err error) {
		failed := db.inTx(t.Context(), func(tx TTx) error {
			inserted, err = s.InsertRefund(t.Context(), tx, s.river, r)
			return err
		})
		require.Equal(t, err, failed)
		return inserted, err
	}
	full := RefundArgs{ImpUID: one, Checksum: iamport.KRW(1000), Full: true, Reason: "full"}
	part := RefundArgs{ImpUID: two, Checksum: iamport.KRW(1000), Amount: iamport.KRW(400), Reason: "part"}
	other := RefundArgs{ImpUID: three, Checksum: iamport.KRW(999), Full: true, Reason: "another sum remains"}
	invalid := RefundArgs{ImpUID: strings.Repeat("i", 33), Checksum: iamport.KRW(999), Full: true, Reason: "wrong"}
	for _, r := range []RefundArgs{full, part, other, invalid} {
		inserted, err := refund(r)
		require.NoError(t, err)
		require.True(t, inserted)
		inserted, err = refund(r)
		require.NoError(t, err)
		require.False(t, inserted, "a refund has one job")
	}
	_, err := refund(RefundArgs{ImpUID: two, Checksum: iamport.KRW(1000), Amount: iamport.KRW(500)})
	require.ErrorContains(t, err, "two refunds of one checksum are one")
	_, err = refund(RefundArgs{Amount: iamport.KRW(1), Full: true})
	require.ErrorContains(t, err, "ImpUID is required; Checksum must be more than 0; either Amount must be more than 0, or Full true")

	s.start()
	for _, job := range s.jobs("iamport_refund") {
		require.Equal(t, rivertype.JobStateCompleted, job.State)
	}
	require.Equal(t, []string{"another sum remains refused 0", "full refunded 0", "part refunded 0", "wrong invalid 0"}, s.ledger())
	require.Equal(t, "1000", s.server.Cancelled("order-1"))
	require.Equal(t, "400", s.server.Cancelled("order-2"))
	require.Equal(t, "0", s.server.Cancelled("order-3"))
	require.Len(t, s.server.Refunds(one), 1)
	require.Len(t, s.server.Refunds(two), 1)

	jobs := s.jobs("iamport_refund")
	_, err = s.river.JobDelete(t.Context(), jobs[0].ID)
	require.NoError(t, err)
	_, err = s.river.Insert(t.Context(), full, nil) // long after River removed the job
	require.NoError(t, err)
	s.jobs("iamport_refund")
	require.Len(t, s.ledger(), 4)
}
