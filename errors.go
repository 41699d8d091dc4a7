package iamport

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Sentinels for errors.Is. The package comment says what each outcome of a
// charge means for the order.
var (
	// ErrNotCharged marks an error of which it is certain that this call moved no
	// money, be it a charge or a refund: bad input, no token, never sent, refused by
	// the API, or declined.
	ErrNotCharged = errors.New("iamport: not charged")
	// ErrUnauthorized marks HTTP 401: a wrong key or secret, or a token that was
	// refused twice.
	ErrUnauthorized = errors.New("iamport: unauthorized")
	// ErrNotFound marks an answer that says there is no such object.
	ErrNotFound = errors.New("iamport: not found")
	// ErrRateLimited marks HTTP 429.
	ErrRateLimited = errors.New("iamport: rate limited")
)

// Error is a call that failed: the API refused it, or no usable answer came.
// Its text never holds a URL, a header or a body, only the API's own message.
type Error struct {
	// Op is the method of Client that failed, such as "Again".
	Op string
	// StatusCode is the HTTP status, 0 if no answer came.
	StatusCode int
	// Code is the envelope's code. The values seen are 1 and -1; the API has no
	// table of them and has swapped the two, so do not branch on which it is.
	Code int
	// Message is the API's own text, mostly Korean, or "". Its wording changes.
	Message string
	// PGCode is the code of the PG or card issuer found in brackets in Message
	// ("F113" in "[F113]..."), "" if there is none. It is a best effort: iamport
	// passes such texts through and keeps no table of them.
	PGCode string
	// RetryAfter is how long the API asked to wait, 0 if it did not.
	RetryAfter time.Duration

	cause      error // what went wrong below the API, nil for a refusal
	notCharged bool
	notFound   bool
}

// Error returns the operation, the API's message or what went wrong below it, and
// the HTTP status.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("iamport: " + e.Op + ": ")
	switch {
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

// Unwrap returns what went wrong below the API, such as context.Canceled or a
// *net.OpError, and nil for a refusal.
func (e *Error) Unwrap() error { return e.cause }

// DeclinedError is a charge that the PG or the card issuer declined. It Is
// [ErrNotCharged]. The API words a decline in two ways, as a payment with status
// failed and as a refusal with a PG code in its message; both end here. A
// refusal without a PG code is an [Error].
type DeclinedError struct {
	// Payment is the failed payment, nil if the API answered with a message alone.
	Payment *Payment
	// Reason is the text of the PG or issuer, mostly Korean, or "".
	Reason string
	// PGCode is the code in brackets in Reason, "" if there is none.
	PGCode string

	op    string
	cause error
}

// Error returns the operation and the reason.
func (e *DeclinedError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = "no reason given"
	}
	return "iamport: " + e.op + ": declined: " + reason
}

// Is matches ErrNotCharged.
func (e *DeclinedError) Is(target error) bool { return target == ErrNotCharged }

// Unwrap returns the *Error of a decline that came as a message, else nil.
func (e *DeclinedError) Unwrap() error { return e.cause }

// AlreadyPaidError says that an earlier call paid this merchant_uid, or paid and
// cancelled it; this call charged nothing. It is not [ErrNotCharged], because
// the order has been charged. A merchant_uid that was paid can never be charged
// again, not even after a refund.
type AlreadyPaidError struct {
	// Payment is the earlier payment. Look at its Status and Remaining.
	Payment *Payment
	// Differs names what in Payment is not what this call asked for: "amount",
	// "currency", "customer_uid", "status". It is empty if all agree or if the call
	// did not compare.
	Differs []string

	op    string
	cause error
}

// Error names the earlier payment, and in what it differs.
func (e *AlreadyPaidError) Error() string {
	if e.Payment == nil {
		return "iamport: " + e.op + ": paid by an earlier call"
	}
	text := fmt.Sprintf("iamport: %s: merchant_uid %q was paid by an earlier call as %s (status %s)",
		e.op, e.Payment.MerchantUID, e.Payment.ImpUID, e.Payment.Status)
	if len(e.Differs) > 0 {
		text += ", and differs in " + strings.Join(e.Differs, ", ")
	}
	return text
}

// Unwrap returns the refusal that led to the look-up, nil if there was none.
func (e *AlreadyPaidError) Unwrap() error { return e.cause }

// OutcomeUnknownError says that the call may or may not have moved money: it was
// sent and no readable answer came back. Do not send it again under another
// merchant_uid. Look at Op: what became of a charge is told by [Client.Settle], of
// a refund by [Client.GetPayment].
type OutcomeUnknownError struct {
	// Op is the method of Client, such as "Again".
	Op string
	// MerchantUID is the order whose outcome is unknown, "" for a refund by imp_uid.
	MerchantUID string
	// ImpUID is the payment that a refund named by imp_uid, else "".
	ImpUID string
	// Since is when this call began by the server's clock, in whole seconds, or the
	// second after a known attempt of the same order that failed. A record that
	// began earlier is not of this call. Keep it for Settle.
	Since time.Time
	// Err is what went wrong, never nil.
	Err error

	hint string
}

// Error names the order, what went wrong and how to find out.
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
	return text
}

// Unwrap returns Err.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// InvalidRequestError is a request that was not sent because it cannot be right.
// It Is [ErrNotCharged]. Several problems of one request come joined, as
// errors.Join does. Its text names the field and what would be right, never the
// value.
type InvalidRequestError struct {
	// Op is the method of Client, or "NewClient".
	Op string
	// Field is the API's name of the parameter, such as "merchant_uid", or the name
	// of the option or argument.
	Field string
	// Problem says what is wrong and what would be right.
	Problem string
}

// Error returns the operation, the field and the problem.
func (e *InvalidRequestError) Error() string {
	return "iamport: " + e.Op + ": " + e.Field + " " + e.Problem
}

// Is matches ErrNotCharged.
func (e *InvalidRequestError) Is(target error) bool { return target == ErrNotCharged }
