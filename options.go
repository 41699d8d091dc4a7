package iamport

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/iamport-go/iamport/internal/foreign"
)

// Option changes a [Client] while [NewClient] makes it. A bad value is reported
// by NewClient as an [*InvalidRequestError] whose Field is the option's name.
type Option func(*Client, *problems)

func newTLSConfig() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS12} }

// WithBaseURL sends calls to a host other than [DefaultBaseURL], such as
// [StaticBaseURL] or a test server. The URL must be https, or http on a loopback
// address or "localhost", without user info, query and fragment.
func WithBaseURL(rawURL string) Option {
	return func(c *Client, p *problems) {
		u, err := url.Parse(rawURL)
		switch {
		case err != nil || u.Host == "" || u.Hostname() == "":
			p.add("WithBaseURL", "must be an absolute URL such as "+DefaultBaseURL)
		case u.Scheme != "https" && u.Scheme != "http":
			p.add("WithBaseURL", "must be an https URL")
		case u.Scheme == "http" && !isLoopback(u.Hostname()):
			p.add("WithBaseURL", "must be https; http is allowed on a loopback address only")
		case u.User != nil:
			p.add("WithBaseURL", "must not hold user info")
		case u.RawQuery != "" || u.ForceQuery || strings.Contains(rawURL, "#"):
			p.add("WithBaseURL", "must not hold a query or a fragment")
		default:
			u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
			c.http.Base = u
		}
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// WithHTTPClient sends calls through hc, for a proxy, a wrapped transport or a test
// double. hc is copied: the caller's client and transport are not changed. Its
// CheckRedirect is ignored, because redirects are never followed. hc.Timeout applies
// in addition to [WithTimeout].
//
// The transport, and every proxy behind it, must not repeat a request by itself: a
// repeated charge is charged twice, and this package cannot prevent that. An
// [*http.Transport] does not repeat one, because the body of a request cannot be
// rewound. Only an [*http.Transport] reliably reports that a request was never sent.
// With any other transport, such as a wrapper or one whose TLSNextProto holds a
// custom protocol, a failed connection counts as a lost answer.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *Client, p *problems) {
		if hc == nil {
			p.add("WithHTTPClient", "must be a client, not nil")
			return
		}
		c.use(*hc)
	}
}

// WithTier sends the Tier header, with which an agency acts for one of its sub-shops.
// code is three upper-case letters or digits. The key and secret are then the
// agency's own.
func WithTier(code string) Option {
	return func(c *Client, p *problems) {
		if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			p.add("WithTier", "must be three upper-case letters or digits")
			return
		}
		c.http.Tier = code
	}
}

// WithTimeout bounds each HTTP exchange, body included; the default is
// [DefaultTimeout]. A call that repeats a read may take longer: bound it with its
// context. Use 60 s or more for charges.
func WithTimeout(d time.Duration) Option {
	return func(c *Client, p *problems) {
		if d <= 0 {
			p.add("WithTimeout", "must be more than 0")
			return
		}
		c.http.Timeout = d
	}
}

// WithUserAgent adds s to the User-Agent header, after the product token of this
// package and the mark of a charge. s must be printable ASCII without brackets,
// because brackets are reserved for the mark. The API keeps the header with each
// payment, as user_agent.
func WithUserAgent(s string) Option {
	return func(c *Client, p *problems) {
		if s = strings.TrimSpace(s); s == "" || strings.ContainsFunc(s, notInUserAgent) {
			p.add("WithUserAgent", "must be printable ASCII text without brackets")
			return
		}
		c.baseAgent = product + Version + " " + s
	}
}

func notInUserAgent(r rune) bool {
	return r < ' ' || r > '~' || strings.ContainsRune("()[]{}<>", r)
}

// WithLogger logs one line for each HTTP exchange, with the facts of an [Exchange]: the
// operation, the method and route, the purpose, the try, the duration, the HTTP status, the
// envelope's code and the class of failure. The level is Debug, or Warn if no usable answer
// arrived. One more line at Debug reports the outcome of each call that changes something.
//
// Three lines name an order, by its merchant_uid, because somebody must look at it: a charge
// without an answer beside a payment of another call (Warn), an end of an attempt that the
// journal did not record (Warn), and an order that was paid more than once (Error). A panic of
// your function in [Client.WebhookHandler] is logged with its type and stack (Error). Nothing
// else is logged: no URL, header, body, other id or error text. A logger that panics changes
// no outcome.
func WithLogger(l *slog.Logger) Option {
	return func(c *Client, p *problems) {
		if l == nil {
			p.add("WithLogger", "must be a logger, not nil")
			return
		}
		c.log = foreign.Logger(l)
	}
}

