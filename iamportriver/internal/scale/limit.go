package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"cmp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamportriver"
	"github.com/iamport-go/iamport/iamportriver/redislimit"
)

const (
	childSchema  = "IAMPORT_SCALE_SCHEMA" // of the tables, for a process that works
	childSandbox = "IAMPORT_SCALE_SANDBOX"
	perSecond    = 50
)

// measureLimit charges for 20 seconds in three processes, and prints the rate at which the
// charges arrive.
func measureLimit(ctx context.Context, schema string) error {
	const jobs = perSecond * 20
	pool, err := open(ctx, schema, 4)
	if err != nil {
		return err
	}
	defer pool.Close()
	db := iamportriver.Pgx(pool)
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	var mu sync.Mutex
	var arrived []time.Time
	all := make(chan struct{})
	server := httptest.NewServer(fakeIamport(func(string) {
		mu.Lock()
		defer mu.Unlock()
		if arrived = append(arrived, time.Now()); len(arrived) == jobs {
			close(all)
		}
	}))
	defer server.Close()
	if err := insertOrders(ctx, pool, db, server.URL, jobs); err != nil {
		return err
	}
	for range 3 {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), childSchema+"="+schema, childSandbox+"="+server.URL)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			return err
		}
		defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	}
	select {
	case <-all:
	case <-time.After(time.Minute):
		return errors.New("the charges did not arrive within a minute")
	}
	mu.Lock()
	defer mu.Unlock()
	steady := arrived[perSecond:] // the first second starts the processes
	most := 0
	for i, at := range steady {
		most = max(most, i+1-slices.IndexFunc(steady, func(other time.Time) bool { return at.Sub(other) < time.Second }))
	}
	elapsed := steady[len(steady)-1].Sub(steady[0]).Seconds()
	fmt.Printf("three processes, %d a second in Redis: %.2f a second over %.1f s, at most %d in any second\n",
		perSecond, float64(len(steady)-1)/elapsed, elapsed, most)
	return nil
}

// insertOrders makes the jobs of n orders.
func insertOrders(ctx context.Context, pool *pgxpool.Pool, db iamportriver.Database[pgx.Tx], sandbox string, n int) error {
	billing, err := newLimited(db, sandbox)
	if err != nil {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		return err
	}
	orders := make([]iamportriver.ChargeArgs, n)
	for i := range orders {
		orders[i] = iamportriver.ChargeArgs{MerchantUID: fmt.Sprintf("order-%d", i), CustomerUID: "card-1", Amount: iamport.KRW(1000), Name: "a month"}
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := billing.Insert(ctx, tx, client, orders...)
		return err
	})
}

// limitedWorker is one of the three processes.
func limitedWorker(ctx context.Context, schema string) error {
	pool, err := open(ctx, schema, 16)
	if err != nil {
		return err
	}
	db := iamportriver.Pgx(pool)
	limiter, err := redislimit.New(redis.NewClient(&redis.Options{Addr: cmp.Or(os.Getenv("IAMPORT_TEST_REDIS"), "127.0.0.1:6379")}), schema, perSecond)
	if err != nil {
		return err
	}
	billing, err := newLimited(db, os.Getenv(childSandbox), iamport.WithLimiter(limiter))
	if err != nil {
		return err
	}
	config := riverConfig()
	if err := billing.Configure(config); err != nil {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	<-client.Stopped()
	return nil
}

func newLimited(db iamportriver.Database[pgx.Tx], sandbox string, opts ...iamport.Option) (*iamportriver.Billing[pgx.Tx], error) {
	client, err := iamport.NewClient("key", "secret", append(opts, iamport.WithBaseURL(sandbox), iamport.WithJournal(db.Journal()),
		iamport.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		return nil, err
	}
	return iamportriver.New(iamportriver.Config[pgx.Tx]{
		Client: client, Database: db, Workers: 20,
		OnResult: func(context.Context, pgx.Tx, iamportriver.Result) error { return nil },
	})
}
