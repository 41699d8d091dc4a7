package iamport_test

import (
	"encoding"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// Every method of Client has a runnable example, except those that only print a
// client.
func TestEveryMethodHasAnExample(t *testing.T) {
	t.Parallel()
	runs := make(map[string]bool)
	names, err := filepath.Glob("example_*test.go")
	require.NoError(t, err)
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, example := range doc.Examples([]*ast.File{file}...) {
			runs[example.Name] = example.Output != "" || example.EmptyOutput
		}
	}
	for name, ok := range runs {
		require.True(t, ok, "Example%s has no output and does not run", name)
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
			require.Contains(t, runs, "Client_"+method.Name, "no example of Client.%s", method.Name)
		}
	}
}
