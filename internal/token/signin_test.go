package token_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestFailedSignIn(t *testing.T) {
	t.Parallel()
	answers := func(status int, body string) func(int, *http.Request) (*http.Response, error) {
		return func(int, *http.Request) (*http.Response, error) { return clienttest.JSON(status, body), nil }
	}
	for name, tt := range map[string]struct {
		signIn  func(int, *http.Request) (*http.Response, error)
		status  int
		code    int
		message string
		is      error
	}{
		"wrong key or secret": {
			signIn: answers(401, clienttest.WrongKey), status: 401, code: -1, is: iamport.ErrUnauthorized,
			message: "imp_key, imp_secret 인증에 실패하였습니다. API키와 secret을 확인하세요.",
		},
		"bad request": {
			signIn: answers(400, `{"code":1,"message":"imp_key 파라메터가 누락되었습니다.","response":null}`),
			status: 400, code: 1, message: "imp_key 파라메터가 누락되었습니다.",
		},
		"refused with HTTP 200": {
			signIn: answers(200, `{"code":-1,"message":"사용할 수 없는 계정입니다.","response":null}`),
			status: 200, code: -1, message: "사용할 수 없는 계정입니다.",
		},
		"refused with HTTP 200 and a token": {
			signIn: answers(200, `{"code":1,"message":"중지된 계정입니다.","response":{"access_token":"t","now":1603417956,"expired_at":1603419756}}`),
			status: 200, code: 1, message: "중지된 계정입니다.",
		},
		"message that quotes the secret": {
			signIn: answers(401, `{"code":-1,"message":"bad imp_secret secret-canary of key-canary","response":null}`),
			status: 401, code: -1, message: "bad imp_secret [hidden] of [hidden]", is: iamport.ErrUnauthorized,
		},
		"too many requests":     {signIn: answers(429, ""), status: 429, is: iamport.ErrRateLimited},
		"gateway page":          {signIn: answers(502, "<html><body>502 Bad Gateway</body></html>"), status: 502},
		"empty body":            {signIn: answers(200, ""), status: 200},
		"not the API's JSON":    {signIn: answers(200, `{"access_token":"t"}`), status: 200},
		"null response":         {signIn: answers(200, `{"code":0,"message":null,"response":null}`), status: 200},
		"list for a response":   {signIn: answers(200, `{"code":0,"message":null,"response":[]}`), status: 200},
		"no access_token":       {signIn: answers(200, `{"code":0,"message":null,"response":{"now":1603417956,"expired_at":1603419756}}`), status: 200},
		"empty access_token":    {signIn: answers(200, clienttest.Grant("", clienttest.ServerNow, clienttest.ServerNow+1800)), status: 200},
		"newline in the token":  {signIn: answers(200, clienttest.Grant(`a\nb`, clienttest.ServerNow, clienttest.ServerNow+1800)), status: 200},
		"return in the token":   {signIn: answers(200, clienttest.Grant(`ab\r`, clienttest.ServerNow, clienttest.ServerNow+1800)), status: 200},
		"space in the token":    {signIn: answers(200, clienttest.Grant("a b", clienttest.ServerNow, clienttest.ServerNow+1800)), status: 200},
		"Korean in the token":   {signIn: answers(200, clienttest.Grant("토큰", clienttest.ServerNow, clienttest.ServerNow+1800)), status: 200},
		"connection reset":      {signIn: transportError(syscall.ECONNRESET), is: syscall.ECONNRESET},
		"cut connection":        {signIn: transportError(io.ErrUnexpectedEOF), is: io.ErrUnexpectedEOF},
		"error with the secret": {signIn: transportError(errors.New("POST imp_secret=secret-canary failed"))},
		"redirect":              {signIn: answers(307, ""), status: 307},
		"panic":                 {signIn: func(int, *http.Request) (*http.Response, error) { panic("secret-canary") }},
		"nil dereference": {signIn: func(int, *http.Request) (*http.Response, error) {
			var resp *http.Response
			resp.StatusCode = 200
			return resp, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // a read is repeated after pauses
				api := clienttest.NewBearerAPI()
				works := api.SignIn
				api.SignIn = tt.signIn
				c := api.Client(t)

				check := func(op string, err error) {
					t.Helper()
					failed, ok := errors.AsType[*iamport.Error](err)
					require.True(t, ok, "%s: %v", op, err)
					require.Equal(t, op, failed.Op)
					require.Equal(t, tt.status, failed.StatusCode)
					require.Equal(t, tt.code, failed.Code)
					require.Equal(t, tt.message, failed.Message)
					require.NotContains(t, err.Error(), "canary")
					require.Equal(t, tt.status == 401, errors.Is(err, iamport.ErrUnauthorized))
					if tt.is != nil {
						require.ErrorIs(t, err, tt.is)
					}
				}
				_, err := c.Token(t.Context())
				check("Token", err)
				require.Equal(t, 1, api.SignIns())
				_, err = c.Again(t.Context(), clienttest.AgainFor("order-1"))
				check("Again", err)
				require.ErrorIs(t, err, iamport.ErrNotCharged)
				require.Equal(t, 2, api.SignIns(), "the first failure is not kept")
				_, err = c.GetPayment(t.Context(), "imp_1")
				check("GetPayment", err)
				require.Zero(t, api.SentAtAll())

				api.SignIn = works
				before := api.SignIns()
				time.Sleep(10 * time.Second) // the longest pause
				_, err = c.Again(t.Context(), clienttest.AgainFor("order-1"))
				require.NoError(t, err)
				require.Equal(t, before+1, api.SignIns())
			})
		})
	}
}

