package main

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWebPage(t *testing.T) {
	t.Parallel()
	p := start(t, "-memory", "-webhook", "http://127.0.0.1:9/hook")
	require.Equal(t, "paid", p.post("/subscribe/payments/onetime", onetimeBody).Response["status"])
	status, page := p.do("GET", "/", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, ">o1</a>")
	_, page = p.do("GET", "/_/page/webhooks", "", "")
	require.Contains(t, page, "<code>http://127.0.0.1:9/hook</code>")
}

// A browser that waits for changes does not delay the end of the program.
func TestStopEndsEvents(t *testing.T) {
	t.Parallel()
	p := start(t, "-memory")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/_/page/events", nil)
	require.NoError(t, err)
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close() //nolint:errcheck // The body was read.
	began := time.Now()
	require.Zero(t, p.stop(), p.stderr)
	require.Less(t, time.Since(began), stopTime)
	_, err = io.ReadAll(answer.Body)
	require.NoError(t, err)
}
