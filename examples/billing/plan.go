package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// plan is what a run does. It is stored when the run begins, and does not change.
type plan struct {
	subscribers, months int
	day                 time.Duration // of the fast clock
	dunning             string        // the days after the first decline, such as "1,3,7"
	seed                uint64
	began               time.Time
}

// daysOfMonth is the length of each month of the fast clock.
const daysOfMonth = 30

// dayZero is when the fast clock starts.
var dayZero = time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)

// now is the fast clock. It goes on while the program does not run.
func (p plan) now() time.Time {
	days := float64(time.Since(p.began)) / float64(p.day)
	return dayZero.Add(time.Duration(days * float64(24*time.Hour)))
}

// waits returns the times between the tries of an order.
func (p plan) waits() ([]time.Duration, error) {
	var waits []time.Duration
	before := 0
	for text := range strings.SplitSeq(p.dunning, ",") {
		day, err := strconv.Atoi(text)
		if err != nil || day <= before || day >= daysOfMonth {
			return nil, fmt.Errorf("-dunning must be days such as 1,3,7, each later than the one before and below %d", daysOfMonth)
		}
		waits = append(waits, time.Duration(day-before)*p.day)
		before = day
	}
	return waits, nil
}

// resume stores the plan, or returns the one that is stored. given are the flags that the user gave: they
// must not say anything else than the stored plan.
func (p plan) resume(ctx context.Context, c conn, given map[string]bool) (stored plan, resumed bool, err error) {
	stored, err = readPlan(ctx, c)
	if errors.Is(err, sql.ErrNoRows) {
		p.began = time.Now().Truncate(time.Millisecond)
		return p, false, c.exec(ctx, `INSERT INTO run (one, began, day, subscribers, months, dunning, seed) VALUES (1, $1, $2, $3, $4, $5, $6)`,
			p.began.UnixMilli(), p.day.Milliseconds(), p.subscribers, p.months, p.dunning, int64(p.seed))
	}
	if err != nil {
		return plan{}, false, err
	}
	for _, f := range []struct {
		name       string
		differs    bool
		is, wanted any
	}{
		{"subscribers", p.subscribers != stored.subscribers, stored.subscribers, p.subscribers},
		{"months", p.months != stored.months, stored.months, p.months},
		{"day", p.day != stored.day, stored.day, p.day},
		{"dunning", p.dunning != stored.dunning, stored.dunning, p.dunning},
		{"seed", p.seed != stored.seed, stored.seed, p.seed},
	} {
		if given[f.name] && f.differs {
			return plan{}, false, fmt.Errorf("the run that is stored has -%s %v, not %v: leave the flag out to go on, or start again with -reset", f.name, f.is, f.wanted)
		}
	}
	return stored, true, nil
}

// readPlan returns the plan that is stored.
func readPlan(ctx context.Context, c conn) (p plan, err error) {
	var began, day, seed int64
	err = row(ctx, c, `SELECT began, day, subscribers, months, dunning, seed FROM run`, nil,
		&began, &day, &p.subscribers, &p.months, &p.dunning, &seed)
	p.began, p.day, p.seed = time.UnixMilli(began), time.Duration(day)*time.Millisecond, uint64(seed)
	return p, err
}

// prices are the plans of the shop, in won a month.
var prices = []int{4900, 9900, 14900, 29900}

// subscribe stores the subscribers that are not there. Their months begin on all days of a month.
func (p plan) subscribe(ctx context.Context, c conn) error {
	const chunk = 500
	for first := 1; first <= p.subscribers; first += chunk {
		var rows []string
		for id := first; id < first+chunk && id <= p.subscribers; id++ {
			day := int(p.dice("first day", strconv.Itoa(id)) * daysOfMonth)
			rows = append(rows, fmt.Sprintf("(%d, '%s', %d, %d)", id, cardOf(id), prices[id%len(prices)], day))
		}
		err := c.exec(ctx, `INSERT INTO subscribers (id, card, price, first_day) VALUES `+strings.Join(rows, ", ")+` ON CONFLICT DO NOTHING`)
		if err != nil {
			return err
		}
	}
	return nil
}

// cardOf is the customer_uid of a subscriber.
func cardOf(id int) string { return fmt.Sprintf("card-%06d", id) }
