package main

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

// flame is a flame graph of one profile.
type flame struct {
	file, title string
	root        frame
}

// frame is a function in a flame graph, with what it calls.
type frame struct {
	name   string
	value  int64
	called map[string]*frame
}

func (f *frame) add(stack []string, value int64) {
	f.value += value
	if len(stack) == 0 {
		return
	}
	if f.called == nil {
		f.called = make(map[string]*frame)
	}
	next := f.called[stack[0]]
	if next == nil {
		next = &frame{name: stack[0]}
		f.called[stack[0]] = next
	}
	next.add(stack[1:], value)
}

// profile draws where the processor time of a charge over a connection goes, and where its
// allocations without the network are made.
func profile(ctx context.Context, s *server, r *report) error {
	p, err := newWithPackage(s.Plain, newTransport(nil))
	if err != nil {
		return err
	}
	cpu, err := cpuProfile(ctx, p.again)
	if err != nil {
		return err
	}
	over, err := newFlame("performance-cpu.svg", "Again over HTTP/1.1: processor time of the client", cpu, 1)
	if err != nil {
		return err
	}
	if p, err = newWithPackage("", newMemory()); err != nil {
		return err
	}
	if cpu, err = cpuProfile(ctx, p.again); err != nil {
		return err
	}
	alone, err := newFlame("performance-client.svg", "Again without the network: processor time", cpu, 1)
	if err != nil {
		return err
	}
	runtime.MemProfileRate = 1
	_, err = measure(ctx, p.again, 1, 5000)
	runtime.MemProfileRate = 0
	if err != nil {
		return err
	}
	runtime.GC() // completes the profile
	var text bytes.Buffer
	if err := pprof.Lookup("allocs").WriteTo(&text, 0); err != nil {
		return err
	}
	allocations, err := newFlame("performance-allocs.svg", "Again without the network: number of allocations", text.Bytes(), 0)
	r.flames = append(r.flames, over, alone, allocations)
	return err
}

// cpuProfile makes calls for three seconds, and returns the profile of their processor time.
func cpuProfile(ctx context.Context, call side) ([]byte, error) {
	var text bytes.Buffer
	if err := pprof.StartCPUProfile(&text); err != nil {
		return nil, err
	}
	defer pprof.StopCPUProfile() // again: it does nothing
	for start := time.Now(); time.Since(start) < 3*time.Second; {
		for _, order := range newOrders(100) {
			if err := call(ctx, order); err != nil {
				return nil, err
			}
		}
	}
	pprof.StopCPUProfile() // writes the profile
	return text.Bytes(), nil
}

// newFlame folds a profile of runtime/pprof; value is the number of the value of its samples.
func newFlame(file, title string, profile []byte, value int) (flame, error) {
	f := flame{file: file, title: title, root: frame{name: "all"}}
	samples, err := readProfile(profile)
	if err != nil {
		return f, err
	}
	for _, s := range samples {
		if stack := fold(s.stack); len(stack) > 0 && value < len(s.values) {
			f.root.add(stack, s.values[value])
		}
	}
	return f, nil
}

// fold shortens a stack, from the outermost function: the functions that measure are left out,
// and so are the stacks of this tool alone.
func fold(stack []string) []string {
	var folded []string
	for _, name := range stack {
		switch {
		case strings.HasPrefix(name, "main.") || strings.HasPrefix(name, "runtime.main") || strings.HasPrefix(name, "runtime.goexit"),
			strings.HasPrefix(name, "sync.(*WaitGroup)"):
			continue
		}
		name = strings.TrimPrefix(name, "github.com/iamport-go/")
		folded = append(folded, strings.TrimPrefix(name, "iamport/internal/"))
	}
	return folded
}

const (
	flameWidth  = 1200
	flameHeight = 17 // of a frame
	flameLeast  = 1.5
)

// svg draws the graph with the outermost functions above.
func (f flame) svg() string {
	var b strings.Builder
	begin(&b, flameWidth, 30+flameHeight*f.root.depth(float64(flameWidth)/float64(max(f.root.value, 1))))
	fmt.Fprintf(&b, `<text x="6" y="18" font-weight="bold">%s</text>`+"\n", escape(f.title))
	f.root.draw(&b, 0, 26, float64(flameWidth)/float64(max(f.root.value, 1)), f.root.value)
	b.WriteString("</svg>\n")
	return b.String()
}

// depth returns how many levels are wide enough to be drawn.
func (f *frame) depth(scale float64) (depth int) {
	for _, c := range f.called {
		if float64(c.value)*scale >= flameLeast {
			depth = max(depth, c.depth(scale))
		}
	}
	return depth + 1
}

func (f *frame) draw(b *strings.Builder, x, y, scale float64, all int64) {
	width := float64(f.value) * scale
	if width < flameLeast {
		return
	}
	label := f.name[strings.LastIndexByte(f.name, '/')+1:]
	if room := int(width / 6.6); len(label) > room {
		label = label[:max(0, room)]
	}
	fmt.Fprintf(b, `<g><title>%s: %.1f %%</title><rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s" stroke="#ffffff"/>`,
		escape(f.name), 100*float64(f.value)/float64(all), x, y, width, flameHeight, colourOf(f.name))
	if len(label) > 2 {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="11">%s</text>`, x+3, y+12, escape(label))
	}
	b.WriteString("</g>\n")
	for _, name := range slices.Sorted(maps.Keys(f.called)) {
		c := f.called[name]
		c.draw(b, x, y+flameHeight, scale, all)
		x += float64(c.value) * scale
	}
}

// colourOf is blue for the package, grey for the runtime, and yellow for the standard library.
func colourOf(name string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	light := hash.Sum32() % 12
	switch first, _, _ := strings.Cut(name, "."); {
	case isOwn(first):
		return fmt.Sprintf("hsl(212,80%%,%d%%)", 72+light)
	case strings.HasPrefix(name, "runtime") || strings.HasPrefix(name, "internal/") || strings.HasPrefix(name, "syscall"):
		return fmt.Sprintf("hsl(220,8%%,%d%%)", 80+light)
	default:
		return fmt.Sprintf("hsl(42,85%%,%d%%)", 72+light)
	}
}

// isOwn reports whether the first part of a name is that of the package or of its internal ones.
func isOwn(first string) bool {
	return slices.Contains([]string{
		"iamport", "bounds", "exchange", "foreign", "journal", "lenient", "onepass", "redact", "token", "validate", "waits",
	}, first)
}
