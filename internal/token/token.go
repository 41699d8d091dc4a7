// Package token keeps one access token for all goroutines of a client, and signs in
// when there is none. It does not know how a sign-in is made, or what a token opens.
package token

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// renewBefore is how long before its end a token is renewed. More than 60 s
	// would gain nothing: until its last minute the API returns the same token.
	renewBefore = 30 * time.Second
	// minPause and maxPause bound the wait between two sign-ins that fail.
	minPause = 250 * time.Millisecond
	maxPause = 10 * time.Second
)

// Token is an access token with its life on the local monotonic clock.
type Token struct {
	// Access returns the token. It is a func, because nothing that prints or encodes
	// looks inside one.
	Access func() string
	// ExpiredAt is the end of its life by the server's clock.
	ExpiredAt time.Time
	renewAt   time.Time
}

// New returns a token that lives for life from start, which is before the sign-in was
// sent, so that a slow sign-in shortens it.
func New(access string, expiredAt, start time.Time, life time.Duration) *Token {
	return &Token{
		Access:    func() string { return access },
		ExpiredAt: expiredAt,
		renewAt:   start.Add(life - renewBefore),
	}
}

func (t *Token) fresh() bool { return t != nil && time.Now().Before(t.renewAt) }

// SignIn fetches a token. After a failure, wait is how long the server asked to leave
// it alone, 0 if it did not.
type SignIn func(ctx context.Context) (t *Token, wait time.Duration, err error)

// Source keeps one token: an atomic read while it is fresh, one sign-in at a time
// when it is not. After sign-ins that failed it waits longer and longer before the
// next one, and gives its callers the last error at once. The zero Source does not
// work.
type Source struct {
	signIn  SignIn
	timeout time.Duration
	current atomic.Pointer[Token]
	failed  atomic.Pointer[failure] // the last sign-in, nil if it went well
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

// Get returns a token for one call. The sign-in outlives the caller that started
// it, so that a cancelled caller fails nobody else.
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

// renew signs in, unless a flight that ended meanwhile already did. A token that
// is expired by the server's own count is returned all the same: it serves the
// calls that wait for it, and the next call signs in again.
func (s *Source) renew(ctx context.Context) (t *Token, err error) {
	defer func() {
		// The flight runs on a goroutine of its own, where a panic of the caller's
		// transport would end the process with charges in the air.
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

// fail notes a sign-in that failed, after the one before.
func (s *Source) fail(last *failure, wait time.Duration, err error) {
	next := &failure{err: err}
	if last != nil {
		next.pause = min(max(minPause, 2*last.pause), maxPause)
	}
	next.until = time.Now().Add(max(wait, next.pause))
	s.failed.Store(next)
}

// Drop forgets t, and only t: a token that replaced it stays.
func (s *Source) Drop(t *Token) { s.current.CompareAndSwap(t, nil) }
