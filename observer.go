package iamport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/iamport-go/iamport/internal/exchange"
	"github.com/iamport-go/iamport/internal/foreign"
)

// Observer receives one [Exchange] for each HTTP exchange of a client, to count and time it,
// or to make a span of it. Package iamport/otel has one for OpenTelemetry.
//
// Observe is called on its own goroutine, with the values of the caller's context.
// The call waits for it for at most 50 ms, and not at all while an earlier Observe is
// longer than that. While 1,000 of them are running, an Exchange is dropped. A panic
// is ignored. An Observer cannot change an outcome.
type Observer interface {
	Observe(ctx context.Context, x Exchange)
}

// ObserverFunc is a function that is an [Observer].
type ObserverFunc func(ctx context.Context, x Exchange)

// Observe calls f.
func (f ObserverFunc) Observe(ctx context.Context, x Exchange) { f(ctx, x) }

// Exchange describes one HTTP exchange with the API and its result. It holds no id,
// order number, URL, header, body or text of a server, so every field except the
// times may be a label of a metric. Method is any word of capital letters with
// [Client.Call], and Code any number of up to five digits; all other values are constants.
//
// The exchange of a change is reported when the method of Client returns, because
// only then is its Outcome known; its look-ups are reported before it. Each call of a
// method that changes data reports exactly one Exchange with an Outcome. If that call
// sent nothing, the Exchange has Try 0 and no StatusCode.
type Exchange struct {
	// Op is the method of Client, such as "Again". A sign-in is "Token".
	Op string
	// Method is the HTTP method.
	Method string
	// Route is the path of the operation as the API documents it, such as
	// "/payments/{imp_uid}", never with an id in it. That of [Client.Call] is "/{path}".
	Route string
	// Purpose is what Op needed the exchange for.
	Purpose Purpose
	// Try counts the exchanges of this request from 1. It is 0 if nothing was sent.
	Try int
	// Start is when the exchange began, and Duration how long it took until the answer was
	// read. With Try 0 they are those of the whole call.
	Start    time.Time
	Duration time.Duration
	// StatusCode is the HTTP status, 0 without an answer.
	StatusCode int
	// Code is the code of the API's envelope, 0 if the answer holds none.
	Code int
	// Failure is the class of the failure, "" for a success.
	Failure Failure
	// Outcome is the result of a call that changes data, "" for other calls and for the
	// sign-ins, look-ups and earlier tries of such a call.
	Outcome Outcome
}

// Purpose is what an exchange was for.
type Purpose string

// The purposes of an exchange.
const (
	PurposeCall   Purpose = "call"    // the operation itself
	PurposeSignIn Purpose = "sign_in" // a new token
	PurposeLookUp Purpose = "look_up" // the look-up of EnsurePaid and EnsureRefunded before they send
	PurposeSettle Purpose = "settle"  // the look-ups after a refused or lost change; Settle
)

// Failure is a class of failures of an exchange.
type Failure string

// The classes of failures.
const (
	FailureCanceled     Failure = "canceled"     // the caller's context was canceled
	FailureTimeout      Failure = "timeout"      // no answer in time
	FailureConnection   Failure = "connection"   // no connection, or a lost one
	FailureUnauthorized Failure = "unauthorized" // HTTP 401
	FailureRateLimited  Failure = "rate_limited" // HTTP 429
	FailureServer       Failure = "server_error" // HTTP 5xx
	FailureRefused      Failure = "refused"      // a code that is not 0, or another 4xx
	FailureNotFound     Failure = "not_found"    // the API's own answer that there is none: for a look-up it is a result
	FailureUnreadable   Failure = "unreadable"   // not the API's JSON, truncated, empty, or not final
	FailureInvalid      Failure = "invalid"      // Try 0: the request is invalid
	FailureHeld         Failure = "held"         // Try 0: another attempt holds the order
	FailureNotSent      Failure = "not_sent"     // Try 0: stopped before the send by something else
)

// Outcome is the result of a call that changes data.
type Outcome string

// The outcomes. The package comment describes those of a charge.
const (
	OutcomePaid        Outcome = "paid"         // a charge: a payment and a nil error
	OutcomeAlreadyPaid Outcome = "already_paid" // a charge: *AlreadyPaidError
	OutcomeDeclined    Outcome = "declined"     // a charge: *DeclinedError
	OutcomeDone        Outcome = "done"         // another change: a nil error
	OutcomeNotCharged  Outcome = "not_charged"  // any other error that is ErrNotCharged
	OutcomeUnknown     Outcome = "unknown"      // *OutcomeUnknownError
)

// WithObserver reports each HTTP exchange to o, in addition to the log of [WithLogger].
func WithObserver(o Observer) Option {
	return func(c *Client, p *problems) {
		if isNil(o) {
			p.add("WithObserver", "must be an observer, not nil")
			return
		}
		c.observer = o
	}
}

// sends are the exchanges of one change, or of one read with its repetitions.
type sends struct {
	began time.Time
	tries int
	last  *Exchange // of a change, kept until its outcome is known
}

