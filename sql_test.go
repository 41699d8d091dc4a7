package iamport_test

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

var (
	_ driver.Valuer = iamport.Amount{}
	_ sql.Scanner   = (*iamport.Amount)(nil)
	_ driver.Valuer = iamport.Time{}
	_ sql.Scanner   = (*iamport.Time)(nil)
)

func TestAmountValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount iamport.Amount
		want   driver.Value
	}{
		{iamport.Amount{}, nil},
		{iamport.KRW(0), "0"},
		{iamport.KRW(3000), "3000"},
		{iamport.KRW(-3000), "-3000"},
		{iamport.KRW(math.MaxInt64), "9223372036854775807"},
		{iamport.KRW(math.MinInt64), "-9223372036854775808"},
		{clienttest.Amount("10.50"), "10.5"},
		{clienttest.Amount("-0.01"), "-0.01"},
		{clienttest.Amount("1e18"), "1000000000000000000"},
		{clienttest.Amount("1e-18"), "0.000000000000000001"},
	} {
		got, err := c.amount.Value()
		require.NoError(t, err)
		require.Equal(t, c.want, got)
		require.True(t, driver.IsValue(got))

		for _, before := range []iamport.Amount{{}, iamport.KRW(77)} {
			read := before
			require.NoError(t, read.Scan(got))
			require.True(t, read == c.amount, "%q was read as %q", c.amount, read)
		}
	}
}

func TestAmountScan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  any
		want string
	}{
		{nil, ""},
		{int64(0), "0"},
		{int64(-3000), "-3000"},
		{int64(math.MaxInt64), "9223372036854775807"},
		{int64(math.MinInt64), "-9223372036854775808"},
		{uint64(math.MaxInt64), "9223372036854775807"},
		{"3000", "3000"},
		{"3000.00", "3000"},
		{"3000.0000000000000000", "3000"},
		{"10.50", "10.5"},
		{"-0.00", "0"},
		{"1e3", "1000"},
		{[]byte("10.99"), "10.99"},
		{[]byte("9007199254740993"), "9007199254740993"},
		{10.99, "10.99"},
		{-0.5, "-0.5"},
		{0.0, "0"},
		{math.Copysign(0, -1), "0"},
		{3000.0, "3000"},
		{1e18, "1000000000000000000"},
		{1e-18, "0.000000000000000001"},
		{123456789012345.0, "123456789012345"},
		{-12345678901234.5, "-12345678901234.5"},
	} {
		got, want := iamport.KRW(77), iamport.Amount{}
		if c.want != "" {
			want = clienttest.Amount(c.want)
		}
		require.NoError(t, got.Scan(c.src), "%T %v", c.src, c.src)
		require.True(t, got == want, "%T %v was read as %q", c.src, c.src, got)
		var null sql.Null[iamport.Amount]
		require.NoError(t, null.Scan(c.src))
		require.Equal(t, sql.Null[iamport.Amount]{V: want, Valid: c.src != nil}, null)
	}
	var got iamport.Amount
	require.NoError(t, got.Scan("3000.00"))
	require.True(t, got == iamport.KRW(3000))
}

func TestAmountScanRefuses(t *testing.T) {
	t.Parallel()
	tenth := 0.1
	for _, src := range []any{
		"", " ", " 3000", "3000 ", "3,000", "+1", "NaN", "Infinity", "abc", "1e30", "9223372036854775808", "0.0000000000000000001", strings.Repeat("9", 1<<20),
		[]byte{}, []byte(nil), []byte("NaN"), []byte("1 "), []byte{0xff},
		uint64(math.MaxInt64 + 1), uint64(math.MaxUint64),
		tenth + 0.2, 1e300, -1e19, 1e-19, 1234567890123456.0, 9007199254740993.0, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64,
		true, false, time.Now(), time.Second, float32(1.5), 3000, struct{}{}, iamport.KRW(5),
	} {
		name := fmt.Sprintf("%T %.30v", src, src)
		got := iamport.KRW(77)
		err := got.Scan(src)
		require.ErrorContains(t, err, "iamport: amount: ", name)
		require.Less(t, len(err.Error()), 200, name)
		require.True(t, got == iamport.KRW(77), "%s changed the value to %q", name, got)
	}
}

