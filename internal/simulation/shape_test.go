package simulation

import (
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// shape holds the parameters of a world, drawn before it starts.
type shape struct {
	workers, processes, calls int
	timeout, window, quiet    time.Duration

	duplicates    iamporttest.Duplicates
	agentLimit    int // below 0: the whole User-Agent is kept
	recordClock   time.Duration
	staleChecksum bool
	paymentwall   bool // the server's channel is Paymentwall,
	clientKnows   bool // and the client has WithPG

	// The times from the sending of a charge until its record is visible: the network,
	// the PG, the record, the look-up. Together they are at most allowed, unless slow is
	// set.
	allowed                  time.Duration
	network, pg, late, stale time.Duration
	spare                    time.Duration // what they leave of allowed
	atLimit                  bool          // requests take all of it, mostly
	slow                     bool          // excluded
	repeats                  bool          // excluded: the transport repeats POSTs
	refusedLate              bool          // excluded: refused, executed, visible late

	// The probabilities of faults, from 0 to 1.
	chargeFaults, readFaults, signInFaults, declines, refusals float64
	crashes, journalFaults, journalWaits, limiterWaits         float64
	contexts, revokes, cancels, otherTerms, earlyBirds         float64

	// See themes_test.go.
	denials, soon     float64       // weights among the faults of charges: the API's 401, and refused but shown soon
	sequels, mixed    float64       // weights of these kinds of orders
	lateCrashes       bool          // crashes come after the sending
	noNetwork, noTime bool          // the network, or every step, takes no time
	punctual          float64       // how often a call is repeated after RetryAt, not shortly before it
	longWaits         bool          // turns after a 401 wait for longer than the quiet period, and some others do
	longestWait       time.Duration // of the limiter
}

// newShape draws a shape.
func newShape(seed uint64) shape {
	d := newDice(seed, forWorld, 0, 0, 0)
	s := shape{
		workers: 2 + d.IntN(7), processes: 1 + d.IntN(3), calls: 6 + d.IntN(25),
		timeout: d.spread(time.Second, time.Minute), window: pick(d, 0, d.upTo(10*time.Second), 10*time.Second),
		duplicates:    pick(d, iamporttest.RefuseBooked, iamporttest.RefuseVisible, iamporttest.RefuseNone),
		agentLimit:    pick(d, -1, -1, -1, 0, 10+d.IntN(50)),
		recordClock:   pick(d, 0, 0, d.between(-48*time.Hour, 48*time.Hour)),
		staleChecksum: d.chance(0.5),
		chargeFaults:  pick(d, 0.1, 0.4, 0.8), readFaults: pick(d, 0, 0.05, 0.2), signInFaults: pick(d, 0, 0.02, 0.1),
		declines: pick(d, 0.02, 0.2, 0.6), refusals: pick(d, 0.02, 0.2), crashes: pick(d, 0, 0.03, 0.15),
		journalFaults: pick(d, 0, 0.05, 0.2), journalWaits: pick(d, 0, 0.2, 0.8), limiterWaits: pick(d, 0, 0.05, 0.3),
		contexts: pick(d, 0, 0.05, 0.3), revokes: pick(d, 0, 0.02, 0.1), cancels: pick(d, 0, 0.03, 0.1),
		otherTerms: pick(d, 0, 0, 0.1), earlyBirds: pick(d, 0.2, 0.6),
	}
	s.timeout, s.window = s.timeout.Round(time.Millisecond), s.window.Round(time.Millisecond)
	s.quiet = min(2*(3*s.timeout+s.window), time.Hour)
	s.longestWait = pick(d, s.timeout/2, 2*s.quiet, 3*time.Hour)
	s.paymentwall = d.chance(0.12)
	s.clientKnows = s.paymentwall && d.chance(0.7)
	s.slow, s.repeats, s.refusedLate = d.chance(0.03), d.chance(0.03), d.chance(0.05)
	s.drawTheme(d)
	s.drawTimes(d)
	return s
}

// drawTimes divides the time that the quiet period allows among the steps.
func (s *shape) drawTimes(d dice) {
	// A margin, for example for the time between the start of a look-up and its send.
	const margin = time.Millisecond
	s.allowed = s.quiet - s.timeout - margin
	total := pick(d, 0, d.upTo(s.allowed/20), d.upTo(s.allowed/2), d.upTo(s.allowed), s.allowed)
	if s.atLimit {
		total = s.allowed
	}
	if s.noTime {
		total = 0
	}
	if s.slow {
		total = d.between(s.allowed, 3*s.allowed)
	}
	var weights [4]float64
	sum := 0.0
	for i, often := range []float64{0.8, 0.5, 0.5, 0.2} {
		if d.chance(often) && (i > 0 || !s.noNetwork) {
			weights[i] = d.Float64()
			sum += weights[i]
		}
	}
	if sum == 0 {
		i := 0
		if s.noNetwork {
			i = 2
		}
		weights[i], sum = 1, 1
	}
	part := func(i int) time.Duration { return time.Duration(float64(total) * weights[i] / sum) }
	s.network, s.pg, s.late, s.stale = part(0), part(1), part(2), part(3)
	s.spare = max(0, s.allowed-s.network-s.pg-s.late-s.stale)
}

// server makes the server of the world.
func (s *shape) server() *iamporttest.Server {
	options := []iamporttest.Option{
		iamporttest.WithDuplicates(s.duplicates), iamporttest.WithPGTime(s.pg), iamporttest.WithLateRecords(s.late),
		iamporttest.WithStaleLookups(s.stale), iamporttest.WithRecordClock(s.recordClock), iamporttest.WithoutRequestLog(),
	}
	if s.agentLimit >= 0 {
		options = append(options, iamporttest.WithUserAgentLimit(s.agentLimit))
	}
	if s.staleChecksum {
		options = append(options, iamporttest.WithStaleChecksum())
	}
	if s.paymentwall {
		options = append(options, iamporttest.WithPGProvider("paymentwall"))
	}
	return iamporttest.NewServer(options...)
}

// client returns the options of every client of the world.
func (s *shape) client() []iamport.Option {
	options := []iamport.Option{iamport.WithTimeout(s.timeout), iamport.WithSettleWindow(s.window)}
	if s.clientKnows {
		options = append(options, iamport.WithPG(iamport.PGPaymentwall))
	}
	return options
}

// shows reports whether records show the mark of a charge.
func (s *shape) shows(mark string) bool {
	return s.agentLimit < 0 || len("iamport-go/"+iamport.Version+" ("+mark+")") <= s.agentLimit
}
