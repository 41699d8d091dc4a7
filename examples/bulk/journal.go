package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/iamport-go/iamport"
)

// journal is an iamport.Journal in a file next to the results. With it a run knows
// which charges an earlier run began, even one that was killed. Each line is the
// begin or end of an attempt, synced before the charge is sent:
//
//	begin 1785542400123 ab3dk9 "order_1"
//	held 1785542401456 ab3dk9 "order_1"
//
// Only the process that has locked the results uses it. Its times are by this
// machine's clock: do not set the clock forward, or move the file to another machine,
// between two runs.
type journal struct {
	mu     sync.Mutex
	file   *os.File                      // nil until open
	failed error                         // after a partly written line nothing more is written
	orders map[string]map[string]attempt // by merchant_uid and attempt
}

// attempt is the last line of an attempt.
type attempt struct {
	at   time.Time
	what string
}

const (
	begin = "begin" // it began and holds its order
	held  = "held"  // it is paid or unknown and holds its order
	free  = "free"  // it certainly moved no money
)

var errNotOpen = errors.New("the journal is not open")

// open opens or creates the file. It drops a partly written last line: after a crash
// there, nothing was sent.
func (j *journal) open(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if folder, err := os.Open(filepath.Dir(path)); err == nil { // so that a power failure does not lose a new file
		_ = folder.Sync() // not supported on every system
		_ = folder.Close()
	}
	if err := j.load(file); err != nil {
		_ = file.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	j.file = file
	return nil
}

func (j *journal) close() { _ = j.file.Close() } // every line is synced already

func (j *journal) load(file *os.File) error {
	data, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	j.orders = map[string]map[string]attempt{}
	whole, now := 0, time.Now()
	for line := range bytes.Lines(data) {
		var what, id, order string
		var at int64
		_, err := fmt.Sscanf(string(line), "%s %d %s %q\n", &what, &at, &id, &order)
		if err == nil && !bytes.HasSuffix(line, []byte("\n")) {
			err = io.ErrUnexpectedEOF
		}
		if err == nil && what != begin && what != held && what != free {
			err = fmt.Errorf("no such word: %q", what)
		}
		if err != nil && whole+len(line) == len(data) {
			break
		}
		if err != nil {
			return fmt.Errorf("not a journal: byte %d: %w", whole, err)
		}
		whole += len(line)
		since := time.UnixMilli(at)
		if since.After(now) {
			since = now // the clock was set back
		}
		j.set(iamport.Attempt{MerchantUID: order, ID: id}, attempt{since, what})
	}
	if whole == len(data) {
		return nil
	}
	return file.Truncate(int64(whole))
}

// Begin records an attempt unless another one holds the order.
func (j *journal) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (wait time.Duration, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	attempts := j.orders[a.MerchantUID]
	if _, used := attempts[a.ID]; used {
		return 0, iamport.ErrAttemptUsed
	}
	for _, other := range attempts {
		if other.what != free {
			wait = max(wait, min(quiet, quiet-time.Since(other.at)))
		}
	}
	if wait > 0 {
		return wait, nil
	}
	return 0, j.write(a, begin)
}

// End records how an attempt ended.
func (j *journal) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if !notCharged {
		return j.write(a, held)
	}
	if _, begun := j.orders[a.MerchantUID][a.ID]; !begun {
		return nil
	}
	return j.write(a, free)
}

// write appends a line, and keeps it in memory after it is on disk.
func (j *journal) write(a iamport.Attempt, what string) error {
	if j.file == nil {
		return errNotOpen
	}
	now := time.Now()
	if j.failed == nil {
		if _, j.failed = fmt.Fprintf(j.file, "%s %d %s %q\n", what, now.UnixMilli(), a.ID, a.MerchantUID); j.failed == nil {
			j.failed = j.file.Sync()
		}
	}
	if j.failed == nil {
		j.set(a, attempt{now, what})
	}
	return j.failed
}

func (j *journal) set(a iamport.Attempt, last attempt) {
	if j.orders[a.MerchantUID] == nil {
		j.orders[a.MerchantUID] = map[string]attempt{}
	}
	j.orders[a.MerchantUID][a.ID] = last
}
