package sqljournal

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// cluster is a PostgreSQL server of one test.
type cluster struct {
	t          *testing.T
	bin, dir   string
	port       int
	credential *syscall.Credential // of the user postgres, if the test runs as root
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	require.NotEmpty(t, found, "the programs of PostgreSQL are not in /usr/lib/postgresql: install Debian's package postgresql")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	dir, err := os.MkdirTemp("", "journal") //nolint:usetesting // The folders of TempDir are closed to the user postgres.
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &cluster{t: t, bin: filepath.Dir(found[len(found)-1]), dir: dir, port: port}
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		require.NoError(t, err)
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		require.NoError(t, err)
		c.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(t, os.Chown(dir, int(uid), int(gid)))
	}
	c.run("initdb", "-D", dir+"/data", "-U", "postgres", "-A", "trust", "-N")
	c.start()
	t.Cleanup(func() { c.run("pg_ctl", "-D", dir+"/data", "-m", "immediate", "stop") })
	return c
}

func (c *cluster) run(program string, args ...string) {
	c.t.Helper()
	cmd := exec.CommandContext(context.Background(), filepath.Join(c.bin, program), args...)
	cmd.Dir = c.dir
	if c.credential != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.credential}
	}
	out, err := cmd.CombinedOutput()
	require.NoError(c.t, err, "%s: %s", program, out)
}

func (c *cluster) start() {
	c.t.Helper()
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c max_connections=250", c.port, c.dir)
	c.run("pg_ctl", "-D", c.dir+"/data", "-o", options, "-w", "-l", c.dir+"/log", "start")
}

// crash kills the server as a failover does: without a checkpoint, and with all its connections.
func (c *cluster) crash() {
	c.t.Helper()
	c.run("pg_ctl", "-D", c.dir+"/data", "-m", "immediate", "stop")
}

func (c *cluster) url() string {
	return "host=127.0.0.1 user=postgres database=postgres port=" + strconv.Itoa(c.port)
}

// One hundred connections begin attempts of ten orders while the server crashes and comes back
// twice. An attempt that was recorded is there afterwards, and holds its order; of the attempts
// of an order exactly one was recorded.
func TestCrashOfPostgres(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	config := newSchema(t, c.url())
	config.MaxConns = 100
	pool := openPool(t, config)
	j := Pgx(pool)
	require.NoError(t, j.Migrate(t.Context()))

	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var mu sync.Mutex
	recorded := make(map[string][]string) // ids by order
	var failed atomic.Int64
	var done atomic.Bool
	var wait sync.WaitGroup
	for worker := range 100 {
		wait.Go(func() {
			for n := 0; !done.Load() && ctx.Err() == nil; n++ {
				a := iamport.Attempt{MerchantUID: fmt.Sprintf("order_%d", (worker+n)%50), ID: fmt.Sprintf("w%d-%d", worker, n)}
				held, err := j.Begin(ctx, a, time.Hour)
				switch {
				case err != nil:
					failed.Add(1)
					time.Sleep(10 * time.Millisecond)
				case held == 0:
					mu.Lock()
					recorded[a.MerchantUID] = append(recorded[a.MerchantUID], a.ID)
					mu.Unlock()
				}
			}
		})
	}
	for range 2 {
		time.Sleep(300 * time.Millisecond)
		c.crash()
		c.start()
	}
	time.Sleep(300 * time.Millisecond)
	done.Store(true)
	wait.Wait()
	require.Positive(t, failed.Load(), "the crashes were not noticed")

	rows, err := pool.Query(ctx, `SELECT merchant_uid, count(*), string_agg(id, ' ') FROM iamport_attempts GROUP BY merchant_uid`)
	require.NoError(t, err)
	defer rows.Close()
	orders := 0
	for rows.Next() {
		var order, ids string
		var n int
		require.NoError(t, rows.Scan(&order, &n, &ids))
		require.Equal(t, 1, n, "%s was recorded more than once: %s", order, ids)
		// An entry whose answer was lost in the crash was reported to nobody.
		require.LessOrEqual(t, len(recorded[order]), 1, order)
		if len(recorded[order]) == 1 {
			require.Equal(t, ids, recorded[order][0])
		}
		delete(recorded, order)
		orders++
	}
	require.NoError(t, rows.Err())
	require.Empty(t, recorded, "recorded attempts were lost")
	require.Positive(t, orders)
}
