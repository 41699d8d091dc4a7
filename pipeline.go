package iamport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/iamport-go/iamport/internal/waits"
)

// endpoint says what one call means. Everything else about it is derived in this
// file.
type endpoint struct {
	op      string     // the method of Client, for errors and logs
	method  string     // HTTP method
	path    []string   // path segments, not escaped
	query   url.Values // nil for none
	body    any        // encoded as JSON, nil for none
	result  any        // pointer to what the response is decoded into, nil to ignore it
	changes bool       // it changes something: never sent again, and a lost answer is an unknown outcome
	invalid error      // why it must not be sent, nil if it may

	mayBeNull bool     // a response of null is a success too
	noneIs200 bool     // the API refuses with HTTP 200 where there is none
	secrets   []string // texts that must not come back in an error
	hint      string   // how to find out what became of a change

	merchantUID string                      // the order, for changes that have one
	impUID      string                      // the payment, for a refund
	charges     bool                        // a card is charged: see charge.go
	claim       claim                       // by what a charge recognises its payment
	before      func(context.Context) error // comes right before each send, nil for nothing
}

// call carries out an endpoint that is not a charge and decodes its answer:
//
//	validate -> token -> send once -> read envelope -> check -> typed result
func call[T any](ctx context.Context, c *Client, e endpoint) (T, error) {
	var result, none T
	e.result = &result
	if err := c.run(ctx, e); err != nil {
		return none, err
	}
	return result, nil
}

// run is call without the type. Of a change, an error that is not an
// *OutcomeUnknownError is certain: nothing was changed.
func (c *Client) run(ctx context.Context, e endpoint) error {
	if e.invalid != nil {
		return e.invalid
	}
	a, err := c.send(ctx, e)
	switch {
	case err != nil && !e.changes:
		return e.failure(err)
	case err != nil && mayHaveBeenSent(err):
		return e.unknown(err)
	case err != nil:
		return notCharged(e.failure(err))
	}
	failed := a.check(e)
	switch {
	case failed == nil:
		return nil
	case !e.changes:
		return failed
	case a.isRefusal(!a.answered):
		return notCharged(failed)
	}
	return e.unknown(failed)
}

// send repeats a read while its failure looks like a passing one; nothing else is
// ever repeated here.
func (c *Client) send(ctx context.Context, e endpoint) (*answer, error) {
	for try, pauses := 1, waits.New(200*time.Millisecond, 2*time.Second); ; try++ {
		a, err := c.attempt(ctx, e)
		if e.changes || try == maxTries || !transient(a, err) || !waits.Sleep(ctx, max(pauses.Next(), a.wait())) {
			return a, err
		}
	}
}

// attempt sends a call once, with a token and in its turn. After the API's own 401,
// and only after it, a change is sent a second time, with a new token and a turn of
// its own: the API looked at the token and at nothing else. A 401 of a gateway may
// come after the change was made.
func (c *Client) attempt(ctx context.Context, e endpoint) (*answer, error) {
	for again := false; ; again = true {
		token, err := c.tokens.get(ctx)
		if err == nil {
			err = c.waitTurn(ctx, e)
		}
		if err == nil && e.before != nil {
			err = e.before(ctx)
		}
		if err != nil {
			return nil, &exchangeError{cause: err}
		}
		a, err := c.exchange(ctx, e, token)
		if err != nil || a.status != http.StatusUnauthorized || again || e.changes && !a.isRefusal(!a.answered) {
			return a, err
		}
		c.tokens.drop(token)
	}
}

// exchange is one HTTP request and the reading of its answer. Its error is an
// *exchangeError; an answer that cannot be read is an answer all the same.
func (c *Client) exchange(ctx context.Context, e endpoint, token *accessToken) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	var connection connectionTrace
	req, err := c.newRequest(connection.follow(ctx), e, token)
	if err != nil {
		return nil, &exchangeError{cause: err}
	}
	if err := ctx.Err(); err != nil {
		return nil, &exchangeError{cause: err}
	}
	start := time.Now()
	resp, err := c.do(req) //nolint:bodyclose // readAnswer closes it.
	if err != nil {
		c.logExchange(ctx, e, start, nil)
		return nil, &exchangeError{cause: foreigners.Transport(err), sent: !c.tellsConnections() || !connection.neverGot()}
	}
	secrets := e.secrets
	if token != nil {
		secrets = append(slices.Clip(secrets), token.access())
	}
	if e.result == nil {
		e.result = new(json.RawMessage)
	}
	a := readAnswer(resp, secrets, e.result)
	c.logExchange(ctx, e, start, a)
	return a, nil
}

