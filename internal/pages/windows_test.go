package pages

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// span is a period in Unix seconds, its end included.
type span struct{ from, to int64 }

// spans collects windows as periods that include their last second.
func spans(t *testing.T, list iter.Seq2[time.Time, time.Time], size time.Duration) (all []span) {
	t.Helper()
	for from, to := range list {
		require.LessOrEqual(t, to.Sub(from), size)
		all = append(all, span{from.Unix(), to.Unix() - 1})
		require.Less(t, len(all), 10_000, "endless")
	}
	return all
}

// requireCovered checks that windows follow each other in one direction and cover
// every second once.
func requireCovered(t *testing.T, all []span, from, last int64, ascending bool) {
	t.Helper()
	if !ascending {
		slices.Reverse(all)
	}
	next := from
	for _, s := range all {
		require.Equal(t, next, s.from, "a gap or an overlap")
		require.GreaterOrEqual(t, s.to, s.from-1)
		next = s.to + 1
	}
	require.Equal(t, last+1, next)
}

const (
	paymentWindow  = 90 * 24 * time.Hour
	scheduleWindow = 89 * 24 * time.Hour
)

func FuzzWindows(f *testing.F) {
	day := int64(24 * 60 * 60)
	for _, length := range []int64{1, 2, 89*day - 1, 89 * day, 89*day + 1, 90*day - 1, 90 * day, 90*day + 1, 180 * day, 180*day + 1, 181 * day, 1000 * day} {
		f.Add(int64(1700000000), length)
		f.Add(int64(4102444800), length)
	}
	f.Fuzz(func(t *testing.T, start, length int64) {
		if start < 1 || start > 253402300799/2 || length < 1 || length > 4000*day {
			t.Skip()
		}
		from, to := time.Unix(start, 0), time.Unix(start+length, 0)
		for _, ascending := range []bool{true, false} {
			for _, size := range []time.Duration{paymentWindow, scheduleWindow} {
				requireCovered(t, spans(t, Windows(from, to, size, ascending), size), start, start+length-1, ascending)
			}
		}
	})
}

func TestWindowsAreAsFewAsCanBe(t *testing.T) {
	t.Parallel()
	from := time.Unix(1700000000, 0)
	for _, ascending := range []bool{true, false} {
		for extra, want := range map[time.Duration]int{0: 1, -time.Second: 1, time.Second: 2} {
			require.Len(t, spans(t, Windows(from, from.Add(scheduleWindow+extra), scheduleWindow, ascending), scheduleWindow), want)
		}
	}
}
