// Package store keeps the state of the sandbox in a SQLite file.
package store

import (
	"context"
	"database/sql"
	_ "embed" // the schema
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/exchange"
	"github.com/iamport-go/iamport/iamporttest"
)

//go:embed schema.sql
var schema string

// version is the version of the schema and the documents.
const version = 1

// saveTime is how long one transaction may take.
const saveTime = time.Minute

// Store is a SQLite file with the documents of an [iamporttest.Server], the offset of the clock, and the exchanges. A
// commit is durable: the file is synchronised with the disk. The file belongs to one process at a time.
type Store struct {
	// Limit is how many exchanges are kept, the newest; the default is 10,000.
	Limit int

	db     *sql.DB
	offset func() time.Duration
	kept   atomic.Int64 // the offset that was written last

	mu      sync.Mutex
	pending []exchange.Exchange
}

// Open opens or creates the file, which only its owner may read. Without a file, the state is in memory.
func Open(ctx context.Context, file string) (*Store, error) {
	pragmas := []string{"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(2000)"}
	source := ":memory:"
	if file != "" {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // The user names the file.
		if err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		query := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
		source = (&url.URL{Scheme: "file", Opaque: url.PathEscape(file), RawQuery: query.Encode()}).String()
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db, Limit: maxExchanges}
	if err := s.prepare(ctx); err != nil {
		if busy, is := errors.AsType[*sqlite.Error](err); is && busy.Code() == sqlite3.SQLITE_BUSY {
			err = errors.New("another sandbox uses this file")
		}
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), db.Close())
	}
	return s, nil
}

// prepare locks the file and creates the tables.
func (s *Store) prepare(ctx context.Context) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var found int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&found); err != nil {
			return err
		}
		if found > version {
			return fmt.Errorf("the file is of a newer version of the sandbox (%d)", found)
		}
		_, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d", version))
		return err
	})
}

// Close writes what is pending and closes the file.
func (s *Store) Close() error { return errors.Join(s.Flush(), s.db.Close()) }

// SetOffset sets the function that returns the offset of the clock. Each commit keeps the newest offset, so that the
// clock never is before a time in a document.
func (s *Store) SetOffset(offset func() time.Duration) { s.offset = offset }

// Offset returns the offset of the clock that was kept, 0 if none was.
func (s *Store) Offset(ctx context.Context) (time.Duration, error) {
	var offset int64
	err := s.db.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = 'clock_offset'").Scan(&offset)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return time.Duration(offset), err
}

// Load implements [iamporttest.Store].
func (s *Store) Load() ([]iamporttest.Document, error) {
	rows, err := s.db.QueryContext(context.Background(), "SELECT kind, key, json FROM documents")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has reported what matters.
	var all []iamporttest.Document
	for rows.Next() {
		var d iamporttest.Document
		if err := rows.Scan(&d.Kind, &d.Key, &d.JSON); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

// Save implements [iamporttest.Store]. It also writes the exchanges that are pending.
func (s *Store) Save(changed []iamporttest.Document) error {
	ctx, cancel := context.WithTimeout(context.Background(), saveTime)
	defer cancel()
	exchanges := s.takePending()
	return s.write(ctx, func(tx *sql.Tx) error {
		put, err := tx.PrepareContext(ctx, "INSERT INTO documents (kind, key, json) VALUES (?, ?, ?) "+
			"ON CONFLICT (kind, key) DO UPDATE SET json = excluded.json")
		if err != nil {
			return err
		}
		for _, d := range changed {
			if d.JSON == nil {
				_, err = tx.ExecContext(ctx, "DELETE FROM documents WHERE kind = ? AND key = ?", d.Kind, d.Key)
			} else {
				_, err = put.ExecContext(ctx, d.Kind, d.Key, d.JSON)
			}
			if err != nil {
				return err
			}
		}
		return insertExchanges(ctx, tx, exchanges)
	})
}

// offsetChanged reports whether the offset differs from the kept one by more than two clocks drift apart.
func (s *Store) offsetChanged() bool {
	if s.offset == nil {
		return false
	}
	return (s.offset() - time.Duration(s.kept.Load())).Abs() > 10*time.Millisecond
}

// write calls f in a transaction, which also keeps the offset of the clock.
func (s *Store) write(ctx context.Context, f func(*sql.Tx) error) error {
	if s.offset == nil {
		return s.inTx(ctx, f)
	}
	offset := int64(s.offset())
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO settings (name, value) VALUES ('clock_offset', ?) "+
			"ON CONFLICT (name) DO UPDATE SET value = excluded.value", offset)
		return err
	})
	if err == nil {
		s.kept.Store(offset)
	}
	return err
}

// inTx calls f in a transaction.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
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
