package main

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamportriver"
)

// conns is how many connections the workers share.
const conns = 32

// measureScale bills jobs subscribers, and works as many jobs that do nothing.
func measureScale(ctx context.Context, schema string, jobs, workers int) error {
	pool, err := open(ctx, schema, conns)
	if err != nil {
		return err
	}
	defer pool.Close()
	db := iamportriver.Pgx(pool)
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	fmt.Printf("%d jobs, %d workers and %d connections in one process, %d processors for it and PostgreSQL\n\n", jobs, workers, conns, runtime.NumCPU())
	idle, err := idleJobs(ctx, pool, jobs, workers)
	if err != nil {
		return err
	}
	if _, err := pool.Exec(ctx, `TRUNCATE river_job`); err != nil {
		return err
	}
	billed, err := billedJobs(ctx, pool, db, jobs, workers)
	if err != nil {
		return err
	}
	fmt.Printf("%-28s %14s %14s\n", "", "does nothing", "billing")
	row := func(name, format string, idle, billed float64) {
		fmt.Printf("%-28s "+format+" "+format+"\n", name, idle, billed)
	}
	row("inserted a second", "%14.0f", rate(jobs, idle.insert), rate(jobs, billed.insert))
	row("worked a second", "%14.0f", rate(jobs, idle.drain), rate(jobs, billed.drain))
	row("per processor and second", "%14.0f", rate(jobs, idle.drain)/float64(runtime.NumCPU()), rate(jobs, billed.drain)/float64(runtime.NumCPU()))
	row("processor of ours, us a job", "%14.0f", idle.cpu.Seconds()*1e6/float64(jobs), billed.cpu.Seconds()*1e6/float64(jobs))
	row("largest heap, MiB", "%14.1f", float64(idle.heap)/(1<<20), float64(billed.heap)/(1<<20))
	fmt.Printf("\nbilling costs %.0f us a job more than a job that does nothing (elapsed time, all workers together)\n",
		(billed.drain-idle.drain).Seconds()*1e6/float64(jobs))
	return sizes(ctx, pool, jobs)
}

func rate(jobs int, d time.Duration) float64 { return float64(jobs) / d.Seconds() }

// measured is one run.
type measured struct {
	insert, drain time.Duration
	cpu           time.Duration // of this process while the jobs are worked
	heap          uint64
}

// meter measures the processor and the heap while jobs are worked.
type meter struct {
	cpu  time.Duration
	heap atomic.Uint64
	stop chan struct{}
}

func newMeter() *meter {
	m := &meter{cpu: cpu(), stop: make(chan struct{})}
	go func() {
		for {
			select {
			case <-m.stop:
				return
			case <-time.After(200 * time.Millisecond):
				var stats runtime.MemStats
				runtime.ReadMemStats(&stats)
				m.heap.Store(max(m.heap.Load(), stats.HeapAlloc))
			}
		}
	}()
	return m
}

func (m *meter) end() (time.Duration, uint64) {
	close(m.stop)
	return cpu() - m.cpu, m.heap.Load()
}

func cpu() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

type nothing struct{}

func (nothing) Kind() string { return "nothing" }

type idler struct {
	river.WorkerDefaults[nothing]
	left chan struct{}
}

func (w *idler) Work(context.Context, *river.Job[nothing]) error {
	w.left <- struct{}{}
	return nil
}

// riverConfig fetches as fast as it can.
func riverConfig() *river.Config {
	return &river.Config{Logger: slog.New(slog.DiscardHandler), FetchCooldown: 5 * time.Millisecond}
}

// idleJobs works jobs that do nothing.
func idleJobs(ctx context.Context, pool *pgxpool.Pool, jobs, workers int) (m measured, err error) {
	config := riverConfig()
	config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}
	config.Workers = river.NewWorkers()
	w := &idler{left: make(chan struct{}, 1000)}
	river.AddWorker(config.Workers, w)
	client, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		return m, err
	}
	began := time.Now()
	for done := 0; done < jobs; done += dueLimit {
		batch := make([]river.InsertManyParams, min(dueLimit, jobs-done))
		for i := range batch {
			batch[i].Args = nothing{}
		}
		if _, err := client.InsertMany(ctx, batch); err != nil {
			return m, err
		}
	}
	m.insert = time.Since(began)
	return m, drain(ctx, client, w.left, jobs, &m)
}