// A driver uses its buffer again.
func TestScanKeepsNoBytes(t *testing.T) {
	t.Parallel()
	var amount iamport.Amount
	var at iamport.Time
	for text, scanner := range map[string]sql.Scanner{"10.99": &amount, "1772325000": &at} {
		buffer := []byte(text)
		require.NoError(t, scanner.Scan(buffer))
		for i := range buffer {
			buffer[i] = '7'
		}
	}
	require.True(t, amount == clienttest.Amount("10.99"))
	require.Equal(t, int64(1772325000), at.Unix())
}

func TestAmountIsAMapKey(t *testing.T) {
	t.Parallel()
	orders := map[iamport.Amount]int{}
	for _, src := range []any{"10.5", "10.50", []byte("1.05e1"), 10.5, int64(3000), "3000.00", 3000.0, nil} {
		var a iamport.Amount
		require.NoError(t, a.Scan(src))
		orders[a]++
	}
	require.Equal(t, map[iamport.Amount]int{clienttest.Amount("10.5"): 4, iamport.KRW(3000): 3, {}: 1}, orders)
}

func TestAmountMul(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount string
		n      int64
		want   string
	}{
		{"3000", 3, "9000"}, {"10.99", 3, "32.97"}, {"0.1", 3, "0.3"}, {"0.5", 2, "1"}, {"2.5", -2, "-5"}, {"-3", -3, "9"}, {"10.99", 0, "0"},
		{"0.000000000000000001", 1e18, "1"}, {"9223372036854775807", 1, "9223372036854775807"}, {"9223372036854775807", -1, "-9223372036854775807"},
		{"1", math.MinInt64, "-9223372036854775808"}, {"4611686018427387904", -2, "-9223372036854775808"},
		{"0.1", math.MaxInt64, "922337203685477580.7"}, {"9223372036854775.807", 1000, "9223372036854775807"},
		{"4611686018427387904", 2, ""}, {"-9223372036854775808", -1, ""}, {"9223372036854775807", math.MaxInt64, ""}, {"-1", math.MinInt64, ""},
		{"0.5", math.MaxInt64, ""}, {"1.1", math.MaxInt64, ""},
	} {
		got, err := clienttest.Amount(c.amount).Mul(c.n)
		if c.want == "" {
			require.Error(t, err, "%s * %d", c.amount, c.n)
			require.False(t, got.IsSet())
			continue
		}
		require.NoError(t, err, "%s * %d", c.amount, c.n)
		require.True(t, got == clienttest.Amount(c.want), "%s * %d = %s", c.amount, c.n, got)
	}
	got, err := iamport.Amount{}.Mul(3)
	require.NoError(t, err)
	require.False(t, got.IsSet())
}

func TestAmountInt64(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"3000": 3000, "3000.00": 3000, "0": 0, "-7": -7, "1e3": 1000, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	} {
		got, err := clienttest.Amount(text).Int64()
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"10.99", "-0.5", "0.000000000000000001"} {
		got, err := clienttest.Amount(text).Int64()
		require.ErrorContains(t, err, text+" has a fraction")
		require.Zero(t, got)
	}
	_, err := iamport.Amount{}.Int64()
	require.ErrorContains(t, err, "not set")
}

