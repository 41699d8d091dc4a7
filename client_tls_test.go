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

// Not parallel: it puts a broken transport in the place of the process's default.
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
