// Package postgrestest starts a PostgreSQL server of its own for a test that crashes it. It
// needs the programs of PostgreSQL in /usr/lib/postgresql, where Debian's package puts them.
package postgrestest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Cluster is a server with an empty database postgres.
type Cluster struct {
	t          *testing.T
	bin, dir   string
	port       int
	credential *syscall.Credential // of the user postgres, if the test runs as root
}

// New starts a server, which is removed at the end of the test. The server does not wait for the
// disk: what is committed survives its crash, not that of the machine.
func New(t *testing.T) *Cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Fatal("the programs of PostgreSQL are not in /usr/lib/postgresql: install Debian's package postgresql")
	}
	dir, err := os.MkdirTemp("", "postgrestest") //nolint:usetesting // The folders of TempDir are closed to the user postgres.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &Cluster{t: t, bin: filepath.Dir(found[len(found)-1]), dir: dir, port: freePort(t)}
	if os.Geteuid() == 0 {
		c.credential = postgresUser(t)
		if err := os.Chown(dir, int(c.credential.Uid), int(c.credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	c.run("initdb", "-D", dir+"/data", "-U", "postgres", "-A", "trust", "-N")
	c.Start()
	t.Cleanup(c.Crash)
	return c
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().(*net.TCPAddr).Port
}

func postgresUser(t *testing.T) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (c *Cluster) run(program string, args ...string) {
	c.t.Helper()
	cmd := exec.CommandContext(context.Background(), filepath.Join(c.bin, program), args...) //nolint:gosec // A program of PostgreSQL.
	cmd.Dir = c.dir
	if c.credential != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.credential}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v: %s", program, err, out)
	}
}

// Start starts the server again after Crash.
func (c *Cluster) Start() {
	c.t.Helper()
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c max_connections=250 -c fsync=off", c.port, c.dir)
	c.run("pg_ctl", "-D", c.dir+"/data", "-o", options, "-w", "-l", c.dir+"/log", "start")
}

// Crash kills the server as a failover does: without a checkpoint, and with all its connections.
func (c *Cluster) Crash() {
	c.t.Helper()
	c.run("pg_ctl", "-D", c.dir+"/data", "-m", "immediate", "stop")
}

// URL names the database.
func (c *Cluster) URL() string {
	return "host=127.0.0.1 user=postgres database=postgres port=" + strconv.Itoa(c.port)
}