func TestTimeValue(t *testing.T) {
	t.Parallel()
	seoul := time.FixedZone("KST", 9*60*60)
	now := time.Now()
	for _, at := range []time.Time{
		{}, now, now.In(seoul), time.Unix(0, 0), time.Date(2026, 3, 1, 0, 30, 0, 123456789, seoul), time.Date(1, 1, 1, 9, 0, 0, 0, seoul),
	} {
		got, err := iamport.Time{Time: at}.Value()
		require.NoError(t, err)
		read := iamport.Time{Time: now}
		require.NoError(t, read.Scan(got))
		require.True(t, read.Equal(at), "%s was read as %s", at, read)
		if at.IsZero() {
			require.Nil(t, got)
			require.Equal(t, iamport.Time{}, read)
			continue
		}
		// No zone of this machine, and no reading of its monotonic clock.
		require.Equal(t, time.Unix(at.Unix(), int64(at.Nanosecond())).UTC(), got)
		require.Equal(t, iamport.Time{Time: got.(time.Time)}, read)
	}
}

func TestTimeScan(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)
	half := at.Add(500 * time.Millisecond)
	for _, c := range []struct {
		src  any
		want time.Time
	}{
		{nil, time.Time{}},
		{time.Time{}, time.Time{}},
		{at, at},
		{half.In(time.FixedZone("KST", 9*60*60)), half},
		{int64(0), time.Time{}},
		{int64(1772325000), at},
		{uint64(1772325000), at},
		{int64(253402300799), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		{"1772325000", at},
		{"0", time.Time{}},
		{"2026-03-01T00:30:00Z", at},
		{"2026-03-01T09:30:00+09:00", at},
		{"2026-03-01T09:30:00.5+09:00", half},
		{"2026-03-01T00:30:00", at},
		{"2026-03-01T00:30:00.500", half},
		{"2026-03-01 00:30:00", at},
		{"2026-03-01 00:30:00.500000", half},
		{"2026-03-01 00:30:00Z", at},
		{"2026-03-01 09:30:00+09:00", at},
		{"2026-03-01 06:00:00.5+05:30", half},
		{"2026-03-01 09:30:00+09", at},
		{"2026-02-28 19:30:00.5-05", half},
		{"2026-03-01 00:30:00 +0000 UTC", at},
		{"2026-03-01 09:30:00.5 +0900 KST", half},
		{"2026-03-01 09:30:00 +0900 +0900", at},
		{"2026-03-01 09:30:00 +0900 KST m=+0.012345678", at},
		{[]byte("2026-03-01 00:30:00"), at},
		{[]byte("1772325000"), at},
	} {
		got := iamport.Time{Time: time.Unix(77, 0)}
		require.NoError(t, got.Scan(c.src), "%T %s", c.src, c.src)
		require.Equal(t, iamport.Time{Time: c.want}, got, "%T %s", c.src, c.src)
		require.Equal(t, time.UTC, got.Location())
	}
}

func TestTimeScanRefuses(t *testing.T) {
	t.Parallel()
	for _, src := range []any{
		int64(-1), int64(math.MinInt64), int64(math.MaxInt64), int64(1772325000000), uint64(math.MaxUint64), // one is in milliseconds
		"", " ", "soon", "-1", "1772325000000", "1772325000.5", "2026-03-01", "00:30:00", "2026-13-01 00:30:00", "2026-02-30 00:30:00", " 2026-03-01 00:30:00",
		"2026-03-01 24:30:00", "infinity", "0000-00-00 00:00:00", "0044-03-15 00:00:00+00 BC", strings.Repeat("9", 1<<20), strings.Repeat("x", 1<<20), "m=", " m=+1",
		[]byte{}, []byte("null"), []byte{0xff}, 1772325000.0, true, 5, struct{}{}, iamport.KRW(5),
	} {
		name := fmt.Sprintf("%T %.30v", src, src)
		before := iamport.Time{Time: time.Unix(77, 0)}
		got := before
		err := got.Scan(src)
		require.ErrorContains(t, err, "iamport: time: ", name)
		require.Less(t, len(err.Error()), 300, name)
		require.Equal(t, before, got, name)
	}
}
