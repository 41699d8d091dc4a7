package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// report is everything that was measured.
type report struct {
	rounds  int
	calls   []callLine
	figures []figure
	sizes   []size
	charts  []chart
	flames  []flame
}

// callLine is one line of the table of calls.
type callLine struct {
	name, protocol string
	goroutines     int
	comparison
}

// figure is one line of the table of everything else. Without a target it is for information.
type figure struct {
	name, floor, measured, spread, target string
	met                                   bool
}

// maxRatio is the target of the ratios of a call.
const maxRatio = 1.08

// tables returns the tables as Markdown, in English.
func (r report) tables() string {
	var b strings.Builder
	if len(r.calls) > 0 {
		b.WriteString("| call | protocol | goroutines | by hand | package | time | allocations | bytes |\n|---|---|---|---|---|---|---|---|\n")
	}
	for _, c := range r.calls {
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s | %s | %s | %s |\n", c.name, c.protocol, c.goroutines,
			c.floor, c.own, againstTarget(c.time), againstTarget(c.allocs), againstTarget(c.bytes))
	}
	if len(r.figures) > 0 {
		if len(r.calls) > 0 {
			b.WriteString("\n")
		}
		b.WriteString("| figure | floor | measured | range | target | met |\n|---|---|---|---|---|---|\n")
	}
	for _, f := range r.figures {
		met := "**no**"
		if f.met {
			met = "yes"
		}
		if f.target == "" {
			met = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", f.name, f.floor, f.measured, f.spread, f.target, met)
	}
	if len(r.sizes) > 0 {
		b.WriteString("\n| part of a program | grows by | largest function |\n|---|---|---|\n")
	}
	for _, s := range r.sizes {
		fmt.Fprintf(&b, "| %s | %.1f KiB | %s |\n", s.part, float64(s.bytes)/1024, s.largest)
	}
	fmt.Fprintf(&b, "\nMeasured with %s on %s/%s, %d processors, %d rounds.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.rounds)
	return b.String()
}

// String returns the time, allocations and bytes of one call.
func (c cost) String() string {
	return fmt.Sprintf("%s, %.0f, %s", micros(c.time), c.allocs, kilobytes(c.bytes))
}

func micros(d time.Duration) string {
	if d >= time.Millisecond {
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
}

func kilobytes(n float64) string { return fmt.Sprintf("%.1f kB", n/1000) }

// againstTarget prints a ratio, in bold if it is over the target of a call.
func againstTarget(r ratio) string {
	text := fmt.Sprintf("%.2f", r.median)
	if r.median >= maxRatio+0.005 {
		text = "**" + text + "**"
	}
	return text + " (" + r.spread() + ")"
}

func (r ratio) spread() string { return fmt.Sprintf("%.2f to %.2f", r.low, r.high) }

// ratioFigure is a figure that is a ratio with a target.
func ratioFigure(name, floor string, r ratio, target float64) figure {
	return figure{name, floor, fmt.Sprintf("%.2f", r.median), r.spread(), fmt.Sprintf("%.2f", target), r.median < target+0.005}
}

// The documents hold the tables between these lines.
const (
	beginMark = "<!-- begin: go run ./internal/perf -write -->\n"
	endMark   = "<!-- end -->\n"
)

// pages of the documents, and how their tables are made of the English ones.
var documents = map[string]*strings.Replacer{
	"docs/performance.md":    strings.NewReplacer(),
	"docs/performance.ko.md": korean,
}

// between returns the text between the marks of a document, with what is around it.
func between(document string) (before, tables, after string, err error) {
	before, rest, ok := strings.Cut(document, beginMark)
	tables, after, end := strings.Cut(rest, endMark)
	if !ok || !end {
		return "", "", "", fmt.Errorf("the lines %q and %q are not found", beginMark, endMark)
	}
	return before + beginMark, tables, endMark + after, nil
}

// write writes the tables into the documents, and the pictures beside them.
func (r report) write() error {
	for name, language := range documents {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		before, _, after, err := between(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := save(name, before+language.Replace(r.tables())+after); err != nil {
			return err
		}
	}
	if err := save("docs/performance.svg", plot(r.charts)); err != nil {
		return err
	}
	for _, f := range r.flames {
		if err := save("docs/"+f.file, f.svg()); err != nil {
			return err
		}
	}
	return nil
}

func save(name, text string) error { return os.WriteFile(name, []byte(text), 0o644) }
