// Package onepass decodes ordinary JSON in one pass, in about half the time of
// encoding/json. It decodes into structs, slices, pointers, texts, whole numbers, booleans and
// types with an UnmarshalJSON. Everything else it leaves to encoding/json: a value of another
// type, a name in other letters or given twice, text that is not UTF-8. What it does decode, it
// decodes as encoding/json does.
package onepass

import (
	"encoding/json"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// maxDepth bounds how deep values are nested.
const maxDepth = 32

// Unmarshal decodes data into *v, whose value must be zero, and reports whether it could. If
// not, *v may hold a part: set it to zero and use encoding/json.
func Unmarshal(data []byte, v any) bool {
	r := reader{data: data}
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return false
	}
	r.space()
	if !r.value(target.Elem(), planOf(target.Type().Elem()), 0) {
		return false
	}
	r.space()
	return r.at == len(r.data)
}

// reader is the place in a text. Its methods report false where the text is not ordinary.
type reader struct {
	data []byte
	at   int
}

// peek returns the next byte, 0 at the end.
func (r *reader) peek() byte {
	if r.at < len(r.data) {
		return r.data[r.at]
	}
	return 0
}

func (r *reader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// take skips c.
func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

// word skips a literal.
func (r *reader) word(text string) bool {
	if len(r.data)-r.at < len(text) || string(r.data[r.at:r.at+len(text)]) != text {
		return false
	}
	r.at += len(text)
	return true
}

// value decodes the value at the place into v, whose type has the plan.
func (r *reader) value(v reflect.Value, p *plan, depth int) bool {
	if depth > maxDepth {
		return false
	}
	if p.kind == unmarshaler {
		start := r.at
		return r.skip(depth) && v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(r.data[start:r.at]) == nil
	}
	if r.peek() == 'n' {
		return r.word("null") && p.null(v)
	}
	switch p.kind {
	case text:
		s, ok := r.text()
		v.SetString(s)
		return ok
	case number:
		n, ok := r.integer()
		if !ok || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
		return true
	case boolean:
		v.SetBool(r.peek() == 't')
		return r.word("true") || r.word("false")
	case object:
		return r.object(v, p, depth)
	case list:
		return r.list(v, p, depth)
	case pointer:
		if !v.IsNil() {
			return false
		}
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(v.Elem(), p.elem, depth+1)
	case holder:
		target := v.Elem()
		if target.Kind() != reflect.Pointer || target.IsNil() {
			return false
		}
		return r.value(target.Elem(), planOf(target.Type().Elem()), depth+1)
	default:
		return false
	}
}

// object decodes the members of a struct; unknown ones are skipped.
func (r *reader) object(v reflect.Value, p *plan, depth int) bool {
	if !r.take('{') {
		return false
	}
	r.space()
	if r.take('}') {
		return true
	}
	for {
		name, ok := r.name()
		if !ok {
			return false
		}
		r.space()
		if !r.take(':') {
			return false
		}
		r.space()
		if f, known := p.fields[string(name)]; known {
			ok = r.value(v.FieldByIndex(f.index), f.plan, depth+1)
		} else {
			ok = !p.folds(name) && r.skip(depth+1)
		}
		if !ok {
			return false
		}
		r.space()
		if r.take('}') {
			return true
		}
		if !r.take(',') {
			return false
		}
		r.space()
	}
}

// list decodes the elements of a slice.
func (r *reader) list(v reflect.Value, p *plan, depth int) bool {
	if !v.IsNil() || !r.take('[') {
		return false
	}
	r.space()
	if r.take(']') {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return true
	}
	for n := 0; ; n++ {
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		if !r.value(v.Index(n), p.elem, depth+1) {
			return false
		}
		r.space()
		if r.take(']') {
			return true
		}
		if !r.take(',') {
			return false
		}
		r.space()
	}
}

// integer reads a whole number without an exponent.
func (r *reader) integer() (int64, bool) {
	start := r.at
	if !r.digits() {
		return 0, false
	}
	switch r.peek() {
	case '.', 'e', 'E':
		return 0, false
	}
	n, err := strconv.ParseInt(string(r.data[start:r.at]), 10, 64)
	return n, err == nil
}

// digits skips a minus and the digits before a decimal point.
func (r *reader) digits() bool {
	r.take('-')
	start := r.at
	for r.peek() >= '0' && r.peek() <= '9' {
		r.at++
	}
	return r.at > start && (r.data[start] != '0' || r.at == start+1)
}

// name reads the name of a member: ASCII without escapes, because encoding/json compares names
// without regard to case.
func (r *reader) name() ([]byte, bool) {
	if !r.take('"') {
		return nil, false
	}
	start := r.at
	for r.at < len(r.data) {
		switch c := r.data[r.at]; {
		case c == '"':
			r.at++
			return r.data[start : r.at-1], true
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return nil, false
		}
		r.at++
	}
	return nil, false
}
