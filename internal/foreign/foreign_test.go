package foreign

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

var errOwn = errors.New("own")

type ownError struct{ error }

var wrapper = &Wrapper{Sentinels: []error{errOwn}, OwnType: func(target any) bool { _, own := target.(**ownError); return own }}

type timeout struct{ error }

func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return false }

const secret = "card_number=1234-1234-1234-1234"

func TestTexts(t *testing.T) {
	t.Parallel()
	quoting := errors.New(secret)
	for want, err := range map[string]error{
		"context canceled":                   fmt.Errorf("%s: %w", secret, context.Canceled),
		"context deadline exceeded":          fmt.Errorf("%s: %w", secret, context.DeadlineExceeded),
		"unexpected EOF":                     fmt.Errorf("%s: %w", secret, io.ErrUnexpectedEOF),
		"EOF":                                fmt.Errorf("%s: %w", secret, io.EOF),
		"use of closed network connection":   fmt.Errorf("%s: %w", secret, net.ErrClosed),
		"read tcp: connection reset by peer": &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError(secret, syscall.ECONNRESET)},
		"dial tcp: the HTTP transport failed (*errors.errorString)": &net.OpError{Op: "dial", Net: "tcp", Err: quoting},
		"connection refused":                                                  fmt.Errorf("%s: %w", secret, syscall.ECONNREFUSED),
		"lookup api.iamport.kr: no such host":                                 &net.DNSError{Err: "no such host", Name: "api.iamport.kr"},
		"the server does not speak TLS":                                       tls.RecordHeaderError{Msg: secret},
		"x509: certificate signed by unknown authority":                       &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"x509: certificate is not valid for any names, but wanted to match h": &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}},
		"x509: certificate is not authorized to sign other certificates":      &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}},
		"timed out": timeout{quoting},
		"the HTTP transport failed (*errors.errorString)": fmt.Errorf("wrapped: %w", quoting),
	} {
		outer := &url.Error{Op: "Post", URL: "https://api.iamport.kr/" + secret, Err: err}
		for _, given := range []error{err, outer} {
			got := wrapper.Transport(given)
			require.EqualError(t, got, want)
			require.ErrorIs(t, got, err, "%s: the cause is found", want)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v %s %q", got, got, got, got, got), "1234-1234")
		}
	}
}

// A hostile certificate has many host names with control characters.
func TestNamesOfACertificate(t *testing.T) {
	t.Parallel()
	names := []string{"evil.example\x1b[31m\r\n\x00\u202e"}
	got := wrapper.Transport(x509.HostnameError{Certificate: &x509.Certificate{DNSNames: names}, Host: "api.iamport.kr"})
	require.EqualError(t, got, "x509: certificate is valid for evil.example [31m    , not api.iamport.kr")
	for range 90 {
		names = append(names, strings.Repeat("가", 80))
	}
	got = wrapper.Transport(x509.HostnameError{Certificate: &x509.Certificate{DNSNames: names}, Host: "api.iamport.kr"})
	require.LessOrEqual(t, len(got.Error()), maxText+len("…"))
	require.True(t, utf8.ValidString(got.Error()))
	require.Equal(t, strings.Repeat("a", maxText), oneLine(strings.Repeat("a", maxText)))
	require.Equal(t, strings.Repeat("a", maxText)+"…", oneLine(strings.Repeat("a", maxText+1)))
}

func TestHide(t *testing.T) {
	t.Parallel()
	cause := &net.DNSError{Err: secret}
	err := wrapper.Hide("the journal failed", fmt.Errorf("%s: %w", secret, cause))
	require.EqualError(t, err, "the journal failed (*net.DNSError)")
	var found *net.DNSError
	require.ErrorAs(t, err, &found)
	require.Same(t, cause, found)
}

func TestWhatIsOwnIsNotBelieved(t *testing.T) {
	t.Parallel()
	err := wrapper.Transport(fmt.Errorf("%w: %w", errOwn, &ownError{io.EOF}))
	require.NotErrorIs(t, err, errOwn)
	var own *ownError
	require.NotErrorAs(t, err, &own)
}
