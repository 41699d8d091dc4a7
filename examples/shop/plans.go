package main

import (
	"strings"
	"time"

	"github.com/iamport-go/iamport"
)

// plan is what a customer pays for a month, and how it is renewed.
type plan struct {
	ID, Title string
	Price     iamport.Amount
	Renewal   string
}

// The ways to renew.
const (
	byRun      = "run"      // the run of the shop charges it on the day
	bySchedule = "schedule" // it is booked at iamport a month before, which charges it on the day
)

var (
	basic = plan{"basic", "Basic", iamport.KRW(9900), byRun}
	pro   = plan{"pro", "Pro", iamport.KRW(19900), bySchedule}
	team  = plan{"team", "Team", iamport.KRW(29900), bySchedule}
	plans = []plan{basic, pro, team} // by their price
)

// nextPlan returns the plan of the next higher price.
func nextPlan(id string) (plan, bool) {
	for i, p := range plans[:len(plans)-1] {
		if p.ID == id {
			return plans[i+1], true
		}
	}
	return plan{}, false
}

// plansBySchedule is a list for SQL.
var plansBySchedule = func() string {
	var ids []string
	for _, p := range plans {
		if p.Renewal == bySchedule {
			ids = append(ids, "'"+p.ID+"'")
		}
	}
	return strings.Join(ids, ", ")
}()

func planOf(id string) (plan, bool) {
	for _, p := range plans {
		if p.ID == id {
			return p, true
		}
	}
	return plan{}, false
}

// seoul is the time zone of all dates. Korea has no summer time.
var seoul = time.FixedZone("KST", 9*60*60)

// dateOf returns the beginning of the day of t in Seoul.
func dateOf(t time.Time) time.Time {
	y, m, d := t.In(seoul).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, seoul)
}

// nextPeriod returns the date one month after date, on the day anchor of that month or
// on its last day if it is shorter: 31 January, 28 or 29 February, 31 March.
func nextPeriod(date time.Time, anchor int) time.Time {
	y, m, _ := date.In(seoul).Date()
	last := time.Date(y, m+2, 0, 0, 0, 0, 0, seoul).Day()
	return time.Date(y, m+1, min(anchor, last), 0, 0, 0, 0, seoul)
}

// prorated returns the price of changing from one plan to another on the date today:
// the difference of the prices, times the days that are left of the period (today is
// one of them), divided by the days of the period. A fraction of a won is dropped, in
// favour of the customer.
func prorated(from, to plan, start, end, today time.Time) (iamport.Amount, error) {
	const day = 24 * time.Hour
	days, left := int64(end.Sub(start)/day), int64(end.Sub(today)/day)
	difference, err := to.Price.Sub(from.Price)
	if err != nil {
		return iamport.Amount{}, err
	}
	product, err := difference.Mul(left)
	if err != nil {
		return iamport.Amount{}, err
	}
	won, err := product.Int64()
	if err != nil {
		return iamport.Amount{}, err
	}
	return iamport.KRW(won / days), nil // Amount has no division: it would have to round
}
