package hostile_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

type signIn = func(int, *http.Request) (*http.Response, error)

// failingSignIns are servers on which every sign-in fails.
var failingSignIns = map[string]signIn{
	"wrong key": func(int, *http.Request) (*http.Response, error) {
		return clienttest.JSON(401, clienttest.WrongKey), nil
	},
	"refused with HTTP 200": func(int, *http.Request) (*http.Response, error) {
		return clienttest.JSON(200, `{"code":-1,"message":"no","response":null}`), nil
	},
	"502": func(int, *http.Request) (*http.Response, error) { return clienttest.JSON(502, "<html>"), nil },
	"429": func(int, *http.Request) (*http.Response, error) { return clienttest.JSON(429, ""), nil },
	"no token": func(int, *http.Request) (*http.Response, error) {
		return clienttest.JSON(200, clienttest.Envelope("{}")), nil
	},
	"connection reset":    func(int, *http.Request) (*http.Response, error) { return nil, syscall.ECONNRESET },
	"panic":               func(int, *http.Request) (*http.Response, error) { panic("transport") },
	"wrong key, slowly":   after(100*time.Millisecond, clienttest.WrongKey),
	"every kind in turns": inTurns(clienttest.JSON(401, clienttest.WrongKey), clienttest.JSON(502, ""), clienttest.JSON(400, "")),
}

func after(d time.Duration, body string) signIn {
	return func(int, *http.Request) (*http.Response, error) {
		time.Sleep(d)
		return clienttest.JSON(401, body), nil
	}
}

func inTurns(answers ...*http.Response) signIn {
	return func(n int, _ *http.Request) (*http.Response, error) {
		r := *answers[n%len(answers)]
		r.Body = http.NoBody
		return &r, nil
	}
}

// A hundred goroutines call repeatedly while every sign-in fails. The server gets at
// most ten sign-ins in the first three seconds, and later one in ten seconds. The
// callers get the error at once, and succeed soon after sign-ins succeed.
func TestSignInStorm(t *testing.T) {
	t.Parallel()
	for name, fails := range failingSignIns {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clienttest.BothKinds(t, func(t *testing.T, do func(*testing.T, *iamport.Client, string) error) {
				synctest.Test(t, func(t *testing.T) {
					api := clienttest.NewBearerAPI()
					works := api.SignIn
					var mu sync.Mutex
					answer := fails
					api.SignIn = func(n int, r *http.Request) (*http.Response, error) {
						mu.Lock()
						now := answer
						mu.Unlock()
						return now(n, r)
					}
					c := api.Client(t)
					storm := func(goroutines int, pause, d time.Duration) (signIns int) {
						before, end := api.SignIns(), time.Now().Add(d)
						var callers sync.WaitGroup
						for range goroutines {
							callers.Go(func() {
								for ; time.Now().Before(end); time.Sleep(pause) {
									began := time.Now()
									require.Error(t, do(t, c, "id-1"))
									require.LessOrEqual(t, time.Since(began), 3*time.Second, "%s: a read is tried again, a charge is not", name)
								}
							})
						}
						callers.Wait()
						return api.SignIns() - before
					}
					signIns := storm(100, 50*time.Millisecond, 3*time.Second)
					require.LessOrEqual(t, signIns, 10, name)
					require.GreaterOrEqual(t, signIns, 4, name)
					storm(1, time.Second, time.Minute)
					signIns = storm(2, time.Second, 5*time.Minute)
					require.LessOrEqual(t, signIns, 31, name)
					require.GreaterOrEqual(t, signIns, 20, name)

					mu.Lock()
					answer = works
					mu.Unlock()
					time.Sleep(10 * time.Second) // the longest pause
					signIns = api.SignIns()
					require.NoError(t, do(t, c, "id-1"), name)
					require.Equal(t, signIns+1, api.SignIns(), name)
				})
			})
		})
	}
}

// For a wrong key, all callers that wait for the sign-in get the error at once, and
// so do later callers until the next sign-in.
func TestWrongKeyIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	clienttest.BothKinds(t, func(t *testing.T, do func(*testing.T, *iamport.Client, string) error) {
		synctest.Test(t, func(t *testing.T) {
			api := clienttest.NewBearerAPI()
			api.SignIn = after(2*time.Second, clienttest.WrongKey)
			c := api.Client(t)
			ask := func(n int, want time.Duration) {
				began := time.Now()
				var callers sync.WaitGroup
				for range n {
					callers.Go(func() {
						err := do(t, c, "id-1")
						require.ErrorIs(t, err, iamport.ErrUnauthorized)
						api, ok := errors.AsType[*iamport.Error](err)
						require.True(t, ok)
						require.Equal(t, "imp_key, imp_secret 인증에 실패하였습니다. API키와 secret을 확인하세요.", api.Message)
						require.Equal(t, want, time.Since(began))
					})
				}
				callers.Wait()
			}
			ask(100, 2*time.Second)
			require.Equal(t, 1, api.SignIns())
			ask(1, 2*time.Second) // after a first failure the next one is not held back
			require.Equal(t, 2, api.SignIns())
			ask(100, 0)
			require.Equal(t, 2, api.SignIns())
			require.Zero(t, api.SentAtAll())

			// A caller whose context ends does not wait for the sign-in.
			time.Sleep(time.Minute)
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err := c.Again(ctx, clienttest.AgainFor("id-1"))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, 500*time.Millisecond, time.Since(began))
			time.Sleep(time.Minute) // for the flight to end
		})
	})
}

// The wait that the server requests is kept before the next sign-in, but not longer
// than half a minute.
func TestSignInWaitsAsLongAsTheServerAsks(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"5": 5 * time.Second, "30": 30 * time.Second, "999999999": 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			api := clienttest.NewBearerAPI()
			api.SignIn = func(int, *http.Request) (*http.Response, error) {
				resp := clienttest.JSON(429, "")
				resp.Header.Set("Retry-After", header)
				return resp, nil
			}
			c := api.Client(t)
			for range 2 {
				before := api.SignIns()
				_, err := c.Again(t.Context(), clienttest.AgainFor("id-1"))
				require.ErrorIs(t, err, iamport.ErrRateLimited)
				require.Equal(t, before+1, api.SignIns())
				time.Sleep(want - 1)
				_, err = c.Again(t.Context(), clienttest.AgainFor("id-1"))
				require.ErrorIs(t, err, iamport.ErrRateLimited)
				require.Equal(t, before+1, api.SignIns(), header)
				time.Sleep(time.Second)
			}
		})
	}
}
