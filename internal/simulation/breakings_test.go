package simulation

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	simBreakings = flag.Bool("sim.breakings", false, "break the client in every way of the list, and require that it is found")
	simBreaking  = flag.String("sim.breaking", "", "with -sim.breakings: only those whose name holds this text")
	simCount     = flag.Bool("sim.count", false, "with -sim.breakings: go on after the first lie, to count how many the budget finds")
	simBudget    = flag.Int("sim.budget", 100_000, "with -sim.breakings: within how many charges each has to be found")
)

// breaking is one way to break the client: a text of one file and its replacement.
type breaking struct{ name, file, old, new string }

// TestBreakings requires of each breaking that the simulation reports a lie.
func TestBreakings(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breakings {
		if !strings.Contains(b.name, *simBreaking) {
			continue
		}
		t.Run(strings.ReplaceAll(b.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			overlay := b.overlay(t, root)
			if *simBreakings {
				b.require(t, root, overlay)
			}
		})
	}
}

// overlay writes the broken file and the JSON that replaces the original with it. The
// old text must occur exactly once, otherwise the list is out of date.
func (b breaking) overlay(t *testing.T, root string) string {
	t.Helper()
	path := filepath.Join(root, b.file)
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), b.old); n != 1 {
		t.Fatalf("%s holds %d times what the breaking replaces:\n%s", b.file, n, b.old)
	}
	folder := t.TempDir()
	broken := filepath.Join(folder, filepath.Base(b.file))
	text := strings.Replace(string(source), b.old, b.new, 1)
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: broken}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(folder, "overlay.json")
	for name, content := range map[string]string{broken: text, list: string(overlay)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

var (
	lieLine     = regexp.MustCompile(`LIES: (.*: \d+)`)
	chargesLine = regexp.MustCompile(`(\d+) charges sent`)
	settledLine = regexp.MustCompile(`only [0-9.]+% of the lost charges`)
)

// require runs the simulation of the broken client until its first lie.
func (b breaking) require(t *testing.T, root, overlay string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "broken.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay, "-o", binary, "./internal/simulation")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the broken client does not compile: %v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), binary, "-test.run=^TestSimulation$", "-test.v", "-sim.table=false",
		"-sim.failfast="+strconv.FormatBool(!*simCount), "-sim.charges="+strconv.Itoa(*simBudget))
	run.Dir = filepath.Join(root, "internal", "simulation")
	out, err := run.CombinedOutput()
	text := string(out)
	charges := "?"
	if found := chargesLine.FindStringSubmatch(text); found != nil {
		charges = found[1]
	}
	var kinds []string
	for _, found := range lieLine.FindAllStringSubmatch(text, -1) {
		kinds = append(kinds, found[1])
	}
	if settledLine.MatchString(text) {
		kinds = append(kinds, "settled share")
	}
	if err == nil || len(kinds) == 0 {
		t.Fatalf("not found within %s charges: %v\n%s", charges, err, text)
	}
	t.Logf("found within %s charges: %s", charges, strings.Join(kinds, "; "))
}
