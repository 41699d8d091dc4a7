package iamport

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	// maxLookAge is how old the look before a charge or refund may be when its turn
	// comes.
	maxLookAge = 30 * time.Minute
	// maxQuiet is the longest quiet period. With the age of a look and a time-out
	// added, it stays below the two hours for which a journal keeps entries.
	maxQuiet = time.Hour
	// maxEnd bounds the writing of an attempt's end.
	maxEnd = 5 * time.Second
)

var (
	errHeld    = errors.New("an attempt of this order is under way, or its outcome is not known yet")
	errOldLook = errors.New("the turn came more than half an hour after the look")
	errTooLate = errors.New("the turn came later than the time-out after the attempt was recorded")
)

// hold is one attempt in the journal, around one send.
type hold struct {
	client *Client
	Attempt
	looked time.Time // when the look before it was sent; zero: none, and no quiet period
	begun  time.Time // when Begin was called; zero: not yet
	wait   time.Duration
}

func (c *Client) newHold(merchantUID, id string, looked time.Time) *hold {
	return &hold{client: c, Attempt: Attempt{MerchantUID: merchantUID, ID: id}, looked: looked}
}

// before comes right before each send of the attempt, the one after a 401 too. It
// records the attempt the first time, and lets nothing leave so late that another
// client may take the order for free.
func (h *hold) before(ctx context.Context) error {
	if h.begun.IsZero() {
		if err := h.begin(ctx); err != nil {
			return err
		}
	}
	if time.Since(h.begun) > h.client.timeout {
		return errTooLate
	}
	return nil
}

func (h *hold) begin(ctx context.Context) error {
	var quiet time.Duration
	if !h.looked.IsZero() {
		age := time.Since(h.looked)
		if age > maxLookAge {
			return errOldLook
		}
		// Every earlier attempt must have been quiet for a whole period when the look
		// was made, and Begin may take a time-out before it records.
		quiet = h.client.quiet + age + h.client.timeout
	}
	called := time.Now()
	ctx, cancel := context.WithTimeout(ctx, h.client.timeout)
	defer cancel()
	wait, err := h.client.journal.Begin(ctx, h.Attempt, quiet)
	switch {
	case err != nil:
		return journalError(ctx, err)
	case wait > 0:
		h.wait = wait
		return errHeld
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
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxEnd)
	defer cancel()
	if err := h.client.journal.End(bounded, h.Attempt, notCharged); err != nil {
		h.client.log.LogAttrs(ctx, slog.LevelWarn, "iamport journal did not record the end of an attempt",
			slog.String("merchant_uid", h.MerchantUID))
	}
}

// retryAt returns when the next attempt of the order will be let through. held
// says that this attempt has just ended and holds it.
func (h *hold) retryAt(held bool) time.Time {
	switch {
	case h.wait > 0:
		return time.Now().Add(h.wait)
	case held && !h.begun.IsZero():
		return time.Now().Add(h.client.quiet + h.client.timeout)
	}
	return time.Time{}
}
