package main

import (
	"context"
	"database/sql"
	_ "embed" // the schema
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/iamport-go/iamport"
)

//go:embed schema.sql
var schema string

// database is a file of SQLite.
type database struct {
	file string
	// temporary says that nobody needs the file after a power cut, so that no commit waits
	// for the disk.
	temporary bool
}

// open opens or creates the file. A transaction locks the database when it begins, waits
// for the lock of another one, and is on disk when it is committed.
func (d database) open(ctx context.Context) (*sql.DB, error) {
	sync := "synchronous(FULL)"
	if d.temporary {
		sync = "synchronous(OFF)"
	}
	query := url.Values{
		"_pragma":      {"busy_timeout(10000)", "journal_mode(WAL)", sync, "foreign_keys(1)"},
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: url.PathEscape(d.file), RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// inTx calls f in a transaction.
func (s *shop) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // After Commit it does nothing.
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// afterCharge is the context for recording a result: it does not end with ctx, because
// the money has moved already.
func afterCharge(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
}

// queryer is a *sql.DB or a *sql.Tx.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// closeRows closes rows. rows.Err has reported what matters.
func closeRows(rows *sql.Rows) { _ = rows.Close() }

// changed reports whether a statement changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// sum returns the sum of a column of amounts.
func sum(ctx context.Context, tx *sql.Tx, query string, args ...any) (iamport.Amount, error) {
	var total iamport.Amount
	err := tx.QueryRowContext(ctx, query, args...).Scan(&total)
	return total, err
}
