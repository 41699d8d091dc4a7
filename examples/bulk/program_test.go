package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// asProgram makes the test binary be the program, for the tests with signals.
const asProgram = "BULK_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func TestDemo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "results.csv")
		code, stdout, stderr := runBulk(nil, "-results", path)
		require.Equal(t, 1, code, stderr)
		require.True(t, strings.HasPrefix(stdout, "Sandbox inside this program"), stdout)
		require.Contains(t, stdout, "60 orders: 57 paid, 3 declined, 0 not charged, 0 unknown, 0 already paid, 0 without a result. See "+path)
		require.Contains(t, stderr, "30 of 60 done")
		require.Equal(t, 61, strings.Count(content(t, path), "\n"))
	})
}

func TestProgramOnAServer(t *testing.T) {
	t.Parallel()
	s := newStage(t, 3)
	ts := httptest.NewServer(s.srv)
	defer ts.Close()
	env := map[string]string{"IAMPORT_KEY": iamporttest.Key, "IAMPORT_SECRET": iamporttest.Secret, "IAMPORT_BASE_URL": ts.URL}
	sent := func() int { return len(s.srv.Requests()) }
	before := sent()

	bad := write(t, threeOrders+"customer_0,order_0,3000,\n")
	code, _, stderr := runBulk(env, "-orders", bad, "-results", s.path)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "line 5: merchant_uid \"order_0\" is in line 2 already")
	require.NoFileExists(t, s.path)
	require.Equal(t, before, sent(), "one bad row: nothing is sent")

	good := write(t, threeOrders)
	code, stdout, stderr := runBulk(env, "-orders", good, "-results", s.path)
	require.Equal(t, 0, code, stderr)
	require.True(t, strings.HasPrefix(stdout, "Sandbox at "+ts.URL+": no money.\n"), stdout)
	s.requireAllPaidOnce(t)

	before = sent()
	code, stdout, _ = runBulk(env, "-orders", good, "-results", s.path)
	require.Equal(t, 0, code)
	require.Contains(t, stdout, "3 of 3 orders are done already.")
	require.Equal(t, before+1, sent(), "the sign-in alone")
}

func TestProgramRefuses(t *testing.T) {
	t.Parallel()
	real := map[string]string{"IAMPORT_KEY": "key", "IAMPORT_SECRET": "secret"}
	orders := write(t, "customer_uid,merchant_uid,amount,name\ncustomer_0,order_0,3000,\n")
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"a real charge that was not asked for": {real, []string{"-orders", orders, "-results", "unused"}, "say so with -charge-real-card"},
		"made-up orders on the real API":       {real, []string{"-charge-real-card"}, "-orders is missing"},
		"no results file":                      {nil, []string{"-orders", orders}, "-results is missing"},
		"a key without a secret":               {map[string]string{"IAMPORT_KEY": "key"}, nil, "go together"},
		"a base URL without a key":             {map[string]string{"IAMPORT_BASE_URL": "http://127.0.0.1:1"}, nil, "go together"},
		"plain http":                           {map[string]string{"IAMPORT_KEY": "k", "IAMPORT_SECRET": "s", "IAMPORT_BASE_URL": "http://192.0.2.1"}, []string{"-charge-real-card"}, "https"},
		"a host that looks like loopback":      {map[string]string{"IAMPORT_KEY": "k", "IAMPORT_SECRET": "s", "IAMPORT_BASE_URL": "https://127.0.0.1.example"}, nil, "say so with -charge-real-card"},
		"no workers":                           {nil, []string{"-workers", "0"}, "-workers must be"},
		"a quiet period that is too short":     {nil, []string{"-quiet", "1m"}, "WithQuietPeriod must be at least 3m10s"},
		"a stray argument":                     {nil, []string{"orders.csv"}, "unexpected argument"},
		"an unknown flag":                      {nil, []string{"-order", orders}, "not defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := runBulk(c.env, c.args...)
			require.Equal(t, 2, code)
			require.Contains(t, stderr, c.want)
		})
	}
}

