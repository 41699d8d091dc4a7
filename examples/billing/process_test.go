package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// asProgram makes the test binary be the program. A worker process is the program anyway.
const asProgram = "BILLING_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" || os.Getenv(workerVariable) != "" {
		main()
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // the tests wait most of their time
	os.Exit(m.Run())
}

// longest bounds a wait that takes seconds on a machine that does nothing else.
const longest = 4 * time.Minute

// text is what a process prints, while it runs.
type text struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.all.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.all.String()
}

// process is the program as a process.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr text
	ended          chan struct{}
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], args...), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asProgram+"=yes", "TMPDIR="+t.TempDir())
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%v\n%s%s", args, &p.stdout, &p.stderr)
		}
	})
	return p
}

// code waits for the end of the process, and returns its exit status, -1 if a signal ended it.
func (p *process) code() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(longest):
		require.FailNow(p.t, "the program does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

// runs is start and code.
func runs(t *testing.T, want int, args ...string) *process {
	t.Helper()
	p := start(t, args...)
	require.Equal(t, want, p.code(), args)
	return p
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(s))
}

// find waits until the process prints what re matches.
func (p *process) find(x *text, re string) []string {
	p.t.Helper()
	var found []string
	p.until(func() bool {
		found = regexp.MustCompile(re).FindStringSubmatch(x.String())
		return found != nil
	}, re)
	return found
}

// until waits until the condition is true, while the process runs.
func (p *process) until(condition func() bool, why string) {
	p.t.Helper()
	for end := time.Now().Add(longest); !condition(); time.Sleep(10 * time.Millisecond) {
		select {
		case <-p.ended:
			require.True(p.t, condition(), "ended before: %s", why)
			return
		default:
			require.True(p.t, time.Now().Before(end), why)
		}
	}
}

// requireEqual requires that the report finds nothing.
func (p *process) requireEqual(subscribers string) {
	p.t.Helper()
	out := p.stdout.String()
	require.Regexp(p.t, `(?m)^Months due +`+subscribers+` billed$`, out)
	require.Regexp(p.t, `(?m)^Difference +0 won$`, out)
	for _, title := range []string{"Orders that differ", "Orders paid twice", "Months billed twice", "Orders without an end", "Jobs that differ", "Subscribers that differ"} {
		require.Regexp(p.t, `(?m)^`+title+` +0$`, out)
	}
	money := regexp.MustCompile(`(?m)^(?:Ledger|Books of the sandbox) +(\S+ won of \S+ orders)$`).FindAllStringSubmatch(out, -1)
	require.Len(p.t, money, 2)
	require.Equal(p.t, money[0][1], money[1][1])
}

// postgres returns the flags of a schema of its own, and a connection that sees it.
func postgres(t *testing.T) ([]string, *pgx.Conn) {
	t.Helper()
	database := cmp.Or(os.Getenv("IAMPORT_TEST_POSTGRES"), "host=127.0.0.1 user=postgres database=test")
	name := "billing_" + strings.ToLower(rand.Text())
	config, err := pgx.ParseConfig(database)
	require.NoError(t, err)
	config.RuntimeParams["search_path"] = name
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx := context.Background() // that of the test has ended
		_, _ = conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+name+" CASCADE")
		_ = conn.Close(ctx)
	})
	return []string{"-database", database, "-schema", name}, conn
}
