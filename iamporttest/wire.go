package iamporttest

import (
	"encoding/json"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// field is one key of an object; objects keep the order in which the schema lists them.
type field struct {
	name  string
	value any
}

type object []field

// answer is an answer of the server. cut is the number of body bytes that arrive; below zero: all.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    int
}

// ok is code 0 with HTTP 200.
func ok(response any) answer { return okStatus(http.StatusOK, response) }

func okStatus(status int, response any) answer {
	return envelope(status, 0, "", response)
}

// refuse is the usual refusal of the API: HTTP 200 and a code that is not 0.
func refuse(message string) answer { return envelope(http.StatusOK, 1, message, nil) }

// fail is a refusal with another HTTP status.
func fail(status int, message string) answer { return envelope(status, -1, message, nil) }

func envelope(status, code int, message string, response any) answer {
	body := appendJSON(nil, object{{"code", code}, {"message", message}, {"response", response}})
	return literal(status, "application/json; charset=UTF-8", body)
}

func literal(status int, contentType string, body []byte) answer {
	a := answer{status: status, header: http.Header{}, body: body, cut: -1}
	if contentType != "" {
		a.header.Set("Content-Type", contentType)
	}
	return a
}

// finish adds what every answer has, and the headers of the fault.
func (a *answer) finish(now time.Time, fault Fault) {
	a.header.Set("Date", now.UTC().Format(http.TimeFormat))
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	for name, values := range fault.header {
		a.header[name] = append([]string(nil), values...)
	}
	if fault.effect == cutAfter {
		a.cut = max(0, min(fault.bytes, len(a.body)-1))
	}
}

// appendJSON writes v as PHP does: every rune above ASCII and every slash escaped. An empty string is null, which is
// how the API shows a string that was never set.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case string:
		if v == "" {
			return append(b, "null"...)
		}
		return appendText(b, v)
	case *big.Rat:
		if v == nil {
			return append(b, "null"...)
		}
		return append(b, decimal(v)...)
	case object:
		b = append(b, '{')
		for i, f := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, f.name), ':')
			b = appendJSON(b, f.value)
		}
		return append(b, '}')
	case []object:
		return appendList(b, v)
	case []string:
		return appendList(b, v)
	}
	panic("iamporttest: a value that cannot be written as JSON")
}

func appendList[T any](b []byte, list []T) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, v)
	}
	return append(b, ']')
}

func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	unit := func(u uint16) {
		b = append(b, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\' || r == '/':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r >= ' ' && r < 0x80:
			b = append(b, byte(r))
		case r < 0x10000:
			unit(uint16(r))
		default:
			high, low := utf16.EncodeRune(r)
			unit(uint16(high))
			unit(uint16(low))
		}
	}
	return append(b, '"')
}

// decimal writes r exactly. Every amount was read as a decimal, so its digits end.
func decimal(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}

// parseAmount reads a JSON number. The limits prevent a hostile exponent from filling the memory.
func parseAmount(s string) (*big.Rat, bool) {
	if s == "" || len(s) > 32 || !strings.Contains("-0123456789", s[:1]) || !json.Valid([]byte(s)) {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if n, err := strconv.Atoi(s[i+1:]); err != nil || n < -20 || n > 20 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// page returns one page of items and the numbers of the pages around it. Pages count from 1.
func page[T any](items []T, number, size int64) (cut []T, previous, next int64) {
	total := int64(len(items))
	from := min((number-1)*size, total)
	to := min(from+size, total)
	if number > 1 {
		previous = number - 1
	}
	if to < total {
		next = number + 1
	}
	return items[from:to], previous, next
}

// paged is the {total, previous, next, list} object of one page.
func paged[T any](items []T, number, size int64, show func(T) object) object {
	cut, previous, next := page(items, number, size)
	return object{{"total", len(items)}, {"previous", previous}, {"next", next}, {"list", shown(cut, show)}}
}

func shown[T any](items []T, show func(T) object) []object {
	list := make([]object, 0, len(items))
	for _, item := range items {
		list = append(list, show(item))
	}
	return list
}
