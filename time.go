package iamport

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Time is a time of the API, which uses Unix seconds. In JSON it is a number. 0, null
// and the empty string are the zero Time, with which iamport means "has not
// happened". Fractions and numbers in quotes are also read. A Time read from JSON is
// in UTC: use In to get the buyer's or the shop's date.
type Time struct{ time.Time }

// UnixTime returns t as a Time, truncated to the whole second. It is for columns
// of a database and for answers in tests; requests take a time.Time.
func UnixTime(t time.Time) Time { return Time{t.Truncate(time.Second)} }

// maxUnix is the last second of the year 9999. A larger value is invalid, for example
// milliseconds.
const maxUnix = 253402300799

var errNotUnixTime = errors.New("iamport: time: not a count of Unix seconds")

// UnmarshalJSON reads Unix seconds: 1603417956, 1603417956.25 or "1603417956".
// The time is in UTC.
func (t *Time) UnmarshalJSON(data []byte) error {
	if n, ok := plainNumber(data); ok && n <= maxUnix {
		*t = Time{}
		if n != 0 {
			*t = Time{time.Unix(n, 0).UTC()}
		}
		return nil
	}
	text := unquoteNumber(data)
	if text == "" {
		*t = Time{}
		return nil
	}
	seconds, err := ParseAmount(text)
	if err != nil || seconds.Sign() < 0 {
		return errNotUnixTime
	}
	unit := int64(1)
	for range seconds.scale {
		unit *= 10
	}
	whole, fraction := seconds.coef/unit, seconds.coef%unit
	if whole > maxUnix {
		return errNotUnixTime
	}
	if seconds.Sign() == 0 {
		*t = Time{}
		return nil
	}
	for unit > 1e9 {
		unit, fraction = unit/10, fraction/10
	}
	*t = Time{time.Unix(whole, fraction*(1e9/unit)).UTC()}
	return nil
}

// unquoteNumber returns the text of a JSON number with or without quotes, "" for
// null.
func unquoteNumber(data []byte) string {
	text := string(data)
	if text == "null" {
		return ""
	}
	if len(text) >= 2 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	return text
}

// plainNumber returns a number of 1 to 18 digits alone, without an allocation: what nearly
// every sum and time of the API is.
func plainNumber(data []byte) (n int64, ok bool) {
	if len(data) == 0 || len(data) > 18 || data[0] == '0' && len(data) > 1 {
		return 0, false
	}
	for _, c := range data {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// MarshalJSON writes whole Unix seconds, and 0 for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("0"), nil
	}
	return strconv.AppendInt(nil, t.Unix(), 10), nil
}

// Value implements [driver.Valuer]: the time in UTC, for TIMESTAMPTZ and other
// columns of times, and NULL for the zero Time. For an integer column use Unix()
// instead. SQLite has no times: its drivers store text, which must be in one form to be
// compared in SQL (_time_format=sqlite in modernc.org/sqlite).
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil //nolint:nilnil // NULL
	}
	return t.UTC(), nil
}

// sqlTimes are the spellings of a time in a text column: those of RFC 3339, of SQLite, of
// PostgreSQL and of String of [time.Time], which some SQLite drivers store.
var sqlTimes = []string{
	time.RFC3339Nano,
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999-07",
	"2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04:05.999999999 -0700 -0700",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999",
}

// Scan implements [database/sql.Scanner]. It reads a time, Unix seconds as an
// integer, text that holds one of them, and NULL, which is the zero Time. Text
// without a time zone is in UTC. The result is in UTC. It returns an error for
// everything else, and does not change t.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = Time{}
	case time.Time:
		*t = Time{v.UTC()}
	case int64:
		return t.UnmarshalJSON(strconv.AppendInt(nil, v, 10))
	case uint64: // MySQL's BIGINT UNSIGNED
		return t.UnmarshalJSON(strconv.AppendUint(nil, v, 10))
	case string:
		return t.scanText(v)
	case []byte:
		return t.scanText(string(v))
	default:
		return fmt.Errorf("iamport: time: a %T of a database is not a time", src)
	}
	return nil
}

func (t *Time) scanText(text string) error {
	text, _, _ = strings.Cut(text, " m=") // as String of time.Now writes it
	for _, layout := range sqlTimes {
		if parsed, err := time.Parse(layout, text); err == nil {
			*t = Time{parsed.UTC()}
			return nil
		}
	}
	if allDigits(text) {
		return t.UnmarshalJSON([]byte(text))
	}
	return fmt.Errorf("iamport: time: %.40q is not a time of a database", text)
}
