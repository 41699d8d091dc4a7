package clienttest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// SignInJSON is the answer to a sign-in, with a token that does not expire in a test.
const SignInJSON = `{"code":0,"message":null,"response":{"access_token":"a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1","now":1512446940,"expired_at":1512448740}}`

const signInPath = "/users/getToken"

// NewClient returns a client whose requests go to transport.
func NewClient(t testing.TB, transport http.RoundTripper, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	opts = append([]iamport.Option{iamport.WithHTTPClient(&http.Client{Transport: transport})}, opts...)
	client, err := iamport.NewClient("test-key", "test-secret", opts...)
	require.NoError(t, err)
	return client
}

// NewMock returns a transport that signs in and fails the test on anything else
// that is not registered.
func NewMock(t testing.TB) *httpmock.MockTransport {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewNotFoundResponder(func(v ...any) { t.Error(v...) }))
	mock.RegisterResponder("POST", iamport.DefaultBaseURL+signInPath, httpmock.NewStringResponder(200, SignInJSON))
	return mock
}

// Transport is an http.RoundTripper made of a function.
type Transport func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f Transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// NoCall is a transport for requests that must not be sent, not even a sign-in.
func NoCall(t *testing.T) Transport {
	return func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s %s was sent", r.Method, r.URL.Path)
		return nil, errors.New("no call expected")
	}
}

// Stub is a transport that signs in, answers everything else by a function, and
// records the requests.
type Stub struct {
	// Answer gets the number of the request, counted from 1.
	Answer func(n int, r *http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []Request
}

// Request is one request as it was sent.
type Request struct{ Method, URI, Body string }

// Always returns a Stub that answers every request in one way.
func Always(answer func(*http.Request) (*http.Response, error)) *Stub {
	return &Stub{Answer: func(_ int, r *http.Request) (*http.Response, error) { return answer(r) }}
}

// RoundTrip keeps the request and answers it.
func (s *Stub) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == signInPath {
		return JSON(200, SignInJSON), nil
	}
	request := Request{Method: r.Method, URI: r.URL.RequestURI()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		request.Body = string(body)
	}
	s.mu.Lock()
	s.sent = append(s.sent, request)
	n := len(s.sent)
	s.mu.Unlock()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(strings.NewReader(request.Body))
	return s.Answer(n, r)
}

// Requests returns the requests so far, without sign-ins.
func (s *Stub) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent[:len(s.sent):len(s.sent)]
}

// Limiter is an iamport.Limiter made of a function.
type Limiter func(context.Context) error

// Wait calls f.
func (f Limiter) Wait(ctx context.Context) error { return f(ctx) }

// SandboxClient returns a client of srv.
func SandboxClient(t testing.TB, srv *iamporttest.Server, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append(opts, iamport.WithHTTPClient(srv.Client()))...)
	require.NoError(t, err)
	return client
}

// Sandbox returns a server with a card stored under cu-1, and a client of it.
func Sandbox(t *testing.T, opts ...iamport.Option) (*iamporttest.Server, *iamport.Client) {
	t.Helper()
	srv := iamporttest.NewServer()
	client := SandboxClient(t, srv, opts...)
	require.NoError(t, RegisterCard(t, client, "cu-1"))
	return srv, client
}

// RegisterCard stores a card under customerUID.
func RegisterCard(t *testing.T, c *iamport.Client, customerUID string) error {
	t.Helper()
	_, err := c.RegisterCustomer(t.Context(), customerUID, iamport.RegisterCustomerRequest{
		Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
	})
	return err
}
