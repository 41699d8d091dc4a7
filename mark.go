package iamport

import (
	"context"
	"crypto/rand"
	"strings"
)

// Version is the version of this package, sent in the User-Agent header.
const Version = "0.1.0"

const product = "iamport-go/"

type attemptKey struct{}

// WithAttempt gives the next [Client.Onetime] or [Client.Again] under the context
// a mark of your own, which is good for one send for ever: never use an id again,
// because a failed record of the earlier send would be taken for that of the later
// one. Write the id down before the call, and [Client.Settle] can tell after a crash
// what became of the charge.
//
// id is 1 to 64 characters of a-z, 0-9, '.', '_' and '-'; another one makes the
// charge fail as an [*InvalidRequestError] before anything is sent. "" means a random
// mark, which is the default. A context for a whole run must not carry one id for
// many charges of one order: the second one fails with [ErrAttemptUsed].
// [Client.EnsurePaid] and [Client.RetrySchedule] ignore it.
func WithAttempt(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, attemptKey{}, id)
}

// attemptID returns the mark of a charge under ctx.
func attemptID(ctx context.Context, p *problems) string {
	id, _ := ctx.Value(attemptKey{}).(string)
	if id == "" {
		return randomID()
	}
	p.attempt("WithAttempt", id)
	return id
}

// randomID returns 26 characters of at least 128 random bits.
func randomID() string { return strings.ToLower(rand.Text()) }

// attempt checks the id of an attempt.
func (p *problems) attempt(field, id string) {
	if !isAttemptID(id) {
		p.add(field, "must be 1 to 64 characters of a-z, 0-9, '.', '_' and '-'")
	}
}

func isAttemptID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

// userAgent returns the User-Agent header of a call. mark is that of a charge, ""
// for every other call. Nothing but a mark is sent in brackets.
func (c *Client) userAgent(mark string) string {
	if mark == "" {
		return c.agent
	}
	return product + Version + " (" + mark + ")" + strings.TrimPrefix(c.agent, product+Version)
}

// markOf reads the mark that a record keeps of the charge that made it, "" if there
// is none. A text that is cut before the closing bracket, or that only holds a mark
// further on, has none. iamport may change the case, so it is read in lower case.
func markOf(p *Payment) string {
	agent := strings.ToLower(p.UserAgent)
	agent, ours := strings.CutPrefix(agent, product)
	version, rest, bracket := strings.Cut(agent, " (")
	mark, _, closed := strings.Cut(rest, ")")
	if !ours || !bracket || !closed || strings.Trim(version, "abcdefghijklmnopqrstuvwxyz0123456789.+-") != "" || !isAttemptID(mark) {
		return ""
	}
	return mark
}
