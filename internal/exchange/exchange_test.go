package exchange

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/bounds"
	"github.com/iamport-go/iamport/internal/foreign"
)

type transport func(*http.Request) (*http.Response, error)

func newClient(t *testing.T, do transport) *Client {
	t.Helper()
	base, err := url.Parse("https://api.example/base")
	require.NoError(t, err)
	return &Client{
		Base: base, Do: do, TellsConnections: func() bool { return true }, Timeout: time.Minute,
		Foreign: &foreign.Wrapper{OwnType: func(any) bool { return false }},
		Secrets: func() []string { return []string{"the-secret"} },
	}
}

func respond(status int, body string, header ...string) transport {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func TestRequestAsSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request     Request
		tier        string
		url         string
		body        string // "none" for no body at all
		contentType string
	}{
		"a read": {
			Request{Method: "GET", Path: []string{"payments", "a/b ?%"}, Query: url.Values{"q[]": {"1&2"}}}, "",
			"https://api.example/base/payments/a%2Fb%20%3F%25?q%5B%5D=1%262", "none", "",
		},
		"a change":                {Request{Method: "POST", Path: []string{"a"}, Body: map[string]int{"b": 1}, Change: true}, "ABC", "https://api.example/base/a", `{"b":1}`, "application/json"},
		"a change without a body": {Request{Method: "POST", Path: []string{"a"}, Change: true}, "", "https://api.example/base/a", `{}`, "application/json"},
		"a deletion":              {Request{Method: "DELETE", Path: []string{"a"}, Change: true}, "", "https://api.example/base/a", ``, ""},
		"a deletion with a body":  {Request{Method: "DELETE", Path: []string{"a"}, Change: true, Body: 1}, "", "https://api.example/base/a", `1`, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent *http.Request
			var body []byte
			c := newClient(t, func(r *http.Request) (*http.Response, error) {
				sent = r
				if r.Body != nil {
					var err error
					body, err = io.ReadAll(r.Body)
					require.NoError(t, err)
				}
				return respond(200, `{"code":0,"response":1}`)(r)
			})
			c.Tier = test.tier
			test.request.UserAgent, test.request.Authorization = "agent/1", func() string { return "Bearer t0ken" }
			a, err := c.Send(t.Context(), test.request)
			require.NoError(t, err)
			require.True(t, a.Answered)
			require.Equal(t, test.request.Method, sent.Method)
			require.Equal(t, test.url, sent.URL.String())
			require.Nil(t, sent.GetBody, "net/http could send the body again")
			require.Equal(t, test.body == "none", sent.Body == nil)
			if test.body != "none" {
				require.Equal(t, test.body, string(body))
			}
			want := http.Header{"Accept": {"application/json"}, "User-Agent": {"agent/1"}, "Authorization": {"Bearer t0ken"}}
			if test.contentType != "" {
				want.Set("Content-Type", test.contentType)
				require.Equal(t, int64(len(test.body)), sent.ContentLength)
			}
			if test.tier != "" {
				want.Set("Tier", test.tier)
			}
			require.Equal(t, want, sent.Header)
		})
	}
}

// A request without a connection was not sent. A request with a connection may have
// been sent, and so may every request of another kind of transport.
func TestWhetherARequestLeft(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, test := range map[string]struct {
		asks, gets, tells bool
		sent              bool
	}{
		"asked, and got none":         {asks: true, tells: true},
		"asked, and got one":          {asks: true, gets: true, tells: true, sent: true},
		"asked nothing":               {tells: true, sent: true},
		"a transport of another kind": {asks: true, sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, func(r *http.Request) (*http.Response, error) {
				trace := httptrace.ContextClientTrace(r.Context())
				if test.asks {
					trace.GetConn("api.example:443")
				}
				if test.gets {
					trace.GotConn(httptrace.GotConnInfo{})
				}
				return nil, &url.Error{Op: "Post", URL: "https://api.example/secret", Err: refused}
			})
			c.TellsConnections = func() bool { return test.tells }
			a, err := c.Send(t.Context(), Request{Method: "POST", Change: true})
			require.Nil(t, a)
			require.Equal(t, test.sent, MayHaveBeenSent(err))
			require.ErrorIs(t, err, refused)
			require.NotContains(t, err.Error(), "secret")
		})
	}
	require.False(t, MayHaveBeenSent(refused))
}

func TestNothingIsSentThatCannotBe(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("no call expected")
	})
	_, err := c.Send(t.Context(), Request{Method: "POST", Body: func() {}})
	require.ErrorIs(t, err, errUnencodable)
	require.False(t, MayHaveBeenSent(err))

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Send(ended, Request{Method: "POST"})
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, MayHaveBeenSent(err))
}

// With a transport whose hooks are not trusted, the body checks when it is read.
func TestBodyThatIsTooLate(t *testing.T) {
	t.Parallel()
	for _, tooLate := range []error{nil, errLate} {
		c := newClient(t, func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			require.NoError(t, r.Body.Close())
			require.Equal(t, tooLate, err)
			require.Equal(t, tooLate != nil, len(body) == 0)
			return respond(200, `{"code":0,"response":1}`)(r)
		})
		c.TellsConnections = func() bool { return false }
		_, err := c.Send(t.Context(), Request{Method: "POST", Body: 1, Change: true, Late: deadline{tooLate}})
		require.NoError(t, err)
	}
}

func TestTimeoutEndsAnExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		began := time.Now()
		_, err := c.Send(t.Context(), Request{Method: "GET"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(began))
	})
}

// An answer does not stay in the buffer that the next one is read into, and a buffer whose
// answer was refused is not used again.
func TestBuffersHoldNothing(t *testing.T) { // not parallel: another test could take the buffer while this one reads it
	for _, answer := range []string{`{"code":0,"response":{"card_number":"1234"}}`, strings.Repeat(" ", 100_000) + `{"code":0}`} {
		buffer := new([]byte)
		body, err := bounds.Read(strings.NewReader(answer), -1, *buffer)
		require.NoError(t, err)
		wipe(buffer, body)
		require.NotZero(t, cap(*buffer))
		require.Empty(t, bytes.Trim((*buffer)[:cap(*buffer)], "\x00"))
	}
	kept := new([]byte)
	body, err := bounds.Read(strings.NewReader(strings.Repeat("[", 100_000)), -1, *kept)
	require.Error(t, err)
	wipe(kept, body)
	require.Zero(t, cap(*kept))
}

// A transport that changes the headers of a request, which it must not, spoils that one only.
func TestHeadersAreNotShared(t *testing.T) {
	t.Parallel()
	var seen []http.Header
	c := Client{Base: &url.URL{Scheme: "https", Host: "api.test"}, Timeout: time.Second, TellsConnections: func() bool { return false },
		Secrets: func() []string { return nil }, Foreign: &foreign.Wrapper{}, Tier: "AAA",
		Do: func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.Header.Clone())
			for name := range r.Header {
				r.Header[name][0] = "spoilt"
				r.Header[name] = append(r.Header[name], "added")
			}
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}}
	for range 2 {
		_, err := c.Send(t.Context(), Request{Method: "POST", Body: 1, Change: true, UserAgent: "a/1", Authorization: func() string { return "Bearer t0ken" }})
		require.NoError(t, err)
	}
	require.Equal(t, http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "User-Agent": {"a/1"},
		"Authorization": {"Bearer t0ken"}, "Tier": {"AAA"}}, seen[0])
	require.Equal(t, seen[0], seen[1])
}
