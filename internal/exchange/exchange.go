// Package exchange makes one HTTP exchange with the API: it builds a request that
// net/http cannot send again by itself, sends it once, reports whether it may have
// been sent, and reads the answer and its envelope within bounds and without the
// secrets of the request. It does not depend on what an operation means, when it may
// be repeated, or whether a card is charged.
//
// It uses the packages bounds, foreign, lenient, onepass and redact.
package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/iamport-go/iamport/internal/foreign"
)

// Client holds the common settings of all exchanges.
type Client struct {
	Base *url.URL
	Do   func(*http.Request) (*http.Response, error) // a func, because nothing that prints reads inside one
	// TellsConnections reports whether the transport calls the httptrace hooks correctly
	// and sends in no other way.
	TellsConnections func() bool
	Tier             string // "" for no Tier header
	Timeout          time.Duration
	Foreign          *foreign.Wrapper // of the errors of the transport
	Secrets          func() []string  // texts that are removed from every answer
}

// Request is what one exchange sends.
type Request struct {
	Method string
	Path   []string // segments, not escaped
	Query  url.Values
	Body   any  // encoded as JSON, nil for none
	Change bool // it changes data
	// Late returns an error if it is too late to send; nil allows any time. It is
	// called when there is a connection and nothing has been written yet, or, with a
	// transport that does not tell that, when the body is read.
	Late      Deadline
	UserAgent string
	Token     func() string // is removed from the answer; nil for none
	// Authorization is the value of the header with the token, nil for none.
	Authorization func() string
	Secrets       []string // texts that are removed from the answer
	Result        any      // pointer to what the response is decoded into, nil to ignore it
}

// Deadline reports that it is too late to send.
type Deadline interface{ Late() error }

// Error is an exchange that ended without an answer.
type Error struct {
	Cause error
	Sent  bool // it may have reached the server
}

// Error returns the text of the cause.
func (e *Error) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// MayHaveBeenSent reports whether a request that failed with err may have been
// executed.
func MayHaveBeenSent(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && failed.Sent
}

var errUnencodable = errors.New("the request cannot be encoded as JSON")

// Send sends r once and reads the answer. Its error is an *[Error]. An answer that
// cannot be read is an Answer with a Problem, not an error.
func (c *Client) Send(ctx context.Context, r Request) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()

	var call struct { // one allocation for both
		connection connectionTrace
		answer     Answer
	}
	connection := &call.connection
	req, err := c.newRequest(connection.follow(ctx), r, connection)
	if err != nil {
		return nil, &Error{Cause: err}
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{Cause: err}
	}
	resp, err := c.Do(req)
	if connection.tooLate != nil {
		return nil, connection.withoutBody(resp)
	}
	if err != nil {
		return nil, &Error{Cause: c.Foreign.Transport(err), Sent: !c.TellsConnections() || !connection.neverGot()}
	}
	c.read(resp, r, &call.answer)
	return &call.answer, nil
}

func (c *Client) newRequest(ctx context.Context, r Request, connection *connectionTrace) (*http.Request, error) {
	req := (&http.Request{
		Method: r.Method,
		URL:    c.url(r),
		Header: make(http.Header, 8),
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	values := make([]string, 0, 5) // one array for the values of all headers
	set := func(name, value string) {
		values = append(values, value)
		req.Header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	set("Accept", "application/json")
	set("User-Agent", r.UserAgent)
	// Every change has a body, and GetBody stays nil, so that net/http cannot send it
	// again by itself.
	switch {
	case r.Change && r.Method == http.MethodDelete:
		req.Body = io.NopCloser(strings.NewReader(""))
	case r.Change && r.Body == nil:
		r.Body = struct{}{}
	}
	if r.Body != nil {
		body, err := json.Marshal(r.Body)
		if err != nil {
			return nil, errUnencodable
		}
		req.Body = c.guard(body, r.Late, connection)
		req.ContentLength = int64(len(body))
		set("Content-Type", "application/json")
	}
	if r.Authorization != nil {
		set("Authorization", r.Authorization())
	}
	if c.Tier != "" {
		set("Tier", c.Tier)
	}
	return req, nil
}

// guard returns a request body that is not sent if it is too late. An *http.Transport
// sends a plain reader together with the headers, so it gets one, which the trace of its
// connection empties. Every other transport gets a body that checks when it is read.
func (c *Client) guard(body []byte, late Deadline, connection *connectionTrace) io.ReadCloser {
	if late != nil && !c.TellsConnections() {
		return &guardedBody{Reader: bytes.NewReader(body), late: late}
	}
	connection.body.Reset(body)
	connection.late = late
	return io.NopCloser(&connection.body)
}

// guardedBody is a request body that cannot be read if it is too late.
type guardedBody struct {
	*bytes.Reader
	late Deadline
}

// Read reads from the body, or returns why it is too late.
func (b *guardedBody) Read(p []byte) (int, error) {
	if err := b.late.Late(); err != nil {
		return 0, err
	}
	return b.Reader.Read(p)
}

// Close does nothing.
func (b *guardedBody) Close() error { return nil }

// url escapes every segment, so that an id cannot change the operation.
func (c *Client) url(r Request) *url.URL {
	u := *c.Base
	size, plain := len(u.Path), u.RawPath == ""
	for _, segment := range r.Path {
		size += 1 + len(segment)
		plain = plain && url.PathEscape(segment) == segment
	}
	var path strings.Builder
	path.Grow(size)
	path.WriteString(u.Path)
	for _, segment := range r.Path {
		path.WriteString("/" + segment)
	}
	if !plain { // net/http escapes a path by itself, but not a slash within a segment
		u.RawPath = c.Base.EscapedPath()
		for _, segment := range r.Path {
			u.RawPath += "/" + url.PathEscape(segment)
		}
	}
	u.Path = path.String()
	u.RawQuery = r.Query.Encode()
	return &u
}

// connectionTrace records whether a request may have been sent, and empties its body if
// it is too late: an *http.Transport calls hooks before it gets a connection, and when it
// has one and nothing is written yet. No other transport is trusted: see
// Client.TellsConnections.
type connectionTrace struct {
	hooks      httptrace.ClientTrace
	asked, got atomic.Bool
	body       bytes.Reader // empty: the body checks by itself, or there is none
	late       Deadline
	tooLate    error
}

func (t *connectionTrace) follow(ctx context.Context) context.Context {
	t.hooks.GetConn = func(string) { t.asked.Store(true) }
	t.hooks.GotConn = func(httptrace.GotConnInfo) { t.connected() }
	return httptrace.WithClientTrace(ctx, &t.hooks)
}

// connected is called in the goroutine of the request.
func (t *connectionTrace) connected() {
	t.got.Store(true)
	if t.late == nil {
		return
	}
	if t.tooLate = t.late.Late(); t.tooLate != nil {
		t.body.Reset(nil)
	}
}

// withoutBody returns the error of a request whose body was emptied. Its headers may have
// been sent, so an answer is ignored.
func (t *connectionTrace) withoutBody(resp *http.Response) error {
	if resp != nil {
		_ = resp.Body.Close()
	}
	return &Error{Cause: t.tooLate, Sent: true}
}

func (t *connectionTrace) neverGot() bool { return t.asked.Load() && !t.got.Load() }
