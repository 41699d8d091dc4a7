package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const soakWorkers = 64

// TestSoak charges from many goroutines with random faults, while the server's clock
// jumps. Not parallel: it counts the goroutines of the process.
func TestSoak(t *testing.T) {
	length := 5 * time.Second
	if text := os.Getenv("FAULTTEST_SOAK"); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %s", seed, length)
	before := runtime.NumGoroutine()
	s := newSoak(t, seed)

	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() { s.jump(ctx, rand.New(rand.NewPCG(seed, 1))) })
	group.Go(func() { s.revoke(ctx, rand.New(rand.NewPCG(seed, 2))) })
	for i := range soakWorkers {
		group.Go(func() { s.work(ctx, i, rand.New(rand.NewPCG(seed, uint64(100+i)))) })
	}
	group.Wait()

	s.srv.InjectFunc(nil)
	s.srv.SetClockOffset(30 * 24 * time.Hour)
	s.judge(t)
	s.close(t, before)
}

type soak struct {
	srv     *iamporttest.Server
	ts      *httptest.Server
	setup   *iamport.Client
	clients []*iamport.Client
	ways    []*http.Transport

	mu       sync.Mutex
	attempts map[string][]*attempt // by merchant_uid
	ensured  map[string]bool
	open     map[net.Conn]bool
	reads    int
	random   *rand.Rand // of the faults
}

// attempt is one call that charges. Its name is on the payment that it made.
type attempt struct {
	call, name string
	outcome    outcome
	err        error
	settled    outcome // the result of Settle, if it was called
}

func newSoak(t *testing.T, seed uint64) *soak {
	t.Helper()
	s := &soak{
		srv: iamporttest.NewServer(), attempts: map[string][]*attempt{}, ensured: map[string]bool{},
		open: map[net.Conn]bool{}, random: rand.New(rand.NewPCG(seed, 0)),
	}
	var err error
	s.setup, err = iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(s.srv.Client()))
	require.NoError(t, err)
	_, err = s.setup.RegisterCustomer(t.Context(), customer, iamport.RegisterCustomerRequest{Card: testCard})
	require.NoError(t, err)
	s.srv.InjectFunc(s.fault)
	s.ts = httptest.NewUnstartedServer(s.srv)
	s.ts.Config.ConnState = s.connState
	s.ts.Start()
	journal := iamport.NewMemoryJournal() // in place of one in a database
	for range 3 {                         // as many processes
		way := &http.Transport{MaxIdleConnsPerHost: 100}
		s.ways = append(s.ways, way)
		c, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithBaseURL(s.ts.URL),
			iamport.WithHTTPClient(&http.Client{Transport: way}),
			iamport.WithTimeout(time.Second), iamport.WithSettleWindow(2*time.Second),
			iamport.WithQuietPeriod(5*time.Second), iamport.WithJournal(journal))
		require.NoError(t, err)
		s.clients = append(s.clients, c)
	}
	return s
}

func (s *soak) connState(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.open[conn] = true
	case http.StateClosed, http.StateHijacked: // hijacked to be reset
		delete(s.open, conn)
	case http.StateActive, http.StateIdle:
	}
}

// fault draws the fault of a request.
func (s *soak) fault(r *http.Request) *iamporttest.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := fmt.Sprintf(gatewayPage, 502)
	faults, share := []iamporttest.Fault{
		iamporttest.LoseBefore(), iamporttest.LoseAfter(), iamporttest.CutAfter(s.random.IntN(1000)),
		iamporttest.Answer(502, "text/html", page), iamporttest.AnswerAfter(502, "text/html", page),
		iamporttest.Fault{}.Slow(time.Duration(s.random.IntN(50)) * time.Millisecond),
		iamporttest.Fault{}.Slow(2 * time.Second), iamporttest.Delay(2 * time.Second), iamporttest.Answer(429, "", ""),
	}, 0.08
	if isCharge(r) {
		share = 0.6
		faults = append(faults, iamporttest.Decline("[2116] limit"), iamporttest.Decline("[2116] limit").Slow(2*time.Second),
			iamporttest.DeclineCode("[F113] unknown card"),
			iamporttest.LoseThenExecute(time.Second), iamporttest.LoseThenExecute(3*time.Second))
	}
	if s.random.Float64() > share {
		return nil
	}
	return &faults[s.random.IntN(len(faults))]
}