func transportError(err error) func(int, *http.Request) (*http.Response, error) {
	return func(int, *http.Request) (*http.Response, error) { return nil, err }
}

// No caller waits longer than the time-out for a sign-in that does not end, and
// afterwards the client works.
func TestStuckSignInIsBoundedByTheTimeout(t *testing.T) {
	t.Parallel()
	for name, stuck := range map[string]func(r *http.Request, end <-chan struct{}) (*http.Response, error){
		"no answer": func(r *http.Request, _ <-chan struct{}) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"body that never ends": func(r *http.Request, _ <-chan struct{}) (*http.Response, error) {
			resp := clienttest.JSON(200, "")
			resp.Body, resp.ContentLength = io.NopCloser(drip{r.Context()}), -1
			return resp, nil
		},
		"transport that knows no contexts": func(_ *http.Request, end <-chan struct{}) (*http.Response, error) {
			<-end
			return nil, io.ErrUnexpectedEOF
		},
		// A t.FailNow in a test's transport does this.
		"goroutine that is ended": func(*http.Request, <-chan struct{}) (*http.Response, error) {
			time.Sleep(time.Second) // all callers wait by then
			runtime.Goexit()
			return nil, io.ErrUnexpectedEOF
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const timeout = 7 * time.Second
				api := clienttest.NewBearerAPI()
				works := api.SignIn
				end := make(chan struct{})
				api.SignIn = func(n int, r *http.Request) (*http.Response, error) {
					if n == 1 {
						return stuck(r, end)
					}
					return works(n, r)
				}
				c := api.Client(t, iamport.WithTimeout(timeout))
				begin := time.Now()
				var calling sync.WaitGroup
				for range 20 {
					calling.Go(func() {
						_, err := c.Again(t.Context(), clienttest.AgainFor("order-1"))
						if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, iamport.ErrNotCharged) {
							t.Errorf("got %v", err)
						}
						if waited := time.Since(begin); waited != timeout {
							t.Errorf("waited %s", waited)
						}
					})
				}
				calling.Wait()
				require.Equal(t, 1, api.SignIns())
				require.Zero(t, api.SentAtAll())

				close(end)
				synctest.Wait()
				_, err := c.Again(t.Context(), clienttest.AgainFor("order-1"))
				require.NoError(t, err)
				require.Equal(t, 2, api.SignIns())
			})
		})
	}
}

// drip is a body that returns a byte a second, until its request ends.
type drip struct{ ctx context.Context }

func (d drip) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return copy(p, " "), nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

// A server that fails or refuses all sign-ins does not get thousands of them a
// second: there is one sign-in at a time, with a growing pause in between, during
// which callers get the last error at once.
func TestSignInStorm(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(int, *http.Request) (*http.Response, error){
		"refused": func(int, *http.Request) (*http.Response, error) {
			return clienttest.JSON(401, clienttest.WrongKey), nil
		},
		"502":       func(int, *http.Request) (*http.Response, error) { return clienttest.JSON(502, "<html>"), nil },
		"429":       func(int, *http.Request) (*http.Response, error) { return clienttest.JSON(429, ""), nil },
		"no answer": transportError(syscall.ECONNRESET),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := clienttest.NewBearerAPI()
				works := api.SignIn
				api.SignIn = answer
				c := api.Client(t)
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				var callers sync.WaitGroup
				for range 100 {
					callers.Go(func() {
						for ctx.Err() == nil {
							began := time.Now()
							_, err := c.Again(t.Context(), clienttest.AgainFor("order-1"))
							require.ErrorIs(t, err, iamport.ErrNotCharged)
							require.Less(t, time.Since(began), time.Second)
							time.Sleep(20 * time.Millisecond)
						}
					})
				}
				callers.Wait()
				require.LessOrEqual(t, api.SignIns(), 10)
				require.GreaterOrEqual(t, api.SignIns(), 4)

				time.Sleep(time.Minute)
				before := api.SignIns()
				_, err := c.Again(t.Context(), clienttest.AgainFor("order-1"))
				require.Error(t, err)
				require.Equal(t, before+1, api.SignIns(), "it is asked again in the end")

				api.SignIn = works
				time.Sleep(10 * time.Second)
				_, err = c.Again(t.Context(), clienttest.AgainFor("order-1"))
				require.NoError(t, err)
				api.SignIn = answer
				time.Sleep(time.Hour) // the token expires
				for range 2 {
					before := api.SignIns()
					_, err = c.Again(t.Context(), clienttest.AgainFor("order-1"))
					require.Error(t, err)
					require.Equal(t, before+1, api.SignIns(), "the pauses begin anew after a success")
				}
			})
		})
	}
}
