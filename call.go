package iamport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/iamport-go/iamport/internal/lenient"
)

// Call calls an operation of V1 for which this package has no method, such as card
// codes, banks or cash receipts. It uses the client's token, tier, time-outs and
// error handling:
//
//	var cards []struct{ Code, Name string }
//	err := client.Call(ctx, "GET", []string{"cards"}, url.Values{}, nil, &cards)
//
// path holds the segments, not escaped. body is encoded as JSON, nil for none.
// response is a pointer that receives the envelope's response, or nil to ignore it. A
// response of null does not change it.
//
// Only a GET is ever repeated. A call of another method whose answer is lost is an
// [*OutcomeUnknownError]. Do not charge a card through Call: it does not look up a
// lost charge, and it treats a declined payment as a success.
func (c *Client) Call(ctx context.Context, method string, path []string, query url.Values, body, response any) error {
	p := &problems{op: "Call"}
	if method == "" || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		p.add("method", "must be an HTTP method in upper case, such as GET")
	}
	if len(path) == 0 {
		p.add("path", "must have at least one segment")
	}
	for _, segment := range path {
		p.pathID("path", segment, 0)
	}
	into := reflect.ValueOf(response)
	if response != nil && (into.Kind() != reflect.Pointer || into.IsNil()) {
		p.add("response", "must be a pointer, or nil")
	}
	e := endpoint{op: p.op, method: method, route: anyRoute, ids: path, query: query, mayBeNull: true, changes: method != "GET",
		hint: "call GET on the same object to find out whether it was changed"}
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			p.add("body", "cannot be encoded as JSON")
		}
		e.body = json.RawMessage(encoded)
		e.secrets = numbersIn(encoded)
	}
	e.invalid = p.err()
	_, err := reported(ctx, c, e, func(e endpoint) (any, error) { return nil, c.callInto(ctx, e, into) })
	return err
}

// callInto carries out a call, and decodes its response into a pointer, if there is one.
func (c *Client) callInto(ctx context.Context, e endpoint, into reflect.Value) error {
	if e.invalid != nil || !into.IsValid() {
		return c.run(ctx, e)
	}
	// Decode into a new value first, so that the caller's value does not change after an
	// error.
	var raw json.RawMessage
	e.result = &raw
	if err := c.run(ctx, e); err != nil || raw == nil || string(raw) == "null" {
		return err
	}
	fresh := reflect.New(into.Type().Elem())
	if err := lenient.Unmarshal(raw, fresh.Interface()); err != nil {
		failed := &Error{Op: e.op, StatusCode: http.StatusOK, cause: errNoResponse}
		if e.changes {
			return e.unknown(failed)
		}
		return failed
	}
	into.Elem().Set(fresh.Elem())
	return nil
}

// numbersIn returns the digits of the JSON strings in a request that can be the number of a card
// or an account: 8 to 32 digits, spaces and hyphens. A server may quote them.
func numbersIn(body []byte) (numbers []string) {
	for text := range bytes.SplitSeq(body, []byte(`"`)) {
		if len(text) < 8 || len(text) > 32 || len(bytes.Trim(text, "0123456789 -")) > 0 {
			continue
		}
		if isDigit(text[0]) && isDigit(text[len(text)-1]) {
			numbers = append(numbers, digitsOf(string(text)))
		}
	}
	return numbers
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
