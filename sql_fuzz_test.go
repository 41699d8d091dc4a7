package iamport_test

import (
	"cmp"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func FuzzAmountScan(f *testing.F) {
	for _, s := range []string{"", "0", "3000", "3000.00", "10.99", "-0", "1e18", "1e30", "NaN", " 1", "9223372036854775808", "0.1e-17", "\xff"} {
		f.Add(s, int64(len(s)), 10.99)
	}
	f.Add("1", int64(math.MinInt64), 1e300)
	f.Add("-1", int64(math.MaxInt64), 123456789012345.6)
	f.Fuzz(func(t *testing.T, s string, n int64, x float64) {
		want, wantErr := iamport.ParseAmount(s)
		for _, src := range []any{s, []byte(s)} {
			got := iamport.KRW(77)
			if err := got.Scan(src); wantErr != nil {
				require.Error(t, err)
				require.True(t, got == iamport.KRW(77))
				continue
			}
			require.True(t, got == want, "%q was read as %q", s, got)
		}
		var got iamport.Amount
		require.NoError(t, got.Scan(n))
		require.True(t, got == iamport.KRW(n))
		if got.Scan(x) == nil { // what was read is the number, to the last bit
			var same float64
			_, err := fmt.Sscan(got.String(), &same)
			require.NoError(t, err)
			require.Zero(t, cmp.Compare(same, x), "%v was read as %q", x, got)
		}
		value, err := got.Value()
		require.NoError(t, err)
		var again iamport.Amount
		require.NoError(t, again.Scan(value))
		require.True(t, again == got)
	})
}

func FuzzTimeScan(f *testing.F) {
	for _, s := range []string{"", "0", "1772325000", "2026-03-01 09:30:00+09", "2026-03-01 09:30:00 +0900 KST m=+0.1", "2026-03-01T00:30:00.5Z", "soon"} {
		f.Add(s, int64(len(s)))
	}
	f.Fuzz(func(t *testing.T, s string, n int64) {
		for _, src := range []any{s, []byte(s), n} {
			before := iamport.Time{Time: time.Unix(77, 0)}
			got := before
			if got.Scan(src) != nil {
				require.Equal(t, before, got)
				continue
			}
			require.Equal(t, time.UTC, got.Location())
			value, err := got.Value()
			require.NoError(t, err)
			again := before
			require.NoError(t, again.Scan(value))
			require.Equal(t, got, again)
		}
	})
}
