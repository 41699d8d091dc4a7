package iamportriver

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// postgresURL is the server of the tests. .ci/postgres starts one at the default.
func postgresURL() string {
	return cmp.Or(os.Getenv("IAMPORT_TEST_POSTGRES"), "host=127.0.0.1 user=postgres database=test")
}

// newSchema returns a configuration whose connections see an empty schema of their own.
func newSchema(t *testing.T) *pgxpool.Config {
	t.Helper()
	name := "river_" + strings.ToLower(rand.Text())
	conn, err := pgx.Connect(t.Context(), postgresURL())
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE SCHEMA "+name)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	t.Cleanup(func() {
		ctx := context.Background() // that of the test has ended
		if conn, err := pgx.Connect(ctx, postgresURL()); err == nil {
			_, _ = conn.Exec(ctx, "DROP SCHEMA "+name+" CASCADE")
			_ = conn.Close(ctx)
		}
	})
	config, err := pgxpool.ParseConfig(postgresURL())
	require.NoError(t, err)
	config.ConnConfig.RuntimeParams["search_path"] = name
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "off" // no test here stops the server
	config.MaxConns = 8
	return config
}

func emptyPostgres(t *testing.T) Database[pgx.Tx] {
	t.Helper()
	pool, err := pgxpool.NewWithConfig(t.Context(), newSchema(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return Pgx(pool)
}

func emptySQLite(t *testing.T) Database[*sql.Tx] {
	t.Helper()
	db, err := sql.Open("sqlite", sqliteURL(filepath.Join(t.TempDir(), "billing.db")))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return SQLite(db)
}

// sqliteURL names a file. Only the tests that kill processes need what was committed.
func sqliteURL(file string) string {
	return "file:" + file + "?_txlock=immediate&_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)"
}

// onBoth runs a test on PostgreSQL and on SQLite.
func onBoth(t *testing.T, postgres func(*testing.T, Database[pgx.Tx]), sqlite func(*testing.T, Database[*sql.Tx])) {
	t.Helper()
	t.Parallel()
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); postgres(t, emptyPostgres(t)) })
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); sqlite(t, emptySQLite(t)) })
}

// shop is a billing that works its jobs, an iamport in this process, and a ledger.
type shop[TTx any] struct {
	*Billing[TTx]
	t      *testing.T
	server *iamporttest.Server
	river  *river.Client[TTx]

	mu      sync.Mutex
	results []Result
}

// newClient returns a client whose unknown outcomes are tried again soon.
func newClient(t *testing.T, server *iamporttest.Server, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append([]iamport.Option{
		iamport.WithHTTPClient(server.Client()), iamport.WithTimeout(300 * time.Millisecond), iamport.WithSettleWindow(0),
		iamport.WithQuietPeriod(time.Second), iamport.WithLogger(slog.New(slog.DiscardHandler)),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

// newShop returns a shop with the customers card-1 to card-5, whose workers do not run yet. The
// ledger is the table ledger, which OnResult writes.
func newShop[TTx any](t *testing.T, db Database[TTx], change func(*Config[TTx])) *shop[TTx] {
	t.Helper()
	require.NoError(t, db.Migrate(t.Context()))
	_, err := db.pool.exec(t.Context(), `CREATE TABLE IF NOT EXISTS ledger (merchant_uid text, state text, won integer)`)
	require.NoError(t, err)
	s := &shop[TTx]{t: t, server: iamporttest.NewServer(iamporttest.WithCustomers("card-1", "card-2", "card-3", "card-4", "card-5"))}
	config := Config[TTx]{
		Client: newClient(t, s.server, iamport.WithJournal(db.Journal())), Database: db, Workers: 4,
		RetryWait: 50 * time.Millisecond, JobTimeout: 10 * time.Second, Logger: slog.New(slog.DiscardHandler),
		OnResult: func(ctx context.Context, tx TTx, r Result) error {
			var won int64
			if r.State == StatePaid {
				var err error
				if won, err = r.Payment.Amount.Int64(); err != nil {
					return err
				}
			}
			if _, err := db.conn(tx).exec(ctx, `INSERT INTO ledger VALUES ($1, $2, $3)`, r.Args.MerchantUID, string(r.State), won); err != nil {
				return err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.results = append(s.results, r)
			return nil
		},
	}
	if change != nil {
		change(&config)
	}
	s.Billing, err = New(config)
	require.NoError(t, err)
	rc := &river.Config{Logger: slog.New(slog.DiscardHandler), FetchPollInterval: 50 * time.Millisecond, FetchCooldown: 10 * time.Millisecond}
	require.NoError(t, s.Configure(rc))
	s.river, err = river.NewClient(db.driver, rc)
	require.NoError(t, err)
	return s
}

// start runs the workers until the end of the test.
func (s *shop[TTx]) start() {
	s.t.Helper()
	require.NoError(s.t, s.river.Start(s.t.Context()))
	s.t.Cleanup(func() { _ = s.river.StopAndCancel(context.Background()) })
}

// insert stores orders in a transaction of their own.
func (s *shop[TTx]) insert(orders ...ChargeArgs) int {
	s.t.Helper()
	var n int
	require.NoError(s.t, s.Database.inTx(s.t.Context(), func(tx TTx) (err error) {
		n, err = s.Insert(s.t.Context(), tx, s.river, orders...)
		return err
	}))
	return n
}

// ends waits until n orders have an end, and returns them.
func (s *shop[TTx]) ends(n int) []Result {
	s.t.Helper()
	var results []Result
	require.Eventually(s.t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		results = append([]Result(nil), s.results...)
		return len(results) >= n
	}, 20*time.Second, 10*time.Millisecond, "the orders have no end")
	return results
}

// states returns the ends of the orders in the ledger, as "order state won".
func (s *shop[TTx]) ledger() []string {
	s.t.Helper()
	rows, err := s.Database.pool.texts(s.t.Context(), `SELECT merchant_uid || ' ' || state || ' ' || won FROM ledger ORDER BY merchant_uid, state`)
	require.NoError(s.t, err)
	return rows
}

// order returns the row of an order, as "state ended imp_uid? reason".
func (s *shop[TTx]) row(merchantUID string) order {
	s.t.Helper()
	o, err := s.queries.find(s.t.Context(), s.Database.pool, merchantUID)
	require.NoError(s.t, err)
	return o
}

// job waits until the jobs of a kind have no more to do, and returns them, oldest first.
func (s *shop[TTx]) jobs(kind string) []*rivertype.JobRow {
	s.t.Helper()
	var jobs []*rivertype.JobRow
	require.Eventually(s.t, func() bool {
		list, err := s.river.JobList(s.t.Context(), river.NewJobListParams().Kinds(kind).First(1000).OrderBy(river.JobListOrderByID, river.SortOrderAsc))
		require.NoError(s.t, err)
		jobs = list.Jobs
		for _, job := range jobs {
			if job.FinalizedAt == nil {
				return false
			}
		}
		return len(jobs) > 0
	}, 20*time.Second, 20*time.Millisecond, "a job has no end")
	return jobs
}

// won returns the charge of an order of 1,000 won.
func won(merchantUID, customerUID string) ChargeArgs {
	return ChargeArgs{MerchantUID: merchantUID, CustomerUID: customerUID, Amount: iamport.KRW(1000), Name: "a month"}
}
