package contract_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docs/architecture.md names every package of the repository, and only existing
// files.
func TestArchitectureIsThatOfTheTree(t *testing.T) {
	t.Parallel()
	const root = "../.."
	page, err := os.ReadFile(filepath.Join(root, "docs/architecture.md"))
	require.NoError(t, err)
	packages, err := os.ReadDir(filepath.Join(root, "internal"))
	require.NoError(t, err)
	_, picture, _ := strings.Cut(strings.Split(string(page), "```")[1], "  internal/ ")
	picture, _, ok := strings.Cut(picture, "  iamporttest/")
	require.True(t, ok)
	for _, p := range packages {
		require.Equal(t, 1, strings.Count(" "+strings.Join(strings.Fields(picture), " ")+" ", " "+p.Name()+" "),
			"internal/%s is named once in the picture", p.Name())
	}
	for _, name := range regexp.MustCompile(`(?:internal|iamporttest|examples)/[a-z]+`).FindAllString(string(page), -1) {
		require.DirExists(t, filepath.Join(root, name))
	}
	for _, name := range regexp.MustCompile(`[a-z_]+\.(go|json)\b`).FindAllString(string(page), -1) {
		found, err := filepath.Glob(filepath.Join(root, name))
		require.NoError(t, err)
		inside, err := filepath.Glob(filepath.Join(root, "internal/*", name))
		require.NoError(t, err)
		require.NotEmpty(t, append(found, inside...), name)
	}
}