// jump sets the server's clock, by seconds or minutes, forward and back.
func (s *soak) jump(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		reach := []time.Duration{3 * time.Second, 10 * time.Minute}[random.IntN(2)]
		s.srv.SetClockOffset(time.Duration(random.Int64N(int64(2*reach))) - reach)
		wait(ctx, time.Duration(random.IntN(600))*time.Millisecond)
	}
}

func (s *soak) revoke(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		s.srv.RevokeTokens()
		wait(ctx, time.Duration(random.IntN(500))*time.Millisecond)
	}
}

// close closes everything and requires that no goroutine or connection is left.
func (s *soak) close(t *testing.T, goroutines int) {
	t.Helper()
	for _, way := range s.ways {
		way.CloseIdleConnections()
	}
	left := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.open)
	}
	for range 1000 {
		if left() == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	require.Zero(t, left(), "open connections")
	s.ts.Close()
	for range 1000 {
		if runtime.NumGoroutine() <= goroutines {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Fatalf("%d goroutines at the start, now\n%s", goroutines, stacks[:runtime.Stack(stacks, true)])
}

// judge compares every attempt with the books.
func (s *soak) judge(t *testing.T) {
	t.Helper()
	rows := map[string]*row{}
	var wrong []string
	for id, attempts := range s.attempts {
		charges, executed := 0, ""
		for p, err := range s.setup.FindPayments(t.Context(), id, iamport.FindPaymentsQuery{Status: iamport.StatusPaid}) {
			require.NoError(t, err)
			charges++
			executed = p.Name
		}
		blame := func(format string, args ...any) { wrong = append(wrong, id+": "+fmt.Sprintf(format, args...)) }
		if charges > 1 {
			blame("%d charges", charges)
		}
		if s.ensured[id] && charges != 1 {
			blame("EnsurePaid said paid, and there are %d charges", charges)
		}
		for _, a := range attempts {
			r := rows[a.call]
			if r == nil {
				r = &row{fault: "soak", proto: "h1", call: a.call}
				rows[a.call] = r
			}
			own := a.name == executed
			if own {
				r.executed++
			}
			r.charges++
			r.add(a.outcome)
			wrongBefore := len(wrong)
			switch {
			case a.outcome == contradictory:
				blame("%s: none of the four outcomes: %v", a.name, a.err)
			case a.outcome&(paid|alreadyPaid) != 0 && charges != 1:
				blame("%s: %d charges, but: %v", a.name, charges, a.err)
			case a.outcome == notCharged && own:
				blame("%s: charged, but: %v", a.name, a.err)
			case a.settled == paid && charges != 1:
				blame("%s: %d charges, but Settle says paid", a.name, charges)
			case a.settled == notCharged && own:
				blame("%s: charged, but Settle says declined", a.name)
			}
			r.wrong += len(wrong) - wrongBefore
		}
	}
	var table report
	for _, r := range rows {
		table.add(r)
	}
	_, _ = fmt.Fprintf(t.Output(), "%s\n%d orders, %d reads\n", table.String(), len(s.attempts), s.reads)
	require.Equal(t, len(s.srv.ChargedUIDs()), s.srv.TotalCharges())
	require.Empty(t, wrong, strings.Join(wrong, "\n"))
	require.Positive(t, s.srv.TotalCharges())
}

func settledAs(id string, amount iamport.Amount, p *iamport.Payment, err error) (outcome, error) {
	o := said(id, amount, p, err)
	if o == contradictory {
		return o, errors.Join(errors.New("Settle contradicts itself"), err)
	}
	return o, nil
}
