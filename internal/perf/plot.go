package main

import (
	"fmt"
	"math"
	"strings"
)

// series is one line of a chart.
type series struct {
	name   string
	xs, ys []float64
}

func (s *series) add(x int, y float64) { s.xs, s.ys = append(s.xs, float64(x)), append(s.ys, y) }

// chart is a line plot. Its axes are logarithmic, except the vertical one if linear.
type chart struct {
	title, x string
	series   []series
	linear   bool
}

const (
	chartWidth, chartHeight = 440, 280
	plotLeft, plotRight     = 64, 20
	plotTop, plotBottom     = 44, 48
)

var colours = []string{"#6b7280", "#2563eb"}

// plot draws charts, two in a row.
func plot(charts []chart) string {
	var b strings.Builder
	rows := (len(charts) + 1) / 2
	begin(&b, 2*chartWidth, rows*chartHeight)
	for i, c := range charts {
		fmt.Fprintf(&b, `<g transform="translate(%d,%d)">`+"\n", i%2*chartWidth, i/2*chartHeight)
		c.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func begin(b *strings.Builder, width, height int) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="#ffffff"/>
`, width, height)
}

// axis maps values to places.
type axis struct {
	low, high float64 // of the values, or of their logarithms
	log       bool
	from, to  float64
}

func newAxis(values []float64, log bool, from, to float64) axis {
	a := axis{low: math.Inf(1), high: math.Inf(-1), log: log, from: from, to: to}
	for _, v := range values {
		a.low, a.high = min(a.low, a.scale(v)), max(a.high, a.scale(v))
	}
	if !log {
		a.low, a.high = 0, max(a.high*1.1, 1)
	} else if a.low == a.high {
		a.high++
	}
	return a
}

func (a axis) scale(v float64) float64 {
	if a.log {
		return math.Log10(max(v, 1e-9))
	}
	return v
}

func (a axis) at(v float64) float64 {
	return a.from + (a.scale(v)-a.low)/(a.high-a.low)*(a.to-a.from)
}

// wide makes the axis a little longer than its values.
func (a axis) wide() axis {
	if a.log {
		margin := max((a.high-a.low)*0.1, 0.1)
		a.low, a.high = a.low-margin, a.high+margin
	}
	return a
}

// ticks are 1, 2 and 5 times the powers of ten, or only these if there are many; or steps of the
// same length.
func (a axis) ticks() (ticks []float64) {
	if a.log {
		factors := []float64{1, 2, 5}
		if a.high-a.low > 2 {
			factors = factors[:1]
		}
		for e := math.Floor(a.low); e <= a.high; e++ {
			for _, factor := range factors {
				if v := factor * math.Pow(10, e); a.scale(v) >= a.low-1e-9 && a.scale(v) <= a.high+1e-9 {
					ticks = append(ticks, v)
				}
			}
		}
		return ticks
	}
	step := math.Pow(10, math.Floor(math.Log10(a.high)))
	for a.high/step < 4 {
		step /= 2
	}
	for v := 0.0; v <= a.high; v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

func (c chart) draw(b *strings.Builder) {
	var xs, ys []float64
	for _, s := range c.series {
		xs, ys = append(xs, s.xs...), append(ys, s.ys...)
	}
	x := newAxis(xs, true, plotLeft, chartWidth-plotRight)
	y := newAxis(ys, !c.linear, chartHeight-plotBottom, plotTop).wide()
	fmt.Fprintf(b, `<text x="%d" y="20" font-weight="bold">%s</text>`+"\n", plotLeft, escape(c.title))
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (plotLeft+chartWidth-plotRight)/2, chartHeight-10, escape(c.x))
	for _, v := range x.ticks() {
		fmt.Fprintf(b, `<path d="M%.1f %dV%d" stroke="#e5e7eb"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x.at(v), plotTop, chartHeight-plotBottom, x.at(v), chartHeight-plotBottom+16, short(v))
	}
	for _, v := range y.ticks() {
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#e5e7eb"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			plotLeft, y.at(v), chartWidth-plotRight, plotLeft-6, y.at(v)+4, short(v))
	}
	for i, s := range c.series {
		var points strings.Builder
		for j := range s.xs {
			fmt.Fprintf(&points, "%.1f,%.1f ", x.at(s.xs[j]), y.at(s.ys[j]))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"><title>%s: %s at %s</title></circle>`+"\n",
				x.at(s.xs[j]), y.at(s.ys[j]), colours[len(colours)-len(c.series)+i], escape(s.name), short(s.ys[j]), short(s.xs[j]))
		}
		colour := colours[len(colours)-len(c.series)+i]
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.TrimSpace(points.String()), colour)
		fmt.Fprintf(b, `<text x="%d" y="36" fill="%s">%s</text>`+"\n", plotLeft+i*80, colour, escape(s.name))
	}
}

// short prints a number with at most three digits and a letter for thousands.
func short(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e6, "M"}, {1e3, "k"}} {
		if v >= unit.size {
			return fmt.Sprintf("%.3g", v/unit.size) + unit.name
		}
	}
	return fmt.Sprintf("%.3g", v)
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
