package iamport

import (
	"context"
	"errors"
	"time"

	"github.com/iamport-go/iamport/internal/token"
)

// Token is an access token of the API. Printing or encoding it shows its expiry,
// never the token itself.
type Token struct {
	// ExpiredAt is its expiry time by the server's clock.
	ExpiredAt Time

	// A func, because nothing that prints or encodes reads inside one.
	access func() string
}

// AccessToken returns the token, to be sent as "Authorization: Bearer TOKEN". It is a
// secret: anyone with it can charge and refund. It is "" for the zero Token.
func (t Token) AccessToken() string {
	if t.access == nil {
		return ""
	}
	return t.access()
}

// Token returns the token that calls use at this time, and signs in if there is none.
// A token is valid for at most 30 minutes. The API returns the same token to every
// process.
//
// A wrong key or secret is an [*Error] that matches [ErrUnauthorized].
//
// API: POST /users/getToken
func (c *Client) Token(ctx context.Context) (Token, error) {
	t, err := c.tokens.Get(ctx)
	if err != nil {
		return Token{}, endpoint{op: opToken}.failure(err)
	}
	return Token{ExpiredAt: Time{t.ExpiredAt}, access: t.Access}, nil
}

const opToken = "Token"

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
func (c *Client) signIn(ctx context.Context) (t *token.Token, wait time.Duration, err error) {
	key, secret := c.credentials()
	e := endpoint{
		op: opToken, method: "POST", route: "/users/getToken",
		body: signInRequest{ImpKey: key, ImpSecret: secret}, purpose: PurposeSignIn,
	}
	var r signInResponse
	e.result = &r
	start := time.Now()
	a, err := c.exchange(ctx, e, nil)
	if err != nil {
		return nil, 0, e.failure(err)
	}
	if failed := e.check(a); failed != nil {
		return nil, min(failed.RetryAfter, maxRetryAfter), failed
	}
	if !isHeaderToken(r.AccessToken) {
		return nil, 0, &Error{Op: opToken, StatusCode: a.Status, cause: errNoToken}
	}
	var life time.Duration
	if !r.Now.IsZero() && !r.ExpiredAt.IsZero() {
		life = r.ExpiredAt.Sub(r.Now.Time)
	}
	return token.New(r.AccessToken, r.ExpiredAt.Time, start, life), 0, nil
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
