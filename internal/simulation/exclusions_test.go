package simulation

// exclusion is a condition that the client's guarantee does not cover. A false result
// that it explains is counted under its name, and is not a lie.
type exclusion int

const (
	slowPG        exclusion = iota // the time from the send to the visible record is longer than the quiet period allows
	refusedLate                    // refused with a message or the API's 401, but executed, and visible only after the look-up
	repeatedPost                   // the transport sent a POST twice
	plainBeside                    // plain charges and EnsurePaid for one order at the same time
	cancelBeside                   // CancelPayment and EnsureRefunded for one payment at the same time
	refusedCancel                  // CancelPayment refused with a message and executed: it makes no look-up
	usedTwice                      // an attempt id that a caller used twice, after the journal dropped it
	allExclusions
)

func (e exclusion) String() string {
	return [...]string{
		slowPG:        "PG slower than the quiet period allows",
		refusedLate:   "refused with a message or with 401, executed, shown after the look-up",
		repeatedPost:  "a transport that repeats POSTs",
		plainBeside:   "plain charges beside EnsurePaid",
		cancelBeside:  "CancelPayment beside EnsureRefunded",
		refusedCancel: "CancelPayment refused with a message, and executed",
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
