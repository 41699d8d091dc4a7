package iamport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/iamport-go/iamport/internal/exchange"
	"github.com/iamport-go/iamport/internal/token"
	"github.com/iamport-go/iamport/internal/validate"
	"github.com/iamport-go/iamport/internal/waits"
)

// endpoint describes one call. Everything else about it is derived in this file.
type endpoint struct {
	op      string     // the method of Client, for errors and logs
	method  string     // HTTP method
	route   string     // the path, with the names of the ids in braces
	ids     []string   // what takes the place of these names, in their order, not escaped
	query   url.Values // nil for none
	body    any        // encoded as JSON, nil for none
	result  any        // pointer to what the response is decoded into, nil to ignore it
	changes bool       // it changes data: never sent again, and a lost answer is an unknown outcome
	invalid error      // why it must not be sent, nil if it may

	mayBeNull bool     // a response of null is a success too
	noneIs200 bool     // the API answers "not found" as a refusal with HTTP 200
	secrets   []string // texts that must not be in an error
	hint      string   // how to find out the outcome of a change

	merchantUID string // the order, for changes that have one
	impUID      string // the payment, for a refund
	charges     bool   // a card is charged: see charge.go
	claim       claim  // how a charge recognises its payment
	hold        *hold  // of a charge or refund in the journal, around each send; nil: none

	purpose Purpose // "" for PurposeCall
	sends   *sends  // for the observer
}

// call runs an endpoint that is not a charge and decodes its answer:
//
//	validate -> token -> send once -> read envelope -> check -> typed result
func call[T any](ctx context.Context, c *Client, e endpoint) (T, error) {
	return reported(ctx, c, e, func(e endpoint) (T, error) { return decoded[T](ctx, c, e) })
}

// decoded is call without the report of its result.
func decoded[T any](ctx context.Context, c *Client, e endpoint) (T, error) {
	var result, none T
	e.result = &result
	if err := c.run(ctx, e); err != nil {
		return none, err
	}
	if object, ok := any(result).(pgText); ok {
		object.hideSecrets(e.secrets)
	}
	return result, nil
}

// run is decoded without the type. An error of a change that is not an
// *OutcomeUnknownError means that nothing was changed.
func (c *Client) run(ctx context.Context, e endpoint) error {
	if e.invalid != nil {
		return e.invalid
	}
	a, err := c.send(ctx, e)
	switch {
	case err != nil && !e.changes:
		return e.failure(err)
	case err != nil && exchange.MayHaveBeenSent(err):
		return e.unknown(err)
	case err != nil:
		return notCharged(e.failure(err))
	}
	failed := e.check(a)
	switch {
	case failed == nil:
		return nil
	case !e.changes:
		return failed
	case a.IsRefusal(!a.Answered):
		return notCharged(failed)
	}
	return e.unknown(failed)
}

// send repeats a read while its failure may be temporary. It repeats nothing else.
func (c *Client) send(ctx context.Context, e endpoint) (*exchange.Answer, error) {
	for try, pauses := 1, waits.New(200*time.Millisecond, 2*time.Second); ; try++ {
		a, err := c.attempt(ctx, e)
		if e.changes || try == maxTries || !transient(a, err) || !waits.Sleep(ctx, max(pauses.Next(), a.Wait())) {
			return a, err
		}
	}
}

// attempt sends a call once, with a token and after its turn of the limiter. Only
// after the API's own 401 is a change sent a second time, with a new token and
// another turn: the API checked the token and nothing else. A 401 of a gateway may
// come after the change was made.
func (c *Client) attempt(ctx context.Context, e endpoint) (*exchange.Answer, error) {
	for again := false; ; again = true {
		t, err := c.tokens.Get(ctx)
		if err == nil {
			err = c.waitTurn(ctx, e)
		}
		if err == nil && e.hold != nil {
			err = e.hold.before(ctx)
		}
		if err != nil {
			return nil, &exchange.Error{Cause: err}
		}
		a, err := c.exchange(ctx, e, t)
		if err != nil || a.Status != http.StatusUnauthorized || again || e.changes && !a.IsRefusal(!a.Answered) {
			return a, err
		}
		c.tokens.Drop(t)
	}
}

// anyRoute stands for a path of the caller's, all segments of which may be ids.
const anyRoute = "/{path}"

// path returns the segments of the route with the ids in them, not escaped.
func (e endpoint) path() []string {
	if e.route == anyRoute {
		return e.ids
	}
	if len(e.ids) == 0 {
		return pathOf(e.route)
	}
	path, ids := strings.Split(e.route[1:], "/"), e.ids
	for i, segment := range path {
		if segment[0] == '{' {
			path[i], ids = ids[0], ids[1:]
		}
	}
	return path
}

var paths sync.Map // the segments of routes without ids, which nobody changes

