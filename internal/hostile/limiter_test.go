package hostile_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// 140 charges wait for a sign-in of 14 seconds. They are not all sent when it ends:
// each waits for its turn right before it is sent.
func TestChargesKeepTheRateAfterASlowSignIn(t *testing.T) {
	t.Parallel()
	const charges, perSecond, slow = 140, 10, 14 * time.Second
	for op, charge := range map[string]func(ctx context.Context, c *iamport.Client, order string) error{
		"Again": func(ctx context.Context, c *iamport.Client, order string) error {
			return clienttest.ErrorOf(c.Again(ctx, clienttest.AgainFor(order)))
		},
		"Onetime": func(ctx context.Context, c *iamport.Client, order string) error {
			r := onetime
			r.MerchantUID = order
			return clienttest.ErrorOf(c.Onetime(ctx, r))
		},
		"RetrySchedule": func(ctx context.Context, c *iamport.Client, order string) error {
			return clienttest.ErrorOf(c.RetrySchedule(ctx, order))
		},
		"EnsurePaid": func(ctx context.Context, c *iamport.Client, order string) error {
			return clienttest.ErrorOf(c.EnsurePaid(ctx, clienttest.AgainFor(order)))
		},
	} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var mu sync.Mutex
				var sent []time.Duration
				c := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path == "/users/getToken" {
						time.Sleep(slow)
						return clienttest.JSON(200, clienttest.SignInJSON), nil
					}
					if r.Method == http.MethodGet {
						return clienttest.JSON(404, clienttest.NoneJSON), nil
					}
					mu.Lock()
					defer mu.Unlock()
					sent = append(sent, time.Since(began))
					return clienttest.JSON(400, `{"code":-1,"message":"[F113] no","response":null}`), nil
				}), iamport.WithRateLimit(perSecond, 1))
				var charging sync.WaitGroup
				for i := range charges {
					charging.Go(func() {
						require.ErrorIs(t, charge(t.Context(), c, fmt.Sprint("order-", i)), iamport.ErrNotCharged)
					})
				}
				charging.Wait()
				slices.Sort(sent)
				require.Len(t, sent, charges)
				require.Equal(t, slow, sent[0], "the first leaves with the sign-in")
				for i := perSecond; i < len(sent); i++ {
					require.GreaterOrEqual(t, sent[i]-sent[i-perSecond], time.Second-time.Millisecond, "more than %d in a second", perSecond)
				}
				require.Less(t, sent[charges-1], slow+charges/perSecond*time.Second)
			})
		})
	}
}
