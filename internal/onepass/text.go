package onepass

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted skips a string, and returns what is between its quotes and whether it has an escape.
func (r *reader) quoted() (inside []byte, escaped, ok bool) {
	if !r.take('"') {
		return nil, false, false
	}
	start := r.at
	for r.at < len(r.data) {
		switch c := r.data[r.at]; {
		case c == '"':
			r.at++
			return r.data[start : r.at-1], escaped, true
		case c == '\\':
			escaped = true
			if !r.escape() {
				return nil, false, false
			}
		case c < ' ':
			return nil, false, false
		default:
			r.at++
		}
	}
	return nil, false, false
}

// escape skips a backslash and what it escapes.
func (r *reader) escape() bool {
	r.at++
	c := r.peek()
	r.at++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if !isHex(r.peek()) {
				return false
			}
			r.at++
		}
		return true
	}
	return false
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// text reads a string of UTF-8.
func (r *reader) text() (string, bool) {
	inside, escaped, ok := r.quoted()
	if !ok || !utf8.Valid(inside) {
		return "", false
	}
	if !escaped {
		if len(inside) <= longestWord {
			if word, ok := words[string(inside)]; ok {
				return word, true
			}
		}
		return string(inside), true
	}
	return unescaped(inside)
}

// unescaped returns the text of a string with escapes that are known to be well formed, or
// false for a half of a surrogate pair.
func unescaped(inside []byte) (string, bool) {
	var out strings.Builder
	out.Grow(len(inside))
	for i := 0; i < len(inside); i++ {
		c := inside[i]
		if c != '\\' {
			out.WriteByte(c)
			continue
		}
		i++
		switch c = inside[i]; c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			char := unicodeAt(inside, i)
			i += 4
			if utf16.IsSurrogate(char) {
				if len(inside) < i+7 || inside[i+1] != '\\' || inside[i+2] != 'u' {
					return "", false
				}
				char = utf16.DecodeRune(char, unicodeAt(inside, i+2))
				if char == utf8.RuneError {
					return "", false
				}
				i += 6
			}
			out.WriteRune(char)
			continue
		}
		out.WriteByte(c)
	}
	return out.String(), true
}

// unicodeAt returns the four hexadecimal digits after the u at i.
func unicodeAt(inside []byte, i int) rune {
	n, _ := strconv.ParseUint(string(inside[i+1:i+5]), 16, 16) // they are known to be digits
	return rune(n)
}
