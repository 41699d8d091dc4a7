package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStory(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	file := filepath.Join(t.TempDir(), "story.db")
	require.Equal(t, exitOK, run(t.Context(), []string{"-db", file}, &stdout, &stderr), "%s%s", &stdout, &stderr)
	require.Regexp(t, `(?m)^Ledger +592874 in, 8000 out \(5000 of it in the console\)\nPayments of iamport +592874 in, 8000 out\nDifferences +0$`, stdout.String())
	require.Regexp(t, `(?m)^Further tries +2 by run declined, 1 by run paid$`, stdout.String())
	require.Regexp(t, `(?m)^Found by night only +2 states of payments$`, stdout.String())
	require.NotContains(t, stdout.String(), "1234-1234")

	require.Equal(t, exitFailed, run(t.Context(), []string{"-db", file}, &stdout, &stderr))
	require.Contains(t, stderr.String(), "the file has customers already")
}

func TestHelpAndBadFlags(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]struct {
		code int
		text string
	}{
		"-h":            {exitOK, "It reads no environment variables"},
		"-no-such-flag": {exitBadFlags, "flag provided but not defined"},
		"argument":      {exitBadFlags, `unexpected argument "argument"`},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, want.code, run(t.Context(), []string{arg}, &stdout, &stderr), arg)
		require.Contains(t, stderr.String(), want.text)
		require.Empty(t, stdout.String())
	}
}
