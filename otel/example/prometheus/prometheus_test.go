package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var want = []string{
	`iamport_outcomes_total{op="Again",outcome="paid"} 2` + "\n",
	`iamport_outcomes_total{op="Again",outcome="declined"} 1` + "\n",
	`iamport_exchange_duration_seconds_count{failure="connection",op="Again",purpose="call",route="/subscribe/payments/again",status="0"} 1` + "\n",
	`iamport_exchange_duration_seconds_count{failure="",op="Again",purpose="settle",route="/payments/findAll/{merchant_uid}",status="200"} 1` + "\n",
}

func TestPrints(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), nil, &stdout, &stderr), stderr.String())
	for _, line := range want {
		require.Contains(t, stdout.String(), line)
	}
}

func TestServesUntilTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read, write := io.Pipe()
	code := make(chan int)
	go func() { code <- run(ctx, []string{"-serve", "0"}, write, write) }()
	line := make([]byte, 200)
	n, err := read.Read(line)
	require.NoError(t, err)
	address, _, ok := strings.Cut(string(line[:n]), ",")
	require.True(t, ok)
	require.True(t, strings.HasPrefix(address, "http://127.0.0.1:"), address)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	for _, line := range want {
		require.Contains(t, string(body), line)
	}
	cancel()
	require.Zero(t, <-code)
}

func TestHelpAndBadFlags(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]struct {
		code int
		text string
	}{
		"-h":            {0, "Prometheus charges a stored card"},
		"-no-such-flag": {2, "flag provided but not defined"},
		"-serve=65536":  {2, "at most 65535"},
		"argument":      {2, "takes no argument"},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, want.code, run(t.Context(), []string{arg}, &stdout, &stderr), arg)
		require.Contains(t, stderr.String(), want.text)
		require.Empty(t, stdout.String())
	}
}
