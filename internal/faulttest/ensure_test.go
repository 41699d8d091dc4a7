package faulttest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// ensurePatience is how long an order is tried. An attempt whose outcome is unknown
// holds it for ensureQuiet and a time-out.
const (
	ensurePatience = 4 * time.Minute
	ensureTimeout  = 2 * time.Second
	ensureQuiet    = 3*ensureTimeout + brief
)

// ensureOptions are those of every client that works on the same orders.
func ensureOptions(journal iamport.Journal) []iamport.Option {
	return []iamport.Option{
		iamport.WithTimeout(ensureTimeout), iamport.WithSettleWindow(brief),
		iamport.WithQuietPeriod(ensureQuiet), iamport.WithJournal(journal),
	}
}

// unguarded is a server that refuses no charge for its order number: only the client
// prevents a second charge.
var unguarded = []iamporttest.Option{iamporttest.WithDuplicates(iamporttest.RefuseNone)}

// roughWay is a proxy whose connections fail early, each in a different way.
var roughWay = []string{
	`{"type":"reset_peer","stream":"downstream","toxicity":0.05,"attributes":{"timeout":0}}`,
	`{"type":"limit_data","stream":"downstream","toxicity":0.3,"attributes":{"bytes":9000}}`,
	`{"type":"limit_data","stream":"upstream","toxicity":0.2,"attributes":{"bytes":6000}}`,
}

// roughServer makes a server fail most of the charges and some of everything.
func roughServer(t *testing.T, srv *iamporttest.Server) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	page := fmt.Sprintf(gatewayPage, 502)
	onCharge := []iamporttest.Fault{
		iamporttest.LoseBefore(), iamporttest.LoseBefore(), iamporttest.LoseAfter(), iamporttest.LoseAfter(),
		iamporttest.CutAfter(60), iamporttest.Answer(502, "text/html", page), iamporttest.AnswerAfter(502, "text/html", page),
		iamporttest.LoseThenExecute(time.Second), iamporttest.LoseThenExecute(3 * time.Second),
		iamporttest.Decline("[2116] limit"), iamporttest.DeclineCode("[F113] unknown card"),
	}
	onOther := []iamporttest.Fault{
		iamporttest.LoseBefore(), iamporttest.LoseAfter(), iamporttest.Answer(504, "text/html", page), iamporttest.CutAfter(60),
	}
	srv.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		mu.Lock()
		defer mu.Unlock()
		faults, share := onOther, 0.1
		if isCharge(r) {
			faults, share = onCharge, 0.7
		}
		if random.Float64() > share {
			return nil
		}
		return &faults[random.IntN(len(faults))]
	})
}

// ensureAll calls EnsurePaid for every order until it settles, and returns the
// imp_uid of each payment, or why there is none.
func ensureAll(ctx context.Context, c *iamport.Client, ids []string) map[string]string {
	var mu sync.Mutex
	results := map[string]string{}
	pool(ids, len(ids), func(id string) { // most orders wait most of the time
		text := ensureOne(ctx, c, id)
		mu.Lock()
		defer mu.Unlock()
		results[id] = text
	})
	return results
}

func ensureOne(ctx context.Context, c *iamport.Client, id string) string {
	var p *iamport.Payment
	var err error
	for began := time.Now(); time.Since(began) < ensurePatience; {
		p, err = c.EnsurePaid(ctx, iamport.AgainRequest{
			MerchantUID: id, Amount: again.amount, CustomerUID: customer, Name: "ensure",
		})
		switch said(id, again.amount, p, err) {
		case paid:
			return p.ImpUID
		case contradictory:
			return fmt.Sprintf("contradictory: %v, %v", p, err)
		case alreadyPaid:
			return err.Error()
		case notCharged, unknown:
		}
		// An early look-up is safe, and finds a late charge before RetryAt.
		pause := 20 * time.Millisecond
		if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok && !lost.RetryAt.IsZero() {
			pause = min(2*time.Second, time.Until(lost.RetryAt)+pause)
		}
		wait(ctx, pause/2+rand.N(max(pause/2, 1)))
	}
	return "never settled: " + err.Error()
}

