package iamport

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// The transport of a default client trusts no test's authority, so one that does
// is asked in its place.
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

func TestDefaultTransportIsTheClientsOwn(t *testing.T) {
	t.Parallel()
	one, err := NewClient("key", "secret")
	require.NoError(t, err)
	two, err := NewClient("key", "secret")
	require.NoError(t, err)
	require.NotSame(t, one.http.Transport, two.http.Transport)
	require.NotSame(t, one.http.Transport, http.DefaultTransport)
	require.Zero(t, one.http.Timeout, "each exchange has its own time-out")
	require.Equal(t, DefaultTimeout, one.timeout)
}
