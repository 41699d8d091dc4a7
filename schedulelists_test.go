package iamport

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestScheduleWindowIsNeverOverThreeMonths(t *testing.T) {
	t.Parallel()
	for day := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
		require.False(t, day.Add(scheduleWindow).After(day.AddDate(0, 3, 0)), day)
		require.False(t, day.AddDate(0, -3, 0).After(day.Add(-scheduleWindow)), day)
	}
}
