package simulation

import (
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

// Some errors of the client need several rare conditions at the same time. Half of
// the worlds have a theme that combines them.

// drawTheme changes the shape to one of the themes, or leaves it as it is.
func (s *shape) drawTheme(d dice) {
	s.denials, s.sequels, s.mixed, s.soon, s.punctual = 1.5, 3, 1.5, 0.7, 0.3
	theme := draw(d, []weighted[func(*shape, dice)]{
		{50, func(*shape, dice) {}},
		{18, (*shape).edges}, {13, (*shape).lateTurns}, {8, (*shape).inTurn}, {5, (*shape).beside}, {6, (*shape).impatient},
	})
	theme(s, d)
}

// edges: charges and the journal take the maximum time, ends are lost in crashes, and
// other calls are as early as possible.
func (s *shape) edges(d dice) {
	s.processes, s.crashes, s.lateCrashes = 2+d.IntN(2), 0.3, true
	s.journalWaits, s.journalFaults, s.limiterWaits, s.contexts = 0.9, pick(d, 0, 0.2), 0, 0
	s.earlyBirds, s.punctual = 0.9, 0.1
	s.chargeFaults, s.declines, s.refusals = pick(d, 0, 0.6), 0.05, 0.02
	s.atLimit, s.noNetwork = true, d.chance(0.6)
	s.duplicates = pick(d, iamporttest.RefuseVisible, iamporttest.RefuseNone)
}

// lateTurns: the limiter delays charges for a long time, some of them after a first
// 401.
func (s *shape) lateTurns(d dice) {
	s.processes, s.limiterWaits, s.longestWait = 2+d.IntN(2), 0.2, pick(d, 2*s.quiet, 4*s.quiet, 4*time.Hour)
	s.longWaits, s.earlyBirds, s.punctual = true, 0.7, 0.8
	s.revokes, s.denials = 0.2, 15
	s.chargeFaults, s.declines, s.refusals, s.crashes, s.contexts = 0.4, 0.02, 0.02, 0, 0
	s.duplicates = pick(d, s.duplicates, iamporttest.RefuseNone, iamporttest.RefuseNone)
}

// inTurn: plain charges are lost and refused, and EnsurePaid is called after them.
func (s *shape) inTurn(d dice) {
	s.sequels, s.atLimit = 30, d.chance(0.7)
	s.chargeFaults, s.declines = 0.6, 0.6
	s.journalWaits, s.limiterWaits, s.crashes, s.contexts = pick(d, 0, 0.8), 0, 0, 0
	s.duplicates = pick(d, iamporttest.RefuseVisible, iamporttest.RefuseNone)
}

// beside: plain charges are made while EnsurePaid waits to send, and are visible at
// once.
func (s *shape) beside(d dice) {
	s.mixed, s.noTime = 30, true
	s.processes, s.chargeFaults, s.declines, s.refusals = 2+d.IntN(2), 0.1, 0.4, 0.02
	s.journalWaits, s.limiterWaits, s.longestWait, s.crashes, s.contexts = 0.8, 0.5, s.timeout, 0, 0
	s.duplicates = iamporttest.RefuseNone
}

// impatient: contexts end while refusals are looked up.
func (s *shape) impatient(d dice) {
	s.contexts, s.soon, s.chargeFaults = 0.7, 15, 0.8
	s.window = d.between(time.Second, 10*time.Second).Round(time.Millisecond)
	s.quiet = 2 * (3*s.timeout + s.window)
	s.journalWaits, s.limiterWaits, s.readFaults, s.signInFaults = 0, 0, 0, 0
}
