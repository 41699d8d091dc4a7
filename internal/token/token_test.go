package token_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestColdClientSignsInOnceForEverybody(t *testing.T) {
	t.Parallel()
	const calls = 1000
	rush := func(t *testing.T, api *clienttest.BearerAPI) {
		c := api.Client(t)
		failures := make(chan error, calls)
		start := make(chan struct{})
		var calling sync.WaitGroup
		for range calls {
			calling.Go(func() {
				<-start
				if _, err := c.GetPayment(t.Context(), "imp_1"); err != nil {
					failures <- err
				}
			})
		}
		close(start)
		calling.Wait()
		close(failures)
		for err := range failures {
			require.NoError(t, err)
		}
		require.Equal(t, 1, api.SignIns())
		require.Equal(t, calls, api.Sent("imp_1"))
		require.Equal(t, map[string]struct{}{"Bearer token-1": {}}, api.Bearers())
		require.JSONEq(t, `{"imp_key":"key-canary","imp_secret":"secret-canary"}`, api.SignInBodies()[0])
	}

	t.Run("quick sign-in", func(t *testing.T) {
		t.Parallel()
		rush(t, clienttest.NewBearerAPI())
	})
	t.Run("slow sign-in", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			api := clienttest.NewBearerAPI()
			api.DelaySignIn(3 * time.Second)
			rush(t, api)
		})
	})
}

func TestCancelledLeaderFailsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewBearerAPI()
		api.DelaySignIn(3 * time.Second)
		c := api.Client(t)
		begin := time.Now()

		leader, cancel := context.WithCancel(t.Context())
		var calling sync.WaitGroup
		calling.Go(func() {
			_, err := c.Again(leader, clienttest.AgainFor("order-leader"))
			if !errors.Is(err, context.Canceled) || !errors.Is(err, iamport.ErrNotCharged) {
				t.Errorf("the leader got %v", err)
			}
			if waited := time.Since(begin); waited != time.Second {
				t.Errorf("the leader left after %s", waited)
			}
		})
		synctest.Wait() // the sign-in of the first caller is running
		for i := range 20 {
			calling.Go(func() {
				if _, err := c.Again(t.Context(), clienttest.AgainFor(fmt.Sprintf("order-%d", i))); err != nil {
					t.Errorf("a waiter got %v", err)
				}
				if waited := time.Since(begin); waited != 3*time.Second {
					t.Errorf("a waiter waited %s", waited)
				}
			})
		}
		time.Sleep(time.Second)
		cancel()
		calling.Wait()
		require.Equal(t, 1, api.SignIns())
		require.Equal(t, 20, api.SentAtAll())
		require.Zero(t, api.Sent("order-leader"))
	})
}

func TestWaiterLeavesWithItsOwnContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewBearerAPI()
		api.DelaySignIn(3 * time.Second)
		c := api.Client(t)
		begin := time.Now()
		var calling sync.WaitGroup
		for i := range 10 {
			limit := time.Duration(i+1) * 100 * time.Millisecond
			calling.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				_, err := c.GetPayment(ctx, "imp_1")
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if waited := time.Since(begin); waited != limit {
					t.Errorf("left after %s instead of %s", waited, limit)
				}
			})
		}
		calling.Wait()

		// All callers are cancelled. The sign-in still ends, and its token is kept.
		time.Sleep(3 * time.Second)
		_, err := c.GetPayment(t.Context(), "imp_1")
		require.NoError(t, err)
		require.Equal(t, 3*time.Second+time.Second, time.Since(begin))
		require.Equal(t, 1, api.SignIns())
	})
}

func TestCancelledBeforehandTouchesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewBearerAPI()
		c := api.Client(t)
		over, cancel := context.WithCancel(t.Context())
		cancel()

		_, err := c.Again(over, clienttest.AgainFor("order-1"))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		synctest.Wait() // a sign-in would run on its own goroutine
		require.Zero(t, api.SignIns())

		_, err = c.Token(t.Context())
		require.NoError(t, err)
		_, err = c.Again(over, clienttest.AgainFor("order-1"))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.Zero(t, api.SentAtAll())
	})
}

