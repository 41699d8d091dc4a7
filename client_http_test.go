package iamport_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestCallersHTTPClientIsCopied(t *testing.T) {
	t.Parallel()
	api := clienttest.NewBearerAPI()
	errTheirs := errors.New("the caller's own CheckRedirect")
	theirs := &http.Client{
		Transport: api, Timeout: time.Hour,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errTheirs },
	}
	c, err := iamport.NewClient("key", "secret", iamport.WithHTTPClient(theirs))
	require.NoError(t, err)
	require.Same(t, api, theirs.Transport)
	require.Equal(t, time.Hour, theirs.Timeout)
	require.Equal(t, errTheirs, theirs.CheckRedirect(nil, nil))

	theirs.Transport, theirs.Timeout = http.NewFileTransport(http.Dir(t.TempDir())), 1
	_, err = c.GetPayment(t.Context(), "imp_1")
	require.NoError(t, err)
	require.Equal(t, 1, api.Sent("imp_1"))

	_, err = iamport.NewClient("key", "secret", iamport.WithHTTPClient(&http.Client{}))
	require.NoError(t, err)
	require.Nil(t, http.DefaultClient.CheckRedirect)
}

func TestRedirectsAreNeverFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			var reached atomic.Int32
			elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				reached.Add(1)
				_, _ = io.WriteString(w, clienttest.PaidRecord("order-1"))
			}))
			defer elsewhere.Close()
			var redirectSignIn atomic.Bool
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/users/getToken" && !redirectSignIn.Load() {
					_, _ = io.WriteString(w, clienttest.Grant("t", clienttest.ServerNow, clienttest.ServerNow+1800))
					return
				}
				http.Redirect(w, r, elsewhere.URL+r.URL.Path, status)
			}))
			defer api.Close()
			newClient := func() *iamport.Client {
				c, err := iamport.NewClient("key", "secret", iamport.WithBaseURL(api.URL), iamport.WithSettleWindow(0),
					iamport.WithHTTPClient(&http.Client{
						CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
					}))
				require.NoError(t, err)
				return c
			}

			c := newClient()
			_, err := c.Onetime(t.Context(), iamport.OnetimeRequest{
				MerchantUID: "order-1", Amount: iamport.KRW(3000),
				Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
			})
			unknown, ok := errors.AsType[*iamport.OutcomeUnknownError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, "order-1", unknown.MerchantUID)
			require.NotErrorIs(t, err, iamport.ErrNotCharged)

			_, err = c.GetPayment(t.Context(), "imp_1")
			failed, ok := errors.AsType[*iamport.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, status, failed.StatusCode)

			redirectSignIn.Store(true)
			_, err = newClient().Again(t.Context(), clienttest.AgainFor("order-1"))
			require.ErrorIs(t, err, iamport.ErrNotCharged)
			require.Zero(t, reached.Load(), "the other host has to see nothing")
		})
	}
}

// countedServer is a real server that counts the connections to it.
func countedServer(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	opened := new(atomic.Int32)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/users/getToken" {
			_, _ = io.WriteString(w, clienttest.Grant("t", clienttest.ServerNow, clienttest.ServerNow+1800))
			return
		}
		handler(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, opened
}

func TestDefaultTransportKeepsAHundredConnections(t *testing.T) {
	t.Parallel()
	const calls = 100
	var mu sync.Mutex
	waiting, together := 0, make(chan struct{})
	s, opened := countedServer(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		mine := together
		if waiting++; waiting == calls { // no call is answered before all have arrived
			close(together)
			waiting, together = 0, make(chan struct{})
		}
		mu.Unlock()
		<-mine
		_, _ = io.WriteString(w, clienttest.PaidRecord("imp_1"))
	})
	c, err := iamport.NewClient("key", "secret", iamport.WithBaseURL(s.URL))
	require.NoError(t, err)
	for range 2 {
		var calling sync.WaitGroup
		for range calls {
			calling.Go(func() {
				if _, err := c.GetPayment(t.Context(), "imp_1"); err != nil {
					t.Error(err)
				}
			})
		}
		calling.Wait()
	}
	require.Equal(t, int32(calls), opened.Load())
}

