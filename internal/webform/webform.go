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
)

// Size is the maximum length of a body in bytes.
const Size = 64 << 10

// Errors of requests that cannot be read.
var (
	ErrType     = errors.New("Content-Type must be application/json or application/x-www-form-urlencoded")
	ErrEncoding = errors.New("Content-Encoding must be empty or identity")
	ErrSize     = errors.New("the body must be at most 64 KiB")
	ErrBody     = errors.New("the body cannot be read")
	ErrJSON     = errors.New("the body must be one JSON object")
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

// Read reads the body of r. A parameter of Content-Type, such as a charset, is ignored.
// A JSON text is its characters, null is the empty text, and every other JSON value is
// its JSON. A name that is there several times has several texts. The query of r is
// ignored.
func Read(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return nil, ErrType
	}
	read := readJSON
	switch kind {
	case "application/json":
	case "application/x-www-form-urlencoded":
		read = readForm
	default:
		return nil, ErrType
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, ErrEncoding
	}
	if r.Body == nil {
		return nil, ErrBody
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, Size+1))
	switch {
	case len(body) > Size:
		return nil, ErrSize
	case err != nil:
		return nil, ErrBody
	}
	return read(body)
}

// MaxText is the maximum length in bytes of a text that Take returns.
const MaxText = 255

// Take removes a name from values and returns its text, "" if it is not there. The error
// names what is wrong with it.
func Take(values url.Values, name string) (string, error) {
	texts := values[name]
	delete(values, name)
	if len(texts) == 0 {
		return "", nil
	}
	switch text := texts[0]; {
	case len(texts) > 1:
		return "", fmt.Errorf("%s must be there only once", name)
	case len(text) > MaxText || strings.ContainsFunc(text, unicode.IsControl):
		return "", fmt.Errorf("%s must be at most %d bytes without control characters", name, MaxText)
	default:
		return text, nil
	}
}

func readForm(body []byte) (url.Values, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, ErrForm
	}
	return values, nil
}

func readJSON(body []byte) (url.Values, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, ErrJSON
	}
	values := make(url.Values)
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, ErrJSON
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, ErrJSON
		}
		values.Add(name.(string), text(value))
	}
	if _, err := d.Token(); err != nil { // the end of the object
		return nil, ErrJSON
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, ErrJSON
	}
	return values, nil
}

func text(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil { // null too
		return s
	}
	return string(value)
}