func orderIDs() []string {
	ids := make([]string, perRow)
	for i := range ids {
		ids[i] = fmt.Sprintf("order_%03d", i)
	}
	return ids
}

// requireEnsured compares the results of several processes with the books.
func requireEnsured(t *testing.T, name string, a *world, ids []string, told ...map[string]string) {
	t.Helper()
	a.srv.InjectFunc(nil)
	a.srv.SetClockOffset(time.Hour)
	r := &row{fault: "rough way, " + name, proto: protoName(a.proto), call: "EnsurePaid"}
	for _, id := range ids {
		charges := a.srv.Charges(id)
		r.executed += charges
		if charges != 1 {
			r.blame("%s: %d charges", id, charges)
		}
		for _, results := range told {
			r.charges++
			if result := results[id]; strings.HasPrefix(result, "imps_") && result == told[0][id] {
				r.paid++
			} else {
				r.blame("%s: told %q, and somebody else %q", id, result, told[0][id])
			}
		}
	}
	var table report
	table.add(r)
	total, _ := a.seen.all()
	_, _ = fmt.Fprintf(t.Output(), "%s\n%d charge requests\n", table.String(), total)
	require.Zero(t, r.wrong, strings.Join(r.why, "\n"))
	require.Equal(t, len(ids), a.srv.TotalCharges())
}

func TestEnsurePaidAcrossClients(t *testing.T) {
	t.Parallel()
	for _, proto := range []string{"", "h2"} {
		t.Run(protoName(proto), func(t *testing.T) {
			t.Parallel()
			options := ensureOptions(iamport.NewMemoryJournal())
			a := newWorld(t, wiring{proto: proto, toxicsAll: roughWay, server: unguarded, unmarked: proto == "h2"}, options...)
			other, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append(options, iamport.WithBaseURL(a.base),
				iamport.WithHTTPClient(&http.Client{Transport: a.transport(t, proto)}))...)
			require.NoError(t, err)
			roughServer(t, a.srv)

			ids := orderIDs()
			var mine, theirs map[string]string
			var both sync.WaitGroup
			both.Go(func() { mine = ensureAll(t.Context(), a.client, ids) })
			both.Go(func() { theirs = ensureAll(t.Context(), other, ids) })
			both.Wait()
			requireEnsured(t, "two clients", a, ids, mine, theirs)
		})
	}
}

const (
	urlEnv     = "FAULTTEST_URL"
	journalEnv = "FAULTTEST_JOURNAL"
)

func TestEnsurePaidAcrossProcesses(t *testing.T) {
	t.Parallel()
	a := newWorld(t, wiring{toxicsAll: roughWay, server: unguarded})
	roughServer(t, a.srv)
	journal := httptest.NewServer(journalHandler(iamport.NewMemoryJournal()))
	t.Cleanup(journal.Close)
	program, err := os.Executable()
	require.NoError(t, err)

	told := make([]map[string]string, 2)
	errs := make([]error, len(told))
	var processes sync.WaitGroup
	for i := range told {
		processes.Go(func() {
			cmd := exec.CommandContext(t.Context(), program)
			cmd.Env = append(os.Environ(), helperEnv+"=ensure", urlEnv+"="+a.base, journalEnv+"="+journal.URL)
			cmd.Stderr = t.Output()
			var output []byte
			if output, errs[i] = cmd.Output(); errs[i] == nil {
				errs[i] = json.Unmarshal(output, &told[i])
			}
		})
	}
	processes.Wait()
	require.NoError(t, errors.Join(errs...))
	requireEnsured(t, "two processes", a, orderIDs(), told...)
}

// ensureHelper is one of the processes that work on the same orders.
func ensureHelper() int {
	options := ensureOptions(remoteJournal{os.Getenv(journalEnv)})
	c, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append(options, iamport.WithBaseURL(os.Getenv(urlEnv)))...)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(ensureAll(context.Background(), c, orderIDs()))
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
