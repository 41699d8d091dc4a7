package token_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestTokenIsRenewedThirtySecondsBeforeItsEnd(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]int64{
		"server clock years ahead":  4102444800, // 2100
		"server clock years behind": 86400,      // 1970
		"clocks agree":              time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := clienttest.NewBearerAPI()
				api.SignIn = func(n int, _ *http.Request) (*http.Response, error) {
					return clienttest.JSON(200, clienttest.Grant(fmt.Sprintf("token-%d", n), now, now+1800)), nil
				}
				c := api.Client(t)
				signInsAt := func(at time.Duration, begin time.Time) int {
					time.Sleep(at - time.Since(begin))
					_, err := c.GetPayment(t.Context(), "imp_1")
					require.NoError(t, err)
					return api.SignIns()
				}
				begin := time.Now()
				const end = 30 * time.Minute
				require.Equal(t, 1, signInsAt(0, begin))
				require.Equal(t, 1, signInsAt(end-31*time.Second, begin), "29:29")
				require.Equal(t, 1, signInsAt(end-30*time.Second-1, begin), "a nanosecond before 29:30")
				require.Equal(t, 2, signInsAt(end-29*time.Second, begin), "29:31")
				require.Equal(t, 2, signInsAt(end+time.Minute, begin), "the second token is young")
				require.Contains(t, api.Bearers(), "Bearer token-2")
			})
		})
	}
}

// The duration of a sign-in is part of the token's lifetime: the server may have
// issued the token at the start of it.
func TestSlowSignInShortensTheLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewBearerAPI()
		api.DelaySignIn(20 * time.Second)
		c := api.Client(t)
		_, err := c.Token(t.Context())
		require.NoError(t, err)

		time.Sleep(30*time.Minute - 20*time.Second - 31*time.Second)
		_, err = c.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, api.SignIns())
		time.Sleep(2 * time.Second)
		_, err = c.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, api.SignIns())
	})
}

// accountToken keeps tokens as iamport does: one per account, issued again until it
// expires, and extended by 5 minutes by a sign-in in its last minute.
type accountToken struct {
	offset time.Duration // of the server's clock

	mu        sync.Mutex
	n         int
	expiredAt int64
}

func (a *accountToken) clock() int64 { return time.Now().Add(a.offset).Unix() }

func (a *accountToken) signIn(int, *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock()
	switch left := a.expiredAt - now; {
	case left <= 0:
		a.n, a.expiredAt = a.n+1, now+1800
	case left <= 60:
		a.expiredAt += 300
	}
	return clienttest.JSON(200, clienttest.Grant(fmt.Sprintf("token-%d", a.n), now, a.expiredAt)), nil
}

func (a *accountToken) answer(_ *http.Request, token, id string) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if token != fmt.Sprintf("Bearer token-%d", a.n) || a.clock() >= a.expiredAt {
		return clienttest.JSON(401, clienttest.RefusedToken), nil
	}
	return clienttest.JSON(200, clienttest.PaidRecord(id)), nil
}

func TestTokenThatTheAPIHandsOutAgainAndProlongs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		account := &accountToken{offset: 20 * 365 * 24 * time.Hour}
		api := clienttest.NewBearerAPI()
		api.SignIn, api.Answer = account.signIn, account.answer

		// Another process of the same shop signed in 20 minutes ago.
		_, err := api.Client(t).Token(t.Context())
		require.NoError(t, err)
		time.Sleep(20 * time.Minute)
		c := api.Client(t)
		begin := time.Now()
		var signedInAt []time.Duration
		calls := 0
		for time.Since(begin) < time.Hour {
			before := api.SignIns()
			_, err := c.GetPayment(t.Context(), "imp_1")
			require.NoError(t, err)
			calls++
			if api.SignIns() > before {
				signedInAt = append(signedInAt, time.Since(begin))
			}
			time.Sleep(time.Second)
		}
		require.Equal(t, calls, api.Sent("imp_1"), "no call met a 401")
		// 10 minutes are left at first; each renewal adds 5 minutes.
		want := []time.Duration{0}
		for at := 9*time.Minute + 30*time.Second; at < time.Hour; at += 5 * time.Minute {
			want = append(want, at)
		}
		require.Equal(t, want, signedInAt)
		require.Equal(t, map[string]struct{}{"Bearer token-1": {}}, api.Bearers())
	})
}

// If a new token is expired or nearly expired by the server's clock, the current call
// still uses it, and the next call signs in again.
func TestTokenThatIsBornExpired(t *testing.T) {
	t.Parallel()
	for name, life := range map[string]int64{
		"an hour ago": -3600, "a second ago": -1, "now": 0, "in a second": 1, "within the margin": 30,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := clienttest.NewBearerAPI()
				api.SignIn = func(n int, _ *http.Request) (*http.Response, error) {
					return clienttest.JSON(200, clienttest.Grant(fmt.Sprintf("token-%d", n), clienttest.ServerNow, clienttest.ServerNow+life)), nil
				}
				c := api.Client(t)
				for i := 1; i <= 5; i++ {
					_, err := c.GetPayment(t.Context(), "imp_1")
					require.NoError(t, err)
					_, err = c.Again(t.Context(), clienttest.AgainFor("order-1"))
					require.NoError(t, err)
					require.Equal(t, 2*i, api.SignIns(), "one sign-in for each call")
				}
				require.Equal(t, 5, api.Sent("imp_1"))
				require.Equal(t, 5, api.Sent("order-1"))

				// All callers that wait for the same sign-in get its result.
				api.DelaySignIn(time.Second)
				var calling sync.WaitGroup
				for range 100 {
					calling.Go(func() {
						if _, err := c.GetPayment(t.Context(), "imp_2"); err != nil {
							t.Error(err)
						}
					})
				}
				calling.Wait()
				require.Equal(t, 11, api.SignIns())
				require.Equal(t, 100, api.Sent("imp_2"))
			})
		})
	}
}

// A token without a lifetime is used by the calls that wait for it, and by no later
// one.
func TestTokenWithoutALife(t *testing.T) {
	t.Parallel()
	for _, times := range []string{``, `,"expired_at":4102444800`, `,"now":4102444800`, `,"now":0,"expired_at":4102444800`} {
		synctest.Test(t, func(t *testing.T) {
			api := clienttest.NewBearerAPI()
			api.SignIn = func(n int, _ *http.Request) (*http.Response, error) {
				return clienttest.JSON(200, fmt.Sprintf(`{"code":0,"message":null,"response":{"access_token":"!token-%d~"%s}}`, n, times)), nil
			}
			c := api.Client(t)
			for n := range 3 {
				_, err := c.GetPayment(t.Context(), "imp_1")
				require.NoError(t, err)
				require.Equal(t, n+1, api.SignIns(), times)
			}
		})
	}
}
