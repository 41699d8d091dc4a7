package iamport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"syscall"
	"time"
)

// exchangeError is a call that ended without an answer.
type exchangeError struct {
	cause error
	sent  bool // it may have reached the server
}

func (e *exchangeError) Error() string { return e.cause.Error() }
func (e *exchangeError) Unwrap() error { return e.cause }

// mayHaveBeenSent reports whether a call that failed with err can have been
// carried out.
func mayHaveBeenSent(err error) bool {
	exchange, ok := errors.AsType[*exchangeError](err)
	return ok && exchange.sent
}

// isRefusal reports whether err is the API's no to a sign-in, or the end of the
// caller's patience: neither passes by waiting.
func isRefusal(err error) bool {
	if errors.Is(err, context.Canceled) {
		return true
	}
	signIn, ok := errors.AsType[*Error](err)
	return ok && signIn.StatusCode != 0 && signIn.StatusCode != http.StatusTooManyRequests && signIn.StatusCode < 500
}

// failure makes the *Error of a call that got no answer.
func (c *Client) failure(e endpoint, err error) *Error {
	if exchange, ok := errors.AsType[*exchangeError](err); ok {
		err = exchange.cause
	}
	// A sign-in that was refused is told in the API's own words.
	if signIn, ok := errors.AsType[*Error](err); ok {
		failed := *signIn
		failed.Op, failed.notFound = e.op, false
		return &failed
	}
	return &Error{Op: e.op, cause: err}
}

// unknown makes the error of a call whose outcome nobody can tell. Its cause
// must not be marked as not charged: errors.Is would find the mark.
func (c *Client) unknown(e endpoint, began time.Time, cause error) *OutcomeUnknownError {
	if exchange, ok := errors.AsType[*exchangeError](cause); ok {
		cause = exchange.cause
	}
	since := c.clock.at(began).Truncate(time.Second)
	if e.retry {
		// The failure that is retried may be of this second: none of it counts.
		since = c.clock.latest(began).Truncate(time.Second).Add(time.Second)
	}
	since, _ = c.attempts.before(e.merchantUID, since)
	return &OutcomeUnknownError{
		Op: e.op, MerchantUID: e.merchantUID, ImpUID: e.impUID, Err: cause, hint: e.hint,
		Since: since,
	}
}

var errUnencodable = errors.New("the request cannot be encoded as JSON")

// transportError stands for an error of a transport that this package does not
// know. Such an error may quote the request, so its text is not repeated; it can
// still be recognised with errors.Is.
type transportError struct {
	text string
	is   func(error) bool
}

func (e *transportError) Error() string        { return e.text }
func (e *transportError) Is(target error) bool { return e.is(target) }

// safeCause reduces err to what cannot hold a URL, a header or a body.
func safeCause(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	if known, ok := errors.AsType[*net.OpError](err); ok {
		safe := *known
		safe.Err = safeCause(known.Err)
		return &safe
	}
	if known, ok := errors.AsType[*net.DNSError](err); ok {
		return known
	}
	if known, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return known
	}
	if known, ok := errors.AsType[x509.HostnameError](err); ok {
		return known
	}
	if known, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return known
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &transportError{text: "the server's certificate is not valid", is: is(err)}
	}
	if known, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &transportError{text: "the server does not speak TLS", is: is(known)}
	}
	if known, ok := errors.AsType[syscall.Errno](err); ok {
		return known
	}
	for _, known := range []error{io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, known) {
			return known
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return &transportError{text: "timed out", is: is(err)}
	}
	return &transportError{text: fmt.Sprintf("the HTTP transport failed (%T)", innermost(err)), is: is(err)}
}

// is matches what err matches, but for the sentinels of this package: only the
// client says what became of a call.
func is(err error) func(error) bool {
	return func(target error) bool {
		return !slices.Contains(sentinels, target) && errors.Is(err, target)
	}
}

var sentinels = []error{ErrNotCharged, ErrNotFound, ErrUnauthorized, ErrRateLimited}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