// A hundred running calls have a token that is revoked. Their 401s arrive one after
// another: before, during and long after the one sign-in that the first of them
// causes.
func TestLate401sShareOneSignIn(t *testing.T) {
	t.Parallel()
	clienttest.BothKinds(t, func(t *testing.T, do func(*testing.T, *iamport.Client, string) error) {
		synctest.Test(t, func(t *testing.T) {
			const calls = 100
			api := clienttest.NewBearerAPI()
			api.DelaySignIn(50 * time.Millisecond)
			paid := api.Answer
			var mu sync.Mutex
			refused := 0
			api.Answer = func(r *http.Request, token, id string) (*http.Response, error) {
				if token != "Bearer token-1" {
					return paid(r, token, id)
				}
				mu.Lock()
				refused++
				late := time.Duration(refused) * 10 * time.Millisecond
				mu.Unlock()
				time.Sleep(time.Second + late)
				return clienttest.JSON(401, clienttest.RefusedToken), nil
			}
			c := api.Client(t)
			var calling sync.WaitGroup
			for i := range calls {
				calling.Go(func() {
					if err := do(t, c, fmt.Sprintf("id-%d", i)); err != nil {
						t.Errorf("call %d: %v", i, err)
					}
				})
			}
			calling.Wait()
			require.Equal(t, calls, refused, "every call has to carry the first token at first")
			require.Equal(t, 2, api.SignIns())
			for i := range calls {
				require.Equal(t, 2, api.Sent(fmt.Sprintf("id-%d", i)))
			}
		})
	})
}

func TestSecond401IsTheEnd(t *testing.T) {
	t.Parallel()
	clienttest.BothKinds(t, func(t *testing.T, do func(*testing.T, *iamport.Client, string) error) {
		for name, body := range map[string]string{
			"with a message": clienttest.RefusedToken, "empty": "", "html": "<html>401</html>",
			"as a success": clienttest.PaidRecord("id-1"),
		} {
			api := clienttest.NewBearerAPI()
			api.Answer = func(*http.Request, string, string) (*http.Response, error) {
				return clienttest.JSON(401, body), nil
			}
			c := api.Client(t, iamport.WithSettleWindow(0))
			err := do(t, c, "id-1")
			failed := clienttest.APIError(t, err)
			require.Equal(t, 401, failed.StatusCode, name)
			if failed.Op == "Again" && name != "with a message" {
				// A gateway may answer this after the charge: it is a lost answer.
				require.Equal(t, "Again", clienttest.OutcomeUnknown(t, err).Op, name)
				require.Equal(t, 1, api.Sent("id-1"), name)
				require.Equal(t, 1, api.SignIns(), name)
				continue
			}
			require.ErrorIs(t, err, iamport.ErrUnauthorized, name)
			require.Equal(t, failed.Op == "Again", errors.Is(err, iamport.ErrNotCharged), name)
			require.Equal(t, 2, api.Sent("id-1"), name)
			require.Equal(t, 2, api.SignIns(), name)
		}
	})
}

func TestNewTokenThatCannotBeFetchedAfter401(t *testing.T) {
	t.Parallel()
	clienttest.BothKinds(t, func(t *testing.T, do func(*testing.T, *iamport.Client, string) error) {
		api := clienttest.NewBearerAPI()
		first := api.SignIn
		api.SignIn = func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 {
				return first(n, r)
			}
			return clienttest.JSON(503, "<html>maintenance</html>"), nil
		}
		api.Answer = func(*http.Request, string, string) (*http.Response, error) {
			return clienttest.JSON(401, clienttest.RefusedToken), nil
		}
		err := do(t, api.Client(t), "id-1")
		failed, ok := errors.AsType[*iamport.Error](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, 503, failed.StatusCode)
		require.Equal(t, failed.Op == "Again", errors.Is(err, iamport.ErrNotCharged))
		require.Equal(t, 1, api.Sent("id-1"))
	})
}

func TestToken(t *testing.T) {
	t.Parallel()
	api := clienttest.NewBearerAPI()
	api.SignIn = func(int, *http.Request) (*http.Response, error) {
		return clienttest.JSON(200, clienttest.Grant("token-canary", clienttest.ServerNow, clienttest.ServerNow+1800)), nil
	}
	c := api.Client(t)
	token, err := c.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "token-canary", token.AccessToken())
	require.Equal(t, int64(clienttest.ServerNow+1800), token.ExpiredAt.Unix())

	_, err = c.GetPayment(t.Context(), "imp_1")
	require.NoError(t, err)
	require.Equal(t, map[string]struct{}{"Bearer token-canary": {}}, api.Bearers())
	require.Equal(t, 1, api.SignIns())

	encoded, err := json.Marshal(token)
	require.NoError(t, err)
	require.JSONEq(t, `{"ExpiredAt":1603419756}`, string(encoded))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.NotContains(t, fmt.Sprintf(verb, token), "canary", verb)
		require.NotContains(t, fmt.Sprintf(verb, &token), "canary", verb)
	}

	var zero iamport.Token
	require.Empty(t, zero.AccessToken())
	require.True(t, zero.ExpiredAt.IsZero())
}
