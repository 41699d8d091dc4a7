package journaltest

import "fmt"

func unknownHolds(e *env) {
	e.begin("order", "a", quietHour)
	e.sleep()
	ended := e.end("order", "a", false)
	e.held("order", ended)
	e.sleep()
	e.held("order", ended)
	e.begin("order", "b", e.unit)
}

func notChargedFrees(e *env) {
	e.begin("order", "a", quietHour)
	e.end("order", "a", true)
	began := e.begin("order", "b", quietHour)
	e.held("order", began)
	e.end("order", "b", true)
	e.free("order")
}

// notChargedFreesOwn has a second attempt, made by a charge without EnsurePaid.
func notChargedFreesOwn(e *env) {
	began := e.begin("first", "a", quietHour)
	e.sleep()
	e.begin("first", "b", 0)
	e.end("first", "b", true)
	e.held("first", began)
	e.end("first", "a", true)
	e.free("first")

	e.begin("second", "a", quietHour)
	e.sleep()
	began = e.begin("second", "b", 0)
	e.end("second", "a", true)
	e.held("second", began)
	ended := e.end("second", "b", false)
	e.held("second", ended)
}

// ending is how an attempt of everyOrderOfEnds ends.
type ending string

const (
	open       ending = "open" // never
	unknown    ending = "unknown"
	notCharged ending = "notCharged"
)

// plan is three attempts of one order, and in which order they end.
type plan struct {
	order   string
	endings [3]ending
	ends    []int   // indexes of attempts
	last    [3]span // of each attempt that holds the order, since when
	holds   [3]bool
}

// plans returns every combination of endings, in every order of the attempts that
// end.
func plans() []*plan {
	all := []ending{open, unknown, notCharged}
	var found []*plan
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				endings := [3]ending{a, b, c}
				for _, ends := range permutations(endings) {
					found = append(found, &plan{order: fmt.Sprint(endings, " by ", ends), endings: endings, ends: ends})
				}
			}
		}
	}
	return found
}

// permutations returns every order in which those of three attempts that have an end
// can end.
func permutations(endings [3]ending) [][]int {
	found := [][]int{nil}
	for i, how := range endings {
		if how == open {
			continue
		}
		var longer [][]int
		for _, p := range found {
			for at := range len(p) + 1 {
				longer = append(longer, append(append(append([]int{}, p[:at]...), i), p[at:]...))
			}
		}
		found = longer
	}
	return found
}

// everyOrderOfEnds runs the steps of all plans in parallel, so that they share the
// waits.
func everyOrderOfEnds(e *env) {
	ids := [3]string{"a", "b", "c"}
	all := plans()
	for i, id := range ids {
		for _, p := range all {
			p.last[i], p.holds[i] = e.begin(p.order, id, 0), true
		}
		e.sleep()
	}
	for step := range ids {
		for _, p := range all {
			if step < len(p.ends) {
				i := p.ends[step]
				p.last[i] = e.end(p.order, ids[i], p.endings[i] == notCharged)
				p.holds[i] = p.endings[i] != notCharged
			}
			e.check(p)
		}
		e.sleep()
	}
	for _, p := range all {
		if p.holds == [3]bool{} {
			e.free(p.order)
		}
	}
}

// check requires that the order of a plan is held by the newest of its holds, if it
// has one.
func (e *env) check(p *plan) {
	e.Helper()
	var newest span
	for i, s := range p.last {
		if p.holds[i] && s.to.After(newest.to) {
			newest = s
		}
	}
	if !newest.to.IsZero() {
		e.held(p.order, newest)
	}
}

func lastEndCounts(e *env) {
	for _, order := range []string{"no-no", "no-unknown", "unknown-no", "unknown-unknown"} {
		e.begin(order, "a", quietHour)
	}
	e.end("no-no", "a", true)
	e.end("no-unknown", "a", true)
	e.end("unknown-no", "a", false)
	e.end("unknown-unknown", "a", false)
	e.sleep()
	e.end("no-no", "a", true)
	e.held("no-unknown", e.end("no-unknown", "a", false))
	e.end("unknown-no", "a", true)
	e.held("unknown-unknown", e.end("unknown-unknown", "a", false))
	for _, order := range []string{"no-no", "unknown-no"} {
		e.used(order, "a")
		e.free(order)
	}
}

func endWithoutEntry(e *env) {
	ended := e.end("unknown", "a", false)
	e.sleep()
	e.held("unknown", ended)
	e.used("unknown", "a")

	e.end("notCharged", "a", true)
	e.held("notCharged", e.begin("notCharged", "a", quietHour))

	began := e.begin("beside another", "a", quietHour)
	e.end("beside another", "b", true)
	e.held("beside another", began)
	e.begin("beside another", "b", 0)
}
