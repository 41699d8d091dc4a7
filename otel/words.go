package iamportotel

import (
	"net/http"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/iamport-go/iamport"
)

// The attributes that the semantic conventions of HTTP do not have.
const (
	// OperationKey is the method of Client, such as "Again". In spans and metrics.
	OperationKey = attribute.Key("iamport.operation")
	// PurposeKey is an [iamport.Purpose]. In spans and http.client.request.duration.
	PurposeKey = attribute.Key("iamport.purpose")
	// OutcomeKey is an [iamport.Outcome]. In the span that ends a call that changes data, and in
	// iamport.outcomes.
	OutcomeKey = attribute.Key("iamport.outcome")
	// CodeKey is the code of the API's envelope. In spans only, and only if it is not 0 and has at
	// most five digits: a longer number may be an id.
	CodeKey = attribute.Key("iamport.code")
)

// ErrorTypeUnknown is the error.type of a change whose outcome is unknown although its exchange
// is no failure. Every other error.type is an [iamport.Failure].
const ErrorTypeUnknown = "outcome_unknown"

const (
	other   = "_OTHER"
	maxCode = 99_999
)

// errorType returns the error.type of x, or "" if x is no error.
func errorType(x iamport.Exchange) string {
	switch {
	case x.Outcome == iamport.OutcomeUnknown && x.Failure == "":
		return ErrorTypeUnknown
	case x.Failure == "" || isAnswer(x):
		return ""
	}
	return oneOf(x.Failure, failures)
}

// isAnswer reports whether a failure is a regular answer to what was asked: the card is
// declined, the order is already paid, or there is none of what was looked for.
func isAnswer(x iamport.Exchange) bool {
	switch x.Failure {
	case iamport.FailureNotFound:
		return x.Outcome == ""
	case iamport.FailureRefused:
		return x.Outcome == iamport.OutcomeDeclined || x.Outcome == iamport.OutcomeAlreadyPaid
	default:
		return false
	}
}

// oneOf returns the text of word if it is one of words, "_OTHER" otherwise.
func oneOf[T ~string](word T, words []T) string {
	if slices.Contains(words, word) {
		return string(word)
	}
	return other
}

var (
	methods = []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch,
		http.MethodHead, http.MethodOptions, http.MethodConnect, http.MethodTrace,
	}
	purposes = []iamport.Purpose{
		iamport.PurposeCall, iamport.PurposeSignIn, iamport.PurposeLookUp, iamport.PurposeSettle,
	}
	failures = []iamport.Failure{
		iamport.FailureCanceled, iamport.FailureTimeout, iamport.FailureConnection, iamport.FailureUnauthorized,
		iamport.FailureRateLimited, iamport.FailureServer, iamport.FailureRefused, iamport.FailureNotFound, iamport.FailureUnreadable,
		iamport.FailureInvalid, iamport.FailureHeld, iamport.FailureNotSent,
	}
	outcomes = []iamport.Outcome{
		iamport.OutcomePaid, iamport.OutcomeAlreadyPaid, iamport.OutcomeDeclined, iamport.OutcomeDone,
		iamport.OutcomeNotCharged, iamport.OutcomeUnknown,
	}
	// operations are the methods of Client that call the API.
	operations = []string{
		"Again", "Call", "CancelPayment", "CustomerPayments", "CustomerSchedules", "DeleteCustomer", "EnsurePaid",
		"EnsureRefunded", "FindPayment", "FindPayments", "GetBalance", "GetCustomer", "GetCustomers", "GetPayment",
		"GetPayments", "GetPreparedPayment", "GetSchedule", "ListCustomerPayments", "ListCustomerSchedules",
		"ListPayments", "ListSchedules", "Onetime", "Payments", "PreparePayment", "RegisterCustomer", "Reschedule",
		"RetrySchedule", "Schedule", "Schedules", "Settle", "Token", "Unschedule", "UpdatePreparedPayment",
		"UpdateSchedule",
	}
	// routes are the values of Exchange.Route.
	routes = []string{
		"/payments", "/payments/cancel", "/payments/find/{merchant_uid}", "/payments/find/{merchant_uid}/{payment_status}",
		"/payments/findAll/{merchant_uid}", "/payments/findAll/{merchant_uid}/{payment_status}", "/payments/prepare",
		"/payments/prepare/{merchant_uid}", "/payments/status/{payment_status}", "/payments/{imp_uid}",
		"/payments/{imp_uid}/balance", "/subscribe/customers", "/subscribe/customers/{customer_uid}",
		"/subscribe/customers/{customer_uid}/payments", "/subscribe/customers/{customer_uid}/schedules",
		"/subscribe/payments/again", "/subscribe/payments/onetime", "/subscribe/payments/schedule",
		"/subscribe/payments/schedule/{merchant_uid}", "/subscribe/payments/schedule/{merchant_uid}/reschedule",
		"/subscribe/payments/schedule/{merchant_uid}/retry", "/subscribe/payments/unschedule", "/users/getToken",
		"/{path}",
	}
)
