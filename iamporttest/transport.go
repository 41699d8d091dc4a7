package iamporttest

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"syscall"
)

// trace calls the httptrace hooks of one request, so that a client knows whether the request was sent.
type trace struct {
	hooks *httptrace.ClientTrace
	host  string
}

func traceOf(r *http.Request) trace {
	t := trace{hooks: httptrace.ContextClientTrace(r.Context()), host: r.URL.Host}
	if r.URL.Port() == "" {
		port := "443"
		if r.URL.Scheme == "http" {
			port = "80"
		}
		t.host = net.JoinHostPort(r.URL.Hostname(), port)
	}
	return t
}

func (t trace) getConn() {
	if t.hooks != nil && t.hooks.GetConn != nil {
		t.hooks.GetConn(t.host)
	}
}

func (t trace) gotConn() {
	if t.hooks == nil {
		return
	}
	if t.hooks.GotConn != nil {
		// Hooks read addresses from the connection, so there must be one.
		conn, _ := net.Pipe()
		t.hooks.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
	if t.hooks.WroteHeaders != nil {
		t.hooks.WroteHeaders()
	}
	if t.hooks.WroteRequest != nil {
		t.hooks.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

func (t trace) gotFirstResponseByte() {
	if t.hooks != nil && t.hooks.GotFirstResponseByte != nil {
		t.hooks.GotFirstResponseByte()
	}
}

// errReset is what a transport reports when the peer resets the connection while it waits for the answer.
func errReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}

func errDialRefused() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// reset ends the connection of w without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	raw := conn
	if secure, ok := conn.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}

// brokenReader is the end of a body whose connection was lost.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
