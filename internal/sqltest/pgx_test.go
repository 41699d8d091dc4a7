package sqltest_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// record is a row of a merchant's table of payments.
type record struct {
	MerchantUID string
	Amount      iamport.Amount
	Cancelled   sql.Null[iamport.Amount]
	VAT         *iamport.Amount `db:"vat"`
	PaidAt      iamport.Time
	DeletedAt   *iamport.Time
	UnixAt      iamport.Time
	Status      iamport.Status
	PG          iamport.PG `db:"pg"`
}

var (
	columns = []string{"merchant_uid", "amount", "cancelled", "vat", "paid_at", "deleted_at", "unix_at", "status", "pg"}
	records = []record{
		{
			MerchantUID: "order_1", Amount: amount("10.99"), Cancelled: sql.Null[iamport.Amount]{V: amount("0.5"), Valid: true},
			VAT: new(iamport.KRW(0)), PaidAt: iamport.UnixTime(moments[0]), DeletedAt: new(iamport.UnixTime(moments[0])),
			UnixAt: iamport.UnixTime(moments[0]), Status: iamport.StatusCancelled, PG: iamport.PGNice,
		},
		{MerchantUID: "order_2", Amount: iamport.KRW(3000), PaidAt: iamport.UnixTime(moments[2]), Status: iamport.StatusPaid, PG: "new"},
		{MerchantUID: "order_3"},
	}
)

// values are those of the columns. The column unix_at is an integer, which a Time is not.
func (r record) values() []any {
	var seconds *int64
	if !r.UnixAt.IsZero() {
		seconds = new(r.UnixAt.Unix())
	}
	return []any{r.MerchantUID, r.Amount, r.Cancelled, r.VAT, r.PaidAt, r.DeletedAt, seconds, r.Status, r.PG}
}

func makePayments(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `CREATE TEMPORARY TABLE payments (merchant_uid TEXT PRIMARY KEY, amount NUMERIC(14,4), cancelled NUMERIC,
		vat BIGINT, paid_at TIMESTAMPTZ, deleted_at TIMESTAMP, unix_at BIGINT, status TEXT, pg VARCHAR(20))`)
	require.NoError(t, err)
}

// requireRecords reads the rows by the names of their columns.
func requireRecords(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT * FROM payments ORDER BY merchant_uid")
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowToStructByName[record])
	require.NoError(t, err)
	require.Equal(t, records, got)
	require.True(t, got[0].Amount == records[0].Amount)
	for _, r := range got {
		require.Equal(t, time.UTC, r.PaidAt.Location())
	}
}

const insertPayment = "INSERT INTO payments VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"

func TestPgxInsertsABatch(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			pool := postgresPool(t, mode)
			makePayments(t, pool)
			var batch pgx.Batch
			for _, r := range records {
				batch.Queue(insertPayment, r.values()...)
			}
			require.NoError(t, pool.SendBatch(t.Context(), &batch).Close())
			requireRecords(t, pool)
		})
	}
}

// COPY is in the binary format, into which pgx brings the text of an Amount itself.
func TestPgxCopies(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			pool := postgresPool(t, mode)
			makePayments(t, pool)
			n, err := pool.CopyFrom(t.Context(), pgx.Identifier{"payments"}, columns,
				pgx.CopyFromSlice(len(records), func(i int) ([]any, error) { return records[i].values(), nil }))
			require.NoError(t, err)
			require.Equal(t, int64(len(records)), n)
			requireRecords(t, pool)

			_, err = pool.CopyFrom(t.Context(), pgx.Identifier{"payments"}, []string{"merchant_uid", "vat"},
				pgx.CopyFromRows([][]any{{"order_4", amount("10.99")}}))
			require.Error(t, err, "a fraction into BIGINT")
		})
	}
}

func TestPgxNamedArguments(t *testing.T) {
	t.Parallel()
	pool := postgresPool(t, pgx.QueryExecModeCacheStatement)
	makePayments(t, pool)
	for _, r := range records {
		_, err := pool.Exec(t.Context(), insertPayment, r.values()...)
		require.NoError(t, err)
	}
	rows, err := pool.Query(t.Context(), "SELECT merchant_uid FROM payments WHERE amount >= @least AND paid_at < @before AND status = @status",
		pgx.StrictNamedArgs{"least": amount("2999.9999"), "before": iamport.UnixTime(moments[0]), "status": iamport.StatusPaid})
	require.NoError(t, err)
	orders, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{"order_2"}, orders)

	rows, err = pool.Query(t.Context(), "SELECT sum(amount) FROM payments")
	require.NoError(t, err)
	sum, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[iamport.Amount])
	require.NoError(t, err)
	require.True(t, sum == amount("3010.99"), sum.String())

	// A Status is a string, which NULL is not.
	_, err = pool.Exec(t.Context(), "UPDATE payments SET status = NULL")
	require.NoError(t, err)
	rows, err = pool.Query(t.Context(), "SELECT * FROM payments")
	require.NoError(t, err)
	_, err = pgx.CollectRows(rows, pgx.RowToStructByName[record])
	require.ErrorContains(t, err, "status")
}

// The modes that prepare no statement know no type of an array of amounts: "cannot find
// encode plan".
func TestPgxArrays(t *testing.T) {
	t.Parallel()
	for _, mode := range modes[:2] {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			pool := postgresPool(t, mode)
			for arrayType, want := range map[string][]iamport.Amount{
				"NUMERIC[]": {amount("10.99"), {}, iamport.KRW(-3000), iamport.KRW(0), amount("9007199254740993.5")},
				"BIGINT[]":  {iamport.KRW(9007199254740993), {}, iamport.KRW(0)},
				"INTEGER[]": {iamport.KRW(1)},
				"TEXT[]":    {amount("10.99"), {}, iamport.KRW(0)},
			} {
				var got []iamport.Amount
				require.NoError(t, pool.QueryRow(t.Context(), "SELECT $1::"+arrayType, want).Scan(&got), arrayType)
				require.Equal(t, want, got, arrayType)
			}
			times := []iamport.Time{iamport.UnixTime(moments[0]), {}, iamport.UnixTime(moments[1].UTC())}
			for _, arrayType := range []string{"TIMESTAMPTZ[]", "TIMESTAMP[]"} {
				var got []iamport.Time
				require.NoError(t, pool.QueryRow(t.Context(), "SELECT $1::"+arrayType, times).Scan(&got), arrayType)
				require.Equal(t, times, got, arrayType)
			}
		})
	}
}

func TestPgxFindsAnyOf(t *testing.T) {
	t.Parallel()
	pool := postgresPool(t, pgx.QueryExecModeCacheStatement)
	var found bool
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT 10.990::numeric = ANY($1)", []iamport.Amount{iamport.KRW(1), amount("10.99")}).Scan(&found))
	require.True(t, found)
}
