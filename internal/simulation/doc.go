// Package simulation runs the whole client in virtual time against a server (package
// iamporttest) that simulates unfavourable cases, and compares every result of a call
// with the books of the server. It has only tests.
//
// A seed determines one small world: clients in several processes, one journal,
// records that are late or have no mark, a network that loses and delays messages, a
// limiter that waits for hours, processes that crash. Workers charge and refund a few
// orders, so that the calls collide. At the end the judge compares the result of each
// call with what the server did. A false result (a lie) fails the test, which prints
// the history of its order and the command that runs its seed again:
//
//	go test ./internal/simulation -run TestSimulation -sim.seed=N -v
//
// A run without flags takes a few seconds. -sim.time and -sim.charges make it longer:
//
//	go test ./internal/simulation -run TestSimulation -sim.charges=100000 -v
//	go test ./internal/simulation -run TestSimulation -sim.time=10m -timeout 0 -v
//
// # Exclusions
//
// Some worlds break the conditions in the package comment of iamport, for example
// with a PG that is slower than the quiet period allows. A false result there is not
// a lie. It is counted by the name of the condition (type exclusion), and the same
// calls are still judged for everything that does not depend on the condition.
//
// # Seeds
//
// Every random choice of the simulation depends only on the seed, the worker, the
// number of the call and the number of the request in the call, not on other workers.
// Three things are not repeated exactly: the marks of attempts and the pauses between
// look-ups, which the client chooses, and the order of goroutines that wake at the
// same virtual time. Therefore -sim.seed runs its seed up to -sim.repeat times, until
// it finds a lie.
//
// # Tests of the simulation
//
// TestBreakings breaks the client in one place at a time, by replacing text in one
// file (go test -overlay), and requires that the simulation finds a lie:
//
//	go test ./internal/simulation -run TestBreakings -sim.breakings -v -timeout 60m
package simulation
