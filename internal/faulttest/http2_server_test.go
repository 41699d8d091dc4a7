package faulttest_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// errDisconnect ends a connection.
var errDisconnect = errors.New("disconnect")

// stream is one request at the server.
type stream struct {
	*http2.Framer
	conn         net.Conn
	id           uint32
	method, path string
	ended        bool // the body was read
}

// framerServer is an HTTP/2 server that writes frames which no http.Server writes. It
// answers the requests that hostile does not handle.
type framerServer struct {
	url string
	// hostile is called when the headers of a request were read, and when its body was.
	// It reports whether the server is done with the request, and may end the connection.
	hostile func(*stream) (done bool, err error)

	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
	seen     []string // the changes, by method and path
}

func newFramerServer(t testing.TB, hostile func(*stream) (bool, error)) *framerServer {
	t.Helper()
	certificate, err := testCertificate()
	require.NoError(t, err)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}})
	require.NoError(t, err)
	s := &framerServer{url: "https://" + listener.Addr().String(), hostile: hostile, listener: listener}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				_ = s.serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		s.mu.Lock()
		for _, conn := range s.conns {
			_ = conn.Close()
		}
		s.mu.Unlock()
		serving.Wait()
	})
	return s
}

// changes returns the changes that arrived.
func (s *framerServer) changes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[:len(s.seen):len(s.seen)]
}

func (s *framerServer) serve(conn net.Conn) error {
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return err
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := framer.WriteSettings(); err != nil {
		return err
	}
	streams := map[uint32]*stream{}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return err
		}
		var st *stream
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				err = framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				err = framer.WritePing(true, f.Data)
			}
		case *http2.MetaHeadersFrame:
			st = &stream{Framer: framer, conn: conn, id: f.StreamID, method: f.PseudoValue("method"), path: f.PseudoValue("path"), ended: f.StreamEnded()}
			streams[f.StreamID] = st
			if clienttest.IsChange(st.method, st.path) {
				s.mu.Lock()
				s.seen = append(s.seen, st.method+" "+st.path)
				s.mu.Unlock()
			}
		case *http2.DataFrame:
			if st = streams[f.StreamID]; st != nil {
				if !f.StreamEnded() {
					continue
				}
				st.ended = true
			}
		}
		if err != nil {
			return err
		}
		if st == nil {
			continue
		}
		done, err := s.hostile(st)
		if err != nil {
			return err
		}
		if done {
			delete(streams, st.id)
		} else if st.ended {
			status, body := clienttest.LookUp(st.path)
			if err := st.answer(status, body); err != nil {
				return err
			}
		}
	}
}

// headers writes the headers of an answer.
func (st *stream) headers(status string, end bool) error {
	var block sliceWriter
	if err := hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: status}); err != nil {
		return err
	}
	return st.WriteHeaders(http2.HeadersFrameParam{StreamID: st.id, BlockFragment: block, EndHeaders: true, EndStream: end})
}

// repeatHeaders writes headers again and again for a while.
func (st *stream) repeatHeaders(status string, pause time.Duration) error {
	for began := time.Now(); time.Since(began) < time.Second; time.Sleep(pause) {
		if err := st.headers(status, false); err != nil {
			return err
		}
	}
	return nil
}

func (st *stream) answer(status int, body string) error {
	text := "200"
	if status == http.StatusNotFound {
		text = "404"
	}
	if err := st.headers(text, false); err != nil {
		return err
	}
	return st.WriteData(st.id, true, []byte(body))
}

type sliceWriter []byte

func (w *sliceWriter) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}

// newHTTP2Client returns an http.Client that speaks HTTP/2 and trusts the test's certificate.
func newHTTP2Client(t testing.TB) *http.Client {
	t.Helper()
	certificate, err := testCertificate()
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(certificate.Certificate[0])
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	hc := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, CurvePreferences: []tls.CurveID{tls.X25519}}, ForceAttemptHTTP2: true,
	}}
	t.Cleanup(hc.CloseIdleConnections)
	return hc
}

// client returns a client of s.
func (s *framerServer) client(t testing.TB, hc *http.Client, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	c, err := iamport.NewClient("key", "secret", append([]iamport.Option{
		iamport.WithBaseURL(s.url), iamport.WithHTTPClient(hc), iamport.WithTimeout(10 * time.Second), iamport.WithSettleWindow(0),
	}, opts...)...)
	require.NoError(t, err)
	return c
}
