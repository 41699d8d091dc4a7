package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/iamport-go/iamport/iamportriver"
)

// openSQLite opens or creates the two files of a folder: that of the shop and that of the sandbox.
func openSQLite(ctx context.Context, o options) (database[*sql.Tx], error) {
	shopFile, sandboxFile := filepath.Join(o.dir, "billing.db"), filepath.Join(o.dir, "sandbox.db")
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return database[*sql.Tx]{}, err
	}
	// First the file of the sandbox, because one process has it to itself.
	sandbox, err := openFile(ctx, sandboxFile, "locking_mode(EXCLUSIVE)")
	if err != nil {
		return database[*sql.Tx]{}, err
	}
	if o.reset {
		if err := empty(ctx, sandbox); err != nil {
			return database[*sql.Tx]{}, errors.Join(err, sandbox.Close())
		}
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.RemoveAll(shopFile + end); err != nil {
				return database[*sql.Tx]{}, errors.Join(err, sandbox.Close())
			}
		}
	}
	db, err := openFile(ctx, shopFile)
	if err != nil {
		return database[*sql.Tx]{}, errors.Join(err, sandbox.Close())
	}
	return database[*sql.Tx]{
		Database: iamportriver.SQLite(db), driver: riversqlite.New(db), conn: sqliteConn{db},
		in: func(tx *sql.Tx) conn { return sqliteConn{tx} },
		books: books{sqliteConn{sandbox}, func(ctx context.Context, f func(conn) error) error {
			tx, err := sandbox.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback() //nolint:errcheck // After Commit it does nothing.
			if err := f(sqliteConn{tx}); err != nil {
				return err
			}
			return tx.Commit()
		}},
		close: func() { _, _ = db.Close(), sandbox.Close() },
	}, nil
}

// openFile opens or creates a file. What was committed is there after a kill of the process; after a loss
// of power it may not be. A real shop needs synchronous(FULL), which waits for the disk at each commit.
func openFile(ctx context.Context, file string, pragmas ...string) (*sql.DB, error) {
	query := url.Values{
		"_pragma": append(pragmas, "busy_timeout(2000)", "journal_mode(WAL)", "synchronous(NORMAL)"),
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: url.PathEscape(file), RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err == nil {
		err = tx.Rollback()
	}
	if busy, is := errors.AsType[*sqlite.Error](err); is && busy.Code()&0xff == sqlite3.SQLITE_BUSY {
		err = errors.New("another process uses this file")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), db.Close())
	}
	return db, nil
}

// empty removes what the sandbox knows.
func empty(ctx context.Context, sandbox *sql.DB) error {
	_, err := sandbox.ExecContext(ctx, `DROP TABLE IF EXISTS sandbox_books`)
	return err
}
