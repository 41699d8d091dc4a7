// Package bounds defines how large an answer of the API may be, and reads a JSON text
// only while it is within these bounds: a few kilobytes of gzip can hold gigabytes of
// values. It does not interpret the answer.
package bounds

import (
	"errors"
	"io"
	"slices"
	"unicode/utf8"
)

// The bounds. A page of 1,000 payments has about 2 MiB, at most 160,000 values and 5
// levels. Eight answers at the bounds, decoded at once, take less than 256 MiB: decoding
// costs up to five times the size, and 100 bytes a value.
const (
	// Size is the length of an answer in bytes. A byte that is not UTF-8 counts as the
	// three that it is decoded to.
	Size = 4 << 20
	// Depth is how deep objects and arrays are nested.
	Depth = 32
	// Items is the number of items of an array, or of members of an object.
	Items = 10_000
	// Values is the number of all values, names of members included.
	Values = 200_000
	// Text is the length of one text in bytes, with its escapes.
	Text = 1 << 20
)

// Errors of texts that are too large.
var (
	ErrSize   = errors.New("the answer is larger than 4 MiB")
	ErrDepth  = errors.New("the answer is nested deeper than 32 levels")
	ErrItems  = errors.New("a list in the answer has more than 10000 items")
	ErrValues = errors.New("the answer has more than 200000 values")
	ErrText   = errors.New("a text in the answer is longer than 1 MiB")
)

const (
	// small is the length in bytes of a text that is too short to exceed a bound.
	small = 8 << 10
	// block is how many bytes are read and checked at a time.
	block = 64 << 10
	// maxNothing is how many times in a row a reader may return nothing.
	maxNothing = 100
)

// Read reads a JSON text to its end, or until it exceeds a bound. length is the
// length that its sender declares, 0 or less for none. The text is in buffer if it has room.
// Read does not check that the text is JSON; the decoder does.
func Read(r io.Reader, length int64, buffer []byte) ([]byte, error) {
	if need := min(max(length+1, 512), small+1); int64(cap(buffer)) < need {
		buffer = make([]byte, 0, need)
	}
	text, err := fill(buffer[:0], r, small+1, length)
	if len(text) <= small {
		return text, end(err)
	}
	var s scanner
	for checked := 0; ; {
		if err := s.scan(text[checked:]); err != nil {
			return nil, err
		}
		if err != nil {
			if len(text)+2*invalid(text) > Size {
				return nil, ErrSize
			}
			return text, end(err)
		}
		checked = len(text)
		text, err = fill(text, r, len(text)+block, length)
	}
}

// fill reads until text has n bytes, or to the end. length is the length of the whole text, if
// its sender tells the truth.
func fill(text []byte, r io.Reader, n int, length int64) ([]byte, error) {
	for nothing := 0; len(text) < n; {
		if len(text) == cap(text) {
			more := len(text) // twice as long: fewer copies than append makes
			if rest := length + 1 - int64(len(text)); rest > 0 && rest < int64(more) {
				more = int(rest)
			}
			text = slices.Grow(text, more)
		}
		read, err := r.Read(text[len(text):min(cap(text), n)])
		text = text[:len(text)+read]
		if err != nil {
			return text, err
		}
		if nothing++; read > 0 {
			nothing = 0
		} else if nothing == maxNothing {
			return text, io.ErrNoProgress
		}
	}
	return text, nil
}

// invalid returns how many bytes are not UTF-8.
func invalid(text []byte) (n int) {
	if utf8.Valid(text) {
		return 0
	}
	for len(text) > 0 {
		char, size := utf8.DecodeRune(text)
		if char == utf8.RuneError && size == 1 {
			n++
		}
		text = text[size:]
	}
	return n
}

func end(err error) error {
	if err == io.EOF { //nolint:errorlint // An error that wraps io.EOF is an error.
		return nil
	}
	return err
}

// scanner counts the values of a text, block by block. It allocates nothing.
type scanner struct {
	size, depth, values int
	items               [Depth + 1]int // of each level that is open
	text                int            // length of the text that is open, with its quote; 0: none
	escaped             bool           // the next character of the text is escaped
}

func (s *scanner) scan(block []byte) error {
	if s.size += len(block); s.size > Size {
		return ErrSize
	}
	for _, b := range block {
		if s.text > 0 {
			if s.text++; s.text > Text {
				return ErrText
			}
			switch {
			case s.escaped:
				s.escaped = false
			case b == '\\':
				s.escaped = true
			case b == '"':
				s.text = 0
			}
			continue
		}
		switch b {
		case '"':
			s.text = 1
		case '[', '{':
			if s.depth++; s.depth > Depth {
				return ErrDepth
			}
			s.items[s.depth] = 1
			s.values++
		case ']', '}':
			s.depth = max(0, s.depth-1)
		case ',':
			if s.items[s.depth]++; s.items[s.depth] > Items {
				return ErrItems
			}
			s.values++
		case ':':
			s.values++
		}
		if s.values > Values {
			return ErrValues
		}
	}
	return nil
}
