package simulation

import "time"

// lastLook is how long before the end of the settle window the last look-up is sent,
// if there is no other fault.
const lastLook = 60 * time.Millisecond

// undisturbed reports whether no fault affected the look-ups of a call. A failed
// sign-in may also affect other calls.
func (c *call) undisturbed() bool { return c.reads == 0 && c.w.signInFaults == 0 }

// settledShare counts lost charges with a visible record, and how many of them were
// settled.
type settledShare struct{ shown, settled int }

func (s *settledShare) add(settled bool) {
	s.shown++
	if settled {
		s.settled++
	}
}

func (s *settledShare) percent() float64 { return 100 * float64(s.settled) / float64(max(1, s.shown)) }

// settledTooFew reports whether less than 99 % of the lost charges that showed in an
// undisturbed world were settled.
func (r *report) settledTooFew() bool {
	return r.undisturbed.shown >= 200 && r.undisturbed.percent() < 99
}

// addSettled counts the lost charges of a world whose record was visible within the
// settle window. A charge counts only if its record shows its mark and the lost
// answer was its only fault: no crash, no ended context, no exclusion.
func (r *report) addSettled(w *world, b books) {
	for _, c := range w.calls {
		own := b.byRequest[c.id]
		if !c.op.marked() || c.crashed || !c.patient || c.lostAt.IsZero() || c.sent != 1 || c.beyond != 0 || len(own) != 1 ||
			!w.shows(c.marks[0]) || w.window == 0 {
			continue
		}
		visible := own[0].At.Add(c.lateness + w.stale)
		lost, settled := c.lostAt.Round(0), c.said != saidUnknown
		if visible.After(lost.Add(max(0, w.window-lastLook))) {
			continue
		}
		r.inTime.add(settled)
		if c.undisturbed() {
			r.undisturbed.add(settled)
		}
	}
}
