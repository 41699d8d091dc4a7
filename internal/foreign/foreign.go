// Package foreign wraps the errors of code outside this module: transports, limiters,
// journals. Such an error may quote a request with its card, or a URL with a
// password, so its text is hidden; errors.Is and errors.As still find it. It also
// wraps a caller's logger, so that its panic has no effect. It does not depend on the
// API.
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
	"slices"
	"strings"
	"syscall"
	"unicode"
)

// Wrapper makes errors that do not match the module's own sentinels and types.
type Wrapper struct {
	Sentinels []error               // never matched by errors.Is
	OwnType   func(target any) bool // reports whether errors.As must not find target
}

// wrapped is an error with a text of this module.
type wrapped struct {
	text string
	err  func() error // a func, because nothing that prints reads inside one
	by   *Wrapper
}

func (e *wrapped) Error() string { return e.text }

func (e *wrapped) Is(target error) bool {
	return !slices.Contains(e.by.Sentinels, target) && errors.Is(e.err(), target)
}

func (e *wrapped) As(target any) bool { return !e.by.OwnType(target) && errors.As(e.err(), target) }

// Hide returns err with a safe text: what failed, and the type of the error.
func (w *Wrapper) Hide(what string, err error) error {
	return w.wrap(fmt.Sprintf("%s (%T)", what, innermost(err)), err)
}

// Transport returns the error of an HTTP transport with only the safe parts of its
// text.
func (w *Wrapper) Transport(err error) error {
	// The error of http.Client holds the URL, and with it an order or a customer.
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	return w.wrap(oneLine(textOf(err)), err)
}

func (w *Wrapper) wrap(text string, err error) error {
	return &wrapped{text: text, err: func() error { return err }, by: w}
}

// textOf returns a text that cannot hold a URL, a header or a body.
func textOf(err error) string {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch known := e.(type) { //nolint:errorlint // it looks at each error of the chain; an errors.AsType for each type takes 6 KiB
		case *net.OpError:
			safe := *known
			safe.Err = errors.New(textOf(known.Err))
			return safe.Error()
		case tls.RecordHeaderError:
			return "the server does not speak TLS"
		case *net.DNSError, x509.UnknownAuthorityError, x509.HostnameError, x509.CertificateInvalidError, syscall.Errno:
			return e.Error()
		case Timeout:
			if known.Timeout() {
				return "timed out"
			}
		}
	}
	return fmt.Sprintf("the HTTP transport failed (%T)", innermost(err))
}

// Timeout is an error that says whether a time-out is the cause.
type Timeout interface {
	error
	Timeout() bool
}

// maxText is the maximum length of a text in bytes.
const maxText = 500

// oneLine returns a text without control characters and limits its length: the host
// names in a certificate are arbitrary.
func oneLine(text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
