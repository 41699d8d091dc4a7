package iamport_test

import (
	"bytes"
	"encoding"
	"fmt"
	"go/ast"
	"go/doc"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// examples returns the examples of the files that match the patterns, by file and name.
func examples(t *testing.T, fset *token.FileSet, patterns ...string) map[string]*doc.Example {
	t.Helper()
	all := make(map[string]*doc.Example)
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, names, pattern)
		for _, name := range names {
			file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
			require.NoError(t, err)
			for _, example := range doc.Examples(file) {
				all[name+": Example"+example.Name] = example
			}
		}
	}
	return all
}

// pkg.go.dev shows an example as a whole program: its body and what it uses of the same
// file. Each must be one, compile, and have an output that go test compares.
func TestExamplesAreWholePrograms(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	programs := make(map[string]*ast.File)
	imports := make(map[string]bool)
	for name, example := range examples(t, fset, "example_*test.go", "iamporttest/example_*test.go") {
		require.True(t, example.Output != "" || example.EmptyOutput, "%s has no output and does not run", name)
		require.NotNil(t, example.Play, "%s uses what only another file declares", name)
		var text bytes.Buffer
		require.NoError(t, format.Node(&text, fset, example.Play), name)
		program, err := parser.ParseFile(fset, name, &text, parser.SkipObjectResolution)
		require.NoError(t, err, name)
		programs[name] = program
		for _, spec := range program.Imports {
			imports[strings.Trim(spec.Path.Value, `"`)] = true
		}
	}

	conf := types.Config{Importer: exports(t, fset, slices.Collect(maps.Keys(imports)))}
	for name, program := range programs {
		_, err := conf.Check("main", fset, []*ast.File{program}, nil)
		require.NoError(t, err, name)
	}
}

// exports returns an importer of the compiled packages.
func exports(t *testing.T, fset *token.FileSet, packages []string) types.Importer {
	t.Helper()
	list := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, packages...)
	out, err := exec.CommandContext(t.Context(), "go", list...).Output()
	require.NoError(t, err)
	files := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
}

// Every method of Client has an example, except those that only print a client.
func TestEveryMethodHasAnExample(t *testing.T) {
	t.Parallel()
	shown := make(map[string]bool)
	for _, example := range examples(t, token.NewFileSet(), "example_*test.go") {
		shown[example.Name] = true
	}

	printing := make(map[string]bool)
	for _, as := range []reflect.Type{
		reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[fmt.Stringer](),
		reflect.TypeFor[slog.LogValuer](), reflect.TypeFor[encoding.TextMarshaler](),
	} {
		for method := range as.Methods() {
			printing[method.Name] = true
		}
	}
	for method := range reflect.TypeFor[*iamport.Client]().Methods() {
		if !printing[method.Name] {
			require.Contains(t, shown, "Client_"+method.Name, "no example of Client.%s", method.Name)
		}
	}
}
