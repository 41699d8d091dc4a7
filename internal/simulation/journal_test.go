package simulation

import (
	"context"
	"errors"
	"time"

	"github.com/iamport-go/iamport"
)

// view is the shared journal for one incarnation of a process: over a network that
// may fail before and after the journal has recorded, and with orders that others
// have locked.
type view struct {
	in    *incarnation
	inner iamport.Journal
}

var errJournal = errors.New("the journal has failed")

// Begin takes at most almost the time-out, partly before and partly after it records.
// A call that is cancelled meanwhile has recorded or not.
func (v *view) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	c := callOf(ctx)
	w := v.in.process.w
	var d dice
	var before, after time.Duration
	if c != nil && !w.draining.Load() {
		d = c.roll(forBegin)
		if d.chance(w.journalWaits) {
			longest := w.timeout * 99 / 100
			before = pick(d, 0, d.upTo(longest), d.between(longest*3/4, longest))
			after = pick(d, 0, d.upTo(longest-before), longest-before)
		}
	}
	if err := sleep(ctx, before); err != nil {
		return 0, err
	}
	failing := d.Rand != nil && d.chance(w.journalFaults)
	if v.in.dead() || failing && d.chance(0.5) {
		return 0, errJournal
	}
	wait, err := v.inner.Begin(ctx, a, quiet)
	switch {
	case err != nil:
		w.note(c, "journal: %v", err)
	case wait > 0:
		w.note(c, "journal: held for %v (quiet %v)", wait, quiet)
	default:
		w.note(c, "journal: begins %s (quiet %v)", a.ID, quiet)
		w.begun(c, a)
	}
	if err == nil && wait == 0 {
		c.at(afterBegin)
	}
	if after > 0 && sleep(ctx, after) != nil || v.in.dead() || failing {
		w.endFailed(a)
		return 0, errJournal // not the error of ctx: it may have been recorded
	}
	return wait, err
}

// End fails before or after it has recorded.
func (v *view) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	c := callOf(ctx)
	w := v.in.process.w
	failing, late := false, false
	if c != nil && !w.draining.Load() {
		d := c.roll(forEnd)
		failing, late = d.chance(w.journalFaults), d.chance(0.5)
		if d.chance(w.journalWaits) {
			if err := sleep(ctx, d.upTo(7*time.Second)); err != nil {
				failing, late = true, false
			}
		}
	}
	c.at(beforeEnd)
	if v.in.dead() || failing && !late {
		w.endFailed(a)
		w.note(c, "journal: the end of %s is lost", a.ID)
		return errJournal
	}
	err := v.inner.End(ctx, a, notCharged)
	w.note(c, "journal: ends %s (not charged: %t)", a.ID, notCharged)
	c.at(afterEnd)
	if failing {
		return errJournal
	}
	return err
}

// begun stores the call of a recorded attempt, to distinguish a hold with a reason
// from one without.
func (w *world) begun(c *call, a iamport.Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts[a.MerchantUID] = append(w.attempts[a.MerchantUID], &attempt{call: c, id: a.ID, at: time.Now()})
}

// endFailed records that the hold of an attempt lasts, whatever the result of its
// call is.
func (w *world) endFailed(a iamport.Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.attempts[a.MerchantUID] {
		if one.id == a.ID {
			one.endLost = true
		}
	}
}

// attempt is the simulation's copy of an entry of the journal.
type attempt struct {
	call    *call
	id      string
	at      time.Time
	endLost bool
}
