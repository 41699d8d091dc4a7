package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/clock"
)

const day = 24 * time.Hour

func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := clock.New(time.Hour, 43200)
		require.Equal(t, time.Hour, c.Offset())
		time.Sleep(time.Minute)
		require.True(t, start.Add(time.Hour+30*day).Equal(c.Now()), "a month in a minute")
		require.NoError(t, c.Jump(31*day))
		require.True(t, start.Add(time.Hour+61*day).Equal(c.Now()))
		time.Sleep(time.Second)
		require.True(t, start.Add(time.Hour+61*day+12*time.Hour).Equal(c.Now()))
		require.Equal(t, time.Hour+61*day+12*time.Hour-61*time.Second, c.Offset())
		require.EqualError(t, c.Jump(-1), "the clock cannot go back")
		require.Error(t, c.Jump(200*365*day), "beyond 2199")
		time.Sleep(10 * 365 * day)
		require.Equal(t, clock.Latest, c.Now(), "it stops")
		require.Error(t, c.Jump(1))
	})
}

func TestParsePeriod(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1mo": 30 * day, "1m": time.Minute, "1mo1m": 30*day + time.Minute, "1h30m": 90 * time.Minute, "300ms": 300 * time.Millisecond,
		"1.5d": 36 * time.Hour, "2w": 14 * day, "1y": 365 * day, "0s": 0, "90s": 90 * time.Second, "200y": 200 * 365 * day,
	} {
		got, err := clock.ParsePeriod(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "1", "mo", "-1d", "1x", "1d ", " 1d", "1..5d", ".d", "201y", "200y1s", "9999999999999999999y", "1e3s", "NaNs"} {
		_, err := clock.ParsePeriod(text)
		require.Error(t, err, text)
	}
}

func TestParseSpeed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"1x": 1, "43200x": 43200, "1mo/1m": 43200, "1d/1s": 86400, "1.5x": 1.5} {
		got, err := clock.ParseSpeed(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, got, 0, text)
	}
	for _, text := range []string{"", "x", "0x", "0.5x", "-2x", "NaNx", "Infx", "1000001x", "2", "1m/1mo", "1mo/0s", "1mo/", "/1m", "1mo/1m/1s"} {
		_, err := clock.ParseSpeed(text)
		require.Error(t, err, text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1mo/1m")
	f.Add("43200x")
	f.Add("1h30m")
	f.Fuzz(func(t *testing.T, text string) {
		if speed, err := clock.ParseSpeed(text); err == nil {
			require.True(t, speed >= 1 && speed <= clock.MaxSpeed)
		}
		if d, err := clock.ParsePeriod(text); err == nil {
			require.True(t, d >= 0 && d <= 200*365*day)
		}
	})
}
