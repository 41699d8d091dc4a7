package iamport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/iamport-go/iamport/internal/foreign"
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
// caller's context: neither passes by waiting.
func isRefusal(err error) bool {
	if errors.Is(err, context.Canceled) {
		return true
	}
	signIn, ok := errors.AsType[*Error](err)
	return ok && signIn.StatusCode != 0 && signIn.StatusCode != http.StatusTooManyRequests && signIn.StatusCode < 500
}

// failure makes the *Error of a call that got no answer.
func (e endpoint) failure(err error) *Error {
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

// unknown makes the error of a change of which nobody can tell whether it was made.
func (e endpoint) unknown(cause error) *OutcomeUnknownError {
	if exchange, ok := errors.AsType[*exchangeError](cause); ok {
		cause = exchange.cause
	}
	return &OutcomeUnknownError{
		Op: e.op, MerchantUID: e.merchantUID, ImpUID: e.impUID, Attempt: e.claim.own, Err: cause, hint: e.hint,
	}
}

// join returns the errors that are not nil as one, with a text of one line.
func join(err, more error) error {
	if err == nil || more == nil {
		return cmp.Or(err, more)
	}
	return fmt.Errorf("%w; %w", err, more)
}

var errUnencodable = errors.New("the request cannot be encoded as JSON")

// foreigners wraps the errors of transports, limiters and journals: only the client
// says what became of a call.
var foreigners = &foreign.Wrapper{
	Sentinels: sentinels,
	OwnType: func(target any) bool {
		switch target.(type) {
		case **Error, **DeclinedError, **AlreadyPaidError, **OutcomeUnknownError, **InvalidRequestError, **exchangeError:
			return true
		}
		return false
	},
}

var sentinels = []error{ErrNotCharged, ErrNotFound, ErrUnauthorized, ErrRateLimited}

// hidden returns err without the sentinels of this package: an outcome that is
// unknown is none of them, whatever led to it.
func hidden(err error) error {
	if err == nil {
		return nil
	}
	return unmarked{err}
}

type unmarked struct{ error }

func (e unmarked) Is(target error) bool {
	return !slices.Contains(sentinels, target) && errors.Is(e.error, target)
}
func (e unmarked) As(target any) bool { return errors.As(e.error, target) }