// exchanged reports an exchange of e that has just ended.
func (c *Client) exchanged(ctx context.Context, e endpoint, start time.Time, a *exchange.Answer, err error) {
	if e.sends != nil {
		e.sends.tries++
	}
	if !c.hasObserver(ctx, slog.LevelWarn) {
		return
	}
	x := &Exchange{
		Op: e.op, Method: e.method, Route: e.route, Purpose: e.purpose, Try: 1,
		Start: start, Duration: time.Since(start), Failure: failureOf(a, err),
	}
	if x.Purpose == "" {
		x.Purpose = PurposeCall
	}
	if a != nil {
		x.StatusCode, x.Code = a.Status, a.Code
	}
	if e.sends != nil {
		x.Try = e.sends.tries
	}
	c.logExchange(ctx, x)
	if !e.changes || e.sends == nil {
		c.observe(ctx, x)
		return
	}
	if e.sends.last != nil {
		c.observe(ctx, e.sends.last)
	}
	e.sends.last = x
}

// hasObserver reports whether anybody is told: most clients have no observer, and no logger
// of this level.
func (c *Client) hasObserver(ctx context.Context, level slog.Level) bool {
	return c.observer != nil || c.log.Enabled(ctx, level)
}

// reported carries out e, and reports how it ended if it changes something. A charge does
// the same without it.
func reported[T any](ctx context.Context, c *Client, e endpoint, do func(endpoint) (T, error)) (T, error) {
	e.sends = &sends{began: time.Now()}
	result, err := do(e)
	c.ended(ctx, e, err)
	return result, err
}

// ended reports how a change ended.
func (c *Client) ended(ctx context.Context, e endpoint, err error) {
	if !e.changes || !c.hasObserver(ctx, slog.LevelDebug) {
		return
	}
	x := e.sends.last
	if x == nil {
		x = &Exchange{
			Op: e.op, Method: e.method, Route: e.route, Purpose: PurposeCall,
			Start: e.sends.began, Duration: time.Since(e.sends.began), Failure: failureBefore(err),
		}
	}
	x.Outcome = e.outcomeOf(err)
	c.observe(ctx, x)
	c.log.DebugContext(ctx, "iamport outcome", "op", x.Op, "duration", time.Since(e.sends.began), "outcome", string(x.Outcome))
}

func (c *Client) observe(ctx context.Context, x *Exchange) {
	if c.observer != nil {
		c.aside.Call(func() { c.observer.Observe(ctx, *x) })
	}
}

func (c *Client) logExchange(ctx context.Context, x *Exchange) {
	level := slog.LevelDebug
	if x.StatusCode == 0 || x.Failure == FailureServer || x.Failure == FailureUnreadable {
		level = slog.LevelWarn
	}
	if !c.log.Enabled(ctx, level) {
		return
	}
	facts := []any{
		"op", x.Op, "method", x.Method, "route", x.Route, "purpose", string(x.Purpose), "try", x.Try, "duration", x.Duration,
	}
	if x.StatusCode != 0 {
		facts = append(facts, "status", x.StatusCode, "code", x.Code)
	}
	if x.Failure != "" {
		facts = append(facts, "failure", string(x.Failure))
	}
	c.log.Log(ctx, level, "iamport exchange", facts...)
}

// failureOf classifies the result of an exchange.
func failureOf(a *exchange.Answer, err error) Failure {
	switch {
	case a == nil && errors.Is(err, context.Canceled):
		return FailureCanceled
	case a == nil && isTimeout(err):
		return FailureTimeout
	case a == nil:
		return FailureConnection
	case a.Status == http.StatusUnauthorized:
		return FailureUnauthorized
	case a.Status == http.StatusTooManyRequests:
		return FailureRateLimited
	case a.Status >= http.StatusInternalServerError:
		return FailureServer
	case a.Problem != nil:
		return FailureUnreadable
	case a.None:
		return FailureNotFound
	case a.Code != 0 || a.Status >= http.StatusBadRequest:
		return FailureRefused
	case !a.OK() || a.Garbled:
		return FailureUnreadable
	}
	return ""
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[foreign.Timeout](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}

// failureBefore classifies the failure of a change that was not sent.
func failureBefore(err error) Failure {
	_, invalid := errors.AsType[*InvalidRequestError](err)
	signIn, answered := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return ""
	case invalid:
		return FailureInvalid
	case errors.Is(err, errHeld):
		return FailureHeld
	case errors.Is(err, context.Canceled):
		return FailureCanceled
	case isTimeout(err):
		return FailureTimeout
	case answered && signIn.StatusCode == http.StatusUnauthorized:
		return FailureUnauthorized
	}
	return FailureNotSent
}

func (e endpoint) outcomeOf(err error) Outcome {
	_, declined := errors.AsType[*DeclinedError](err)
	_, already := errors.AsType[*AlreadyPaidError](err)
	_, unknown := errors.AsType[*OutcomeUnknownError](err)
	switch {
	case unknown:
		return OutcomeUnknown
	case declined:
		return OutcomeDeclined
	case already:
		return OutcomeAlreadyPaid
	case err != nil:
		return OutcomeNotCharged
	case e.charges:
		return OutcomePaid
	}
	return OutcomeDone
}
