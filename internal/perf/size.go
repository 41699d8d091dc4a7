package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	maxBinary  = 400 << 10
	maxModules = 3
	maxParts   = 15 // of the table of sizes
)

// measureSize compares the size of the programs, counts their modules, and shows which packages
// make the one larger.
func measureSize(ctx context.Context, r *report) error {
	return withPrograms(ctx, func(both [2]program) error {
		var full, stripped, code [2]int64
		var functions [2]map[string]int64
		for i, p := range both {
			var err error
			if stripped[i], err = p.build(ctx, "-ldflags=-s -w"); err != nil {
				return err
			}
			if full[i], err = p.build(ctx); err != nil { // the last one, for its symbols
				return err
			}
			if functions[i], err = p.functions(ctx); err != nil {
				return err
			}
			for _, size := range functions[i] {
				code[i] += size
			}
		}
		grown := full[1] - full[0]
		r.figures = append(r.figures,
			figure{"size of a program, go build", kib(full[0]), "+" + kib(grown), kib(full[1]), "+" + kib(maxBinary), grown <= maxBinary},
			figure{"size of a program, go build -ldflags=-s -w", kib(stripped[0]), "+" + kib(stripped[1]-stripped[0]), kib(stripped[1]), "", false},
		)
		r.sizes = append(sizesByPackage(functions[0], functions[1]),
			size{"all instructions", code[1] - code[0], ""},
			size{"types, texts, and tables of lines", stripped[1] - stripped[0] - (code[1] - code[0]), ""},
			size{"for debuggers, left out by -ldflags=-s -w", grown - (stripped[1] - stripped[0]), ""},
		)
		modules, err := goTool(ctx, both[1].dir, "version", "-m", "out")
		if err != nil {
			return err
		}
		n := strings.Count(modules, "\n\tdep\t") - 1 // without the package itself
		r.figures = append(r.figures, figure{
			"modules of a program besides the package", "0", strconv.Itoa(n), "", strconv.Itoa(maxModules), n <= maxModules,
		})
		return nil
	})
}

func kib(n int64) string { return fmt.Sprintf("%.0f KiB", float64(n)/1024) }

// size is how many bytes a part adds to a program, and the largest function of a package.
type size struct {
	part    string
	bytes   int64
	largest string
}

// functions returns the size of each function in the program.
func (p program) functions(ctx context.Context) (map[string]int64, error) {
	symbols, err := goTool(ctx, p.dir, "tool", "nm", "-size", "-type", filepath.Join(p.dir, "out"))
	if err != nil {
		return nil, err
	}
	return functionsOf(symbols), nil
}

// functionsOf reads lines such as "  4a1b60  117 T net/http.(*Client).Do".
func functionsOf(symbols string) map[string]int64 {
	functions := make(map[string]int64)
	for line := range strings.Lines(symbols) {
		fields := strings.Fields(line)
		if len(fields) < 4 || strings.ToUpper(fields[2]) != "T" {
			continue
		}
		n, _ := strconv.ParseInt(fields[1], 10, 64)
		functions[strings.Join(fields[3:], " ")] += n
	}
	return functions
}

// sizesByPackage returns the packages whose functions take more bytes in the second program, the
// largest first, and the sum of the small ones.
func sizesByPackage(plain, importing map[string]int64) []size {
	byName := make(map[string]size)
	largest := make(map[string]int64)
	for _, function := range slices.Sorted(maps.Keys(importing)) {
		grown := importing[function] - plain[function]
		if grown <= 0 {
			continue
		}
		name := packageOf(function)
		s := byName[name]
		s.part, s.bytes = name, s.bytes+grown
		if grown > largest[name] {
			largest[name] = grown
			s.largest = fmt.Sprintf("%s, %.1f KiB", strings.TrimPrefix(function, name+"."), float64(grown)/1024)
		}
		byName[name] = s
	}
	sizes := slices.SortedFunc(maps.Values(byName), func(a, b size) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), strings.Compare(a.part, b.part))
	})
	if len(sizes) > maxParts {
		rest := size{part: "other packages"}
		for _, s := range sizes[maxParts:] {
			rest.bytes += s.bytes
		}
		sizes = append(sizes[:maxParts:maxParts], rest)
	}
	return sizes
}

// packageOf returns the path of the package of a function, or of the type that it compares.
func packageOf(function string) string {
	name, _, _ := strings.Cut(function, "[")
	name = strings.TrimPrefix(name, "type:.eq.")
	from := strings.LastIndexByte(name, '/') + 1
	path, _, _ := strings.Cut(name[from:], ".")
	return name[:from] + path
}
