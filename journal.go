package iamport

import (
	"context"
	"errors"
	"time"

	"github.com/iamport-go/iamport/internal/foreign"
	"github.com/iamport-go/iamport/internal/journal"
)

// Journal records the attempts to charge orders, so that [Client.EnsurePaid] does not
// charge an order while the outcome of another charge is not known. The journal of
// [NewMemoryJournal] is for one process. A journal in a database, written by the user
// of this package, is for all processes and survives a crash. Package
// iamporttest/journaltest tests whether a Journal follows these rules.
//
// All clients of one journal must belong to one shop and use the same quiet period
// ([WithQuietPeriod]) and the same time-out ([WithTimeout]).
//
// A Journal must measure time by its own clock, that of the database, never by the
// clocks of its callers. It must read the clock after it has locked the order. In
// PostgreSQL clock_timestamp() does that; now() does not, because it returns the time
// at which the transaction began. For a database that is a file on one machine the
// clock of that machine is its own.
//
// Its methods may be called by several goroutines at once, and must return when their
// context ends. Its records must be durable: if a database loses a commit in a
// failover, a hold is lost, and the order can be charged twice.
type Journal interface {
	// Begin records an attempt of an order, right before it is sent, and returns 0 and
	// nil. The check and the recording must be one atomic step: if several attempts of
	// an order begin at once, with a quiet period above 0, exactly one is recorded.
	//
	// Begin records nothing while another attempt of the order holds it. An attempt
	// holds its order if it began less than quiet ago, or ended less than quiet ago in
	// any way but notCharged; the quiet period is that of this call, not that of the
	// call that recorded the attempt. Begin then returns the remaining time of the
	// longest of these holds, more than 0 and at most quiet, and a nil error. With quiet
	// 0 no attempt holds the order. The quiet period is less than two hours.
	//
	// If this order has used a.ID before, Begin records nothing and returns an error
	// that matches [ErrAttemptUsed], whether the order is held or not.
	//
	// If ctx has ended before the call, Begin records nothing and returns an error that
	// matches ctx.Err(). After any other error the attempt may or may not be recorded;
	// this includes a context that ended during the call. After an error nothing is
	// sent, and End is not called.
	Begin(ctx context.Context, a Attempt, quiet time.Duration) (wait time.Duration, err error)

	// End records how an attempt ended. notCharged means that the attempt certainly
	// moved no money: End ends the hold of this attempt, and of no other, and keeps its
	// ID as used. Otherwise the attempt is paid or its outcome is unknown: its hold
	// starts at this End instead of its Begin. If a process crashes, its attempt has no
	// End and holds the order from its Begin. If End is called several times, the last
	// call counts.
	//
	// If the attempt is not in the journal, End records it as ended now. With notCharged
	// it records nothing.
	//
	// Entries are kept for two hours after their last Begin or End, and may be dropped
	// after that. A Begin that records nothing does not count.
	//
	// If ctx has ended before the call, End returns an error. After an error the end may or may not be recorded; if it is
	// not, the attempt still holds the order from its Begin.
	End(ctx context.Context, a Attempt, notCharged bool) error
}

// Attempt names one attempt to charge an order. Both fields are compared byte by
// byte: texts that differ in case, in trailing spaces or in their Unicode
// normalisation form are different.
type Attempt struct {
	// MerchantUID is the order, or "refund:" and the imp_uid of a payment that is being
	// refunded. It is UTF-8 without control characters. This package does not limit its
	// length.
	MerchantUID string
	// ID is the mark of the attempt, unique within the order: 1 to 64 of a-z 0-9 . _ -
	ID string
}

// ErrAttemptUsed is returned by [Journal.Begin] for an attempt id that this order has
// used before.
var ErrAttemptUsed = errors.New("iamport: the attempt id was used for this order before")

// NewMemoryJournal returns an empty Journal in the memory of this process. Its
// records are lost when the process ends, and other processes cannot read them: after
// a restart, or with two processes, an order whose outcome is unknown can be charged
// twice. For the same reason, a program that makes a client for each request must use
// one Journal for all of them.
//
// An order takes about 200 bytes for two hours.
func NewMemoryJournal() Journal { return new(memoryJournal) }

type memoryJournal struct{ memory journal.Memory }

func (j *memoryJournal) Begin(ctx context.Context, a Attempt, quiet time.Duration) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	wait, used := j.memory.Begin(a.MerchantUID, a.ID, quiet)
	if used {
		return 0, ErrAttemptUsed
	}
	return wait, nil
}

func (j *memoryJournal) End(ctx context.Context, a Attempt, notCharged bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.memory.End(a.MerchantUID, a.ID, notCharged)
	return nil
}

