// Package token keeps one access token for all goroutines of a client, and signs in
// when there is none. It does not depend on how a sign-in is made or what a token is
// for.
package token

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// renewBefore is how long before its expiry a token is renewed. More than 60 s would
	// have no effect: until its last minute the API returns the same token.
	renewBefore = 30 * time.Second
	// minPause and maxPause bound the wait between two failed sign-ins.
	minPause = 250 * time.Millisecond
	maxPause = 10 * time.Second
)

// Token is an access token with its lifetime on the local monotonic clock.
type Token struct {
	// Access returns the token. It is a func, because nothing that prints or encodes
	// reads inside one.
	Access func() string
	// Authorization returns the value of the header with the token.
	Authorization func() string
	// ExpiredAt is its expiry time by the server's clock.
	ExpiredAt time.Time
	renewAt   time.Time
}

// New returns a token that is valid for life from start. start is before the sign-in
// was sent, so that a slow sign-in shortens the lifetime.
func New(access string, expiredAt, start time.Time, life time.Duration) *Token {
	header := "Bearer " + access // made once, not for each call
	return &Token{
		Access:        func() string { return access },
		Authorization: func() string { return header },
		ExpiredAt:     expiredAt,
		renewAt:       start.Add(life - renewBefore),
	}
}

func (t *Token) fresh() bool { return t != nil && time.Now().Before(t.renewAt) }

// SignIn fetches a token. After a failure, wait is the wait that the server
// requested, 0 for none.
type SignIn func(ctx context.Context) (t *Token, wait time.Duration, err error)

// Source keeps one token. While it is fresh, Get is an atomic read; otherwise one
// sign-in runs at a time. After failed sign-ins the wait before the next one grows,
// and callers get the last error at once. The zero Source does not work.
type Source struct {
	signIn  SignIn
	timeout time.Duration
	current atomic.Pointer[Token]
	failed  atomic.Pointer[failure] // the last sign-in, nil if it succeeded
	flight  singleflight.Group
}

// NewSource returns a Source that has no token yet. timeout bounds how long a call
// waits for one.
func NewSource(signIn SignIn, timeout time.Duration) *Source {
	return &Source{signIn: signIn, timeout: timeout}
}

// failure is a sign-in that failed.
type failure struct {
	err   error
	until time.Time     // no sign-in is sent before
	pause time.Duration // how long it waits; 0 after the first failure
}

// Get returns a token for one call. The sign-in continues after its caller is
// cancelled, so that other callers do not fail.
func (s *Source) Get(ctx context.Context) (*Token, error) {
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
		return result.Val.(*Token), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// renew signs in, unless another sign-in just succeeded. It also returns a token that
// is expired by the server's clock: the waiting calls use it, and the next call signs
// in again.
func (s *Source) renew(ctx context.Context) (t *Token, err error) {
	defer func() {
		// The sign-in runs on its own goroutine, where a panic of the caller's transport
		// would end the process during other charges.
		if r := recover(); r != nil {
			err = fmt.Errorf("the HTTP transport panicked (%T)", r)
			s.fail(s.failed.Load(), 0, err)
		}
	}()
	if t := s.current.Load(); t.fresh() {
		return t, nil
	}
	last := s.failed.Load()
	if last != nil && time.Now().Before(last.until) {
		return nil, last.err
	}
	t, wait, err := s.signIn(ctx)
	if err != nil {
		s.fail(last, wait, err)
		return nil, err
	}
	s.failed.Store(nil)
	s.current.Store(t)
	return t, nil
}

// fail records a failed sign-in, after the previous one.
func (s *Source) fail(last *failure, wait time.Duration, err error) {
	next := &failure{err: err}
	if last != nil {
		next.pause = min(max(minPause, 2*last.pause), maxPause)
	}
	next.until = time.Now().Add(max(wait, next.pause))
	s.failed.Store(next)
}

// Drop removes t, and only t: a token that replaced it is kept.
func (s *Source) Drop(t *Token) { s.current.CompareAndSwap(t, nil) }
