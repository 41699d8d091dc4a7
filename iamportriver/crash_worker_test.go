package iamportriver

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// workerSettings tell a process of the crash test what to work on.
type workerSettings struct {
	Postgres, SQLite, Sandbox string
	Subscribers               int
}

const workerVariable = "IAMPORT_TEST_WORKER"

// TestMain runs the tests, or a worker of the crash test.
func TestMain(m *testing.M) {
	if text := os.Getenv(workerVariable); text != "" {
		if err := runWorker(text); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runWorker works jobs until it is killed, or its parent is.
func runWorker(text string) error {
	var settings workerSettings
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if settings.Postgres != "" {
		pool, err := pgxpool.New(ctx, settings.Postgres)
		if err != nil {
			return err
		}
		return work(ctx, settings, Pgx(pool))
	}
	db, err := sql.Open("sqlite", sqliteURL(settings.SQLite))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	return work(ctx, settings, SQLite(db))
}

// work is the program of a shop: it starts again whenever the database is away.
func work[TTx any](ctx context.Context, settings workerSettings, db Database[TTx]) error {
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithBaseURL(settings.Sandbox),
		iamport.WithTimeout(time.Second), iamport.WithSettleWindow(0), iamport.WithQuietPeriod(4*time.Second),
		iamport.WithJournal(db.Journal()), iamport.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	b, err := New(Config[TTx]{
		Client: client, Database: db, Workers: 30, RetryWait: 200 * time.Millisecond, JobTimeout: 8 * time.Second,
		CircuitRest: time.Second, DueEvery: time.Second, DueLimit: 500, Dunning: DunningWaits(time.Second),
		Logger: slog.New(slog.DiscardHandler),
		Due: func(ctx context.Context, tx TTx, _ time.Time, limit int) (due []ChargeArgs, err error) {
			ids, err := db.conn(tx).texts(ctx, fmt.Sprintf(`UPDATE subscribers SET billed = 1 WHERE id IN
				(SELECT id FROM subscribers WHERE billed = 0 ORDER BY id LIMIT %d) RETURNING id`, limit))
			for _, id := range ids {
				due = append(due, ChargeArgs{MerchantUID: id + "-2026-12", Period: id + " 2026-12", CustomerUID: id, Amount: price(id), Name: "a month"})
			}
			return due, err
		},
		// The key of the ledger is the order: a result that is stored twice is an error that stays.
		OnResult: func(ctx context.Context, tx TTx, r Result) error {
			if r.State != StatePaid {
				return nil
			}
			_, err := db.conn(tx).exec(ctx, `INSERT INTO ledger (merchant_uid, won) VALUES ($1, $2)`, r.Args.MerchantUID, r.Payment.Amount.String())
			return err
		},
	})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		config := &river.Config{Logger: slog.New(slog.DiscardHandler), FetchPollInterval: 100 * time.Millisecond, FetchCooldown: 20 * time.Millisecond}
		if err := b.Configure(config); err != nil {
			return err
		}
		jobs, err := river.NewClient(db.driver, config)
		if err != nil {
			return err
		}
		if err := jobs.Start(ctx); err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		<-jobs.Stopped()
	}
	return nil
}

// price is the sum of a subscriber's month, a different one for most.
func price(id string) iamport.Amount {
	won := int64(1000)
	for _, c := range id {
		won += int64(c)
	}
	return iamport.KRW(won)
}