const (
	// maxLookAge is the maximum age of the look-up when a charge or refund is sent.
	maxLookAge = 30 * time.Minute
	// maxQuiet is the longest quiet period. Together with the age of a look-up and a
	// time-out, it is below the two hours for which a journal keeps entries.
	maxQuiet = time.Hour
	// minRetry is the minimum wait that the caller of a held order gets.
	minRetry = time.Second
	// maxEnd bounds the writing of an attempt's end.
	maxEnd = 5 * time.Second
)

var (
	errHeld    = errors.New("an attempt of this order is in progress, or its outcome is not known yet")
	errOldLook = errors.New("more than half an hour passed between the look-up and the send")
	errBadWait = errors.New("the journal returned a wait of less than 0")
	errTooLate = errors.New("more than the time-out passed between the record of the attempt and the send")
)

// hold is one attempt in the journal, around one send.
type hold struct {
	client *Client
	Attempt
	looked time.Time     // when the look-up before it was sent; zero: none, and no quiet period
	begun  time.Time     // when Begin was called; zero: not yet
	wait   time.Duration // what Begin returned, 0 if it did not have to wait
	age    time.Duration // of the look-up, when Begin was called
}

func (c *Client) newHold(merchantUID, id string, looked time.Time) *hold {
	return &hold{client: c, Attempt: Attempt{MerchantUID: merchantUID, ID: id}, looked: looked}
}

// before runs before each send of the attempt, also before the one after a 401. It
// records the attempt the first time.
func (h *hold) before(ctx context.Context) error {
	if h.begun.IsZero() {
		if err := h.begin(ctx); err != nil {
			return err
		}
	}
	return h.Late()
}

// Late returns an error if the attempt was recorded so long ago that it may no longer
// hold the order for another client. It is called before each send, and once more
// when the connection is ready.
func (h *hold) Late() error {
	if time.Since(h.begun) > h.client.http.Timeout {
		return errTooLate
	}
	return nil
}

func (h *hold) begin(ctx context.Context) error {
	var quiet time.Duration
	if !h.looked.IsZero() {
		h.age = time.Since(h.looked)
		if h.age > maxLookAge {
			return errOldLook
		}
		// Every earlier attempt must have been quiet for a whole period when the look-up
		// was made, and Begin may take a time-out before it records.
		quiet = h.client.quiet + h.age + h.client.http.Timeout
	}
	called := time.Now()
	wait, err := h.record(ctx, quiet)
	switch {
	case err != nil:
		return err
	case wait > 0:
		h.wait = wait
		return errHeld
	case wait < 0:
		return errBadWait
	}
	h.begun = called
	return nil
}

// record calls Begin of the journal. That of this package never blocks or panics.
func (h *hold) record(ctx context.Context, quiet time.Duration) (wait time.Duration, err error) {
	if own, ok := h.client.journal.(*memoryJournal); ok {
		return own.Begin(ctx, h.Attempt, quiet)
	}
	ctx, cancel := context.WithTimeout(ctx, h.client.http.Timeout)
	defer cancel()
	err = foreign.Guard(func() (err error) {
		wait, err = h.client.journal.Begin(ctx, h.Attempt, quiet)
		return err
	})
	if err != nil {
		err = journalError(ctx, err)
	}
	return wait, err
}

// journalError hides the text of a journal's error: it may name a database and its
// password.
func journalError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, ErrAttemptUsed):
		return ErrAttemptUsed
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ctx.Err()
	}
	return foreigners.Hide("the journal failed", err)
}

// end records how the attempt ended, if it was recorded. It does not use the caller's
// context, which may have ended.
func (h *hold) end(ctx context.Context, notCharged bool) {
	if h.begun.IsZero() {
		return
	}
	if own, ok := h.client.journal.(*memoryJournal); ok { // it never blocks or fails: no goroutine
		own.memory.End(h.MerchantUID, h.ID, notCharged)
		return
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxEnd)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- foreign.Guard(func() error { return h.client.journal.End(detached, h.Attempt, notCharged) })
	}()
	var err error
	select {
	case err = <-done:
	case <-detached.Done(): // an End that ignores its context must not delay the result
		err = detached.Err()
	}
	if err != nil {
		h.client.log.WarnContext(ctx, "iamport journal did not record the end of an attempt", "merchant_uid", h.MerchantUID)
	}
}

// retryAt returns when an attempt with a new look-up is allowed. held reports whether
// this attempt has just ended and holds the order.
func (h *hold) retryAt(held bool) time.Time {
	switch {
	case h.wait > 0:
		return time.Now().Add(max(h.wait-h.age, minRetry))
	case held && !h.begun.IsZero():
		return time.Now().Add(h.client.quiet + h.client.http.Timeout)
	}
	return time.Time{}
}
