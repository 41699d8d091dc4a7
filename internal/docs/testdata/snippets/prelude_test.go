package snippets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// The names that the snippets of the documents use without declaring them.

const (
	key    = iamporttest.Key
	secret = iamporttest.Secret
)

// given is what a snippet has: a client of a new sandbox with two stored cards and one
// payment of 3,000 won.
type given struct {
	ctx     context.Context
	client  *iamport.Client
	srv     *iamporttest.Server
	request iamport.AgainRequest
	impUID  string // of order "order_0"
}

// server is that of the running snippet. newClient uses it, because a snippet that makes a
// client makes one of the real API.
var server *iamporttest.Server

func newClient(key, secret string, opts ...iamport.Option) (*iamport.Client, error) {
	if server == nil {
		server = iamporttest.NewServer()
	}
	sent = nil
	record := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			sent = append(sent, string(body))
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		return server.RoundTrip(r)
	})}
	return iamport.NewClient(key, secret, append(opts, iamport.WithHTTPClient(record))...)
}

// sent are the bodies of the last client.
var sent []string

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// snippet runs f in a bubble, where waits take no time, and compares what it prints and
// the last body that it sends.
func snippet(t *testing.T, printed bool, want, body string, f func(given) error) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "output")
	require.NoError(t, err)
	terminal := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = terminal }()
	synctest.Test(t, func(t *testing.T) {
		server = iamporttest.NewServer()
		g := given{ctx: t.Context(), srv: server}
		var err error
		g.client, err = newClient(key, secret)
		require.NoError(t, err)
		for _, customer := range []string{"customer_1", "your-customer-unique-id"} {
			_, err = g.client.RegisterCustomer(g.ctx, customer, iamport.RegisterCustomerRequest{Card: card})
			require.NoError(t, err)
		}
		g.request = iamport.AgainRequest{CustomerUID: "customer_1", MerchantUID: "order_0", Amount: iamport.KRW(3000), Name: "June"}
		payment, err := g.client.Again(g.ctx, g.request)
		require.NoError(t, err)
		g.impUID, g.request.MerchantUID = payment.ImpUID, "order_1"
		require.NoError(t, f(g))
		require.Zero(t, g.srv.Pending(), "a fault was not used")
		if body != "" {
			require.JSONEq(t, body, sent[len(sent)-1])
		}
	})
	got, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	if printed {
		require.Equal(t, want, string(got))
	}
}

var card = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"}

// What a shop does with an outcome.
func deliver(p *iamport.Payment) error     { return say("deliver", p.MerchantUID) }
func deliverOnce(p *iamport.Payment) error { return say("deliver once", p.MerchantUID) }
func settleLater(merchantUID, attempt string) error {
	if attempt == "" {
		return errors.New("no mark")
	}
	return say("settle later", merchantUID)
}
func askForAnotherCard(reason string) error { return say("ask for another card:", reason) }
func tryAgainAt(at time.Time) error {
	if at.IsZero() {
		return say("try again at any time")
	}
	return say("try again in", time.Until(at).Round(time.Second))
}

func say(words ...any) error {
	_, err := fmt.Fprintln(os.Stdout, words...)
	return err
}

func renew(ctx context.Context, client *iamport.Client, customerUID, order string) error {
	_, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: customerUID, MerchantUID: order, Amount: iamport.KRW(3000), Name: "July",
	})
	return err
}
