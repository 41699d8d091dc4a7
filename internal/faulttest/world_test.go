package faulttest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

const customer = "customer_1"

var testCard = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "900101", Pwd2Digit: "00"}

// world is one server on a real port, with one client that reaches it through
// toxiproxy, and a second connection path without faults.
type world struct {
	srv   *iamporttest.Server
	ts    *httptest.Server
	seen  *sightings
	setup *iamport.Client // in the process, without a port

	main    *toxiproxy.Proxy // every call goes here,
	charges *toxiproxy.Proxy // but the charges of a world with toxics
	client  *iamport.Client
	base    string
	proto   string
	cutOver func() // closes the path of the sign-in, nil if there is only one path
}

// wiring is how a world's client and server are connected.
type wiring struct {
	proto     string   // "", "h1+tls" or "h2"
	toxics    []string // on the way of the charges alone
	toxicsAll []string // on the way of every call
	untrusted bool     // the way of the charges does not trust the certificate
	direct    bool     // after the sign-in every call goes the way of the charges, by an *http.Transport
	unmarked  bool     // records do not keep the User-Agent
	server    []iamporttest.Option
	wrap      func(http.Handler) http.Handler
}

// connKey finds a request's connection in its context.
type connKey struct{}

func newWorld(t testing.TB, w wiring, options ...iamport.Option) *world {
	t.Helper()
	if w.unmarked {
		w.server = append(w.server, iamporttest.WithUserAgentLimit(0))
	}
	srv := iamporttest.NewServer(w.server...)
	seen := newSightings(srv)
	var handler http.Handler = seen
	if w.wrap != nil {
		handler = w.wrap(handler)
	}
	ts := httptest.NewUnstartedServer(handler)
	ts.Config.ErrorLog = log.New(io.Discard, "", 0)
	ts.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	if w.proto == "" {
		ts.Start()
	} else {
		certificate, err := testCertificate()
		require.NoError(t, err)
		ts.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
		ts.EnableHTTP2 = w.proto == "h2"
		ts.StartTLS()
	}
	t.Cleanup(ts.Close)
	setup, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	require.NoError(t, err)

	addr := ts.Listener.Addr().String()
	a := &world{srv: srv, ts: ts, seen: seen, setup: setup, main: newProxy(t, addr, w.toxicsAll...)}
	a.register(t, customer)
	a.proto, a.base = w.proto, "http://"+a.main.Listen
	if w.proto != "" {
		a.base = "https://" + a.main.Listen
	}
	transport := a.transport(t, w.proto)
	var rt http.RoundTripper = transport
	switch {
	case w.direct:
		a.charges = newProxy(t, addr, w.toxics...)
		a.cutOver = cutOver(transport, a.charges.Listen, !w.untrusted)
	case w.toxics != nil:
		a.charges = newProxy(t, addr, w.toxics...)
		rt = &split{rest: transport, charges: a.transport(t, w.proto), host: a.charges.Listen}
	}
	options = append([]iamport.Option{
		iamport.WithBaseURL(a.base), iamport.WithHTTPClient(&http.Client{Transport: rt}),
	}, options...)
	a.client, err = iamport.NewClient(iamporttest.Key, iamporttest.Secret, options...)
	require.NoError(t, err)
	return a
}

// transport is one connection pool, as the client's own one is built.
func (a *world) transport(t testing.TB, proto string) *http.Transport {
	tr := &http.Transport{MaxIdleConnsPerHost: 100, TLSHandshakeTimeout: 10 * time.Second}
	if proto != "" {
		roots := x509.NewCertPool()
		roots.AddCert(a.ts.Certificate())
		tr.TLSClientConfig = &tls.Config{RootCAs: roots, CurvePreferences: []tls.CurveID{tls.X25519}}
		tr.ForceAttemptHTTP2 = proto == "h2"
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// cutOver makes the transport dial another address after the returned function was
// called, and trust no certificate there unless trusting.
func cutOver(transport *http.Transport, address string, trusting bool) func() {
	var over atomic.Bool
	transport.DialContext = func(ctx context.Context, network, first string) (net.Conn, error) {
		if over.Load() {
			first = address
		}
		return new(net.Dialer).DialContext(ctx, network, first)
	}
	if !trusting {
		transport.TLSClientConfig.VerifyConnection = func(state tls.ConnectionState) error {
			if !over.Load() {
				return nil
			}
			_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: x509.NewCertPool()})
			return err
		}
	}
	return func() {
		over.Store(true)
		transport.CloseIdleConnections()
	}
}

// signIn fetches the token before the faults, which are only for the charges.
func (a *world) signIn(t testing.TB) {
	t.Helper()
	var err error
	for range 50 {
		if _, err = a.client.Token(t.Context()); err == nil {
			break
		}
	}
	require.NoError(t, err)
	if a.cutOver != nil {
		a.cutOver()
	}
}

// register stores a card under customerUID.
func (a *world) register(t testing.TB, customerUID string) {
	t.Helper()
	_, err := a.setup.RegisterCustomer(t.Context(), customerUID, iamport.RegisterCustomerRequest{Card: testCard})
	require.NoError(t, err)
}

// bookFailed books n schedules, lets them fail, removes the decline, and leaves the
// server's clock at the second of the failure.
func (a *world) bookFailed(t testing.TB, ids []string) {
	t.Helper()
	// Their own customer: late charges of an earlier batch must not be declined with
	// them.
	owner := "owner_of_" + ids[0]
	a.register(t, owner)
	at := a.srv.Now().Add(time.Minute).Truncate(time.Second)
	items := make([]iamport.ScheduleItem, len(ids))
	for i, id := range ids {
		items[i] = iamport.ScheduleItem{MerchantUID: id, ScheduleAt: at, Amount: iamport.KRW(1000), Name: "retry"}
	}
	_, err := a.setup.Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: owner, Schedules: items})
	require.NoError(t, err)
	a.srv.DeclineCustomer(owner, "[2116] limit")
	a.srv.SetClockOffset(time.Until(at))
	require.Zero(t, a.srv.Charges(ids[0])) // and so the schedules have run
	a.srv.DeclineCustomer(owner, "")
}

// inject makes fault happen to every charge from now on.
func (a *world) inject(fault *iamporttest.Fault) {
	a.srv.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		if isCharge(r) {
			return fault
		}
		return nil
	})
}

// isCharge reports whether r is one of the three operations that charge a card.
func isCharge(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/subscribe/payments/") &&
		(strings.HasSuffix(r.URL.Path, "/again") || strings.HasSuffix(r.URL.Path, "/onetime") ||
			strings.HasSuffix(r.URL.Path, "/retry"))
}

// split sends charges on another path than everything else, so that a fault can
// affect each of them but no look-up. The client does not trust its hooks about
// requests that were never sent.
type split struct {
	rest, charges http.RoundTripper
	host          string
}

func (s *split) RoundTrip(r *http.Request) (*http.Response, error) {
	if !isCharge(r) {
		return s.rest.RoundTrip(r)
	}
	// A shallow copy: net/http must get the body of the client unchanged.
	c := *r
	u := *r.URL
	u.Host = s.host
	c.URL = &u
	return s.charges.RoundTrip(&c)
}
