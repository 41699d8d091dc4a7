package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/iamport-go/iamport/iamportriver"
)

// minConns is how many connections a process may have, unless the URL says more: River keeps one for
// notifications.
const minConns = 10

// openPostgres opens the schema of the program. process is the name of the process in pg_stat_activity.
func openPostgres(ctx context.Context, url, schemaName, process string) (database[pgx.Tx], error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return database[pgx.Tx]{}, fmt.Errorf("-database: %w", err)
	}
	config.ConnConfig.RuntimeParams["search_path"] = schemaName
	config.ConnConfig.RuntimeParams["application_name"] = schemaName + " " + process
	config.MaxConns = max(config.MaxConns, minConns)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return database[pgx.Tx]{}, err
	}
	return database[pgx.Tx]{
		Database: iamportriver.Pgx(pool), driver: riverpgxv5.New(pool), conn: pgxConn{pool},
		in: func(tx pgx.Tx) conn { return pgxConn{tx} },
		books: books{pgxConn{pool}, func(ctx context.Context, f func(conn) error) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return f(pgxConn{tx}) })
		}},
		close: pool.Close,
	}, nil
}

// preparePostgres makes the schema, an empty one if reset is true. No other program uses it until release
// is called: there would be two sandboxes, and the books of neither would be complete.
func preparePostgres(ctx context.Context, url, schemaName string, reset bool) (release func(), err error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("-database: %w", err)
	}
	lock, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	release = func() { _ = lock.Close(context.WithoutCancel(ctx)) }
	if err := alone(ctx, lock, schemaName); err != nil {
		release()
		return nil, err
	}
	name := pgx.Identifier{schemaName}.Sanitize()
	statements := []string{`CREATE SCHEMA IF NOT EXISTS ` + name}
	if reset {
		statements = append([]string{`DROP SCHEMA IF EXISTS ` + name + ` CASCADE`}, statements...)
	}
	for _, statement := range statements {
		if _, err := lock.Exec(ctx, statement); err != nil {
			release()
			return nil, err
		}
	}
	return release, nil
}

// alone waits for some seconds, because PostgreSQL may not have noticed yet that the program before was
// killed.
func alone(ctx context.Context, lock *pgx.Conn, schemaName string) error {
	for range 50 {
		var mine bool
		if err := lock.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended('iamport billing: ' || $1, 0))`, schemaName).Scan(&mine); err != nil {
			return err
		}
		if mine {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.New("another program uses the schema " + schemaName + ": -schema names another")
}
