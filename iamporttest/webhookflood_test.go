package iamporttest_test

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// flood sends n webhooks by hand and waits for them.
func flood(t *testing.T, srv *iamporttest.Server, from, n int) {
	t.Helper()
	for i := range n {
		srv.SendWebhook(iamporttest.WebhookBody{ImpUID: fmt.Sprint(from + i), MerchantUID: "m", Status: "paid"})
	}
	require.NoError(t, srv.WaitWebhooks(t.Context()))
}

func TestFloodOfWebhooks(t *testing.T) { // not parallel: it counts what the process keeps
	srv := iamporttest.NewServer(iamporttest.WithWebhooks(http.NotFoundHandler()))
	measure := func() (bytes uint64, goroutines int) {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, runtime.NumGoroutine()
	}
	flood(t, srv, 0, 10_000)
	before, goroutines := measure()
	flood(t, srv, 10_000, 10_000)
	flood(t, srv, 20_000, 2)
	after, left := measure()
	require.Less(t, after, before+1<<20)
	require.LessOrEqual(t, left, goroutines)

	kept := srv.Webhooks()
	require.Len(t, kept, 5002)
	for i, w := range kept {
		require.Equal(t, fmt.Sprint(20_002-len(kept)+i), w.ImpUID)
		require.Equal(t, 404, w.Attempts[0].Status)
	}
}
