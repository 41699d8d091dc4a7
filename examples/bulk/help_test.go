package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHelpAndBadFlags(t *testing.T) {
	t.Parallel()
	noEnv := func(string) string { return "" }
	for arg, want := range map[string]struct {
		code int
		text string
	}{
		"-h":            {exitAllPaid, "Bulk charges many orders"},
		"-no-such-flag": {exitBadInput, "flag provided but not defined"},
		"argument":      {exitBadInput, `unexpected argument "argument"`},
		"-pg=doau":      {exitBadInput, `the nearest is "daou"`},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, want.code, run(t.Context(), []string{arg}, noEnv, &stdout, &stderr), arg)
		require.Contains(t, stderr.String(), want.text)
		require.Empty(t, stdout.String())
	}
}
