package clock

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// units are the units of a period. A month has 30 days and a year 365.
var units = []struct {
	name string
	unit time.Duration
}{
	{"mo", 30 * 24 * time.Hour}, {"ms", time.Millisecond}, {"y", 365 * 24 * time.Hour}, {"w", 7 * 24 * time.Hour},
	{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
}

// longest is the longest period: a duration cannot hold 293 years.
const longest = 200 * 365 * 24 * time.Hour

// ParsePeriod parses a period such as "90s", "1h30m", "31d", "1mo" or "1y": numbers with the units ms, s, m (minute), h,
// d, w, mo (30 days) and y (365 days).
func ParsePeriod(text string) (time.Duration, error) {
	var sum time.Duration
	rest := text
	for first := true; first || rest != ""; first = false {
		end := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if end <= 0 {
			return 0, badPeriod(text)
		}
		n, err := strconv.ParseFloat(rest[:end], 64)
		if err != nil {
			return 0, badPeriod(text)
		}
		rest = rest[end:]
		var unit time.Duration
		for _, u := range units {
			if after, found := strings.CutPrefix(rest, u.name); found {
				unit, rest = u.unit, after
				break
			}
		}
		if unit == 0 {
			return 0, badPeriod(text)
		}
		if n*float64(unit) > float64(longest-sum) {
			return 0, fmt.Errorf("%q is longer than 200 years", text)
		}
		sum += time.Duration(n * float64(unit))
	}
	return sum, nil
}

func badPeriod(text string) error {
	return fmt.Errorf("%q is not a period such as 90s, 1h30m, 31d, 1mo or 1y", text)
}

// MaxSpeed is the highest speed: a year in about 30 seconds.
const MaxSpeed = 1_000_000

// ParseSpeed parses a speed: "43200x", or "1mo/1m", which is the period of the clock per period of the computer.
func ParseSpeed(text string) (float64, error) {
	var speed float64
	if fast, slow, found := strings.Cut(text, "/"); found {
		ours, err := ParsePeriod(fast)
		if err != nil {
			return 0, err
		}
		computers, err := ParsePeriod(slow)
		if err != nil {
			return 0, err
		}
		if computers == 0 {
			return 0, errors.New("the period of the computer must not be 0")
		}
		speed = float64(ours) / float64(computers)
	} else {
		number, isFactor := strings.CutSuffix(text, "x")
		n, err := strconv.ParseFloat(number, 64)
		if !isFactor || err != nil {
			return 0, fmt.Errorf("%q is not a speed such as 60x or 1mo/1m", text)
		}
		speed = n
	}
	if !(speed >= 1 && speed <= MaxSpeed) { // also refuses NaN
		return 0, fmt.Errorf("the speed must be from 1x to %dx", MaxSpeed)
	}
	return speed, nil
}
