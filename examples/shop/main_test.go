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
	require.Regexp(t, `Ledger:  592874 in, 3000 out, 41 entries\nIamport: 592874 in, 3000 out\nLedger = iamport to the won`, stdout.String())
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
