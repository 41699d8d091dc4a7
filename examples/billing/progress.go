package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far the run is: with a bar on a terminal, otherwise with a line every few seconds.
// Its methods may be called by several goroutines.
type progress interface {
	show(state)
	say(text string)
	finish()
}

func newProgress(w io.Writer, total int) progress {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return &lines{w: w, total: total}
	}
	return &bar{w: w, bar: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetRenderBlankState(true),
	)}
}

// lineEvery is the time between two lines.
const lineEvery = 3 * time.Second

type lines struct {
	w     io.Writer
	total int

	mu    sync.Mutex
	shown time.Time
}

func (l *lines) show(s state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.shown) < lineEvery {
		return
	}
	l.shown = time.Now()
	_, _ = fmt.Fprintf(l.w, "%s of %s months settled, %s\n", number(s.settled), number(l.total), s)
}

func (l *lines) say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.w, text)
}

func (l *lines) finish() {}

type bar struct {
	w io.Writer

	mu  sync.Mutex
	bar *progressbar.ProgressBar
}

func (b *bar) show(s state) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bar.Describe(s.String())
	_ = b.bar.Set(s.settled) // an error of the bar stops no charge
}

func (b *bar) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.bar.Clear()
	_, _ = fmt.Fprintln(b.w, text)
	_ = b.bar.RenderBlank()
}

func (b *bar) finish() { _, _ = fmt.Fprintln(b.w) }

func (s state) String() string {
	return fmt.Sprintf("%s past due, %s unknown", number(s.pastDue), number(s.unknown))
}

// number writes a number with commas.
func number[N int | int64](n N) string {
	if n < 0 {
		return "-" + number(-n)
	}
	text := strconv.FormatInt(int64(n), 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