const threeOrders = "customer_uid,merchant_uid,amount,name\ncustomer_0,order_0,3000,\ncustomer_1,order_1,3000,\ncustomer_2,order_2,3000,\n"

// process is the program as a process, with one charge held back by the server.
type process struct {
	*stage
	cmd     *exec.Cmd
	stderr  *bufio.Reader
	stdout  *bytes.Buffer
	release func()
}

func startProcess(t *testing.T) *process {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	p := &process{stage: newStage(t, 3), stdout: new(bytes.Buffer)}
	arrived, released := make(chan struct{}, 3), make(chan struct{})
	p.release = sync.OnceFunc(func() { close(released) })
	p.srv.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if r.URL.Path == "/subscribe/payments/again" {
			arrived <- struct{}{}
			<-released
		}
		return nil
	})
	ts := httptest.NewServer(p.srv)
	t.Cleanup(ts.Close)
	t.Cleanup(p.release) // before Close, which waits for the requests

	p.cmd = exec.CommandContext(t.Context(), os.Args[0], "-workers", "1", "-orders", write(t, threeOrders), "-results", p.path)
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "IAMPORT_KEY="+iamporttest.Key, "IAMPORT_SECRET="+iamporttest.Secret, "IAMPORT_BASE_URL="+ts.URL)
	p.cmd.Stdout = p.stdout
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	p.stderr = bufio.NewReader(stderr)
	require.NoError(t, p.cmd.Start())
	<-arrived
	return p
}

func (p *process) interrupt(t *testing.T, sig os.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(sig))
	line, err := p.stderr.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "Stopping: charges under way are finished first.")
}

func TestSignalFinishesTheChargeUnderWay(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := startProcess(t)
			p.interrupt(t, sig)
			p.release()
			_, _ = io.Copy(io.Discard, p.stderr)
			exit, ok := errors.AsType[*exec.ExitError](p.cmd.Wait())
			require.True(t, ok)
			require.Equal(t, 1, exit.ExitCode())
			require.Contains(t, p.stdout.String(), "3 orders: 1 paid, 0 declined, 0 not charged, 0 unknown, 0 already paid, 2 without a result.")
			require.Equal(t, map[string]string{"order_0": "paid"}, p.outcomes(t))
			require.Equal(t, 1, p.begun())

			require.NoError(t, p.run(t.Context(), t, time.Minute))
			p.requireAllPaidOnce(t)
		})
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	p.interrupt(t, syscall.SIGINT)
	ended := make(chan error, 1)
	go func() { _, _ = io.Copy(io.Discard, p.stderr); ended <- p.cmd.Wait() }()
	// The program gives the signal back a moment after the first one.
	require.Eventually(t, func() bool {
		_ = p.cmd.Process.Signal(syscall.SIGINT)
		return len(ended) == 1
	}, 10*time.Second, 10*time.Millisecond)
	exit, ok := errors.AsType[*exec.ExitError](<-ended)
	require.True(t, ok)
	require.Equal(t, -1, exit.ExitCode(), "ended by the signal")
	require.Equal(t, header, content(t, p.path))

	// The journal knows of the charge of the process that is gone.
	p.srv.InjectFunc(nil)
	require.Equal(t, 1, strings.Count(content(t, p.path+".journal"), "\n"))
	require.NoError(t, p.run(t.Context(), t, time.Minute, iamport.WithSettleWindow(0)))
	require.Equal(t, map[string]string{"order_0": "unknown", "order_1": "paid", "order_2": "paid"}, p.outcomes(t))

	p.release()
	require.Eventually(t, func() bool { return p.srv.Charges("order_0") == 1 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, p.run(t.Context(), t, time.Minute))
	p.requireAllPaidOnce(t)
}

func runBulk(env map[string]string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, func(name string) string { return env[name] }, &out, &errs)
	return code, out.String(), errs.String()
}
