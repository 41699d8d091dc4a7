package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The two programs: the calls written directly with net/http, and the same program that also makes
// them with the package.
var (
	//go:embed testdata/plain.txt
	plainProgram string
	//go:embed testdata/importing.txt
	importingProgram string
)

// program is a module in a folder of its own.
type program struct{ dir, text string }

// newProgram writes a program into dir. The module of it needs what the package needs.
func newProgram(ctx context.Context, dir, text string) (program, error) {
	p := program{dir, text}
	root, err := goTool(ctx, ".", "list", "-m", "-f", "{{.Dir}}", "github.com/iamport-go/iamport")
	if err != nil {
		return p, err
	}
	root = strings.TrimSpace(root)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return p, err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return p, err
	}
	mine := strings.Replace(string(mod), "module github.com/iamport-go/iamport", "module program", 1) +
		"\nrequire github.com/iamport-go/iamport v0.0.0\n\nreplace github.com/iamport-go/iamport => " + root + "\n"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return p, err
	}
	for name, text := range map[string]string{"go.mod": mine, "go.sum": string(sum), "main.go": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return p, err
		}
	}
	return p, nil
}

// withPrograms writes both programs, builds them once, and calls f with them.
func withPrograms(ctx context.Context, f func(both [2]program) error) error {
	dir, err := os.MkdirTemp("", "perf")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var both [2]program
	for i, text := range []string{plainProgram, importingProgram} {
		if both[i], err = newProgram(ctx, filepath.Join(dir, strconv.Itoa(i)), text); err != nil {
			return err
		}
		if _, err := both[i].build(ctx); err != nil {
			return err
		}
	}
	return f(both)
}

// build builds the program, and returns the size of the binary.
func (p program) build(ctx context.Context, flags ...string) (int64, error) {
	if _, err := goTool(ctx, p.dir, append(append([]string{"build", "-mod=mod"}, flags...), "-o", "out")...); err != nil {
		return 0, err
	}
	info, err := os.Stat(filepath.Join(p.dir, "out"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// goTool runs the go command in dir and returns what it prints.
func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off")
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return string(out), nil
}

const maxBuild = 1.1

// measureBuild compares how long the build of a changed main.go takes.
func measureBuild(ctx context.Context, how comparing, r *report) error {
	return withPrograms(ctx, func(both [2]program) error {
		var ratios, floors []float64
		for round := range how.rounds {
			var took [2]time.Duration
			for i := range both {
				which := (i + round) % 2
				p := both[which]
				// A file of the same content is not built again.
				text := p.text + fmt.Sprintf("\nconst round = %d\n", round)
				if err := os.WriteFile(filepath.Join(p.dir, "main.go"), []byte(text), 0o600); err != nil {
					return err
				}
				start := time.Now()
				if _, err := p.build(ctx); err != nil {
					return err
				}
				took[which] = time.Since(start)
			}
			ratios = append(ratios, float64(took[1])/float64(took[0]))
			floors = append(floors, took[0].Seconds())
		}
		r.figures = append(r.figures,
			ratioFigure("build after a change of main.go: time", fmt.Sprintf("%.2f s", ratioOf(floors).median), ratioOf(ratios), maxBuild))
		return nil
	})
}
