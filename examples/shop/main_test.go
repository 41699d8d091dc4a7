package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStory(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), nil, &stdout, &stderr), "%s%s", &stdout, &stderr)
	require.Regexp(t, `(?m)^Ledger +592,874 won in, 8,000 won out \(5,000 won of it in the console\)\nPayments of iamport +592,874 won in, 8,000 won out\nDifferences +0$`, stdout.String())
	require.Regexp(t, `(?m)^Further tries +2 by run declined, 1 by run paid$`, stdout.String())
	require.Regexp(t, `(?m)^Found by night only +2 states of payments$`, stdout.String())
	require.NotContains(t, stdout.String(), "1234-1234")
}

func TestFileOfAnotherSandbox(t *testing.T) {
	t.Parallel()
	e := newEnv(t, january)
	e.mustSignUp(t, basic, goodCard)
	require.NoError(t, e.close())
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitFailed, run(t.Context(), []string{"-db", e.file}, &stdout, &stderr))
	require.Contains(t, stderr.String(), "the file has customers already")
}

func TestHelpAndBadFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"-h":                              {exitOK, "It reads no environment variables"},
		"-no-such-flag":                   {exitBadFlags, "flag provided but not defined"},
		"argument":                        {exitBadFlags, `unexpected argument "argument"`},
		"-months 0":                       {exitBadFlags, "-months 1 or more"},
		"-sandbox http://127.0.0.1:1":     {exitBadFlags, "-sandbox needs -serve"},
		"-serve 127.0.0.1:0 -customers 3": {exitBadFlags, "needs -sandbox"},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, want.code, run(t.Context(), strings.Fields(args), &stdout, &stderr), args)
		require.Contains(t, stderr.String(), want.text)
		require.Empty(t, stdout.String())
	}
}
