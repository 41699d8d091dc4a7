package iamport

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/iamport-go/iamport/internal/exchange"
	"github.com/iamport-go/iamport/internal/foreign"
	"github.com/iamport-go/iamport/internal/token"
	"github.com/iamport-go/iamport/internal/turns"
)

const (
	// DefaultBaseURL is the URL of the API unless [WithBaseURL] sets another.
	DefaultBaseURL = "https://api.iamport.kr"
	// StaticBaseURL is the same API with fixed IP addresses, for servers whose firewall
	// allows outgoing traffic by address.
	StaticBaseURL = "https://static-api.iamport.kr"
	// DefaultTimeout bounds one HTTP exchange. Card networks are slow, and the server
	// continues a charge after the client has disconnected: a shorter time-out causes
	// unknown outcomes, not faster charges.
	DefaultTimeout = 60 * time.Second
	// defaultSettleWindow is how long a lost answer is looked up: see WithSettleWindow.
	defaultSettleWindow = 10 * time.Second
)

// Version is the version of this package, sent in the User-Agent header.
const Version = "0.1.0"

const product = "iamport-go/"

// maxIdleConns is the number of idle connections kept for reuse, so that 512
// concurrent calls do not each need a TLS handshake.
const maxIdleConns = 512

// Client calls the subscription API of iamport (PortOne V1). It is safe for
// concurrent use, signs in when needed, and keeps its key and secret where nothing
// can print them. Make one per account with NewClient and reuse it; the zero Client
// does not work.
type Client struct {
	http        exchange.Client
	baseAgent   string // the User-Agent header of a call without a mark
	testChannel bool
	log         *slog.Logger
	observer    Observer // nil: none
	aside       foreign.Aside

	settleWindow time.Duration
	limiter      Limiter // nil: none
	pg           PG
	anyText      bool // WithAnyText was given
	eucKR        bool // names must be encodable in EUC-KR

	credentials func() (key, secret string)
	tokens      *token.Source
	journal     Journal
	quiet       time.Duration // how long EnsurePaid sends nothing after an attempt; 0 until NewClient sets it
	queues      turns.Queues  // of EnsurePaid and EnsureRefunded
}

// NewClient returns a client for the account of the REST API key and secret (admin
// console, identification codes and API keys, V1). It uses neither the network nor
// the environment. It returns all problems with its arguments as one
// [*InvalidRequestError], which never holds a value.
func NewClient(key, secret string, opts ...Option) (*Client, error) {
	p := &problems{op: "NewClient"}
	checkCredential(p, "key", key)
	checkCredential(p, "secret", secret)

	base, _ := url.Parse(DefaultBaseURL)
	c := &Client{
		http: exchange.Client{
			Base: base, Timeout: DefaultTimeout, Foreign: foreigners,
			Secrets: func() []string { return []string{key, secret} },
		},
		baseAgent:    product + Version,
		log:          slog.New(slog.DiscardHandler),
		journal:      NewMemoryJournal(),
		settleWindow: defaultSettleWindow,
		credentials:  func() (string, string) { return key, secret },
	}
	for _, option := range opts {
		if option != nil {
			option(c, p)
		}
	}
	c.checkQuietPeriod(p)
	if err := p.err(); err != nil {
		return nil, err
	}
	c.applyPG()
	if c.http.Do == nil {
		c.use(http.Client{Transport: newTransport()})
	}
	c.tokens = token.NewSource(c.signIn, c.http.Timeout)
	return c, nil
}

// use sends requests through its own copy hc. Redirects are never followed: they
// would send the card to another host.
func (c *Client) use(hc http.Client) {
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http.Do = hc.Do
	c.http.TellsConnections = func() bool {
		transport := hc.Transport
		if transport == nil {
			transport = http.DefaultTransport
		}
		known, ok := transport.(*http.Transport)
		if !ok {
			return false
		}
		for protocol := range known.TLSNextProto {
			switch protocol {
			case "h2", "unencrypted_http2": // those of net/http
			default: // a custom transport sends on the connections of known
				return false
			}
		}
		return true
	}
}

func checkCredential(p *problems, field, value string) {
	switch {
	case value == "":
		p.add(field, "is required")
	case !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		p.add(field, "must not hold white space or control characters")
	}
}

// newTransport returns a copy of [http.DefaultTransport] with more idle connections
// to one host. It is built here, because a test may have replaced the default.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		TLSClientConfig:       newTLSConfig(),
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost:   maxIdleConns,
		IdleConnTimeout:       90 * time.Second,
		// Pings close a dead connection within a time-out. Without them HTTP/2 sends every
		// call to it until TCP times out, after about 15 minutes.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// Format prints the client as its base URL under every verb: the rest is secret or
// not useful.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String returns the client's type and base URL.
func (c *Client) String() string {
	if c == nil || c.http.Base == nil {
		return "iamport.Client"
	}
	return "iamport.Client(" + c.http.Base.String() + ")"
}

// LogValue logs what String returns.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText returns what String returns, for encoders that call it.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
