package iamport

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
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
	effect  effect     // what happens if it is carried out twice
	invalid error      // why it must not be sent, nil if it may

	mayBeNull   bool     // a response of null is a success too
	byID        bool     // a look-up of one object: a refusal means that there is none
	merchantUID string   // the order, for calls that move money
	impUID      string   // the payment, for a refund
	terms       terms    // what a charge asked for
	retry       bool     // a charge of an order that has a failed record already
	shared      bool     // a charge of an order that other processes may be trying too
	hint        string   // how to find out, for calls that move money
	secrets     []string // texts that must not come back in an error
}

type effect int

const (
	reads      effect = iota // nothing: it may be repeated
	writes                   // something, but no money moves
	movesMoney               // a refund or a card check
	charges                  // a card is charged: see charge.go
)

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

// run is call without the type.
func (c *Client) run(ctx context.Context, e endpoint) error {
	answer, began, err := c.send(ctx, e)
	if err != nil {
		return err
	}
	failed := answer.check(e)
	switch {
	case failed == nil:
		return nil
	case e.effect != movesMoney:
		return failed
	case answer.saysNo() && (answer.unseen() || !answer.answered):
		return notCharged(failed)
	}
	return c.unknown(e, began, failed)
}

// send is the part that every call but a charge shares: it returns the answer,
// whatever it says, or the error of a call that got none. A read is repeated
// while its failure looks like a passing one; nothing else ever is.
func (c *Client) send(ctx context.Context, e endpoint) (*answer, time.Time, error) {
	if e.invalid != nil {
		return nil, time.Time{}, e.invalid
	}
	for try, pauses := 1, newWaits(200*time.Millisecond, 2*time.Second); ; try++ {
		answer, began, err := c.attempt(ctx, e)
		if e.effect == reads && try < maxTries && transient(answer, err) && pauses.sleep(ctx, answer.wait()) {
			continue
		}
		switch {
		case err == nil:
			return answer, began, nil
		case e.effect == movesMoney && mayHaveBeenSent(err):
			return nil, began, c.unknown(e, began, err)
		case e.effect == movesMoney:
			return nil, began, notCharged(c.failure(e, err))
		default:
			return nil, began, c.failure(e, err)
		}
	}
}

// attempt sends a call once, with a token and in its turn, and reports when by the
// local clock. A 401 means that the API looked at the token and nothing else, so
// after it, and only after it, the call is sent a second time with a new token.
func (c *Client) attempt(ctx context.Context, e endpoint) (*answer, time.Time, error) {
	for again := false; ; again = true {
		if err := c.waitTurn(ctx, e); err != nil {
			return nil, time.Time{}, &exchangeError{cause: err}
		}
		token, err := c.tokens.get(ctx)
		if err != nil {
			return nil, time.Time{}, &exchangeError{cause: err}
		}
		began := time.Now()
		answer, err := c.exchange(ctx, e, token)
		if err != nil || answer.status != http.StatusUnauthorized || again {
			return answer, began, err
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
		return nil, &exchangeError{cause: safeCause(err), sent: !connection.neverGot()}
	}
	secrets := e.secrets
	if token != nil {
		secrets = append(slices.Clip(secrets), token.access())
	}
	if e.result == nil {
		e.result = new(json.RawMessage)
	}
	a := readAnswer(resp, secrets, e.result)
	if a.problem == nil {
		if stamp, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			c.clock.observe(stamp, start, time.Now())
		}
	}
	c.logExchange(ctx, e, start, a)
	return a, nil
}

func (c *Client) newRequest(ctx context.Context, e endpoint, token *accessToken) (*http.Request, error) {
	req := (&http.Request{
		Method: e.method,
		URL:    c.url(e),
		Header: http.Header{
			"Accept":     {"application/json"},
			"User-Agent": {c.userAgent},
		},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if e.body != nil {
		body, err := json.Marshal(e.body)
		if err != nil {
			return nil, errUnencodable
		}
		// GetBody stays nil, so that net/http has nothing to send again by itself.
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

// connectionTrace tells whether a request can have left: net/http asks for a
// connection before it writes, and says when it has one. A transport that says
// neither leaves it open.
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
