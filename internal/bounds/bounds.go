// Package bounds names how large an answer of the API may be, and checks a JSON text
// against that before anything is decoded: a few kilobytes of gzip can hold gigabytes
// of values. It does not know what the answer means.
package bounds

import "errors"

// The bounds. A page of 1,000 payments has about 2 MiB, 60,000 values and 5 levels.
const (
	// Size is the length of an answer in bytes.
	Size = 8 << 20
	// Depth is how deep objects and arrays are nested.
	Depth = 32
	// Items is how many items an array has, or members an object.
	Items = 10_000
	// Values is how many values, names of members included, there are in all.
	Values = 300_000
	// Text is the length of one text in bytes, as it is written.
	Text = 1 << 20
)

// Errors of texts that are too large.
var (
	ErrSize   = errors.New("the answer is larger than 8 MiB")
	ErrDepth  = errors.New("the answer is nested deeper than 32 levels")
	ErrItems  = errors.New("a list in the answer has more than 10000 items")
	ErrValues = errors.New("the answer has more than 300000 values")
	ErrText   = errors.New("a text in the answer is longer than 1 MiB")
)

// small is the length in bytes of a text that is too short to do harm.
const small = 8 << 10

// Check returns an error if the JSON text is out of bounds. It reads the text once and
// allocates nothing. It does not check that the text is JSON: whoever decodes it does.
func Check(text []byte) error {
	switch {
	case len(text) <= small:
		return nil
	case len(text) > Size:
		return ErrSize
	}
	var items [Depth + 1]int // of each level that is open
	depth, values := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := skipText(text, i+1)
			if end-i > Text {
				return ErrText
			}
			i = end
		case '[', '{':
			if depth++; depth > Depth {
				return ErrDepth
			}
			items[depth] = 1
			values++
		case ']', '}':
			depth = max(0, depth-1)
		case ',':
			if items[depth]++; items[depth] > Items {
				return ErrItems
			}
			values++
		case ':':
			values++
		}
		if values > Values {
			return ErrValues
		}
	}
	return nil
}

// skipText returns where the text that begins at i ends: at its closing quote, or at
// the end of everything.
func skipText(text []byte, i int) int {
	for ; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return i
}
