package main

import (
	"context"
	"database/sql"
	_ "embed" // the schemas
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/riverdriver"

	"github.com/iamport-go/iamport/iamportriver"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed books.sql
	booksSchema string
)

// database is where everything is: the jobs of River, the orders and the journal of iamportriver, and the
// tables of the merchant. TTx is its transaction.
type database[TTx any] struct {
	iamportriver.Database[TTx]
	driver riverdriver.Driver[TTx]
	conn   // outside of a transaction
	in     func(TTx) conn
	books  books // of the sandbox
	close  func()
}

// conn runs the statements of this program in PostgreSQL or SQLite, in a transaction or outside of one.
// Both know $1 as the first argument.
type conn interface {
	exec(ctx context.Context, query string, args ...any) error
	// each calls f for each row. f gets the function that reads the columns of the row.
	each(ctx context.Context, query string, args []any, f func(scan func(dest ...any) error) error) error
}

// row reads the only row.
func row(ctx context.Context, c conn, query string, args []any, dest ...any) error {
	found := false
	err := c.each(ctx, query, args, func(scan func(...any) error) error {
		found = true
		return scan(dest...)
	})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// tallies reads rows of a name and a number.
func tallies(ctx context.Context, c conn, query string) (counts []tally, err error) {
	err = c.each(ctx, query, nil, func(scan func(...any) error) error {
		var t tally
		err := scan(&t.name, &t.count)
		counts = append(counts, t)
		return err
	})
	return counts, err
}

type tally struct {
	name  string
	count int
}

// pgxConn is a conn of PostgreSQL.
type pgxConn struct {
	db interface {
		Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	}
}

func (c pgxConn) exec(ctx context.Context, query string, args ...any) error {
	_, err := c.db.Exec(ctx, query, args...)
	return err
}

func (c pgxConn) each(ctx context.Context, query string, args []any, f func(scan func(dest ...any) error) error) error {
	rows, err := c.db.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sqliteConn is a conn of SQLite.
type sqliteConn struct {
	db interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

func (c sqliteConn) exec(ctx context.Context, query string, args ...any) error {
	_, err := c.db.ExecContext(ctx, query, args...)
	return err
}

func (c sqliteConn) each(ctx context.Context, query string, args []any, f func(scan func(dest ...any) error) error) (err error) {
	rows, err := c.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
