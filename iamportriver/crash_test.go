package iamportriver

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"database/sql"

	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/postgrestest"
)

var (
	crashSubscribers = flag.Int("crash.subscribers", 2000, "subscribers of TestCrashes on PostgreSQL")
	crashKills       = flag.Int("crash.kills", 6, "workers that are killed")
	crashCuts        = flag.Int("crash.cuts", 4, "times that the connections of PostgreSQL are cut")
	crashSQLite      = flag.Int("crash.sqlite", 500, "subscribers of TestCrashesOnSQLite")
)

// Three worker processes bill subscribers at an unhelpful iamport while they are killed, their
// connections are cut and PostgreSQL is restarted. At the end each order is paid at most once,
// each period is billed once, every order has an end, and the ledger is the books of the server.
func TestCrashes(t *testing.T) {
	t.Parallel()
	cluster := postgrestest.New(t)
	pool, err := pgxpool.New(t.Context(), cluster.URL())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	c := newCrash(t, Pgx(pool), *crashSubscribers, workerSettings{Postgres: cluster.URL() + " pool_max_conns=16 application_name=worker"})
	for range 3 {
		c.startWorker()
	}
	events := make([]string, 0, *crashKills+*crashCuts+1)
	for range *crashKills {
		events = append(events, "kill")
	}
	for range *crashCuts {
		events = append(events, "cut")
	}
	rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	events = append(events[:len(events)/2], append([]string{"restart"}, events[len(events)/2:]...)...)
	for i, event := range events {
		c.waitForEnds(*crashSubscribers * i / (2 * len(events))) // while there is work
		switch event {
		case "kill":
			c.kill(rand.N(3))
		case "cut":
			_, err = pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'worker' AND random() < 0.5`)
			require.NoError(t, err)
		case "restart":
			cluster.Crash()
			cluster.Start()
			pool.Reset()
		}
	}
	c.judge()
}

// The same on SQLite, with one process that is killed.
func TestCrashesOnSQLite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "billing.db")
	db, err := sql.Open("sqlite", sqliteURL(file))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	c := newCrash(t, SQLite(db), *crashSQLite, workerSettings{SQLite: file})
	c.startWorker()
	kills := min(20, max(4, *crashSQLite/200))
	for i := range kills {
		c.waitForEnds(*crashSQLite * i / (2 * kills))
		c.kill(0)
	}
	c.judge()
}

// crash is one run: subscribers, an iamport that answers badly, and worker processes.
type crash[TTx any] struct {
	t           *testing.T
	db          Database[TTx]
	server      *iamporttest.Server
	settings    string
	subscribers int
	began       time.Time
	workers     []*exec.Cmd
	stdin       []io.Closer
	killed      int
}

func newCrash[TTx any](t *testing.T, db Database[TTx], subscribers int, settings workerSettings) *crash[TTx] {
	t.Helper()
	c := &crash[TTx]{t: t, db: db, subscribers: subscribers, began: time.Now()}
	require.NoError(t, db.Migrate(t.Context()))
	for _, query := range []string{
		`CREATE TABLE subscribers (id text PRIMARY KEY, billed integer NOT NULL DEFAULT 0)`,
		`CREATE TABLE ledger (merchant_uid text PRIMARY KEY, won integer NOT NULL)`,
		fmt.Sprintf(`INSERT INTO subscribers (id) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT 's' || i FROM n`, subscribers),
	} {
		_, err := db.pool.exec(t.Context(), query)
		require.NoError(t, err)
	}
	customers := make([]string, subscribers)
	for i := range customers {
		customers[i] = fmt.Sprintf("s%d", i+1)
	}
	c.server = iamporttest.NewServer(iamporttest.WithCustomers(customers...), iamporttest.WithoutRequestLog(),
		iamporttest.WithDuplicates(iamporttest.RefuseNone), iamporttest.WithLateRecords(500*time.Millisecond))
	c.server.InjectFunc(faults())
	web := httptest.NewServer(c.server)
	t.Cleanup(web.Close)
	settings.Sandbox, settings.Subscribers = web.URL, subscribers
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	c.settings = workerVariable + "=" + string(text)
	return c
}

// faults loses 5 % of the charges before and 5 % after they are executed, declines 10 %, and
// answers 2 % too late.
func faults() func(*http.Request) *iamporttest.Fault {
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(1, 2))
	return func(r *http.Request) *iamporttest.Fault {
		if r.URL.Path != "/subscribe/payments/again" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		switch n := dice.IntN(100); {
		case n < 5:
			return new(iamporttest.LoseBefore())
		case n < 10:
			return new(iamporttest.LoseAfter())
		case n < 12:
			return new(iamporttest.Fault{}.PGTime(1500 * time.Millisecond))
		case n < 22:
			return new(iamporttest.Decline("잔액부족"))
		}
		return nil
	}
}

func (c *crash[TTx]) startWorker() {
	c.t.Helper()
	c.workers, c.stdin = append(c.workers, nil), append(c.stdin, nil)
	c.start(len(c.workers) - 1)
	c.t.Cleanup(func() { c.stop(len(c.workers) - 1) })
}

func (c *crash[TTx]) start(i int) {
	c.t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	cmd.Env = append(os.Environ(), c.settings)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(c.t, err)
	require.NoError(c.t, cmd.Start())
	c.workers[i], c.stdin[i] = cmd, stdin
}

func (c *crash[TTx]) stop(i int) {
	_ = c.workers[i].Process.Kill()
	_ = c.workers[i].Wait()
}

// kill kills a worker with SIGKILL and starts another.
func (c *crash[TTx]) kill(i int) {
	c.t.Helper()
	c.stop(i)
	c.killed++
	c.start(i)
}

// count returns what a query of one number returns, or -1 while the database is away.
func (c *crash[TTx]) count(query string) int {
	n := -1
	if err := c.db.pool.row(c.t.Context(), query, nil, &n); err != nil {
		return -1
	}
	return n
}

func (c *crash[TTx]) waitForEnds(n int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		return c.count(`SELECT count(*) FROM iamport_orders WHERE ended_at IS NOT NULL`) >= n
	}, 10*time.Minute, 20*time.Millisecond)
}

func (c *crash[TTx]) judge() {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		return c.count(`SELECT count(*) FROM iamport_orders WHERE try = 1`) == c.subscribers &&
			c.count(`SELECT count(*) FROM iamport_orders WHERE ended_at IS NULL`) == 0
	}, 10*time.Minute, 100*time.Millisecond, "an order has no end")
	for i := range c.workers {
		c.stop(i)
	}
	books := make(map[string]int64)
	var sum int64
	for _, a := range c.server.AllApprovals() {
		require.NotContains(c.t, books, a.MerchantUID, "an order was paid twice")
		won, err := strconv.ParseInt(a.Amount, 10, 64)
		require.NoError(c.t, err)
		books[a.MerchantUID] = won
		sum += won
	}
	require.Zero(c.t, c.server.Pending())
	require.Equal(c.t, c.subscribers, c.count(`SELECT count(DISTINCT period) FROM iamport_orders`))
	require.Zero(c.t, c.count(`SELECT count(*) FROM (SELECT period FROM iamport_orders WHERE state = 'paid' GROUP BY period HAVING count(*) > 1) x`))
	require.Zero(c.t, c.count(`SELECT count(*) FROM (SELECT period FROM iamport_orders GROUP BY period HAVING count(*) > 2) x`), "more tries than the policy allows")
	require.Equal(c.t, len(books), c.count(`SELECT count(*) FROM iamport_orders WHERE state = 'paid'`))
	require.Equal(c.t, len(books), c.count(`SELECT count(*) FROM ledger`))
	require.Equal(c.t, int(sum), c.count(`SELECT sum(won) FROM ledger`))
	require.Zero(c.t, c.count(`SELECT count(*) FROM iamport_orders WHERE state NOT IN ('paid', 'declined')`))
	c.t.Logf("%d subscribers in %s: %d workers killed, %d orders paid, %d won in the ledger and in the books; %d declined tries",
		c.subscribers, time.Since(c.began).Round(time.Second), c.killed, len(books), sum, c.count(`SELECT count(*) FROM iamport_orders WHERE state = 'declined'`))
}
