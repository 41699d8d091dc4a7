package faulttest_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// newProxy starts a toxiproxy in the process in front of upstream. Toxics are set
// before the first connection: the effect of a later one depends on the state of each
// connection.
func newProxy(t testing.TB, upstream string, toxics ...string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	var proxy *toxiproxy.Proxy
	var err error
	for range 50 {
		// Below the ports of outgoing connections, so that the port of a stopped proxy is
		// still free when it restarts.
		port := 15000 + rand.IntN(15000)
		proxy = toxiproxy.NewProxy(server, "iamport", fmt.Sprintf("127.0.0.1:%d", port), upstream)
		if err = proxy.Start(); err == nil {
			break
		}
	}
	require.NoError(t, err)
	t.Cleanup(proxy.Stop)
	for i, toxic := range toxics {
		toxic = fmt.Sprintf(`{"name":"toxic_%d",%s`, i, strings.TrimPrefix(toxic, "{"))
		_, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
		require.NoError(t, err)
	}
	return proxy
}

// restart restarts a stopped proxy on its port.
func restart(proxy *toxiproxy.Proxy) error {
	var err error
	for range 100 {
		if err = proxy.Start(); err == nil || errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}
