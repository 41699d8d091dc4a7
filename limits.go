package iamport

import (
	"context"
	"errors"
	"math"
	"slices"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/time/rate"
)

// Limiter holds charges back. Wait returns when one may be sent, or an error if it
// may not; a [golang.org/x/time/rate.Limiter] is one. An error of Wait makes the
// charge fail with an error that matches [ErrNotCharged].
type Limiter interface {
	Wait(ctx context.Context) error
}

// daouPerSecond is the only limit that is published: 50 calls a second without
// the buyer at Kiwoompay (daou), beyond which calls may fail.
const daouPerSecond = 50

// WithRateLimit lets at most perSecond charges a second through, and burst of
// them at once. A charge waits its turn, unless the deadline of its context leaves
// no time for it. Look-ups and other calls, [Client.Call] too, are not held back.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *Client, p *problems) {
		if !(perSecond > 0) || math.IsInf(perSecond, 0) || burst < 1 {
			p.add("WithRateLimit", "must be more than 0 charges a second and a burst of 1 or more")
			return
		}
		c.limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
	}
}

// WithLimiter holds charges back with a limiter of your own, such as one that
// several clients or processes share.
func WithLimiter(l Limiter) Option {
	return func(c *Client, p *problems) {
		if isNil(l) {
			p.add("WithLimiter", "must be a limiter, not nil")
			return
		}
		c.limiter = l
	}
}

// WithPG says which gateway the shop has a contract with, so that its published
// limits apply. Those of [PGDaou] are 50 charges a second, spread evenly, unless
// [WithRateLimit] or [WithLimiter] says otherwise, and names that EUC-KR can
// write, unless [WithAnyText] says otherwise. Other gateways publish none. With
// [PGPaymentwall] a failure settles nothing: see the package comment. It does not fill
// in the pg parameter of requests. A name that no gateway has is an error.
func WithPG(pg PG) Option {
	return func(c *Client, p *problems) {
		c.pg = pg.gateway()
		if !slices.Contains(gateways, c.pg) {
			p.add("WithPG", "must be one of the PG constants, such as PGDaou, with or without a shop id")
		}
	}
}

// WithAnyText lifts the check of [WithPG] that names can be written in the
// gateway's encoding.
func WithAnyText() Option { return func(c *Client, _ *problems) { c.anyText = true } }

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

// applyPG sets what WithPG implies, once all options have spoken.
func (c *Client) applyPG() {
	if c.pg != PGDaou {
		return
	}
	if c.limiter == nil {
		// A burst of 1, so that no second sees more than the limit.
		c.limiter = rate.NewLimiter(daouPerSecond, 1)
	}
	c.eucKR = !c.anyText
}

// names checks the texts that a gateway prints in its own encoding.
func (c *Client) names(p *problems, prefix, name, buyerName string) {
	if !c.eucKR {
		return
	}
	if !isEUCKR(name) {
		p.add(prefix+"Name", "must not hold a character that Kiwoompay's EUC-KR cannot write")
	}
	if !isEUCKR(buyerName) {
		p.add(prefix+"BuyerName", "must not hold a character that Kiwoompay's EUC-KR cannot write")
	}
}

// isEUCKR reports whether s can be written in EUC-KR proper, that is ASCII and KS
// X 1001. The encoder also knows Microsoft's extension (CP949), whose letters have
// a byte below 0xA1.
func isEUCKR(s string) bool {
	encoded, err := korean.EUCKR.NewEncoder().String(s)
	if err != nil {
		return false
	}
	for i := 0; i < len(encoded); i++ {
		if encoded[i] < 0x80 {
			continue
		}
		if encoded[i] < 0xA1 || i+1 == len(encoded) || encoded[i+1] < 0xA1 {
			return false
		}
		i++
	}
	return true
}
