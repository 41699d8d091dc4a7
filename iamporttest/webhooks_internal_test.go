package iamporttest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Webhooks wait for a handler that is slow, but not without end.
func TestWaitingWebhooksAreBounded(t *testing.T) {
	t.Parallel()
	srv := NewServer(WithWebhooks(http.NotFoundHandler()))
	srv.hooks.waiting = maxWaiting - 1
	srv.hooks.working = true // nobody delivers
	srv.SendTestWebhook()
	srv.SendTestWebhook()
	all := srv.Webhooks()
	require.False(t, all[0].Dropped)
	require.True(t, all[1].Dropped)
	require.Len(t, srv.hooks.queue, 1)
}
