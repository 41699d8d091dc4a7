package redact

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// unit is one character of a text after unescaping: \u0031, %31, &#49; and a
// full-width 1 are all the digit 1.
type unit struct {
	from, to int  // where it is in the text
	char     rune // in lower case
	end      int  // the first unit from here on that ends a value
	digit    int  // the first unit from here on that is a digit
}

type searched struct {
	text  string
	units []unit
	plain string // the characters, for searching
	at    []int  // the unit of each byte of plain
	hides []int  // how many hidden ranges begin at a unit, minus those that end there
}

// pool keeps the memory of searches: a list of payments has a text in each, and a search takes
// forty times its length.
var pool = sync.Pool{New: func() any { return new(searched) }}

// release gives the memory back, without the text.
func (s *searched) release() {
	clear(s.units)
	*s = searched{units: s.units[:0], at: s.at[:0], hides: s.hides[:0]}
	pool.Put(s)
}

func (s *searched) read(text string) {
	s.text, s.units = text, slices.Grow(s.units, len(text))
	var plain strings.Builder
	plain.Grow(len(text))
	for i := 0; i < len(text); {
		char, size := unescape(text[i:])
		if char >= '！' && char <= '～' {
			char -= '！' - '!' // full-width forms
		}
		char = unicode.ToLower(char)
		s.units = append(s.units, unit{from: i, to: i + size, char: char})
		plain.WriteRune(char)
		for len(s.at) < plain.Len() {
			s.at = append(s.at, len(s.units)-1)
		}
		i += size
	}
	s.plain = plain.String()
	s.hides = slices.Grow(s.hides, len(s.units)+1)[:len(s.units)+1]
	clear(s.hides)
	end, digit := len(s.units), len(s.units)
	for i := len(s.units) - 1; i >= 0; i-- {
		if strings.ContainsRune(" \t\r\n\"'`\\,;&)]}<", s.units[i].char) {
			end = i
		}
		if unicode.IsDigit(s.units[i].char) {
			digit = i
		}
		s.units[i].end, s.units[i].digit = end, digit
	}
}

// unescape reads one character, which JSON or a URL may have escaped once or several
// times (\\u0031), or HTML once.
func unescape(text string) (char rune, size int) {
	switch {
	case text[0] == '%' && len(text) >= 3:
		if n, err := strconv.ParseUint(text[1:3], 16, 8); err == nil && n < utf8.RuneSelf {
			return rune(n), 3
		}
	case strings.HasPrefix(text, "&#"):
		written, _, ok := strings.Cut(text[2:min(len(text), 10)], ";")
		digits, base := written, 10
		if strings.HasPrefix(written, "x") || strings.HasPrefix(written, "X") {
			digits, base = written[1:], 16
		}
		if n, err := strconv.ParseUint(digits, base, 16); ok && err == nil {
			return rune(n), len("&#;") + len(written)
		}
	case text[0] == '\\':
		slashes := 0
		for slashes < min(len(text), maxSeparators) && text[slashes] == '\\' {
			slashes++
		}
		if rest := text[slashes:]; len(rest) >= 5 && rest[0] == 'u' {
			if n, err := strconv.ParseUint(rest[1:5], 16, 16); err == nil {
				return rune(n), slashes + 5
			}
		}
	}
	return utf8.DecodeRuneInString(text)
}
