package exchange

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var errLate = errors.New("too late")

// deadline is a Deadline that is too late if it holds an error.
type deadline struct{ error }

func (d deadline) Late() error { return d.error }

// An *http.Transport sends no body that is too late, over HTTP/1.1 and HTTP/2, on a new
// connection and on one that is used again, and an answer to the headers is ignored.
func TestTransportSendsNothingThatIsTooLate(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			var bodies atomic.Int64
			c := dialing(t, protocol == "HTTP/2.0", func(w http.ResponseWriter, r *http.Request) {
				if r.Proto != protocol {
					t.Errorf("the request came over %s", r.Proto)
				}
				if body, _ := io.ReadAll(r.Body); len(body) > 0 {
					bodies.Add(1)
				}
				_, _ = io.WriteString(w, `{"code":0,"message":null,"response":{}}`)
			}, nil)
			request := Request{Method: "POST", Body: 1, Change: true, Late: deadline{errLate}}
			for sent := range int64(3) {
				request.Late = deadline{errLate}
				a, err := c.Send(t.Context(), request)
				require.Nil(t, a)
				require.ErrorIs(t, err, errLate)
				require.True(t, MayHaveBeenSent(err))
				require.Equal(t, sent, bodies.Load())

				request.Late = deadline{nil}
				a, err = c.Send(t.Context(), request)
				require.NoError(t, err)
				require.True(t, a.OK())
			}
		})
	}
}

// Headers and body of a charge leave in one write: a second one costs a fifth of a
// charge over loopback.
func TestRequestIsOneWrite(t *testing.T) {
	t.Parallel()
	var writes atomic.Int64
	c := dialing(t, false, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"code":0,"message":null,"response":{}}`)
	}, &writes)
	for n := range int64(3) {
		_, err := c.Send(t.Context(), Request{Method: "POST", Body: "charge", Change: true, Late: deadline{nil}})
		require.NoError(t, err)
		require.Equal(t, n+1, writes.Load())
	}
}

// dialing returns a client with an *http.Transport and a server. writes may be nil, and
// counts the writes of the client otherwise.
func dialing(t *testing.T, http2 bool, handle http.HandlerFunc, writes *atomic.Int64) *Client {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.Config.ErrorLog = nil
	server.EnableHTTP2 = http2
	start := server.Start
	if http2 {
		start = server.StartTLS
	}
	start()
	t.Cleanup(server.Close)
	transport := server.Client().Transport.(*http.Transport)
	if writes != nil {
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return countedConn{conn, writes}, err
		}
	}
	base, err := url.Parse(server.URL)
	require.NoError(t, err)
	c := newClient(t, server.Client().Do)
	c.Base, c.Timeout = base, 10*time.Second
	return c
}

type countedConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}
