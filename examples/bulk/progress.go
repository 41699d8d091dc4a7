package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// quiet is the longest time between two lines of progress without a terminal, while
// orders finish.
const quiet = 10 * time.Second

// progress shows how many orders are done: with a bar on a terminal, otherwise with a
// line after every tenth of the orders, and at least after each quiet time.
type progress interface {
	step(outcome)
	say(text string)
	finish()
}

func newProgress(w io.Writer, total int) progress {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) || total == 0 {
		return &lines{w: w, total: total, shown: time.Now()}
	}
	return &bar{w: w, bar: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("charging"),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetRenderBlankState(true),
	)}
}

type lines struct {
	w     io.Writer
	total int

	mu            sync.Mutex
	done, notPaid int
	shown         time.Time
}

func (l *lines) step(o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	if o != paid {
		l.notPaid++
	}
	tenth := l.done*10/l.total > (l.done-1)*10/l.total
	if !tenth && time.Since(l.shown) < quiet {
		return
	}
	l.shown = time.Now()
	say(l.w, "%d of %d done, %d of them not paid\n", l.done, l.total, l.notPaid)
}

func (l *lines) say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	say(l.w, "%s\n", text)
}

func (l *lines) finish() {}

type bar struct {
	w   io.Writer
	bar *progressbar.ProgressBar

	mu      sync.Mutex
	notPaid int
}

func (b *bar) step(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o != paid {
		b.notPaid++
		b.bar.Describe(fmt.Sprintf("charging, %d not paid", b.notPaid))
	}
	_ = b.bar.Add(1) // an error of the bar stops no charge
}

func (b *bar) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.bar.Clear()
	say(b.w, "%s\n", text)
	_ = b.bar.RenderBlank()
}

func (b *bar) finish() { say(b.w, "\n") }
