package hostile_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// nasty moves the cursor, colours the terminal, changes the text direction and begins
// new lines.
const nasty = "a\r\nb\x1b[31mc\x00d\u0085e\u202ef\u2066g\u200fh\u061ci\u2028j\u2029k\x7fl\u009b0mm"

// requireOneLine fails if a text has a control or bidi character.
func requireOneLine(t *testing.T, text, msg string) {
	t.Helper()
	i := strings.IndexFunc(text, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) })
	require.Negative(t, i, "%s: %q", msg, text)
}

// requireErrorOneLine looks at the text of each error of a chain, and at the texts of a
// server in it.
func requireErrorOneLine(t *testing.T, err error, msg string) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		requireOneLine(t, err.Error(), msg)
		texts := []string{}
		reason := func(p *iamport.Payment) {
			if p != nil {
				texts = append(texts, p.FailReason)
			}
		}
		switch e := err.(type) { //nolint:errorlint // Each error of the chain is looked at.
		case *iamport.Error:
			texts = append(texts, e.Message, e.PGCode)
		case *iamport.DeclinedError:
			texts = append(texts, e.Reason, e.PGCode)
			reason(e.Payment)
		case *iamport.AlreadyPaidError:
			reason(e.Payment)
		}
		for _, text := range texts {
			requireOneLine(t, text, msg)
		}
	}
}

// For any text of a server, every error is one line without control characters: for
// every method, and every member of an answer that an error may hold.
func TestErrorsAreOneLine(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(nasty)
	require.NoError(t, err)
	text := string(encoded)
	record := func(status, reason string) string {
		return fmt.Sprintf(`{"imp_uid":%[1]s,"merchant_uid":"order-1","amount":3000,"currency":%[1]s,"status":%[2]s,"fail_reason":%[3]s,"customer_uid":%[1]s,"user_agent":%[1]s}`,
			text, status, reason)
	}
	answers := map[string]string{
		"message":                  `{"code":-1,"message":` + text + `,"response":null}`,
		"message with a PG code":   `{"code":-1,"message":"[F113] ` + text[1:] + `,"response":null}`,
		"message as a PG code":     `{"code":-1,"message":"[` + text[1:len(text)-1] + `]","response":null}`,
		"message that is an array": `{"code":-1,"message":["` + text[1:len(text)-1] + `"],"response":null}`,
		"kind":                     `{"code":0,"message":null,"response":` + text + `}`,
		"no JSON":                  nasty,
	}
	for _, status := range []string{`"paid"`, `"failed"`, `"cancelled"`, `"ready"`, text} {
		answers["payment "+status] = clienttest.Envelope(record(status, text))
		answers["list with "+status] = clienttest.Envelope(`{"total":1,"previous":0,"next":0,"list":[` + record(status, text) + `]}`)
		answers["longer list with "+status] = clienttest.Envelope(`{"total":2,"previous":0,"next":1,"list":[` + record(status, text) + `]}`)
	}
	ops := maps.Clone(clienttest.Changes)
	maps.Copy(ops, clienttest.Reads)
	for op, do := range ops {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			for name, answer := range answers {
				for _, status := range []int{200, 302, 400, 401, 404, 500} {
					for _, where := range []string{"change", "read", "everything"} {
						synctest.Test(t, func(t *testing.T) {
							c := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
								isChange := clienttest.IsChange(r.Method, r.URL.Path)
								if where == "everything" || where == "change" && isChange || where == "read" && r.Method == http.MethodGet {
									resp := clienttest.JSON(status, answer)
									resp.Status = fmt.Sprint(status, " ", nasty)
									resp.Header["Location"] = []string{"https://" + nasty}
									resp.Header["Content-Type"] = []string{nasty}
									resp.Header["Retry-After"] = []string{nasty}
									return resp, nil
								}
								return clienttest.JSON(clienttest.LookUp(r.URL.Path)), nil
							}))
							requireErrorOneLine(t, do(t.Context(), c), fmt.Sprintf("%s: %d to the %s", name, status, where))
						})
					}
				}
			}
		})
	}
}

// For text that is not HTTP, net/http returns an error that quotes it.
func TestErrorsAboutNoHTTPAreOneLine(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		nasty + "\r\n\r\n", "HTTP/1.1 " + nasty + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + nasty + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: " + nasty + "\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x1b[31m\r\n\r\n",
		"HTTP/1.1 307 Redirect\r\nLocation: \x1b[31m://%zz\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1b[31m",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\x1b[31m\r\n", "\x1b[31mHTTP/1.1 200 OK\r\n\r\n",
	} {
		c := dial(t, listen(t, func(conn net.Conn) {
			serveConn(conn, func(r *http.Request) bool {
				if r.URL.Path == "/users/getToken" {
					return false
				}
				readAll(r)
				write(conn, answer)
				return true
			})
		}), iamport.WithTimeout(10*time.Second))
		err := clienttest.Changes["Again"](t.Context(), c)
		require.Error(t, err)
		requireErrorOneLine(t, err, answer)
	}
}

// The host names in a server's certificate are arbitrary.
func TestErrorsAboutACertificateAreOneLine(t *testing.T) {
	t.Parallel()
	for name, trusted := range map[string]bool{"of a stranger": false, "for another host": true} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		template := x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: nasty, Organization: []string{nasty}},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			DNSNames: []string{"evil.example\x1b[31m\r\n\u0001card"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
		require.NoError(t, err)
		listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
		require.NoError(t, err)
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				go func() {
					_ = conn.(*tls.Conn).HandshakeContext(t.Context())
					_ = conn.Close()
				}()
			}
		}()
		roots := x509.NewCertPool()
		if trusted {
			parsed, err := x509.ParseCertificate(der)
			require.NoError(t, err)
			roots.AddCert(parsed)
		}
		_, port, err := net.SplitHostPort(listener.Addr().String())
		require.NoError(t, err)
		for _, host := range []string{"localhost", "127.0.0.1"} {
			c := dial(t, "https://"+net.JoinHostPort(host, port), iamport.WithHTTPClient(&http.Client{Transport: &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: roots},
			}}))
			err = clienttest.Changes["Again"](t.Context(), c)
			require.ErrorIs(t, err, iamport.ErrNotCharged, name)
			requireErrorOneLine(t, err, name)
		}
	}
}
