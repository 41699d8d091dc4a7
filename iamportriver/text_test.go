package iamportriver

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestDueWithWrongOrders(t *testing.T) {
	onBoth(t, testDueWithWrongOrders[pgx.Tx], testDueWithWrongOrders[*sql.Tx])
}

// The wrong orders of a Due are named in the log and do not hold back the others.
func testDueWithWrongOrders[TTx any](t *testing.T, db Database[TTx]) {
	wrong := []struct {
		order ChargeArgs
		want  string
	}{
		{ChargeArgs{CustomerUID: "card-1", Amount: iamport.KRW(1)}, "MerchantUID is required"},
		{ChargeArgs{MerchantUID: "free", CustomerUID: "card-1"}, "Amount must be more than 0"},
		{ChargeArgs{MerchantUID: "a\x00", CustomerUID: "card-1", Amount: iamport.KRW(1)}, "MerchantUID must be UTF-8 without NUL"},
		{ChargeArgs{MerchantUID: "a\xff", CustomerUID: "card-1", Amount: iamport.KRW(1)}, "MerchantUID must be UTF-8 without NUL"},
		{ChargeArgs{MerchantUID: "b", CustomerUID: "card-1", Amount: iamport.KRW(1), Name: "a\x00b"}, "Name must be UTF-8 without NUL"},
		{ChargeArgs{MerchantUID: "c", CustomerUID: "card-1", Amount: iamport.KRW(1), Extra: iamport.Extra{NaverUseCfm: "\x00"}}, "NaverUseCfm must be"},
		{ChargeArgs{MerchantUID: "d", CustomerUID: "card-1", Amount: iamport.KRW(1), Period: strings.Repeat("p", 501)}, "MerchantUID and Period must be at most 500 bytes"},
		{ChargeArgs{MerchantUID: "order-1", CustomerUID: "card-2", Amount: iamport.KRW(1)}, "is in the table already"},
	}
	var log bytes.Buffer
	s := newShop(t, db, func(c *Config[TTx]) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		c.Due = func(context.Context, TTx, time.Time, int) (due []ChargeArgs, err error) {
			for _, w := range wrong {
				due = append(due, w.order)
			}
			return append(due, won("order-2", "card-1"), won("order-3", "card-1")), nil
		}
	})
	s.insert(won("order-1", "card-1"))
	_, err := s.bill(t.Context(), s.river)
	require.NoError(t, err)
	for _, w := range wrong {
		require.Contains(t, log.String(), w.want)
	}
	orders, err := db.pool.texts(t.Context(), `SELECT merchant_uid FROM iamport_orders ORDER BY merchant_uid`)
	require.NoError(t, err)
	require.Equal(t, []string{"order-1", "order-2", "order-3"}, orders)
}
