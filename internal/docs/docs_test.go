package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// page is one document.
type page struct {
	name   string // from the root, such as "docs/daou.md"
	lines  []string
	blocks []block
}

// block is one fenced block of code.
type block struct {
	language, code string
	line           int    // of its first line of code, from 1
	before         string // of "<!-- before: ... -->" above it: code that runs first
	sends          string // of the block "json" right before: the body that it must send
	skipped        bool   // "<!-- not compiled: reason -->" is above it
}

var (
	beforeComment  = regexp.MustCompile(`^<!-- before: (.*) -->$`)
	skippedComment = regexp.MustCompile(`^<!-- not compiled: .+ -->$`)
)

func read(t *testing.T, name string) page {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	p := page{name: name, lines: strings.Split(string(data), "\n")}
	var b *block
	before, skipped := "", false
	for i, line := range p.lines {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && b == nil:
			b = &block{language: language, line: i + 2, before: before, skipped: skipped}
			if n := len(p.blocks); n > 0 && p.blocks[n-1].language == "json" {
				b.sends = p.blocks[n-1].code
			}
			before, skipped = "", false
		case fence:
			p.blocks = append(p.blocks, *b)
			b = nil
		case b != nil:
			b.code += line + "\n"
		}
		if match := beforeComment.FindStringSubmatch(line); match != nil {
			before = match[1]
		}
		skipped = skipped || skippedComment.MatchString(line)
	}
	require.Nil(t, b, "%s: a block of code has no end", name)
	return p
}

// english returns the documents that have a Korean version, and the others.
func english(t *testing.T) (paired, single []page) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	require.NoError(t, err)
	for _, name := range append(names, filepath.Join(root, "README.md")) {
		name, err := filepath.Rel(root, name)
		require.NoError(t, err)
		if strings.HasSuffix(name, ".ko.md") {
			require.FileExists(t, filepath.Join(root, strings.TrimSuffix(name, ".ko.md")+".md"))
			continue
		}
		if _, err := os.Stat(filepath.Join(root, korean(name))); err == nil {
			paired = append(paired, read(t, name))
		} else {
			single = append(single, read(t, name))
		}
	}
	return paired, single
}

func korean(name string) string { return strings.TrimSuffix(name, ".md") + ".ko.md" }

// imports are the packages that a snippet may use without an import clause.
var imports = []string{
	"context", "database/sql", "errors", "fmt", "log/slog", "net/http", "net/http/httptest", "os", "slices", "strings", "sync", "testing", "time",
	"github.com/stretchr/testify/require", "github.com/iamport-go/iamport", "github.com/iamport-go/iamport/iamporttest",
}

// program writes the Go blocks of a page as tests, in one file. The compiler names the
// line of the document in its messages.
func program(t *testing.T, p page) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, p.name))
	require.NoError(t, err)
	id := regexp.MustCompile(`[^a-z]`).ReplaceAllString(strings.ToLower(strings.TrimSuffix(filepath.Base(p.name), ".md")), "")
	var b strings.Builder
	for _, s := range p.blocks {
		if s.language != "go" || s.skipped {
			continue
		}
		code := strings.ReplaceAll(s.code, "iamport.NewClient(key", "newClient(key")
		here := fmt.Sprintf("//line %s:%d\n", path, s.line)
		if regexp.MustCompile(`^(func|type|import) `).MatchString(code) {
			b.WriteString(here + code)
			continue
		}
		_, output, printed := strings.Cut(code, "// Output:\n")
		want := regexp.MustCompile(`(?m)^// ?`).ReplaceAllString(output, "")
		fmt.Fprintf(&b, "func Test_%s_%d(t *testing.T) {\n\tsnippet(t, %t, %q, %q, func(g given) error {\n", id, s.line, printed, want, s.sends)
		b.WriteString("ctx, client, srv, request, impUID := g.ctx, g.client, g.srv, g.request, g.impUID\n_, _, _, _, _ = ctx, client, srv, request, impUID\n")
		b.WriteString("{\n" + s.before + "\n" + here + code + "}\nreturn nil\n})\n}\n")
	}
	if b.Len() == 0 {
		return ""
	}
	used := "package snippets\n"
	for _, path := range append(slices.Clone(imports), "testing") {
		if strings.Contains(b.String(), filepath.Base(path)+".") && !strings.Contains(used, `"`+path+`"`) {
			used += fmt.Sprintf("import %q\n", path)
		}
	}
	return used + b.String()
}

// Every Go block of every document compiles and runs against the sandbox, and prints
// what its comment "// Output:" says. The code of a Korean document is that of the
// English one: see TestLanguagesAgree.
func TestSnippets(t *testing.T) {
	t.Parallel()
	noteSources(t)
	paired, single := english(t)
	dir := t.TempDir()
	snippets, err := filepath.Abs("testdata/snippets")
	require.NoError(t, err)
	overlay := map[string]string{}
	for _, p := range append(paired, single...) {
		if code := program(t, p); code != "" {
			name := strings.TrimSuffix(filepath.Base(p.name), ".md") + "_test.go"
			overlay[filepath.Join(snippets, name)] = filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(code), 0o600))
		}
	}
	data, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), data, 0o600))
	run := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-overlay", filepath.Join(dir, "overlay.json"), snippets)
	out, err := run.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// noteSources asks for every file that the snippets may be compiled from. go test reuses