func TestAnswersAreReadToTheEndAndClosed(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("<p>not found</p>", 10_000)
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"refusal":         {404, `{"code":1,"message":"존재하지 않는 결제정보입니다.","response":null}`},
		"long page":       {404, page},
		"JSON and a page": {404, `{"code":1,"message":"no","response":null}` + page},
		"success":         {200, clienttest.PaidRecord("imp_1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, opened := countedServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body)
			})
			c, err := iamport.NewClient("key", "secret", iamport.WithBaseURL(s.URL))
			require.NoError(t, err)
			for range 50 {
				_, err := c.GetPayment(t.Context(), "imp_1")
				require.Equal(t, name == "refusal", errors.Is(err, iamport.ErrNotFound), "%v", err)
				require.Equal(t, answer.status == 404, err != nil)
			}
			require.Equal(t, int32(1), opened.Load())
		})
	}
}

// closing records whether a body was read to its end and closed.
type closing struct {
	io.Reader
	atEnd, closed *atomic.Int32
}

func (c closing) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		c.atEnd.Add(1)
	}
	return n, err
}

func (c closing) Close() error { c.closed.Add(1); return nil }

func TestEveryBodyIsClosed(t *testing.T) {
	t.Parallel()
	for name, resp := range map[string]func() *http.Response{
		"paid":    func() *http.Response { return clienttest.JSON(200, clienttest.PaidRecord("id-1")) },
		"refused": func() *http.Response { return clienttest.JSON(400, `{"code":1,"message":"no","response":null}`) },
		"declined": func() *http.Response {
			return clienttest.JSON(200, `{"code":1,"message":"[F113]한도초과","response":null}`)
		},
		"page":     func() *http.Response { return clienttest.JSON(404, "<html>") },
		"redirect": func() *http.Response { return clienttest.JSON(302, "<html>") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // a refusal is looked up for as long as a time-out
				var opened, atEnd, closed atomic.Int32
				watch := func(resp *http.Response) (*http.Response, error) {
					opened.Add(1)
					resp.Body = closing{resp.Body, &atEnd, &closed}
					return resp, nil
				}
				api := clienttest.NewBearerAPI()
				api.SignIn = func(int, *http.Request) (*http.Response, error) {
					return watch(clienttest.JSON(200, clienttest.Grant("t", clienttest.ServerNow, clienttest.ServerNow+1800)))
				}
				api.Answer = func(*http.Request, string, string) (*http.Response, error) { return watch(resp()) }
				c := api.Client(t, iamport.WithSettleWindow(0))
				_, _ = c.GetPayment(t.Context(), "id-1")
				_, _ = c.Again(t.Context(), clienttest.AgainFor("id-1"))
				require.GreaterOrEqual(t, opened.Load(), int32(3))
				require.Equal(t, opened.Load(), closed.Load())
				require.Equal(t, opened.Load(), atEnd.Load())
			})
		})
	}
}

// The time-out ends an answer without an end, like a missing answer. The connections
// are pipes, so that the clock of the bubble is the only one.
func TestTimeoutCoversTheBody(t *testing.T) {
	t.Parallel()
	for name, dripping := range map[string]bool{"a byte a second": true, "silence": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var serving sync.WaitGroup
				defer serving.Wait()
				transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					serving.Go(func() { serveSlowly(theirs, dripping) })
					return ours, nil
				}}
				defer transport.CloseIdleConnections()
				c, err := iamport.NewClient("key", "secret", iamport.WithBaseURL("http://127.0.0.1"),
					iamport.WithHTTPClient(&http.Client{Transport: transport}), iamport.WithTimeout(5*time.Second))
				require.NoError(t, err)
				_, err = c.Token(t.Context())
				require.NoError(t, err)

				begin := time.Now()
				err = clienttest.RegisterCard(t, c, "customer-1") // neither repeated nor looked up
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, "RegisterCustomer", clienttest.OutcomeUnknown(t, err).Op)
				require.Equal(t, 5*time.Second, time.Since(begin))
			})
		})
	}
}

// serveSlowly answers sign-ins on conn at once, and sends every other answer slowly
// and without end.
func serveSlowly(conn net.Conn, dripping bool) {
	defer func() { _ = conn.Close() }()
	requests := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/users/getToken" {
			body := clienttest.Grant("t", clienttest.ServerNow, clienttest.ServerNow+1800)
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			continue
		}
		if !dripping {
			_, _ = requests.ReadByte() // until the client disconnects
			return
		}
		_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
		for err == nil {
			time.Sleep(time.Second)
			_, err = io.WriteString(conn, " ")
		}
	}
}
