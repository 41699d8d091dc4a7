package page

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	b := open(t)
	server := httptest.NewServer(b.handler)
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/_/page/events", nil)
	require.NoError(t, err)
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close() //nolint:errcheck // The body was read.
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	lines := make(chan string)
	go func() {
		defer close(lines)
		for text := bufio.NewScanner(answer.Body); text.Scan(); {
			lines <- text.Text()
		}
	}()
	require.Equal(t, "retry: 1000", next(t, lines))
	b.charge("order_1")
	for next(t, lines) != "event: change" {
	}
	b.follow("/_/page/webhooks", "action", "test")
	for next(t, lines) != "event: change" {
	}
	b.page.Close() // as the server does when it stops
	for range lines {
	}
}

func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case line, ok := <-lines:
		require.True(t, ok, "the events ended")
		return line
	case <-time.After(10 * time.Second):
		require.Fail(t, "no event")
		return ""
	}
}

// The tick of the sandbox reports the answer to a webhook, which no request waits for.
func TestWebhookAnswersAreChanges(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(shop.Close)
	answerNow := sync.OnceFunc(func() { close(release) })
	t.Cleanup(answerNow)
	b := openWith(t, shop.URL)
	changed, stop := b.box.Changes.Subscribe()
	defer stop()
	b.charge("order_1")
	require.Eventually(t, func() bool { return b.box.Server.WebhookChanges() == 1 }, 10*time.Second, time.Millisecond)
	for quiet := false; !quiet; {
		select {
		case <-changed:
		case <-time.After(300 * time.Millisecond): // three ticks
			quiet = true
		}
	}
	answerNow()
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		require.Fail(t, "no change")
	}
	require.Contains(t, b.get("/_/page/webhooks"), "HTTP 200")
}
