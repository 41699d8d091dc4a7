package iamport

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/iamport-go/iamport/internal/bounds"
	"github.com/iamport-go/iamport/internal/foreign"
	"github.com/iamport-go/iamport/internal/lenient"
	"github.com/iamport-go/iamport/internal/redact"
)

// answer is what came back of one exchange.
type answer struct {
	status     int
	retryAfter time.Duration

	// The envelope; zero values if problem is set. The response went where the
	// endpoint expects it.
	code     int
	message  string
	answered bool // there was a response, and not null
	garbled  bool // there was one of another kind than expected
	none     bool // the API's own word that there is no such object

	problem error // why the body is not an envelope, nil if it is
}

var (
	errNotFinal    = errors.New("the answer is not final")
	errNoEnvelope  = errors.New("the answer is not the API's JSON")
	errEmptyAnswer = errors.New("the answer is empty")
	errNoResponse  = errors.New("the answer holds no response of the expected kind")
)

// readAnswer reads an answer and its response into *result.
func readAnswer(resp *http.Response, secrets []string, result any) *answer {
	defer func() { _ = resp.Body.Close() }()
	a := &answer{status: resp.StatusCode, retryAfter: parseRetryAfter(resp.Header.Get("Retry-After"))}
	if a.status < http.StatusOK {
		a.problem = errNotFinal // 101 has a body that never ends
		return a
	}
	body, err := bounds.Read(resp.Body, resp.ContentLength)
	switch {
	case err != nil && body == nil:
		a.problem = err
		return a
	case err != nil:
		a.problem = foreigners.Transport(err)
		return a
	}
	a.problem = a.parse(body, result)
	a.none = a.status == http.StatusNotFound && a.problem == nil && saysNone(body)
	a.message = redact.Text(a.message, secrets)
	return a
}

// parse reads {"code":0,"message":null,"response":...}; unknown members are
// ignored. A missing code is not taken for 0: with 2xx it would turn anybody's
// JSON into a success. A 4xx may say its reason without one.
func (a *answer) parse(body []byte, result any) error {
	into := reflect.ValueOf(result).Elem()
	into.SetZero()
	// One pass reads envelope and response, as long as all types are as expected.
	e := struct {
		Code     *int   `json:"code"`
		Message  string `json:"message"`
		Response any    `json:"response"`
	}{Response: result}
	if err := json.Unmarshal(body, &e); err != nil {
		var odd struct {
			Code     *int            `json:"code"`
			Message  string          `json:"message"`
			Response json.RawMessage `json:"response"`
		}
		into.SetZero()
		if len(bytes.TrimSpace(body)) == 0 {
			return errEmptyAnswer
		}
		if err := lenient.Unmarshal(body, &odd); err != nil {
			return errNoEnvelope
		}
		if odd.Response != nil && lenient.Unmarshal(odd.Response, result) != nil {
			into.SetZero()
			a.garbled = string(odd.Response) != "[]" // PHP's empty object
		}
		e.Code, e.Message = odd.Code, odd.Message
	}
	if e.Code == nil && (a.ok() || e.Message == "") {
		into.SetZero()
		return errNoEnvelope
	}
	if e.Code != nil {
		a.code = *e.Code
	}
	a.message, a.answered = e.Message, !into.IsZero()
	if a.code != 0 && a.answered && isEmptyArray(body) {
		into.SetZero()
		a.answered = false
	}
	return nil
}

// isEmptyArray reports whether the response is [], which is how PHP writes an empty
// object.
func isEmptyArray(body []byte) bool {
	var e struct{ Response json.RawMessage }
	return json.Unmarshal(body, &e) == nil && string(e.Response) == "[]"
}

// saysNone reports whether the body of a 404 is the API's own: all three members of
// the envelope, with a code, a text and no response. A gateway writes its own
// {"code":5,"message":"Not Found"}.
func saysNone(body []byte) bool {
	var e struct {
		Code     int
		Message  *string
		Response json.RawMessage
	}
	err := json.Unmarshal(body, &e)
	return err == nil && e.Code != 0 && e.Message != nil && *e.Message != "" && string(e.Response) == "null"
}

// wait is how long the API asked to wait; a may be nil.
func (a *answer) wait() time.Duration {
	if a == nil {
		return 0
	}
	return a.retryAfter
}

func (a *answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// readable reports whether the status is one by which the API answers: what a
// gateway or a proxy says in its place tells nothing. 408 comes from a gateway that
// did not wait for the API.
func (a *answer) readable() bool {
	return a.ok() || a.status >= 400 && a.status <= 499 &&
		a.status != http.StatusRequestTimeout && a.status != http.StatusUnauthorized
}

// isRefusal reports whether it is certain from the answer that nothing was carried
// out: an envelope with a code of its own and nothing in it. empty says that what
// the response holds is not an object of the expected kind. A 401 must not hold
// anything at all.
func (a *answer) isRefusal(empty bool) bool {
	if a.problem != nil || a.code == 0 || a.garbled {
		return false
	}
	return a.readable() && empty || a.status == http.StatusUnauthorized && !a.answered
}

// check makes the error of an answer that is not a success with a response.
func (a *answer) check(e endpoint) *Error {
	switch {
	case !a.ok() || a.code != 0 || a.problem != nil:
		return a.failure(e, a.problem)
	case a.garbled || !a.answered && !e.mayBeNull:
		return a.failure(e, errNoResponse)
	}
	return nil
}

// failure makes an *Error of the answer; cause may be nil.
func (a *answer) failure(e endpoint, cause error) *Error {
	return &Error{
		Op: e.op, StatusCode: a.status, Code: a.code, Message: a.message,
		PGCode: pgCode(a.message), RetryAfter: a.retryAfter, cause: cause,
		notFound: a.none || e.noneIs200 && a.ok() && a.isRefusal(!a.answered),
	}
}

// parseRetryAfter reads seconds or an HTTP date; 0 if there is none.
func parseRetryAfter(header string) time.Duration {
	if allDigits(header) {
		seconds, _ := strconv.ParseInt(header, 10, 64) // the largest number if it does not fit
		return time.Duration(min(seconds, 1<<31)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

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
