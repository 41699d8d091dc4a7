package main

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// shop is the API that is charged.
type shop struct {
	client *iamport.Client
	// api is "real" or "sandbox".
	api string
	// sandbox is the server inside this program, nil for another one.
	sandbox *iamporttest.Server
}

// openShop reads the environment and prints in one line which API is charged. It
// sends nothing.
func openShop(getenv func(string) string, realCharge bool, stdout io.Writer, opts ...iamport.Option) (*shop, error) {
	key, secret, base := getenv("IAMPORT_KEY"), getenv("IAMPORT_SECRET"), getenv("IAMPORT_BASE_URL")
	s := &shop{api: "sandbox"}
	var where string
	switch {
	case key == "" && secret == "" && base == "":
		where = "Sandbox inside this program: no network, no money. Set IAMPORT_KEY and IAMPORT_SECRET for the real API."
		s.sandbox = iamporttest.NewServer()
		key, secret = iamporttest.Key, iamporttest.Secret
		opts = append(opts, iamport.WithHTTPClient(s.sandbox.Client()))
	case key == "" || secret == "":
		return nil, errors.New("IAMPORT_KEY and IAMPORT_SECRET go together")
	case base != "" && isLoopback(base):
		where = "Sandbox at " + base + ": no money."
	default:
		if base == "" {
			base = iamport.DefaultBaseURL
		}
		s.api, where = "real", "Real API at "+base+": the stored card of every order is really charged."
	}
	if base != "" {
		opts = append(opts, iamport.WithBaseURL(base))
	}
	var err error
	if s.client, err = iamport.NewClient(key, secret, opts...); err != nil {
		return nil, err
	}
	say(stdout, "%s\n", where)
	if s.api == "real" && !realCharge {
		return nil, errors.New("say so with -charge-real-card")
	}
	return s, nil
}

func isLoopback(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// signIn checks the key before any order is charged. In the sandbox inside the
// program it stores a card for every customer.
func (s *shop) signIn(ctx context.Context, orders []order) error {
	if _, err := s.client.Token(ctx); err != nil {
		return err
	}
	if s.sandbox == nil {
		return nil
	}
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"}
	for _, o := range orders {
		if _, err := s.client.RegisterCustomer(ctx, o.customerUID, iamport.RegisterCustomerRequest{Card: card}); err != nil {
			return err
		}
	}
	for _, customerUID := range []string{"customer_17", "customer_38", "customer_52"} {
		s.sandbox.DeclineCustomer(customerUID, "[2116] over the monthly limit")
	}
	s.sandbox.InjectFunc(func(*http.Request) *iamporttest.Fault { // about as slow as a card network
		slow := iamporttest.Fault{}.Slow(200*time.Millisecond + rand.N(600*time.Millisecond))
		return &slow
	})
	return nil
}
