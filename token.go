package iamport

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// Token is an access token of the API. Printing or encoding it shows when it
// expires, never the token itself.
type Token struct {
	// ExpiredAt is the end of its life by the server's clock.
	ExpiredAt Time

	// A func, because nothing that prints or encodes looks inside one.
	access func() string
}

// AccessToken returns the token, to be sent as "Authorization: Bearer TOKEN". It
// is a secret: whoever holds it can charge and refund. It is "" on the zero Token.
func (t Token) AccessToken() string {
	if t.access == nil {
		return ""
	}
	return t.access()
}

// Token returns the token that calls use at this moment, signing in if there is
// none. It lives for 30 minutes at most; the API hands the same one to every
// process that asks.
//
// A wrong key or secret is an [*Error] that matches [ErrUnauthorized].
//
// API: POST /users/getToken
func (c *Client) Token(ctx context.Context) (Token, error) {
	t, err := c.tokens.get(ctx)
	if err != nil {
		return Token{}, endpoint{op: opToken}.failure(err)
	}
	return Token{ExpiredAt: t.expiredAt, access: func() string { return t.access() }}, nil
}

const opToken = "Token"

// renewBefore is how long before its end a token is renewed. More than 60 s
// would gain nothing: until its last minute the API returns the same token.
const renewBefore = 30 * time.Second

// accessToken is a token with its life on the local monotonic clock.
type accessToken struct {
	access    func() string
	expiredAt Time
	renewAt   time.Time
}

func (t *accessToken) fresh() bool { return t != nil && time.Now().Before(t.renewAt) }

// tokenSource keeps one token for all goroutines: an atomic read while it is
// fresh, one sign-in at a time when it is not. After sign-ins that failed it waits
// longer and longer before the next one, and tells its callers the last error.
type tokenSource struct {
	current atomic.Pointer[accessToken]
	failed  atomic.Pointer[signInFailure] // the last sign-in, nil if it went well
	flight  singleflight.Group
	signIn  func(context.Context) (*accessToken, error)
	timeout time.Duration
}

// signInFailure is a sign-in that failed.
type signInFailure struct {
	err   error
	until time.Time     // no sign-in is sent before
	pause time.Duration // how long it waits; 0 after the first failure
}

const (
	minSignInPause = 250 * time.Millisecond
	maxSignInPause = 10 * time.Second
)

// get returns a token for one call. The sign-in outlives the caller that started
// it, so that a cancelled caller fails nobody else.
func (s *tokenSource) get(ctx context.Context) (*accessToken, error) {
	if t := s.current.Load(); t.fresh() {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case result := <-s.flight.DoChan("", func() (any, error) { return s.renew(context.WithoutCancel(ctx)) }):
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*accessToken), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// renew signs in, unless a flight that ended meanwhile already did. A token that
// is expired by the server's own count is returned all the same: it serves the
// calls that wait for it, and the next call signs in again.
func (s *tokenSource) renew(ctx context.Context) (t *accessToken, err error) {
	defer func() {
		// The flight runs on a goroutine of its own, where a panic of the caller's
		// transport would end the process with charges in the air.
		if r := recover(); r != nil {
			err = fmt.Errorf("the HTTP transport panicked (%T)", r)
		}
	}()
	if t := s.current.Load(); t.fresh() {
		return t, nil
	}
	last := s.failed.Load()
	if last != nil && time.Now().Before(last.until) {
		return nil, last.err
	}
	if t, err = s.signIn(ctx); err != nil {
		s.fail(last, err)
		return nil, err
	}
	s.failed.Store(nil)
	s.current.Store(t)
	return t, nil
}

// fail notes a sign-in that failed, after the one before.
func (s *tokenSource) fail(last *signInFailure, err error) {
	next := &signInFailure{err: err}
	if last != nil {
		next.pause = min(max(minSignInPause, 2*last.pause), maxSignInPause)
	}
	wait := next.pause
	if api, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, min(api.RetryAfter, maxRetryAfter))
	}
	next.until = time.Now().Add(wait)
	s.failed.Store(next)
}

// drop forgets t, and only t: a token that replaced it stays.
func (s *tokenSource) drop(t *accessToken) { s.current.CompareAndSwap(t, nil) }

type signInRequest struct {
	ImpKey    string `json:"imp_key"`
	ImpSecret string `json:"imp_secret"`
}

type signInResponse struct {
	AccessToken string `json:"access_token"`
	Now         Time   `json:"now"`
	ExpiredAt   Time   `json:"expired_at"`
}

var errNoToken = errors.New("the sign-in was answered without a usable access_token")

// signIn fetches a token. API: POST /users/getToken
func (c *Client) signIn(ctx context.Context) (*accessToken, error) {
	key, secret := c.credentials()
	e := endpoint{
		op: opToken, method: "POST", path: []string{"users", "getToken"},
		body:    signInRequest{ImpKey: key, ImpSecret: secret},
		secrets: []string{key, secret},
	}
	var r signInResponse
	e.result = &r
	start := time.Now()
	answer, err := c.exchange(ctx, e, nil)
	if err != nil {
		return nil, e.failure(err)
	}
	if failed := answer.check(e); failed != nil {
		return nil, failed
	}
	if !isHeaderToken(r.AccessToken) {
		return nil, &Error{Op: opToken, StatusCode: answer.status, cause: errNoToken}
	}
	var life time.Duration
	if !r.Now.IsZero() && !r.ExpiredAt.IsZero() {
		life = r.ExpiredAt.Sub(r.Now.Time)
	}
	// The life counts from before the request, so that a slow sign-in shortens it.
	return &accessToken{
		access:    func() string { return r.AccessToken },
		expiredAt: r.ExpiredAt,
		renewAt:   start.Add(life - renewBefore),
	}, nil
}

// isHeaderToken reports whether s can be sent in an Authorization header.
func isHeaderToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}
