package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asProgram makes this test binary the program.
const asProgram = "IAMPORT_SANDBOX_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is a running sandbox in a process of its own.
type program struct {
	t      testing.TB
	cmd    *exec.Cmd
	url    string
	stdout string
	stderr *output
	// answered counts the answers of send; it may be nil.
	answered *atomic.Int64
}

// output collects what a process writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// command is the program with flags, and a cache folder of its own.
func command(t testing.TB, flags ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, flags...)
	// The race detector waits for a second at the end of a process unless it is told not to.
	cmd.Env = append(os.Environ(), asProgram+"=1", "GORACE=atexit_sleep_ms=0", "XDG_CACHE_HOME="+t.TempDir(), "HOME="+t.TempDir())
	return cmd
}

// start starts the program at a free port, and kills it when the test ends.
func start(t testing.TB, flags ...string) *program {
	t.Helper()
	return launch(t, command(t, append([]string{"-listen", "127.0.0.1:0"}, flags...)...))
}

func launch(t testing.TB, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd, stderr: new(output)}
	cmd.Stderr = p.stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(p.kill)
	lines := bufio.NewReader(stdout)
	for !strings.Contains(p.stdout, "All flags") {
		line, err := lines.ReadString('\n')
		require.NoError(t, err, "%s%s", p.stdout, p.stderr)
		p.stdout += line
		if address, found := strings.CutPrefix(line, "Address  "); found {
			p.url = strings.TrimSpace(address)
		}
	}
	return p
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// stop ends the program as Ctrl-C does, and returns its exit code.
func (p *program) stop() int {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGINT))
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// do sends a request and returns the HTTP status and the body.
func (p *program) do(method, path, contentType, body string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	require.NoError(p.t, err)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(p.t, err)
	defer answer.Body.Close() //nolint:errcheck // The body was read.
	text, err := io.ReadAll(answer.Body)
	require.NoError(p.t, err)
	return answer.StatusCode, string(text)
}

// post sends JSON to the API and returns the envelope.
func (p *program) post(path, body string) envelope {
	p.t.Helper()
	_, text := p.do("POST", path, "application/json", body)
	return read(p.t, text)
}

func (p *program) get(path string) envelope {
	p.t.Helper()
	_, text := p.do("GET", path, "", "")
	return read(p.t, text)
}

// envelope is an answer of the API.
type envelope struct {
	Code     int
	Message  string
	Response map[string]any
}

func read(t testing.TB, text string) envelope {
	t.Helper()
	var e envelope
	require.NoError(t, json.Unmarshal([]byte(text), &e), text)
	return e
}

const (
	onetimeBody = `{"merchant_uid":"o1","card_number":"1234-1234-1234-1234","expiry":"2030-12","birth":"820213","amount":3000}`
	keyBody     = `{"card_number":"1234-1234-1234-1234","expiry":"2030-12","birth":"820213","pwd_2digit":"00"}`
)

func TestStateSurvivesStopAndKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a file?.db") // characters that mean something in a URI
	p := start(t, "-db", file)
	require.Equal(t, "paid", p.post("/subscribe/payments/onetime", onetimeBody).Response["status"])
	require.Zero(t, p.post("/subscribe/customers/c1", keyBody).Code)
	require.Zero(t, p.stop(), p.stderr)
	p = start(t, "-db", file)
	require.Contains(t, p.stdout, "(1 payments, 1 customers, 0 schedules)")
	require.Equal(t, "paid", p.get("/payments/find/o1").Response["status"])
	require.Equal(t, "paid", p.post("/subscribe/payments/again", `{"customer_uid":"c1","merchant_uid":"o2","amount":100}`).Response["status"])
	require.Zero(t, p.post("/payments/cancel", `{"merchant_uid":"o1","amount":1000}`).Code)
	p.kill()
	p = start(t, "-db", file)
	require.Equal(t, "paid", p.get("/payments/find/o2").Response["status"])
	require.InDelta(t, 1000, p.get("/payments/find/o1").Response["cancel_amount"], 0)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestFileBelongsToOneProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	start(t, "-db", file)
	cmd := command(t, "-listen", "127.0.0.1:0", "-db", file)
	giveUp := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "another sandbox uses this file")
}

func TestDefaultFileAndPort(t *testing.T) {
	t.Parallel()
	cmd := command(t)
	p := launch(t, cmd)
	require.Contains(t, p.stdout, filepath.Join("iamport-sandbox", "sandbox.db"))
	require.Contains(t, p.url, "http://127.0.0.1:")
	other := launch(t, command(t)) // 8787 is taken now, by this one or another program
	require.NotEqual(t, p.url, other.url)
	require.NotContains(t, other.url, ":8787")
	require.Equal(t, "paid", other.post("/subscribe/payments/onetime", onetimeBody).Response["status"])
}

func TestRequireToken(t *testing.T) {
	t.Parallel()
	p := start(t, "-memory", "-require-token")
	status, _ := p.do("POST", "/subscribe/payments/onetime", "application/json", onetimeBody)
	require.Equal(t, http.StatusUnauthorized, status)
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{
		{"-unknown"}, {"more"}, {"-memory", "-db", "x"}, {"-clock", "0.5x"}, {"-clock", "2"}, {"-jump", "-3d"},
		{"-fault", "POST /nowhere=lose-after"}, {"-fault", "GET /payments/{imp_uid}=decline:no"},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitBadFlags, run(t.Context(), flags, &stdout, &stderr), flags)
		require.NotEmpty(t, stderr.String())
		require.Empty(t, stdout.String())
	}
	require.Equal(t, exitOK, run(t.Context(), []string{"-h"}, io.Discard, io.Discard))
	require.Equal(t, exitFailed, run(t.Context(), []string{"-memory", "-listen", "256.0.0.1:1"}, io.Discard, io.Discard))
}

func TestStopWaitsForAnswers(t *testing.T) {
	t.Parallel()
	p := start(t, "-memory", "-fault", "POST /subscribe/payments/onetime=slow:700ms")
	answered := make(chan string)
	go func() {
		r, _ := http.NewRequest("POST", p.url+"/subscribe/payments/onetime", strings.NewReader(onetimeBody))
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer answer.Body.Close() //nolint:errcheck // The body was read.
		text, _ := io.ReadAll(answer.Body)
		answered <- string(text)
	}()
	require.Eventually(t, func() bool {
		return p.get("/payments/find/o1").Code == 0
	}, 5*time.Second, 10*time.Millisecond)
	code := make(chan int)
	go func() { code <- p.stop() }()
	require.Contains(t, <-answered, `"status":"paid"`)
	require.Zero(t, <-code, p.stderr)
}
