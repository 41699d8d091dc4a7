package iamport

import (
	"errors"
	"strconv"
	"time"
)

// Time is a moment of the API, which counts in Unix seconds. In JSON it is a
// number; 0, null and the empty string are the zero Time, which is how iamport
// writes "has not happened". Fractions and numbers in quotes are read as well. A
// Time that was read is in UTC: use In for the buyer's or the shop's day.
type Time struct{ time.Time }

// UnixTime returns the Time of t, cut to the whole second that the API keeps. It
// serves to build answers in tests; requests take a time.Time.
func UnixTime(t time.Time) Time { return Time{t.Truncate(time.Second)} }

// maxUnix is the last second of the year 9999: later ones are milliseconds by
// mistake, or hostile.
const maxUnix = 253402300799

var errNotUnixTime = errors.New("iamport: time: not a count of Unix seconds")

// UnmarshalJSON reads Unix seconds: 1603417956, 1603417956.25 or "1603417956".
// The time is in UTC.
func (t *Time) UnmarshalJSON(data []byte) error {
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

// MarshalJSON writes whole Unix seconds, and 0 for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("0"), nil
	}
	return strconv.AppendInt(nil, t.Unix(), 10), nil
}
