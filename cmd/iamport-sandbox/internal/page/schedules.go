package page

import (
	"net/http"
	"slices"
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

// maxOfDay is how many schedules a day of the calendar shows.
const maxOfDay = 3

// date is a day of the calendar.
type date struct {
	Day     time.Time
	Outside bool // of the month before or after
	Today   bool
	Rows    []iamporttest.ScheduleState // the first of the day
	More    int
	Href    string // shows all of the day
}

// schedules shows a month as a calendar, and all schedules of one day below it. Days are in Korea.
func (p *Page) schedules(v *view, r *http.Request) (screen, error) {
	q := r.URL.Query()
	today := midnight(v.Now)
	month, err := time.ParseInLocation("2006-01", q.Get("month"), seoul)
	if err != nil || month.Year() < 1900 || month.Year() > 2300 {
		month = today
	}
	month = time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, seoul)
	state := p.box.Server.Snapshot(maxLoaded)
	slices.SortStableFunc(state.Schedules, func(a, b iamporttest.ScheduleState) int { return a.At.Compare(b.At) })
	byDay := map[time.Time][]iamporttest.ScheduleState{}
	counts := map[string]int{}
	for _, s := range state.Schedules {
		at := midnight(s.At)
		byDay[at] = append(byDay[at], s)
		if at.Year() == month.Year() && at.Month() == month.Month() {
			counts[s.Status]++
		}
	}
	selected, err := time.ParseInLocation(time.DateOnly, q.Get("day"), seoul)
	return screen{"schedules", struct {
		*view
		First          time.Time
		Previous, Next string
		Weeks          [][]date
		Counts         map[string]int
		Selected       bool
		Day            time.Time
		Rows           []iamporttest.ScheduleState
		Loaded, All    int
	}{v, month, monthHref(month.AddDate(0, -1, 0)), monthHref(month.AddDate(0, 1, 0)), weeks(month, today, byDay),
		counts, err == nil, selected, byDay[selected], len(state.Schedules), state.TotalSchedules}}, nil
}

// weeks returns the weeks of a month. They begin on Sunday.
func weeks(month, today time.Time, byDay map[time.Time][]iamporttest.ScheduleState) [][]date {
	var all [][]date
	day := month.AddDate(0, 0, -int(month.Weekday()))
	for end := month.AddDate(0, 1, 0); day.Before(end); {
		week := make([]date, 7)
		for i := range week {
			rows := byDay[day]
			shown := rows[:min(len(rows), maxOfDay)]
			week[i] = date{Day: day, Outside: day.Month() != month.Month(), Today: day.Equal(today), Rows: shown,
				More: len(rows) - len(shown), Href: query("/_/page/schedules", "month", month.Format("2006-01"), "day",
					day.Format(time.DateOnly)) + "#day"}
			day = day.AddDate(0, 0, 1)
		}
		all = append(all, week)
	}
	return all
}

func monthHref(month time.Time) string {
	return query("/_/page/schedules", "month", month.Format("2006-01"))
}

// midnight returns the begin of the day of t in Korea.
func midnight(t time.Time) time.Time {
	t = t.In(seoul)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, seoul)
}

// Weekdays are the keys of the names of the weekdays.
func (v *view) Weekdays() []string {
	return []string{"day.sun", "day.mon", "day.tue", "day.wed", "day.thu", "day.fri", "day.sat"}
}
