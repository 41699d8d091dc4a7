package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTreeOfALostCharge(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), nil, &stdout, &stderr), stderr.String())
	text := regexp.MustCompile(` +[0-9.]+[µm]?s  `).ReplaceAllString(stdout.String(), " T ")
	require.Contains(t, text, strings.Join([]string{
		"charge T ",
		"├─ POST /subscribe/payments/again T purpose=call error.type=connection outcome=paid (Error)",
		"└─ GET /payments/findAll/{merchant_uid} T purpose=settle status_code=200",
		"",
	}, "\n"))
	require.Regexp(t, `iamport\.outcomes +2  iamport\.operation=Again iamport\.outcome=paid\n`, text)
	require.Regexp(t, `iamport\.outcomes +1  iamport\.operation=Again iamport\.outcome=declined\n`, text)
}

func TestHelpAndBadFlags(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]struct {
		code int
		text string
	}{
		"-h":            {0, "Example charges a stored card"},
		"-no-such-flag": {2, "flag provided but not defined"},
		"argument":      {2, `unexpected argument "argument"`},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, want.code, run(t.Context(), []string{arg}, &stdout, &stderr), arg)
		require.Contains(t, stderr.String(), want.text)
		require.Empty(t, stdout.String())
	}
}