func pathOf(route string) []string {
	if path, ok := paths.Load(route); ok {
		return path.([]string)
	}
	path, _ := paths.LoadOrStore(route, strings.Split(route[1:], "/"))
	return path.([]string)
}

// exchange makes the HTTP exchange of e; token is nil for the sign-in.
func (c *Client) exchange(ctx context.Context, e endpoint, t *token.Token) (*exchange.Answer, error) {
	r := exchange.Request{
		Method: e.method, Path: e.path(), Query: e.query, Body: e.body, Change: e.changes,
		UserAgent: c.userAgent(e.claim.own), Secrets: e.secrets, Result: e.result,
	}
	if t != nil {
		r.Token, r.Authorization = t.Access, t.Authorization
	}
	if e.hold != nil {
		r.Late = e.hold
	}
	start := time.Now()
	a, err := c.http.Send(ctx, r)
	c.exchanged(ctx, e, start, a, err)
	return a, err
}

// check returns the error of an answer that is not a success with a response.
func (e endpoint) check(a *exchange.Answer) *Error {
	switch {
	case !a.OK() || a.Code != 0 || a.Problem != nil:
		return e.answered(a, a.Problem)
	case a.Garbled || !a.Answered && !e.mayBeNull:
		return e.answered(a, errNoResponse)
	}
	return nil
}

var errNoResponse = errors.New("the answer holds no response of the expected kind")

// answered returns the *Error of an answer; cause may be nil.
func (e endpoint) answered(a *exchange.Answer, cause error) *Error {
	return &Error{
		Op: e.op, StatusCode: a.Status, Code: a.Code, Message: a.Message,
		PGCode: pgCode(a.Message), RetryAfter: a.RetryAfter, cause: cause,
		notFound: a.None || e.noneIs200 && a.OK() && a.IsRefusal(!a.Answered),
		refused:  cause == nil && a.IsRefusal(!a.Answered),
	}
}

// failure returns the *Error of a call that got no answer.
func (e endpoint) failure(err error) *Error {
	err = causeOf(err)
	// The error of a refused sign-in keeps the API's own message.
	if signIn, ok := errors.AsType[*Error](err); ok {
		failed := *signIn
		failed.Op, failed.notFound = e.op, false
		return &failed
	}
	return &Error{Op: e.op, cause: err}
}

// unknown returns the error of a change that may or may not have been made.
func (e endpoint) unknown(cause error) *OutcomeUnknownError {
	return &OutcomeUnknownError{
		Op: e.op, MerchantUID: e.merchantUID, ImpUID: e.impUID, Attempt: e.claim.own, Err: causeOf(cause), hint: e.hint,
	}
}

// causeOf returns why an exchange got no answer.
func causeOf(err error) error {
	if failed, ok := errors.AsType[*exchange.Error](err); ok {
		return failed.Cause
	}
	return err
}

// waitTurn waits until the limiter allows a charge.
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
	// The text of a limiter's error may name a server and its password.
	return foreigners.Hide("the limiter let no charge through", err)
}

const (
	// maxTries is the maximum number of sends of a read.
	maxTries = 4
	// maxRetryAfter is the longest Retry-After for which a read waits; a longer one is returned.
	maxRetryAfter = 30 * time.Second
)

// transient reports whether the same read may succeed later: no answer, a truncated
// answer, 429 or 5xx.
func transient(a *exchange.Answer, err error) bool {
	if err != nil {
		return !isRefusal(err)
	}
	if a.RetryAfter > maxRetryAfter {
		return false
	}
	return a.Status == http.StatusTooManyRequests || a.Status >= 500 || a.OK() && a.Problem != nil
}

// isRefusal reports whether err is the API's refusal of a sign-in, or the end of the
// caller's context: waiting does not help in either case.
func isRefusal(err error) bool {
	if errors.Is(err, context.Canceled) {
		return true
	}
	signIn, ok := errors.AsType[*Error](err)
	return ok && signIn.StatusCode != 0 && signIn.StatusCode != http.StatusTooManyRequests && signIn.StatusCode < 500
}

// problems collects what is wrong with one request before it is sent.
type problems struct {
	op          string
	fieldErrors []FieldError
}

// add is not inlined, because each of its many calls would then hold an append.
//
//go:noinline
func (p *problems) add(field, problem string) {
	p.fieldErrors = append(p.fieldErrors, FieldError{Field: field, Problem: problem})
}

// err returns an *InvalidRequestError with all problems, nil if there are none.
func (p *problems) err() error {
	if len(p.fieldErrors) == 0 {
		return nil
	}
	return &InvalidRequestError{Op: p.op, Fields: p.fieldErrors}
}

// fields checks the texts of a request by its tags.
func (p *problems) fields(request any) { validate.Fields(request, p.add) }

// pathID checks an id that becomes one segment of a path.
func (p *problems) pathID(field, id string, limit int) { validate.PathID(field, id, limit, p.add) }
