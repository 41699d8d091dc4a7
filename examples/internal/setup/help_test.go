package setup_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHelpOfEveryExample: -h tells what a program does, its flags and its environment, and
// is no failure; a flag or an argument that it does not have is.
func TestHelpOfEveryExample(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../../*/main.go")
	require.NoError(t, err)
	programs := t.TempDir() + "/"
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", programs, "../../...").CombinedOutput()
	require.NoError(t, err, "%s", out)
	tested := 0
	for _, folder := range folders {
		name := filepath.Base(filepath.Dir(folder))
		run := func(arg string) (string, int) {
			out, err := exec.CommandContext(t.Context(), programs+name, arg).CombinedOutput()
			if failed, ok := errors.AsType[*exec.ExitError](err); ok {
				return string(out), failed.ExitCode()
			}
			require.NoError(t, err)
			return string(out), 0
		}
		if modules, _ := filepath.Glob("../../" + name + "/go.mod"); modules != nil {
			continue // has tests of its own
		}
		text, code := run("-h")
		require.Equal(t, 0, code, name)
		require.Regexp(t, "(?is)^"+name+` .*\.\n.*sandbox.*IAMPORT_KEY.*-charge-real-card`, text)
		for _, arg := range []string{"-no-such-flag", "argument"} {
			text, code = run(arg)
			require.Equal(t, 2, code, "%s %s", name, arg)
			require.NotContains(t, text, "Paid")
		}
		tested++
	}
	require.Equal(t, 5, tested)
}
