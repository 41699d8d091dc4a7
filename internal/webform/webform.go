// Package webform reads the body of a request, a JSON object or a form, as names with
// texts. It does not depend on what the names mean.
package webform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// Size is the maximum length of a body in bytes.
	Size = 64 << 10
	// Members is the maximum number of names in a body. 9,000 names fit into its length and
	// take a megabyte.
	Members = 100
	// MaxText is the maximum length in bytes of a text that Take returns.
	MaxText = 255
)

// Errors of requests that cannot be read.
var (
	ErrType     = errors.New("Content-Type must be application/json or application/x-www-form-urlencoded")
	ErrEncoding = errors.New("Content-Encoding must be empty or identity")
	ErrSize     = errors.New("the body must be at most 64 KiB")
	ErrBody     = errors.New("the body cannot be read")
	ErrJSON     = errors.New("the body must be one JSON object")
	ErrMembers  = errors.New("the body must have at most 100 members")
	ErrForm     = errors.New("the body must be a URL-encoded form")
)

// Status returns the HTTP status that answers a request that cannot be read because of err.
func Status(err error) int {
	switch {
	case errors.Is(err, ErrSize):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrType), errors.Is(err, ErrEncoding):
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

// Form is what a body holds, by name.
type Form struct {
	Values  url.Values
	notText map[string]bool // names of JSON objects, arrays and booleans
}

// Read reads the body of r. A parameter of Content-Type, such as a charset, is ignored.
// A JSON text is its characters, null is the empty text, and every other JSON value is
// its JSON. A name that is there several times has several values. The query of r is
// ignored.
func Read(r *http.Request) (Form, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return Form{}, ErrType
	}
	read := readJSON
	switch kind {
	case "application/json":
	case "application/x-www-form-urlencoded":
		read = readForm
	default:
		return Form{}, ErrType
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return Form{}, ErrEncoding
	}
	if r.Body == nil {
		return Form{}, ErrBody
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, Size+1))
	switch {
	case len(body) > Size:
		return Form{}, ErrSize
	case err != nil:
		return Form{}, ErrBody
	}
	f, err := read(body)
	if err == nil && len(f.Values) > Members {
		err = ErrMembers
	}
	if err != nil {
		return Form{}, err
	}
	return f, nil
}

// Take removes a name from the values and returns its text, "" if it is not there. A number
// is a text too. The error names what is wrong.
func (f Form) Take(name string) (string, error) {
	values := f.Values[name]
	delete(f.Values, name)
	if len(values) == 0 {
		return "", nil
	}
	switch text := values[0]; {
	case len(values) > 1:
		return "", fmt.Errorf("%s must be there only once", name)
	case f.notText[name]:
		return "", fmt.Errorf("%s must be a text", name)
	case len(text) > MaxText || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "", fmt.Errorf("%s must be at most %d bytes of UTF-8 without control characters", name, MaxText)
	default:
		return text, nil
	}
}

func readForm(body []byte) (Form, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return Form{}, ErrForm
	}
	return Form{Values: values}, nil
}

func readJSON(body []byte) (Form, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return Form{}, ErrJSON
	}
	f := Form{make(url.Values), make(map[string]bool)}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return Form{}, ErrJSON
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return Form{}, ErrJSON
		}
		name := t.(string)
		text, ok := textOf(value)
		f.Values.Add(name, text)
		if !ok {
			f.notText[name] = true
		}
	}
	if _, err := d.Token(); err != nil { // the end of the object
		return Form{}, ErrJSON
	}
	if _, err := d.Token(); err != io.EOF {
		return Form{}, ErrJSON
	}
	return f, nil
}

// textOf returns the text of a JSON value, and reports whether it is a text, null or a
// number.
func textOf(value json.RawMessage) (text string, ok bool) {
	if json.Unmarshal(value, &text) == nil { // null too
		return text, true
	}
	return string(value), value[0] == '-' || value[0] >= '0' && value[0] <= '9'
}
