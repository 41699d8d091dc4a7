package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// serverVariable is set in the environment of the process that serves. It is another process,
// so that what the server allocates is not counted.
const serverVariable = "IAMPORT_PERF_SERVER"

// addresses are what the server prints first.
type addresses struct {
	Plain, Secure string // HTTP/1.1, and HTTP/2 over TLS
	Certificate   []byte
}

// server is the process that answers.
type server struct {
	addresses
	command *exec.Cmd
	ask     io.WriteCloser
	answers *bufio.Scanner
}

func startServer(ctx context.Context) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{command: exec.CommandContext(ctx, self)}
	s.command.Env = append(os.Environ(), serverVariable+"=1")
	s.command.Stderr = os.Stderr
	if s.ask, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	s.answers = bufio.NewScanner(out)
	if !s.answers.Scan() {
		return nil, fmt.Errorf("the server did not start: %w", s.command.Wait())
	}
	return s, json.Unmarshal(s.answers.Bytes(), &s.addresses)
}

// connections returns how many connections were opened so far.
func (s *server) connections() (n int, err error) {
	if _, err := io.WriteString(s.ask, "\n"); err != nil {
		return 0, err
	}
	if !s.answers.Scan() {
		return 0, io.ErrUnexpectedEOF
	}
	return n, json.Unmarshal(s.answers.Bytes(), &n)
}

// close ends the process, which reads its standard input to the end.
func (s *server) close() error {
	_ = s.ask.Close()
	return s.command.Wait()
}

// serve answers until the standard input ends. Each line of it asks for the number of connections.
func serve(in io.Reader, out io.Writer) error {
	var opened atomic.Int64
	newServer := func(config *tls.Config) *http.Server {
		return &http.Server{
			Handler: http.HandlerFunc(answer), ReadHeaderTimeout: time.Minute, TLSConfig: config,
			ConnState: func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					opened.Add(1)
				}
			},
		}
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the process
	if err != nil {
		return err
	}
	secure, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // as above
	if err != nil {
		return err
	}
	certificate, err := newCertificate()
	if err != nil {
		return err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}
	go func() { _ = newServer(nil).Serve(plain) }()
	go func() { _ = newServer(config).ServeTLS(secure, "", "") }()
	answers := json.NewEncoder(out)
	err = answers.Encode(addresses{"http://" + plain.Addr().String(), "https://" + secure.Addr().String(), certificate.Certificate[0]})
	for lines := bufio.NewScanner(in); err == nil && lines.Scan(); {
		err = answers.Encode(opened.Load())
	}
	return err
}

func newCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	text, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{text}, PrivateKey: key}, err
}

// answer answers as iamport does, with the least work.
func answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header()["Content-Type"] = []string{"application/json; charset=UTF-8"}
	_, _ = w.Write(answerOf(r, body))
}

// answerOf returns the text of the answer to a request with this body.
func answerOf(r *http.Request, body []byte) []byte {
	switch path := r.URL.Path; {
	case path == "/users/getToken":
		return []byte(signInText)
	case r.Method == http.MethodGet && r.URL.Query().Get("limit") != "":
		return pageText(r.URL.Query().Get("limit"))
	case r.Method == http.MethodGet:
		return []byte(paymentText)
	case bytes.HasPrefix([]byte(path), []byte("/subscribe/customers/")):
		return []byte(customerText)
	default:
		return chargedText(nil, body, r.UserAgent())
	}
}
