package iamport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/iamport-go/iamport/internal/journal"
)

// Journal remembers which orders are being tried, so that [Client.EnsurePaid] does
// not charge an order beside a charge whose outcome nobody knows yet. The one that
// [NewMemoryJournal] returns remembers them in one process. One in a database,
// written by the user of this package, remembers them for all processes and after
// a crash. Package iamporttest/journaltest tests whether a Journal keeps to what
// is said here.
//
// All clients of one journal belong to one shop and use the same quiet period
// ([WithQuietPeriod]) and the same time-out ([WithTimeout]).
//
// A Journal measures time by its own clock, that of the database, never by the
// clocks of its callers. It reads the clock after it has locked the order, as
// clock_timestamp() of PostgreSQL does and now(), the time at which the transaction
// began, does not.
//
// Its methods may be called by several goroutines at once, and must honour their
// context. What it has recorded must survive: a database that loses a commit in a
// failover forgets a hold, and the order can be charged twice.
type Journal interface {
	// Begin records an attempt of an order, right before it is sent, and returns 0
	// and nil. Whether it may, and the recording, is one atomic step: of several
	// attempts of an order that begin at once, with a quiet period above 0, one is
	// recorded.
	//
	// Begin records nothing while another attempt of the order holds it. An attempt
	// holds its order if it began less than quiet ago, or ended less than quiet ago
	// in any way but notCharged; the quiet period is that of this call, not that of
	// the call that recorded the attempt. Begin returns then how long the longest of
	// these holds still lasts, which is more than 0 and at most quiet, and a nil
	// error. With quiet 0 no attempt holds the order. The quiet period is less than
	// two hours.
	//
	// If this order has used a.ID already, held or not, Begin records nothing and
	// returns an error that matches [ErrAttemptUsed].
	//
	// If ctx has ended before the call, Begin records nothing and returns an error that
	// Is the error of ctx. After any other error, that of a context which ended during
	// the call too, the attempt may or may not be recorded. Nothing is sent after an
	// error, and End is not called.
	Begin(ctx context.Context, a Attempt, quiet time.Duration) (wait time.Duration, err error)

	// End records how an attempt ended. With notCharged, it is certain that the
	// attempt moved no money: End ends the hold of this attempt, and of no other, and
	// keeps its ID as used. Without it the attempt is paid or its outcome is unknown:
	// it holds the order from now on, no longer from its Begin. An attempt that never
	// ends, because its process crashed, holds the order from its Begin. The last End
	// of an attempt counts.
	//
	// An End of an attempt that is not in the journal records it, as ended now; with
	// notCharged it records nothing.
	//
	// Entries are kept for two hours after their last Begin or End, and may be dropped
	// after that. A Begin that records nothing does not count.
	//
	// If ctx has ended before the call, End returns an error. After an error the end may or may not be
	// recorded; if it is not, the attempt goes on holding the order from its Begin.
	End(ctx context.Context, a Attempt, notCharged bool) error
}

// Attempt names one attempt to charge an order. Both members are compared byte by
// byte: texts that differ in case, in trailing spaces or in their Unicode
// normalisation form are different.
type Attempt struct {
	// MerchantUID is the order, or "refund:" and the imp_uid of a payment that is
	// being refunded. It is UTF-8 without control characters, and this package sets
	// no limit to its length.
	MerchantUID string
	// ID is the mark of the attempt, which no other attempt of the order has: 1 to 64
	// of a-z 0-9 . _ -
	ID string
}

// ErrAttemptUsed is what [Journal.Begin] returns for an attempt that this order
// has had already.
var ErrAttemptUsed = errors.New("iamport: the attempt id was used for this order before")

// NewMemoryJournal returns an empty Journal that lives in the memory of this
// process. It forgets everything when the process ends, and other processes do not
// see it: after a restart, or beside another process, an order whose outcome is
// unknown can be charged twice. A program that makes a client for each request
// must give all of them one Journal for the same reason.
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
	// maxLookAge is how old the look before a charge or refund may be when its turn
	// comes.
	maxLookAge = 30 * time.Minute
	// maxQuiet is the longest quiet period. With the age of a look and a time-out
	// added, it stays below the two hours for which a journal keeps entries.
	maxQuiet = time.Hour
	// minRetry is how long the caller of a held order is told to wait at least.
	minRetry = time.Second
	// maxEnd bounds the writing of an attempt's end.
	maxEnd = 5 * time.Second
)

var (
	errHeld    = errors.New("an attempt of this order is under way, or its outcome is not known yet")
	errOldLook = errors.New("the turn came more than half an hour after the look")
	errBadWait = errors.New("the journal returned a wait of less than 0")
	errTooLate = errors.New("the turn came later than the time-out after the attempt was recorded")
)

// hold is one attempt in the journal, around one send.
type hold struct {
	client *Client
	Attempt
	looked time.Time     // when the look before it was sent; zero: none, and no quiet period
	begun  time.Time     // when Begin was called; zero: not yet
	wait   time.Duration // what Begin returned, 0 if it did not have to wait
	age    time.Duration // of the look, when Begin was called
}

func (c *Client) newHold(merchantUID, id string, looked time.Time) *hold {
	return &hold{client: c, Attempt: Attempt{MerchantUID: merchantUID, ID: id}, looked: looked}
}

// before comes before each send of the attempt, the one after a 401 too. It records
// the attempt the first time.
func (h *hold) before(ctx context.Context) error {
	if h.begun.IsZero() {
		if err := h.begin(ctx); err != nil {
			return err
		}
	}
	return h.late()
}

// late returns an error if the attempt was recorded so long ago that another client
// may take the order for free. It is asked before each send, and once more when the
// connection is there.
func (h *hold) late() error {
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
		// Every earlier attempt must have been quiet for a whole period when the look
		// was made, and Begin may take a time-out before it records.
		quiet = h.client.quiet + h.age + h.client.http.Timeout
	}
	called := time.Now()
	ctx, cancel := context.WithTimeout(ctx, h.client.http.Timeout)
	defer cancel()
	var wait time.Duration
	err := safely(func() (err error) {
		wait, err = h.client.journal.Begin(ctx, h.Attempt, quiet)
		return err
	})
	switch {
	case err != nil:
		return journalError(ctx, err)
	case wait > 0:
		h.wait = wait
		return errHeld
	case wait < 0:
		return errBadWait
	}
	h.begun = called
	return nil
}

// journalError keeps the text of a journal's error out: it may name a database and
// its password.
func journalError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, ErrAttemptUsed):
		return ErrAttemptUsed
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ctx.Err()
	}
	return foreigners.Hide("the journal failed", err)
}

// end records how the attempt ended, if it was recorded at all. It does not depend
// on the caller's context, which may have ended long ago.
func (h *hold) end(ctx context.Context, notCharged bool) {
	if h.begun.IsZero() {
		return
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxEnd)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- safely(func() error { return h.client.journal.End(detached, h.Attempt, notCharged) })
	}()
	var err error
	select {
	case err = <-done:
	case <-detached.Done(): // an End that does not honour its context must not hold a result back
		err = detached.Err()
	}
	if err != nil {
		h.client.log.LogAttrs(ctx, slog.LevelWarn, "iamport journal did not record the end of an attempt",
			slog.String("merchant_uid", h.MerchantUID))
	}
}

// safely calls a method of a journal, and returns a panic of it as an error.
func safely(method func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panicked (%T)", r)
		}
	}()
	return method()
}

// retryAt returns when an attempt with a fresh look will be let through. held says that
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
