package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// outcome is the outcome of an order.
type outcome string

const (
	paid        outcome = "paid"         // as ordered, by any run
	declined    outcome = "declined"     // by the gateway or the card's issuer
	notCharged  outcome = "not charged"  // refused or never sent: certainly no money moved
	unknown     outcome = "unknown"      // perhaps charged
	alreadyPaid outcome = "already paid" // by a payment that is not as ordered, or was refunded
)

var outcomes = []outcome{paid, declined, notCharged, unknown, alreadyPaid}

// final reports whether a later run skips the order. A declined card is not tried
// again automatically: that needs another card or the customer's consent.
func (o outcome) final() bool { return o == paid || o == declined || o == alreadyPaid }

// result is one row of the results file. The amount is the order's.
type result struct {
	merchantUID    string
	outcome        outcome
	impUID, amount string
	reason         string
}

// resultsHeader ends in api, "real" or "sandbox": after sandbox results the real run
// must not skip its orders.
var resultsHeader = []string{"merchant_uid", "outcome", "imp_uid", "amount", "reason", "api"}

// results is the results file. Every row is one line, written with one call and
// synced, so that a crash damages at most the last one. Its loss is safe: the order
// is looked up before it is charged.
type results struct {
	file *os.File
	api  string
	last map[string]result // by merchant_uid; the last row counts

	mu     sync.Mutex
	failed error // after a partly written row nothing more is written
}

// openResults opens or creates a results file, locks it for this process, and drops a
// partly written last row. Without a path it creates a temporary file.
func openResults(path, api string) (*results, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if path == "" {
		file, err = os.CreateTemp("", "bulk-*.csv")
	}
	if err != nil {
		return nil, err
	}
	r := &results{file: file, api: api, last: map[string]result{}}
	if err := lock(file); err != nil {
		r.close()
		return nil, fmt.Errorf("%s: another process writes to it: %w", path, err)
	}
	if err := r.load(); err != nil {
		r.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r *results) close() { _ = r.file.Close() } // every row is synced already

// load reads the rows and truncates the file after the last complete one.
func (r *results) load() error {
	data, err := io.ReadAll(r.file)
	if err != nil {
		return err
	}
	header := csvLine(resultsHeader...)
	if strings.HasPrefix(header, string(data)) && len(data) < len(header) {
		// A new file, or the header was not fully written.
		if err := r.file.Truncate(0); err != nil {
			return err
		}
		return r.write(header)
	}
	if !bytes.HasPrefix(data, []byte(header)) {
		return fmt.Errorf("not a results file: its first line is not %s", strings.TrimSpace(header))
	}
	whole := len(header)
	number := 1
	for line := range bytes.Lines(data[whole:]) {
		number++
		row, err := r.parse(line)
		if err != nil && whole+len(line) == len(data) {
			break // the last line, truncated by a crash
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if row.api != r.api {
			return fmt.Errorf("line %d: a result of the API %q, and this run is on %q: name another file", number, row.api, r.api)
		}
		whole += len(line)
		r.last[row.merchantUID] = row.result
	}
	if whole == len(data) {
		return nil
	}
	return r.file.Truncate(int64(whole))
}

type resultRow struct {
	result
	api string
}

func (r *results) parse(line []byte) (resultRow, error) {
	if !bytes.HasSuffix(line, []byte("\n")) {
		return resultRow{}, io.ErrUnexpectedEOF
	}
	rows := csv.NewReader(bytes.NewReader(line))
	rows.FieldsPerRecord = len(resultsHeader)
	f, err := rows.Read()
	if err != nil {
		return resultRow{}, err
	}
	for i := range f {
		f[i] = strings.TrimPrefix(f[i], "'") // see inert
	}
	row := resultRow{result{f[0], outcome(f[1]), f[2], f[3], f[4]}, f[5]}
	if !slices.Contains(outcomes, row.outcome) {
		return resultRow{}, fmt.Errorf("no such outcome: %q", row.outcome)
	}
	return row, nil
}

// open returns the orders that have no final result yet.
func (r *results) open(orders []order) ([]order, error) {
	var open []order
	for _, o := range orders {
		row := r.last[o.merchantUID]
		if !row.outcome.final() {
			open = append(open, o)
			continue
		}
		if row.amount != o.amount.String() {
			return nil, fmt.Errorf("order %q is %s at %s in the results and %s in the orders", o.merchantUID, row.outcome, row.amount, o.amount)
		}
	}
	return open, nil
}

// add appends a row. It is safe for concurrent use.
func (r *results) add(row result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	row.impUID, row.reason = oneLine(row.impUID), oneLine(row.reason)
	if err := r.write(csvLine(row.merchantUID, string(row.outcome), row.impUID, row.amount, row.reason, r.api)); err != nil {
		return err
	}
	r.last[row.merchantUID] = row
	return nil
}

func (r *results) write(line string) error {
	if r.failed == nil {
		if _, r.failed = r.file.WriteString(line); r.failed == nil {
			r.failed = r.file.Sync()
		}
	}
	return r.failed
}

func csvLine(fields ...string) string {
	var line strings.Builder
	w := csv.NewWriter(&line)
	cells := make([]string, len(fields))
	for i, field := range fields {
		cells[i] = inert(field)
	}
	_ = w.Write(cells) // a strings.Builder returns no errors
	w.Flush()
	return line.String()
}

// inert returns the cell for a text that a spreadsheet must show and not run. The
// text of a server or an order number may begin like a formula, also after spaces and
// in full-width characters. An apostrophe before it marks it as text, and is removed
// when the file is read.
func inert(text string) string {
	begins, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, unicode.IsSpace))
	if strings.ContainsRune("=+-@＝＋－＠", begins) || strings.HasPrefix(text, "'") {
		return "'" + text
	}
	return text
}

// oneLine replaces line breaks and similar characters with spaces, so that a row is
// one line.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return ' '
		}
		return c
	}, s)
}