func (c *Client) newRequest(ctx context.Context, e endpoint, token *accessToken) (*http.Request, error) {
	req := (&http.Request{
		Method: e.method,
		URL:    c.url(e),
		Header: http.Header{
			"Accept":     {"application/json"},
			"User-Agent": {c.userAgent(e.claim.own)},
		},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	// Every change has a body, and GetBody stays nil, so that net/http has nothing to
	// send again by itself.
	switch {
	case e.changes && e.method == http.MethodDelete:
		req.Body = io.NopCloser(strings.NewReader(""))
	case e.changes && e.body == nil:
		e.body = struct{}{}
	}
	if e.body != nil {
		body, err := json.Marshal(e.body)
		if err != nil {
			return nil, errUnencodable
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		req.ContentLength = int64(len(body))
		req.Header["Content-Type"] = []string{"application/json"}
	}
	if token != nil {
		req.Header["Authorization"] = []string{"Bearer " + token.access()}
	}
	if c.tier != "" {
		req.Header["Tier"] = []string{c.tier}
	}
	return req, nil
}

// url escapes every segment, so that no id can reach another operation.
func (c *Client) url(e endpoint) *url.URL {
	u := *c.base
	escaped := make([]string, len(e.path))
	for i, segment := range e.path {
		escaped[i] = url.PathEscape(segment)
	}
	u.RawPath = c.base.EscapedPath() + "/" + strings.Join(escaped, "/")
	u.Path += "/" + strings.Join(e.path, "/")
	u.RawQuery = e.query.Encode()
	return &u
}

// connectionTrace tells whether a request can have left: an *http.Transport asks
// for a connection before it writes, and says when it has one. No other transport is
// believed: see Client.tellsConnections.
type connectionTrace struct{ asked, got atomic.Bool }

func (t *connectionTrace) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

func (t *connectionTrace) neverGot() bool { return t.asked.Load() && !t.got.Load() }

func (c *Client) logExchange(ctx context.Context, e endpoint, start time.Time, a *answer) {
	level, attrs := slog.LevelDebug, []slog.Attr{
		slog.String("op", e.op),
		slog.Duration("duration", time.Since(start)),
	}
	switch {
	case a == nil:
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("answer", "none"))
	case a.problem != nil:
		level = slog.LevelWarn
		attrs = append(attrs, slog.Int("status", a.status), slog.String("answer", "unreadable"))
	default:
		attrs = append(attrs, slog.Int("status", a.status), slog.Int("code", a.code))
	}
	if c.log.Enabled(ctx, level) {
		c.log.LogAttrs(ctx, level, "iamport exchange", attrs...)
	}
}

// waitTurn holds a charge back until the limiter lets it through.
func (c *Client) waitTurn(ctx context.Context, e endpoint) error {
	if !e.charges || c.limiter == nil {
		return nil
	}
	err := c.limiter.Wait(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ctx.Err()
	}
	// A limiter's text may name a server and its password.
	return foreigners.Hide("the limiter let no charge through", err)
}

const (
	// maxTries is how often a read is sent at most.
	maxTries = 4
	// maxRetryAfter is the longest Retry-After that a read waits out; a longer one
	// is handed to the caller.
	maxRetryAfter = 30 * time.Second
)

// transient reports whether the same read may go well a moment later: no answer,
// an answer cut short, 429 or 5xx.
func transient(a *answer, err error) bool {
	if err != nil {
		return !isRefusal(err)
	}
	if a.retryAfter > maxRetryAfter {
		return false
	}
	return a.status == http.StatusTooManyRequests || a.status >= 500 || a.ok() && a.problem != nil
}