// drain works all jobs.
func drain(ctx context.Context, client *river.Client[pgx.Tx], done chan struct{}, jobs int, m *measured) error {
	meter := newMeter()
	began := time.Now()
	if err := client.Start(ctx); err != nil {
		return err
	}
	for range jobs {
		<-done
	}
	m.drain = time.Since(began)
	m.cpu, m.heap = meter.end()
	return client.Stop(ctx)
}

// dueLimit is how many jobs are inserted in one transaction.
const dueLimit = 2000

// billedJobs makes the jobs of due subscribers, and charges them.
func billedJobs(ctx context.Context, pool *pgxpool.Pool, db iamportriver.Database[pgx.Tx], jobs, workers int) (m measured, err error) {
	_, err = pool.Exec(ctx, fmt.Sprintf(`CREATE TABLE subscribers AS SELECT 's' || i AS id, 1 AS month FROM generate_series(1, %d) i;
		CREATE INDEX ON subscribers (month); ANALYZE subscribers;
		CREATE TABLE ledger (merchant_uid text PRIMARY KEY, won bigint)`, jobs), pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return m, err
	}
	client, err := iamport.NewClient("key", "secret", iamport.WithHTTPClient(answers()), iamport.WithJournal(db.Journal()),
		iamport.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return m, err
	}
	paid, found := make(chan struct{}, 1000), make(chan struct{})
	billing, err := iamportriver.New(iamportriver.Config[pgx.Tx]{
		Client: client, Database: db, Workers: workers, DueLimit: dueLimit,
		Due: func(ctx context.Context, tx pgx.Tx, _ time.Time, limit int) ([]iamportriver.ChargeArgs, error) {
			due, err := due(ctx, tx, limit)
			if err == nil && len(due) < limit {
				close(found)
			}
			return due, err
		},
		OnResult: func(ctx context.Context, tx pgx.Tx, r iamportriver.Result) error {
			if r.Err != nil {
				return r.Err
			}
			_, err := tx.Exec(ctx, `INSERT INTO ledger VALUES ($1, $2::numeric)`, r.Args.MerchantUID, r.Payment.Amount.String())
			paid <- struct{}{}
			return err
		},
	})
	if err != nil {
		return m, err
	}
	// First all jobs are made, with no worker for them, then they are worked.
	config := riverConfig()
	if err := billing.Configure(config); err != nil {
		return m, err
	}
	charges := config.Queues["iamport"]
	delete(config.Queues, "iamport")
	maker, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		return m, err
	}
	began := time.Now()
	if err := maker.Start(ctx); err != nil {
		return m, err
	}
	<-found
	m.insert = time.Since(began)
	if err := maker.Stop(ctx); err != nil {
		return m, err
	}
	config.Queues["iamport"] = charges
	config.PeriodicJobs = nil
	worker, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		return m, err
	}
	return m, drain(ctx, worker, paid, jobs, &m)
}

func due(ctx context.Context, tx pgx.Tx, limit int) ([]iamportriver.ChargeArgs, error) {
	rows, err := tx.Query(ctx, `UPDATE subscribers SET month = 2 WHERE ctid = ANY (ARRAY
		(SELECT ctid FROM subscribers WHERE month = 1 LIMIT $1)) RETURNING id`, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a iamportriver.ChargeArgs, err error) {
		var id string
		err = row.Scan(&id)
		a = iamportriver.ChargeArgs{MerchantUID: id + "-2026-12", Period: id + " 2026-12", CustomerUID: id, Amount: iamport.KRW(1000), Name: "a month"}
		return a, err
	})
}

// sizes prints the sizes of the tables, indexes included.
func sizes(ctx context.Context, pool *pgxpool.Pool, jobs int) error {
	fmt.Printf("\n%-28s %10s %10s\n", "table, with its indexes", "MiB", "bytes/job")
	for _, table := range []string{"river_job", "iamport_orders", "iamport_attempts"} {
		var bytes int64
		if err := pool.QueryRow(ctx, `SELECT pg_total_relation_size($1::text::regclass)`, table).Scan(&bytes); err != nil {
			return err
		}
		fmt.Printf("%-28s %10.1f %10d\n", table, float64(bytes)/(1<<20), bytes/int64(jobs))
	}
	return nil
}
