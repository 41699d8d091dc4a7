// Package simulation runs the whole client against an unhelpful iamport
// (package iamporttest) in virtual time, and holds every word that a call says
// against the books of the server. It has no code but tests.
//
// A seed draws one small world: clients in several processes, one journal, records
// that show late or never tell whose they are, a network that loses and delays, a
// limiter that waits for hours, processes that crash. Workers call the money rules on
// a few orders, so that the calls collide. When all is over the judge compares what
// each call said with what the server did. A lie is a failure of the test, told with
// the story of its order and with the command that runs its seed again:
//
//	go test ./internal/simulation -run TestSimulation -sim.seed=N -v
//
// A run without flags takes a few seconds. -sim.time and -sim.charges make it longer:
//
//	go test ./internal/simulation -run TestSimulation -sim.charges=100000 -v
//	go test ./internal/simulation -run TestSimulation -sim.time=10m -timeout 0 -v
//
// # What is beyond the promise
//
// Some worlds break the conditions that the package comment of iamport names, such as
// a PG that is slower than the quiet period allows. What the judge finds there is not
// a lie. It is counted by the name of the condition (type exclusion), and the same
// calls are judged for everything that the condition does not touch.
//
// # What a seed repeats
//
// Every random choice of the simulation is drawn from the seed, the worker, the
// number of the call and the number of the request in the call, so that it does not
// depend on what other workers do. Not repeated exactly are the marks of attempts
// and the pauses between look-ups, which the client draws itself, and the order in
// which goroutines run that wake at the same virtual instant. So -sim.seed runs its
// seed again, up to -sim.repeat times, until it finds a lie.
//
// # The simulation must be able to fail
//
// TestBreakings breaks the client in one place at a time, by replacing the text of
// one file (go test -overlay), and requires that the simulation reports a lie:
//
//	go test ./internal/simulation -run TestBreakings -sim.breakings -v -timeout 60m
package simulation
