package iamporttest

import (
	"net/http"
	"time"
)

type effect int

const (
	normal effect = iota
	decline
	pending
	failThenPay
	loseBefore
	loseAfter
	refuseDial
	executeLate
	answerInstead
	answerAfter
	cutAfter
)

// ofCharge names the effects that only a charge can have. The others have no name.
func (e effect) ofCharge() string {
	switch e {
	case decline:
		return "Decline"
	case pending:
		return "Pending"
	case failThenPay:
		return "FailThenPay"
	default:
		return ""
	}
}

// Fault is one failure of one request. The zero Fault is no failure. Make a Fault with the functions below, and change
// it with its methods, which return a changed copy.
type Fault struct {
	effect        effect
	before, after time.Duration
	late          time.Duration  // of LoseThenExecute, and until a record changes
	pgTime        *time.Duration // nil: as set by the server's options, as records
	records       *time.Duration
	paid          bool // what a Pending becomes
	status        int
	contentType   string
	text          string
	bytes         int
	header        http.Header
}

// Decline records the charge as failed and answers code 0 with status "failed" and reason as fail_reason.
// It works on the operations that charge: onetime, again, retry, and the checking_amount of a schedule.
func Decline(reason string) Fault { return Fault{effect: decline, text: reason} }

// DeclineCode does not execute the request and answers HTTP 200 {"code":-1,"message":message,"response":null}, the
// other form in which the API refuses. It works on every operation.
func DeclineCode(message string) Fault {
	a := envelope(http.StatusOK, -1, message, nil)
	return Answer(a.status, a.header.Get("Content-Type"), string(a.body))
}

// LoseBefore ends the connection before the request is executed.
func LoseBefore() Fault { return Fault{effect: loseBefore} }

// LoseAfter executes the request and ends the connection without an answer.
func LoseAfter() Fault { return Fault{effect: loseAfter} }

// LoseThenExecute ends the connection at once and executes the request when d has passed by the server's clock: a
// look-up before that finds nothing. A request that is refused for its token or its form is never executed. With a d
// above the quiet period minus the time-out, EnsurePaid can charge twice: its comment names that condition.
func LoseThenExecute(d time.Duration) Fault { return Fault{effect: executeLate, late: d} }

// RefuseAfter executes the request and answers HTTP 200 {"code":-1,"message":message,"response":null}: a charge is
// executed although it is refused with a message.
func RefuseAfter(message string) Fault {
	f := DeclineCode(message)
	f.effect = answerAfter
	return f
}

// Pending records the charge as "ready" and answers code 0 with that status. When d has passed by the server's clock,
// the record becomes paid, which is when the approval counts, or failed. It works on the operations of [Decline],
// except for a checking_amount. If the card or customer declines, the record fails at once.
func Pending(d time.Duration, paid bool) Fault { return Fault{effect: pending, late: d, paid: paid} }

// FailThenPay records the charge as failed and answers code 0 with status "failed" and reason as fail_reason. When d
// has passed by the server's clock, the record becomes paid, which is when the approval counts. Paymentwall does this,
// so the record shows pg_provider "paymentwall" unless [WithPGProvider] names another. It works on the operations of
// [Pending].
func FailThenPay(d time.Duration, reason string) Fault {
	return Fault{effect: failThenPay, late: d, text: reason}
}

// Refuse refuses the connection: the request was certainly never sent. A client learns this only from the httptrace
// hooks of its transport, and trusts them only if the transport is an [http.Transport]. Over the server's own
// RoundTripper the request must be treated as one whose answer was lost. Over a real port, where the connection already
// exists, Refuse is LoseBefore.
func Refuse() Fault { return Fault{effect: refuseDial} }

// Answer does not execute the request and sends exactly this answer. If contentType is empty, no such header is sent.
func Answer(status int, contentType, body string) Fault {
	return Fault{effect: answerInstead, status: status, contentType: contentType, text: body}
}

// AnswerAfter executes the request and sends this answer instead of the result.
func AnswerAfter(status int, contentType, body string) Fault {
	return Fault{effect: answerAfter, status: status, contentType: contentType, text: body}
}

// CutAfter executes the request and ends the connection after n bytes of the answer's body, at the latest one byte
// before its end. Content-Length is the full length.
func CutAfter(n int) Fault { return Fault{effect: cutAfter, bytes: n} }

// Delay waits for d before the request is handled. If the client disconnects meanwhile, the request is not executed.
func Delay(d time.Duration) Fault { return Fault{before: d} }

// After makes the fault wait for d before it acts, as Delay does.
func (f Fault) After(d time.Duration) Fault {
	f.before += d
	return f
}

// Slow makes the server wait for d before it answers. The request is executed before the wait, even if the client
// disconnects meanwhile.
func (f Fault) Slow(d time.Duration) Fault {
	f.after += d
	return f
}

// PGTime makes the PG take d to decide the charge or the refund, instead of the server's [WithPGTime]; 0 is at once. It
// has no effect on other operations.
func (f Fault) PGTime(d time.Duration) Fault {
	f.pgTime = new(d)
	return f
}

// Late makes look-ups show the record of the charge only d after it was decided, instead of the server's
// [WithLateRecords]; 0 is at once. It has no effect on other operations.
func (f Fault) Late(d time.Duration) Fault {
	f.records = new(d)
	return f
}

// Header adds a header to the answer, such as Retry-After or Location.
func (f Fault) Header(name, value string) Fault {
	if f.header = f.header.Clone(); f.header == nil {
		f.header = http.Header{}
	}
	f.header.Add(name, value)
	return f
}

func (f Fault) literal() answer { return literal(f.status, f.contentType, []byte(f.text)) }
