package iamport

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/iamport-go/iamport/internal/exchange"
	"github.com/iamport-go/iamport/internal/foreign"
	"github.com/iamport-go/iamport/internal/redact"
)

// Sentinels for errors.Is. The package comment describes what each outcome of a
// charge means for the order.
var (
	// ErrNotCharged marks an error of a call that certainly moved no money and changed
	// nothing else: invalid input, no token, never sent, refused by the API, or
	// declined. The call may be a charge, a refund or another change.
	ErrNotCharged = errors.New("iamport: not charged")
	// ErrUnauthorized marks HTTP 401: a wrong key or secret, or a token that was
	// refused twice.
	ErrUnauthorized = errors.New("iamport: unauthorized")
	// ErrNotFound marks the API's own answer that an object does not exist. A 404 of a
	// gateway or proxy does not match it.
	ErrNotFound = errors.New("iamport: not found")
	// ErrRateLimited marks HTTP 429.
	ErrRateLimited = errors.New("iamport: rate limited")
)

// Error is a call that failed: the API refused it, or no usable answer arrived. Its
// text never holds a URL, a header or a body, only the API's own message.
type Error struct {
	// Op is the method of Client that failed, such as "Again".
	Op string
	// StatusCode is the HTTP status, 0 if no answer arrived.
	StatusCode int
	// Code is the envelope's code. The values seen are 1 and -1. The API does not
	// document them and has exchanged the two before, so do not branch on the value.
	Code int
	// Message is the API's own text, mostly Korean, or "". Its wording changes.
	Message string
	// PGCode is the code of the PG or card issuer found in brackets in Message ("F113"
	// in "[F113]..."), "" if there is none. It is best effort: iamport passes such texts
	// through and does not document them.
	PGCode string
	// RetryAfter is the wait that the API requested, 0 if there was none.
	RetryAfter time.Duration

	cause      error // the failure below the API, nil for a refusal
	notCharged bool
	notFound   bool
	refused    bool
}

// Refused reports whether the API itself refused the call, in an envelope with a code that
// is not 0: nothing was changed, and the same call is refused again until something else
// changes. It is false if no answer arrived, and for an answer of a gateway.
func (e *Error) Refused() bool { return e.refused }

// Error returns the operation, the API's message or the failure below the API, and
// the HTTP status.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("iamport: " + e.Op + ": ")
	switch {
	case e.Message != "" && e.cause != nil:
		b.WriteString(e.Message + "; " + e.cause.Error())
	case e.Message != "":
		b.WriteString(e.Message)
	case e.cause != nil:
		b.WriteString(e.cause.Error())
	default:
		b.WriteString("the answer holds no message")
	}
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, " (HTTP %d, code %d)", e.StatusCode, e.Code)
	}
	return b.String()
}

// Is matches the sentinels of this package.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotCharged:
		return e.notCharged
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized
	case ErrNotFound:
		return e.notFound
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	}
	return false
}

// Unwrap returns the failure below the API, such as context.Canceled or a
// *net.OpError, and nil for a refusal.
func (e *Error) Unwrap() error { return e.cause }

// DeclinedError is a charge that the PG or the card issuer declined. It matches
// [ErrNotCharged]. The API reports a decline in two forms: a payment with status
// failed, or a refusal with a PG code in its message. Both are a DeclinedError. A
// refusal without a PG code is an [Error].
type DeclinedError struct {
	// Op is the method of Client, such as "Again".
	Op string
	// MerchantUID is the order.
	MerchantUID string
	// Payment is the failed payment, nil if the API answered with a message alone.
	Payment *Payment
	// Reason is the text of the PG or issuer, mostly Korean, or "".
	Reason string
	// PGCode is the code in brackets in Reason, "" if there is none.
	PGCode string

	cause error
}

// Error returns the operation and the reason.
func (e *DeclinedError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = "no reason given"
	}
	return "iamport: " + e.Op + ": declined: " + reason
}

// Is matches ErrNotCharged.
func (e *DeclinedError) Is(target error) bool { return target == ErrNotCharged }

// Unwrap returns the *Error of a decline that came as a message, otherwise nil.
func (e *DeclinedError) Unwrap() error { return e.cause }

// AlreadyPaidError means that another call paid this merchant_uid, or paid and
// cancelled it. A look-up found the payment; the text of a refusal never decides
// this. It does not match [ErrNotCharged], because the order has been charged. A
// merchant_uid that was paid can never be charged again, not even after a refund.
//
// It also reports a payment of the call itself if the API refused the charge with a
// message, still executed it, and keeps no mark in its record.
type AlreadyPaidError struct {
	// Op is the method of Client, such as "Again".
	Op string
	// Payment is the payment of the order. Look at its Status and Remaining.
	Payment *Payment
	// Differs names the values of Payment that differ from the request, such as
	// DiffersAmount. It is empty if all agree or if the call did not compare.
	Differs []string

	cause error
	text  string // without the secrets that a server quotes from the request
}

