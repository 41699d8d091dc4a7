package page

import (
	"slices"
	"strconv"
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

// outcomes are the parts of a bar, from the bottom.
var outcomes = []string{"paid", "cancelled", "ready", "failed"}

// The size of the chart in its own units.
const (
	chartWidth  = 600.0
	chartHeight = 100.0
	maxBars     = 40
)

// steps are the periods that a bar may have.
var steps = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour,
	12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, 91 * 24 * time.Hour, 365 * 24 * time.Hour}

// chart is how many charges had which outcome, by the time of the charge.
type chart struct {
	*view
	Bars  []bar
	Total map[string]int
	// Most is the number of charges of the highest bar.
	Most int
	// From and To are the begin of the first bar and the end of the last one.
	From, To time.Time
	Step     time.Duration
}

// bar is the charges of one period.
type bar struct {
	From   time.Time
	Counts []int // in the order of outcomes
	Sum    int
	Parts  []part
}

// part is a rectangle of a bar, in the units of the chart.
type part struct{ Outcome, X, Y, Width, Height string }

// Outcomes are the parts of a bar, from the bottom.
func (c chart) Outcomes() []string { return outcomes }

// Height and Width are the size of the chart.
func (c chart) Height() float64 { return chartHeight }

// Width is the width of the chart.
func (c chart) Width() float64 { return chartWidth }

// Label returns the begin of a bar, to the minute, or the day if bars have whole days.
func (c chart) Label(t time.Time) string {
	if c.Step >= 24*time.Hour {
		return t.In(seoul).Format(time.DateOnly)
	}
	return t.In(seoul).Format("2006-01-02 15:04")
}

// newChart counts payments in at most 40 periods of equal length, from the first charge to the last.
func newChart(v *view, payments []iamporttest.PaymentState) chart {
	c := chart{view: v, Total: map[string]int{}}
	if len(payments) == 0 {
		return c
	}
	earliest := func(a, b iamporttest.PaymentState) int { return a.StartedAt.Compare(b.StartedAt) }
	first, last := slices.MinFunc(payments, earliest).StartedAt, slices.MaxFunc(payments, earliest).StartedAt
	c.Step = steps[len(steps)-1]
	for _, step := range steps {
		if last.Sub(begin(first, step)) < maxBars*step {
			c.Step = step
			break
		}
	}
	c.From = begin(first, c.Step)
	n := min(int(last.Sub(c.From)/c.Step)+1, maxBars)
	c.To = c.From.Add(time.Duration(n) * c.Step)
	c.Bars = make([]bar, n)
	for i := range c.Bars {
		c.Bars[i] = bar{From: c.From.Add(time.Duration(i) * c.Step), Counts: make([]int, len(outcomes))}
	}
	for _, p := range payments {
		b := &c.Bars[min(int(p.StartedAt.Sub(c.From)/c.Step), n-1)]
		if i := slices.Index(outcomes, p.Status); i >= 0 {
			b.Counts[i]++
			b.Sum++
			c.Total[p.Status]++
		}
		c.Most = max(c.Most, b.Sum)
	}
	c.draw()
	return c
}

// begin returns the begin of the period with t. Days begin at midnight in Korea.
func begin(t time.Time, step time.Duration) time.Time {
	const offset = 9 * time.Hour
	return t.Add(offset).Truncate(step).Add(-offset)
}

// draw places the parts of the bars. Few bars are no wider than a twelfth of the chart.
func (c *chart) draw() {
	slot := chartWidth / float64(max(len(c.Bars), 12))
	for i := range c.Bars {
		b := &c.Bars[i]
		top := chartHeight
		for j, n := range b.Counts {
			if n == 0 {
				continue
			}
			height := chartHeight * float64(n) / float64(c.Most)
			top = max(0, top-height)
			b.Parts = append(b.Parts, part{outcomes[j], number(float64(i)*slot + slot*0.1), number(top),
				number(slot * 0.8), number(height)})
		}
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }
