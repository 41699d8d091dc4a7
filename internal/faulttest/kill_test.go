package faulttest_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const (
	bulkOrders = 500
	bulkKills  = 20

	bulkTimeout = time.Second
	bulkQuiet   = 5 * time.Second // more than the second after which a lost charge may be executed
)

// TestBulkKilled kills examples/bulk several times while it runs, and restarts it
// with the same files. Meanwhile the server loses and delays answers, and sometimes
// the end of the results file is lost, as after a power failure; the journal is
// synced before a charge is sent. At the end every order has been charged once.
func TestBulkKilled(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed) // of the plan; the scheduler decides the rest
	b := newBulkRuns(t, seed)

	unwritten, torn := 0, 0
	for kill := range bulkKills {
		killed, exit, output := b.run(t, 1+b.plan.IntN(80))
		require.True(t, killed, "ended by itself before kill %d, with %d\n%s", kill+1, exit, output)
		unwritten += b.chargedWithoutRow(t)
		if b.plan.IntN(3) == 0 {
			torn += b.tearResults(t)
		}
	}
	t.Logf("%d kills, %d orders charged by then; %d times an order was charged and not written, %d bytes torn off",
		bulkKills, b.srv.TotalCharges(), unwritten, torn)
	require.Positive(t, unwritten, "no kill fell between a charge and its row")

	exit, output := 1, ""
	for tries := 0; exit != 0 && tries < 8; tries++ {
		_, exit, output = b.run(t, 0)
		if exit != 0 {
			require.Contains(t, output, "nobody is charged twice")
			time.Sleep(bulkQuiet + bulkTimeout + time.Second) // as the program says
		}
	}
	require.Zero(t, exit, output)
	b.srv.InjectFunc(nil)
	b.requireAllPaidOnce(t)

	sent := func() int { return len(b.srv.Requests()) }
	before := sent()
	_, exit, output = b.run(t, 0)
	require.Zero(t, exit, output)
	require.Equal(t, before+1, sent(), "when all are paid, a run signs in and sends nothing else")
}

// bulkRuns is an iamport on a real port, the program, and its files.
type bulkRuns struct {
	srv             *iamporttest.Server
	setup           *iamport.Client // in the process, without a port
	url             string
	program         string
	orders, results string

	plan      *rand.Rand
	faultsMu  sync.Mutex
	faultPlan *rand.Rand
	countdown atomic.Int64 // requests until the kill
	due       chan struct{}
}

func newBulkRuns(t *testing.T, seed uint64) *bulkRuns {
	t.Helper()
	dir := t.TempDir()
	b := &bulkRuns{
		// Only the program prevents a second charge of an order.
		srv: iamporttest.NewServer(iamporttest.WithDuplicates(iamporttest.RefuseNone)), due: make(chan struct{}, 1),
		program: filepath.Join(dir, "bulk"), orders: filepath.Join(dir, "orders.csv"), results: filepath.Join(dir, "results.csv"),
		plan: rand.New(rand.NewPCG(seed, 1)), faultPlan: rand.New(rand.NewPCG(seed, 2)),
	}
	if runtime.GOOS == "windows" {
		b.program += ".exe"
	}
	output, err := exec.CommandContext(t.Context(), "go", "build", "-C", "../../examples/bulk", "-o", b.program, ".").CombinedOutput()
	require.NoError(t, err, string(output))

	b.setup, err = iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(b.srv.Client()))
	require.NoError(t, err)
	text := bytes.NewBufferString("customer_uid,merchant_uid,amount,name\n")
	for i := range bulkOrders {
		uid := fmt.Sprintf("customer_%d", i)
		_, err := b.setup.RegisterCustomer(t.Context(), uid, iamport.RegisterCustomerRequest{
			Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "900101", Pwd2Digit: "00"},
		})
		require.NoError(t, err)
		fmt.Fprintf(text, "%s,%s,%d,July\n", uid, bulkOrder(i), 1000+i)
	}
	require.NoError(t, os.WriteFile(b.orders, text.Bytes(), 0o600))

	b.srv.InjectFunc(b.fault)
	ts := httptest.NewServer(b.srv)
	t.Cleanup(ts.Close)
	b.url = ts.URL
	return b
}

func bulkOrder(i int) string { return "order_" + strconv.Itoa(i) }

