// Command scale measures what a billing run costs, on the PostgreSQL of the tests, and prints
// a table: the rate at which due subscribers become jobs, charges a second, memory and table
// sizes, beside River with a worker that does nothing. iamport is a function that answers at
// once, so that nothing else is measured.
//
//	go run ./internal/scale -jobs 1000000
//	go run ./internal/scale -limit # three processes at the 50 charges a second of a PG, in Redis
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	jobs := flag.Int("jobs", 20_000, "how many subscribers are billed")
	workers := flag.Int("workers", 100, "how many charges run at once")
	limit := flag.Bool("limit", false, "measure the limit of a PG across three processes instead")
	flag.Parse()
	if err := run(context.Background(), *jobs, *workers, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, jobs, workers int, limit bool) error {
	if schema := os.Getenv(childSchema); schema != "" {
		return limitedWorker(ctx, schema)
	}
	schema := "scale_" + strings.ToLower(rand.Text())
	pool, err := open(ctx, "", 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		return err
	}
	defer func() { _, _ = pool.Exec(context.WithoutCancel(ctx), "DROP SCHEMA "+schema+" CASCADE") }()
	if limit {
		return measureLimit(ctx, schema)
	}
	return measureScale(ctx, schema, jobs, workers)
}

// open returns connections that see the tables of schema.
func open(ctx context.Context, schema string, conns int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(cmp.Or(os.Getenv("IAMPORT_TEST_POSTGRES"), "host=127.0.0.1 user=postgres database=test"))
	if err != nil {
		return nil, err
	}
	config.MaxConns = conns
	if schema != "" {
		config.ConnConfig.RuntimeParams["search_path"] = schema
	}
	return pgxpool.NewWithConfig(ctx, config)
}
