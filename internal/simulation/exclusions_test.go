package simulation

// exclusion is a condition that is beyond the promise of the client. What it explains
// is counted under its name, and is no lie.
type exclusion int

const (
	slowPG        exclusion = iota // from the send to the visible record in more than the quiet period allows
	refusedLate                    // refused in words or with the API's 401, executed all the same, shown after the look-up
	repeatedPost                   // the transport sent a POST twice
	plainBeside                    // plain charges beside EnsurePaid for one order
	cancelBeside                   // CancelPayment beside EnsureRefunded for one payment
	refusedCancel                  // CancelPayment refused in words and executed: it makes no look-up
	usedTwice                      // an attempt id that a caller used twice, so far apart that the journal has forgotten it
	allExclusions
)

func (e exclusion) String() string {
	return [...]string{
		slowPG:        "PG slower than the quiet period allows",
		refusedLate:   "refused in words or with 401, executed, shown after the look-up",
		repeatedPost:  "a transport that repeats POSTs",
		plainBeside:   "plain charges beside EnsurePaid",
		cancelBeside:  "CancelPayment beside EnsureRefunded",
		refusedCancel: "CancelPayment refused in words, and executed",
		usedTwice:     "an attempt id used twice, two hours apart",
	}[e]
}

// exclusions is a set of them.
type exclusions uint

func (s *exclusions) add(e exclusion)     { *s |= 1 << e }
func (s exclusions) has(e exclusion) bool { return s&(1<<e) != 0 }

// of returns the part of s that is among those.
func (s exclusions) of(those ...exclusion) exclusions {
	var part exclusions
	for _, e := range those {
		if s.has(e) {
			part.add(e)
		}
	}
	return part
}