// WithSandbox makes look-ups find payments of test channels too. It sends
// include_sandbox=true where the API accepts it ([Client.GetPayment]). Without it the
// API answers 404 for them. The channel of a payment decides whether it is a test,
// not this option.
func WithSandbox() Option {
	return func(c *Client, _ *problems) { c.testChannel = true }
}

// WithSettleWindow sets how long a charge whose answer was lost is looked up before
// it is reported as unknown. The default is 10 s, and 0 turns the look-ups off. They
// end earlier if the context of the charge ends.
func WithSettleWindow(d time.Duration) Option {
	return func(c *Client, p *problems) {
		if d < 0 {
			p.add("WithSettleWindow", "must be 0 or more")
			return
		}
		c.settleWindow = d
	}
}

// WithJournal sets where attempts are recorded. Without it they are kept only in the
// memory of this client: if a program makes a client for each request, they are lost,
// and [Client.EnsurePaid] can charge an order twice. Use one [NewMemoryJournal] for
// all clients of a process, and one journal in a database for all processes of a
// shop. All clients of a journal must use the same quiet period and time-out.
func WithJournal(j Journal) Option {
	return func(c *Client, p *problems) {
		if isNil(j) {
			p.add("WithJournal", "must be a journal, not nil")
			return
		}
		c.journal = j
	}
}

// WithQuietPeriod sets how long [Client.EnsurePaid] and [Client.EnsureRefunded] send nothing after an attempt whose
// outcome is not known. The quiet period minus the time-out must be longer than the PG and the API take from the
// sending of a charge until its record is visible. A charge that takes longer can be charged twice. d must be at least
// the longest time of an attempt (three times [WithTimeout] plus [WithSettleWindow]) and at most 1 h. The default is
// twice that time, at most 1 h: 6 min 20 s.
func WithQuietPeriod(d time.Duration) Option {
	return func(c *Client, p *problems) {
		if d <= 0 {
			p.add("WithQuietPeriod", "must be more than 0")
			return
		}
		c.quiet = d
	}
}

// checkQuietPeriod sets and checks the quiet period after all options are applied.
func (c *Client) checkQuietPeriod(p *problems) {
	attempt := maxQuiet + 1 // more than is allowed; large durations would overflow below
	if c.http.Timeout <= maxQuiet && c.settleWindow <= maxQuiet {
		attempt = 3*c.http.Timeout + c.settleWindow
	}
	if c.quiet == 0 {
		c.quiet = min(2*attempt, maxQuiet)
	}
	switch {
	case attempt > maxQuiet:
		p.add("WithTimeout", "must be so short that three of it and the settle window are at most 1 h")
	case c.quiet < attempt:
		p.add("WithQuietPeriod", fmt.Sprintf("must be at least %v, which an attempt can take", attempt))
	case c.quiet > maxQuiet:
		p.add("WithQuietPeriod", "must be at most 1 h")
	}
}

// isNil reports whether v is nil, or a nil pointer in an interface.
func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return v == nil || r.Kind() == reflect.Pointer && r.IsNil()
}

// Limiter limits the rate of charges. Wait returns nil when a charge may be sent, and
// an error if it may not. A [golang.org/x/time/rate.Limiter] is a Limiter. After an
// error of Wait nothing is sent: the charge returns an error that matches
// [ErrNotCharged], and EnsurePaid returns an [*OutcomeUnknownError].
type Limiter interface {
	Wait(ctx context.Context) error
}

// WithRateLimit allows at most perSecond charges a second, and burst of them at once.
// A charge waits for its turn. It fails at once if its turn would come after the
// deadline of its context. Look-ups and other calls, [Client.Call] included, are not
// limited.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *Client, p *problems) {
		if !(perSecond > 0) || math.IsInf(perSecond, 0) || burst < 1 {
			p.add("WithRateLimit", "must be more than 0 charges a second and a burst of 1 or more")
			return
		}
		c.limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
	}
}

// WithLimiter limits charges with your own limiter, such as one that several clients
// or processes share.
func WithLimiter(l Limiter) Option {
	return func(c *Client, p *problems) {
		if isNil(l) {
			p.add("WithLimiter", "must be a limiter, not nil")
			return
		}
		c.limiter = l
	}
}
