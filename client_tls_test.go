package iamport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The transport of a default client does not trust the test's certificate authority,
// so the test uses one that does.
func TestDefaultTransportSpeaksTLS12OrLater(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		newest uint16
		ok     bool
	}{"1.0": {tls.VersionTLS10, false}, "1.1": {tls.VersionTLS11, false}, "1.2": {tls.VersionTLS12, true}, "1.3": {tls.VersionTLS13, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tt.newest}
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			defer s.Close()

			transport := newTransport()
			defer transport.CloseIdleConnections()
			// Go's own default is 1.2 too, but GODEBUG can lower a default.
			require.Equal(t, uint16(tls.VersionTLS12), transport.TLSClientConfig.MinVersion)
			require.False(t, transport.TLSClientConfig.InsecureSkipVerify)
			transport.TLSClientConfig.RootCAs = x509.NewCertPool()
			transport.TLSClientConfig.RootCAs.AddCert(s.Certificate())

			resp, err := (&http.Client{Transport: transport}).Get(s.URL)
			if !tt.ok {
				require.ErrorContains(t, err, "protocol version")
				return
			}
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, tt.newest, resp.TLS.Version)
		})
	}
}

// A dead HTTP/2 connection, for example after a router dropped it, is closed, and the
// next call uses another one.
func TestSilentConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()

	transport := newTransport()
	defer transport.CloseIdleConnections()
	pings := transport.HTTP2
	require.NotNil(t, pings)
	require.Positive(t, pings.SendPingTimeout)
	require.Positive(t, pings.PingTimeout)
	require.Less(t, pings.SendPingTimeout+pings.PingTimeout, DefaultTimeout)
	pings.SendPingTimeout, pings.PingTimeout = 400*time.Millisecond, 400*time.Millisecond

	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	var conns []*silenced
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		conns = append(conns, &silenced{Conn: conn})
		return conns[len(conns)-1], err
	}
	hc := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	get := func() string {
		resp, err := hc.Get(s.URL)
		if err != nil {
			return err.Error()
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(body)
	}
	require.Equal(t, "HTTP/2.0", get())
	conns[0].silent.Store(true)
	require.Contains(t, get(), "http2: client connection lost")
	require.Equal(t, "HTTP/2.0", get())
	require.Len(t, conns, 2)
}

// silenced is a connection that, from some time on, drops everything written to it.
type silenced struct {
	net.Conn
	silent atomic.Bool
}

func (s *silenced) Write(p []byte) (int, error) {
	if s.silent.Load() {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

// Not parallel: it replaces the process's default transport.
func TestDefaultTransportIsTheClientsOwn(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"code":0,"message":null,"response":{"access_token":"t","now":1,"expired_at":1801}}`)
	}))
	defer server.Close()
	original := http.DefaultTransport
	defer func() { http.DefaultTransport = original }()
	http.DefaultTransport = http.NewFileTransport(http.Dir(t.TempDir()))

	client, err := NewClient("key", "secret", WithBaseURL(server.URL))
	require.NoError(t, err)
	token, err := client.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "t", token.AccessToken())
	require.Equal(t, DefaultTimeout, client.http.Timeout)
}