// fault counts the request and returns its fault. Most requests are only slow, before
// or after the charge.
func (b *bulkRuns) fault(r *http.Request) *iamporttest.Fault {
	if b.countdown.Add(-1) == 0 {
		b.due <- struct{}{}
	}
	b.faultsMu.Lock()
	defer b.faultsMu.Unlock()
	dice, pause := b.faultPlan.IntN(100), time.Duration(b.faultPlan.IntN(40))*time.Millisecond
	fault := iamporttest.Fault{}.Slow(pause)
	switch charge := strings.HasSuffix(r.URL.Path, "/again"); {
	case !charge && dice < 3 && r.Method == http.MethodGet:
		fault = iamporttest.LoseBefore()
	case !charge && dice < 6 && r.Method == http.MethodGet:
		fault = iamporttest.AnswerAfter(502, "text/html", "<html>Bad Gateway</html>")
	case !charge:
	case dice < 20:
		fault = iamporttest.Delay(pause)
	case dice < 30:
		fault = iamporttest.LoseAfter().After(pause)
	case dice < 35:
		fault = iamporttest.CutAfter(b.faultPlan.IntN(400))
	case dice < 38:
		fault = iamporttest.LoseThenExecute(time.Second)
	case dice < 39:
		fault = iamporttest.LoseBefore()
	}
	return &fault
}

// run starts the program and kills it shortly after this number of requests, or lets
// it run to its end if the number is 0.
func (b *bulkRuns) run(t *testing.T, requests int) (killed bool, exit int, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	select {
	case <-b.due: // of a run that ended first
	default:
	}
	b.countdown.Store(int64(requests))
	cmd := exec.CommandContext(ctx, b.program, "-orders", b.orders, "-results", b.results,
		"-timeout", bulkTimeout.String(), "-quiet", bulkQuiet.String())
	cmd.Env = append(os.Environ(), "IAMPORT_KEY="+iamporttest.Key, "IAMPORT_SECRET="+iamporttest.Secret, "IAMPORT_BASE_URL="+b.url)
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	require.NoError(t, cmd.Start())

	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	moment := time.Duration(b.plan.IntN(30_000)) * time.Microsecond
	select {
	case <-b.due:
		select {
		case err := <-ended:
			return false, exitCode(err), text.String()
		case <-time.After(moment):
		}
		_ = cmd.Process.Kill() // SIGKILL
		exit := exitCode(<-ended)
		return exit == -1, exit, text.String()
	case err := <-ended:
		return false, exitCode(err), text.String()
	}
}

// exitCode is -1 for a process that was killed.
func exitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

// rows reads the whole lines of the results file; the last row of an order counts.
func (b *bulkRuns) rows(t *testing.T) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(b.results)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(data[:bytes.LastIndexByte(data, '\n')+1])).ReadAll()
	require.NoError(t, err, string(data))
	last := map[string][]string{}
	for _, row := range rows[min(1, len(rows)):] {
		last[row[0]] = row
	}
	return last
}

// chargedWithoutRow counts the charged orders without a row that shows it, and checks
// that every row agrees with the books.
func (b *bulkRuns) chargedWithoutRow(t *testing.T) (n int) {
	t.Helper()
	rows := b.rows(t)
	for i := range bulkOrders {
		id, isPaid := bulkOrder(i), false
		if row := rows[bulkOrder(i)]; row != nil {
			isPaid = row[1] == "paid"
		}
		charges := b.srv.Charges(id)
		require.LessOrEqual(t, charges, 1, id)
		require.False(t, isPaid && charges == 0, "%s is paid in the results alone", id)
		if charges == 1 && !isPaid {
			n++
		}
	}
	return n
}

// tearResults removes some bytes from the end of the results file, as if they had not
// reached the disk.
func (b *bulkRuns) tearResults(t *testing.T) int {
	t.Helper()
	info, err := os.Stat(b.results)
	if err != nil {
		return 0
	}
	lost := min(info.Size(), 1+b.plan.Int64N(120))
	require.NoError(t, os.Truncate(b.results, info.Size()-lost))
	return int(lost)
}

func (b *bulkRuns) requireAllPaidOnce(t *testing.T) {
	t.Helper()
	rows := b.rows(t)
	require.Len(t, rows, bulkOrders)
	for i := range bulkOrders {
		id := bulkOrder(i)
		require.Equal(t, 1, b.srv.Charges(id), id)
		payment, err := b.setup.FindPayment(t.Context(), id, iamport.FindPaymentQuery{})
		require.NoError(t, err, id)
		require.Equal(t, []string{id, "paid", payment.ImpUID, strconv.Itoa(1000 + i), "", "sandbox"}, rows[id])
	}
	require.Equal(t, bulkOrders, b.srv.TotalCharges())
	require.Len(t, b.srv.ChargedUIDs(), bulkOrders)
}
