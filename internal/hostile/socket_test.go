package hostile_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// listen serves each connection to a port by a function, which may write what no
// http.Server would. It returns the URL of the port.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var mu sync.Mutex
	var conns []net.Conn
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, conn := range conns {
			_ = conn.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return "http://" + listener.Addr().String()
}

// serveConn answers the requests of a connection as a well-behaved server does, until
// hostile takes one and returns true: then the connection ends. The body of a request
// has not been read when hostile gets it.
func serveConn(conn net.Conn, hostile func(*http.Request) bool) {
	requests := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(requests)
		if err != nil || hostile(r) {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		status, body := clienttest.LookUp(r.URL.Path)
		if _, err := fmt.Fprintf(conn, "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body); err != nil {
			return
		}
	}
}

// dial returns a client of a server, with no settle window and the transport that
// users have.
func dial(t *testing.T, url string, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	c, err := iamport.NewClient("key", "secret", append([]iamport.Option{iamport.WithBaseURL(url), iamport.WithSettleWindow(0)}, opts...)...)
	require.NoError(t, err)
	return c
}
