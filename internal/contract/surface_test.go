package contract_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const surface = "testdata/api.txt"

// TestSurface compares the exported names of the packages with a list: one line for each
// function, method, type, field, constant and variable. CONTRIBUTING.md says how to change
// the list.
func TestSurface(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, dir := range []string{".", "iamporttest", "iamporttest/journaltest", "otel"} {
		lines = append(lines, exported(t, dir)...)
	}
	want := strings.Join(lines, "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(surface, []byte(want), 0o644))
	}
	data, err := os.ReadFile(surface)
	require.NoError(t, err)
	var changes []string
	listed := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for _, line := range lines {
		if !slices.Contains(listed, line) {
			changes = append(changes, "+"+line)
		}
	}
	for _, line := range listed {
		if !slices.Contains(lines, line) {
			changes = append(changes, "-"+line)
		}
	}
	require.Empty(t, strings.Join(changes, "\n"),
		"the exported surface changed: if that is meant, run go test ./internal/contract -run TestSurface -update")
}

// exported returns the sorted lines of one package.
func exported(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
	require.NoError(t, err)
	s := &sources{set: token.NewFileSet()}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.set, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		s.pkg = file.Name.Name
		for _, d := range file.Decls {
			s.declaration(t, d)
		}
	}
	slices.Sort(s.lines)
	return s.lines
}

type sources struct {
	set   *token.FileSet
	pkg   string
	lines []string
}

func (s *sources) declaration(t *testing.T, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		receiver := ""
		if d.Recv != nil {
			receiver = s.text(t, d.Recv.List[0].Type)
			if !ast.IsExported(strings.TrimLeft(receiver, "*")) {
				return
			}
			receiver = "(" + receiver + ") "
		}
		if d.Name.IsExported() {
			s.add("func " + receiver + d.Name.Name + strings.TrimPrefix(s.text(t, d.Type), "func"))
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					s.typeSpec(t, spec)
				}
			case *ast.ValueSpec:
				s.values(t, d.Tok, spec)
			}
		}
	}
}

func (s *sources) values(t *testing.T, kind token.Token, spec *ast.ValueSpec) {
	for i, name := range spec.Names {
		if !name.IsExported() {
			continue
		}
		line := kind.String() + " " + name.Name
		if spec.Type != nil {
			line += " " + s.text(t, spec.Type)
		}
		if kind == token.CONST && i < len(spec.Values) {
			line += " = " + s.text(t, spec.Values[i])
		}
		s.add(line)
	}
}

func (s *sources) typeSpec(t *testing.T, spec *ast.TypeSpec) {
	name := spec.Name.Name
	var members *ast.FieldList
	switch body := spec.Type.(type) {
	case *ast.StructType:
		s.add("type " + name + " struct")
		members = body.Fields
	case *ast.InterfaceType:
		s.add("type " + name + " interface")
		members = body.Methods
	default:
		s.add("type " + name + " " + s.text(t, spec.Type))
		return
	}
	for _, member := range members.List {
		kind := s.text(t, member.Type)
		if member.Tag != nil {
			kind += " " + member.Tag.Value
		}
		if len(member.Names) == 0 {
			s.add("type " + name + ", embedded " + kind)
		}
		for _, m := range member.Names {
			if m.IsExported() {
				s.add("type " + name + ", " + m.Name + " " + kind)
			}
		}
	}
}

func (s *sources) add(line string) { s.lines = append(s.lines, "pkg "+s.pkg+", "+line) }

// text prints a node in one line.
func (s *sources) text(t *testing.T, node ast.Node) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, printer.Fprint(&b, s.set, node))
	return strings.Join(strings.Fields(b.String()), " ")
}
