package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func date(t *testing.T, text string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, text, seoul)
	require.NoError(t, err)
	return d
}

func TestNextPeriod(t *testing.T) {
	t.Parallel()
	for _, months := range [][]string{
		{"2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"},
		{"2027-01-31", "2027-02-28", "2027-03-31"},
		{"2027-01-30", "2027-02-28", "2027-03-30"},
		{"2027-01-29", "2027-02-28", "2027-03-29"},
		{"2027-11-30", "2027-12-30", "2028-01-30", "2028-02-29", "2028-03-30"},
		{"2100-01-29", "2100-02-28", "2100-03-29"}, // no leap year
		{"2027-12-15", "2028-01-15", "2028-02-15"},
	} {
		day := date(t, months[0])
		anchor := day.Day()
		for _, want := range months[1:] {
			day = nextPeriod(day, anchor)
			require.Equal(t, want, day.Format(time.DateOnly), months[0])
		}
	}
}

func TestDatesAreOfSeoul(t *testing.T) {
	t.Parallel()
	evening := time.Date(2027, 1, 30, 15, 30, 0, 0, time.UTC) // half past midnight in Seoul
	require.True(t, date(t, "2027-01-31").Equal(dateOf(evening)))
	require.Equal(t, 28, nextPeriod(dateOf(evening).UTC(), 31).Day())
	require.Equal(t, "20270131", day(iamport.UnixTime(evening)))
}

func TestProrated(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		start, end, today string
		won               int64
	}{
		{"2027-01-01", "2027-02-01", "2027-01-01", 10000},
		{"2027-01-01", "2027-02-01", "2027-01-02", 9677}, // 30/31 of 10,000: 9677.4
		{"2027-01-01", "2027-02-01", "2027-01-17", 4838}, // 15/31: 4838.7
		{"2027-01-01", "2027-02-01", "2027-01-31", 322},  // 1/31: 322.6
		{"2027-02-28", "2027-03-31", "2027-03-01", 9677},
		{"2024-01-31", "2024-02-29", "2024-02-28", 344}, // 1/29: 344.8
		{"2027-01-01", "2027-02-01", "2027-02-01", 0},
	} {
		got, err := prorated(basic, pro, date(t, row.start), date(t, row.end), date(t, row.today))
		require.NoError(t, err)
		require.Equal(t, iamport.KRW(row.won), got, row.today)
	}
	_, err := prorated(basic, plan{Price: iamport.KRW(1<<63 - 1)}, date(t, "2027-01-01"), date(t, "2027-02-01"), date(t, "2027-01-01"))
	require.Error(t, err, "a product that does not fit")
}
