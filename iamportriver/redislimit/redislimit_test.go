package redislimit

import (
	"cmp"
	"context"
	"crypto/rand"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// newRedis returns a client of the server of the tests. .ci/redis starts one at the default.
func newRedis(t *testing.T) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: cmp.Or(os.Getenv("IAMPORT_TEST_REDIS"), "127.0.0.1:6379")})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Three limiters with connections of their own, as in three processes, use what 50 a second
// allow, and no second has more.
func TestLimitOfThree(t *testing.T) {
	t.Parallel()
	key := "iamport:test:" + rand.Text()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	var mu sync.Mutex
	var turns []time.Time
	var wait sync.WaitGroup
	for range 3 {
		limiter, err := New(newRedis(t), key, 50)
		require.NoError(t, err)
		for range 10 {
			wait.Go(func() {
				for limiter.Wait(ctx) == nil {
					mu.Lock()
					turns = append(turns, time.Now())
					mu.Unlock()
				}
			})
		}
	}
	wait.Wait()
	slices.SortFunc(turns, time.Time.Compare)
	for i, at := range turns {
		inASecond := i + 1 - slices.IndexFunc(turns, func(other time.Time) bool { return at.Sub(other) < time.Second })
		require.LessOrEqual(t, inASecond, 52, "more than the limit in one second") // 50, the burst, and the way of an answer
	}
	require.GreaterOrEqual(t, len(turns), 4*20, "the limit is not used") // a machine that is busy is late
	require.LessOrEqual(t, len(turns), 4*50+burst)
}

func TestWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	limiter, err := New(newRedis(t), "iamport:test:"+rand.Text(), 1)
	require.NoError(t, err)
	for range burst {
		require.NoError(t, limiter.Wait(t.Context()))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var wait sync.WaitGroup
	for range 2 { // one asks Redis, one waits for it
		wait.Go(func() {
			if err := limiter.Wait(ctx); err == nil {
				t.Error("a turn came before its time")
			}
		})
	}
	wait.Wait()
}

// A clock of Redis that is set back leaves a key of the future.
func TestClockIsSetBack(t *testing.T) {
	t.Parallel()
	client, key := newRedis(t), "iamport:test:"+rand.Text()
	t.Cleanup(func() { client.Del(context.Background(), "rate:"+key) })
	limiter, err := New(client, key, 5)
	require.NoError(t, err)
	epoch := time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC) // that of redis_rate
	require.NoError(t, client.Set(t.Context(), "rate:"+key, time.Since(epoch).Seconds()+3600, 0).Err())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	require.NoError(t, limiter.Wait(ctx))
}

func TestRedisIsDown(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	limiter, err := New(client, "iamport:test", 50)
	require.NoError(t, err)
	require.ErrorContains(t, limiter.Wait(t.Context()), "redislimit: ")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		second(New(nil, "key", 1)), second(New(newRedis(t), "", 1)), second(New(newRedis(t), "key", 0)),
	} {
		require.ErrorContains(t, err, "redislimit: New: ")
	}
}

func second(_ *Limiter, err error) error { return err }