// an earlier result if no file that the test process asked for has changed, and the
// snippets are compiled by another process.
func noteSources(t *testing.T) {
	t.Helper()
	for _, pattern := range []string{"go.*", "*.go", "iamporttest/*.go", "internal/*/*.go", "internal/docs/testdata/*/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, name := range files {
			_, err := os.Stat(name)
			require.NoError(t, err)
		}
	}
}

var (
	comment      = regexp.MustCompile(`(?m)(^|\s+)//.*$`)
	shellComment = regexp.MustCompile(`(?m)\s*#.*$`)
)

// code returns a block without comments, apart from the output of a snippet.
func code(b block) string {
	text, output, _ := strings.Cut(b.code, "// Output:\n")
	if b.language == "sh" {
		return shellComment.ReplaceAllString(text, "")
	}
	return comment.ReplaceAllString(text, "") + output
}

// A Korean document has the headings, tables, code and commands of the English one.
func TestLanguagesAgree(t *testing.T) {
	t.Parallel()
	paired, single := english(t)
	for _, en := range paired {
		ko := read(t, korean(en.name))
		require.Equal(t, shape(en), shape(ko), "%s: the headings and tables of both languages", en.name)
		require.Len(t, ko.blocks, len(en.blocks), en.name)
		for i := range en.blocks {
			require.Equal(t, en.blocks[i].language, ko.blocks[i].language, "%s:%d", en.name, en.blocks[i].line)
			require.Equal(t, code(en.blocks[i]), code(ko.blocks[i]), "%s:%d", en.name, en.blocks[i].line)
			require.Equal(t, en.blocks[i].before, ko.blocks[i].before, "%s:%d", en.name, en.blocks[i].line)
		}
	}
	// These are tables of names, or one page in both languages.
	var names []string
	for _, p := range single {
		names = append(names, p.name)
	}
	require.Equal(t, []string{"docs/api.md", "docs/architecture.md", "docs/glossary.md"}, names)
}

// refused are words of Korean documents for which docs/glossary.md has another.
var refused = regexp.MustCompile(`결제 예약|예약 결제|부분 취소|부분 환불|전액 환불|대기 시간|재시행|빌링 키|거래 대사|알 수 없는 결과|미확인 결제`)

func TestGlossary(t *testing.T) {
	t.Parallel()
	paired, _ := english(t)
	for _, p := range paired {
		ko := read(t, korean(p.name))
		require.Empty(t, refused.FindAllString(strings.Join(ko.lines, "\n"), -1), "%s: docs/glossary.md has another word", ko.name)
	}
}

var goRun = regexp.MustCompile(`go run (?:-C )?(?:\./)?((?:cmd|examples)/[a-z-]+)`)

// Every program that a document runs exists.
func TestCommands(t *testing.T) {
	t.Parallel()
	paired, single := english(t)
	for _, p := range append(paired, single...) {
		for _, match := range goRun.FindAllStringSubmatch(strings.Join(p.lines, "\n"), -1) {
			require.DirExists(t, filepath.Join(root, match[1]), p.name)
		}
	}
}

var (
	link   = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	fences = regexp.MustCompile("(?ms)^```.*?^```$")
)

// Every link to a file of the repository leads to one, and from a Korean document to a
// Korean one if there is one.
func TestLinks(t *testing.T) {
	t.Parallel()
	paired, single := english(t)
	pages := append(paired, single...)
	for _, p := range paired {
		pages = append(pages, read(t, korean(p.name)))
	}
	for _, p := range pages {
		text := fences.ReplaceAllString(strings.Join(p.lines, "\n"), "")
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target := filepath.Join(filepath.Dir(p.name), match[1])
			require.FileExists(t, filepath.Join(root, target), "%s: %s", p.name, match[1])
			if strings.HasSuffix(p.name, ".ko.md") && korean(target) != p.name && !strings.HasSuffix(target, ".ko.md") {
				require.NoFileExists(t, filepath.Join(root, korean(target)), "%s: %s", p.name, match[1])
			}
		}
	}
}

// shape returns the levels of the headings and the cells of the table rows of a page, in
// their order.
func shape(p page) []string {
	var found []string
	inCode := false
	for _, line := range p.lines {
		switch {
		case strings.HasPrefix(line, "```"):
			inCode = !inCode
		case inCode:
		case strings.HasPrefix(line, "#"):
			found = append(found, line[:strings.Index(line, " ")])
		case strings.HasPrefix(line, "|"):
			found = append(found, strings.Repeat("|", strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")))
		}
	}
	return found
}
