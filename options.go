package iamport

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Option changes a [Client] while [NewClient] makes it. A bad value is reported
// by NewClient as an [*InvalidRequestError] whose Field is the option's name.
type Option func(*Client, *problems)

func newTLSConfig() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS12} }

// WithBaseURL sends calls to another host than [DefaultBaseURL], such as
// [StaticBaseURL] or a server of your own tests. The URL has to be https, or http
// on a loopback address or "localhost", without user info, query and fragment.
func WithBaseURL(rawURL string) Option {
	return func(c *Client, p *problems) {
		u, err := url.Parse(rawURL)
		switch {
		case err != nil || u.Host == "" || u.Hostname() == "":
			p.add("WithBaseURL", "wants an absolute URL such as "+DefaultBaseURL)
		case u.Scheme != "https" && u.Scheme != "http":
			p.add("WithBaseURL", "wants an https URL")
		case u.Scheme == "http" && !isLoopback(u.Hostname()):
			p.add("WithBaseURL", "wants https: plain http is taken on a loopback address only")
		case u.User != nil:
			p.add("WithBaseURL", "cannot hold user info")
		case u.RawQuery != "" || u.ForceQuery || strings.Contains(rawURL, "#"):
			p.add("WithBaseURL", "cannot hold a query or a fragment")
		default:
			u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
			c.base = u
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

// WithHTTPClient sends calls through hc, for a proxy, a wrapped transport or a
// test double. hc is copied: the caller's client and transport are not changed,
// and redirects are not followed whatever hc says. hc.Timeout counts beside
// [WithTimeout]. The transport must not send a request twice on its own: a charge
// that it repeats is charged twice.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *Client, p *problems) {
		if hc == nil {
			p.add("WithHTTPClient", "wants a client, not nil")
			return
		}
		c.use(*hc)
	}
}

// WithTier sends the Tier header, by which an agency acts for one of its
// sub-shops: three upper-case letters or digits. The key and secret are then the
// agency's own.
func WithTier(code string) Option {
	return func(c *Client, p *problems) {
		if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			p.add("WithTier", "wants three upper-case letters or digits")
			return
		}
		c.tier = code
	}
}

// WithTimeout bounds each HTTP exchange, body included; the default is
// [DefaultTimeout]. A call that repeats a read may take longer: bound the whole
// of it with its context. Keep it at 60 s or more for charges.
func WithTimeout(d time.Duration) Option {
	return func(c *Client, p *problems) {
		if d <= 0 {
			p.add("WithTimeout", "wants more than 0")
			return
		}
		c.timeout = d
	}
}

// WithUserAgent replaces the User-Agent header. The API keeps it with each
// payment, as user_agent.
func WithUserAgent(s string) Option {
	return func(c *Client, p *problems) {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			p.add("WithUserAgent", "wants printable ASCII text")
			return
		}
		c.userAgent = s
	}
}

// WithLogger logs one line for each HTTP exchange: the operation, the HTTP
// status, the envelope's code, the duration and whether the answer was usable.
// Nothing else is ever logged: no URL, header, body, id or error text. The level
// is Debug, or Warn if no usable answer came.
func WithLogger(l *slog.Logger) Option {
	return func(c *Client, p *problems) {
		if l == nil {
			p.add("WithLogger", "wants a logger, not nil")
			return
		}
		c.log = l
	}
}

// WithSandbox makes look-ups see payments of test channels too, by sending
// include_sandbox=true where the API takes it ([Client.GetPayment]). Without it
// the API answers 404 for them. Whether a payment is a test is decided by the
// channel that it is made through, not by this option.
func WithSandbox() Option {
	return func(c *Client, _ *problems) { c.testChannel = true }
}

// WithSettleWindow sets how long a charge whose answer was lost is looked up
// before it is reported as unknown; the default is 10 s. 0 turns the look-ups off.
// The context of the charge ends them earlier.
func WithSettleWindow(d time.Duration) Option {
	return func(c *Client, p *problems) {
		if d < 0 {
			p.add("WithSettleWindow", "wants 0 or more")
			return
		}
		c.settleWindow = d
	}
}