// Error names the payment and the values that differ.
func (e *AlreadyPaidError) Error() string {
	if e.text != "" {
		return e.text
	}
	if e.Payment == nil {
		return "iamport: " + e.Op + ": paid by another call"
	}
	text := fmt.Sprintf("iamport: %s: merchant_uid %q was paid by another call as %s (status %s)",
		e.Op, e.Payment.MerchantUID, e.Payment.ImpUID, e.Payment.Status)
	if len(e.Differs) > 0 {
		text += ", and differs in " + strings.Join(e.Differs, ", ")
	}
	return redact.Line(text)
}

// Unwrap returns the refusal or the lost answer that led to the look-up, nil if
// there was none.
func (e *AlreadyPaidError) Unwrap() error { return hidden(e.cause) }

// OutcomeUnknownError means that the call may or may not have changed something: it
// was sent, and neither its answer nor the look-ups after it decide. Do not send a
// charge again under another merchant_uid. [Client.Settle] finds the outcome of a
// charge. For every other change, the error text names the call to use.
//
// [Client.EnsurePaid] and [Client.EnsureRefunded] also return it if nothing was sent,
// because another process may be paying or refunding: "not charged" might be false
// for the order. Call them again.
//
// It matches none of [ErrNotCharged], [ErrUnauthorized], [ErrNotFound] and
// [ErrRateLimited], even if Err does.
type OutcomeUnknownError struct {
	// Op is the method of Client, such as "Again".
	Op string
	// MerchantUID is the order whose outcome is unknown, "" for a refund by imp_uid and
	// for a change without an order.
	MerchantUID string
	// ImpUID is the payment of a refund, otherwise "".
	ImpUID string
	// Attempt is the mark of the charge that was sent, for Settle. It is "" if nothing
	// was sent, and for calls that send no mark.
	Attempt string
	// RetryAt is when EnsurePaid or EnsureRefunded would send again, by the clock of this
	// process. An earlier call only looks the order up, and is safe. RetryAt is zero if no known attempt holds
	// the order.
	RetryAt time.Time
	// Payment is a record because of which the outcome is unknown, such as one with
	// status ready or with another amount. It is nil if there is none.
	Payment *Payment
	// Err is the reason, never nil.
	Err error

	hint string
}

// Error names the order, the reason and the call that finds out.
func (e *OutcomeUnknownError) Error() string {
	text := "iamport: " + e.Op + ": outcome unknown"
	if e.MerchantUID != "" {
		text += fmt.Sprintf(" for merchant_uid %q", e.MerchantUID)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.hint != "" {
		text += " (" + e.hint + ")"
	}
	return redact.Line(text)
}

// Unwrap returns an error that matches what Err matches, except the sentinels of this
// package.
func (e *OutcomeUnknownError) Unwrap() error { return hidden(e.Err) }

// InvalidRequestError is a request that was not sent because it is invalid. It
// matches [ErrNotCharged]. Its text names each field and its rule, never the value.
type InvalidRequestError struct {
	// Op is the method of Client, or "NewClient".
	Op string
	// Fields are the invalid fields, at least one.
	Fields []FieldError
}

// FieldError is one invalid field of a request.
type FieldError struct {
	// Field is the Go name of the field, such as "MerchantUID", "Card.Expiry" or
	// "Schedules[3].Amount", or the name of the option or argument.
	Field string
	// Problem is the rule that the value breaks, such as "must be more than 0".
	Problem string
}

// Error returns the operation and all problems in one line.
func (e *InvalidRequestError) Error() string {
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = f.Field + " " + f.Problem
	}
	return "iamport: " + e.Op + ": " + strings.Join(texts, "; ")
}

// Is matches ErrNotCharged.
func (e *InvalidRequestError) Is(target error) bool { return target == ErrNotCharged }

// join returns the errors that are not nil as one, with a text of one line.
func join(err, more error) error {
	if err == nil || more == nil {
		return cmp.Or(err, more)
	}
	return fmt.Errorf("%w; %w", err, more)
}

var sentinels = []error{ErrNotCharged, ErrNotFound, ErrUnauthorized, ErrRateLimited}

// foreigners wraps the errors of transports, limiters and journals: only the client
// decides the outcome of a call.
var foreigners = &foreign.Wrapper{
	Sentinels: sentinels,
	OwnType: func(target any) bool {
		switch target.(type) {
		case **Error, **DeclinedError, **AlreadyPaidError, **OutcomeUnknownError, **InvalidRequestError, **exchange.Error:
			return true
		}
		return false
	},
}

// hidden returns err without the sentinels of this package: an unknown outcome
// matches none of them, whatever the cause.
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
