// Package redislimit keeps a PG's limit across processes, in Redis:
//
//	limiter, err := redislimit.New(redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"}), "iamport:daou", 50)
//	client, err := iamport.NewClient(key, secret, iamport.WithLimiter(limiter))
//
// All processes that charge one shop at one PG must use the same key and the same limit.
// Without Redis, give each of n processes its share with [iamport.WithRateLimit].
package redislimit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/iamport-go/iamport"
)

// burst makes up for the time between the moment at which a charge may be sent and the moment
// at which it asks again. A second has at most perSecond + 1 charges.
const burst = 2

// maxWait is more than any limit asks for: a charge waits for one turn, which is at most a second.
const maxWait = 5 * time.Second

// Limiter is an [iamport.Limiter]. It is safe for concurrent use.
type Limiter struct {
	limiter *redis_rate.Limiter
	key     string
	limit   redis_rate.Limit
	asking  chan struct{} // one call of this process at a time asks Redis
}

var _ iamport.Limiter = (*Limiter)(nil)

// New returns a limiter of perSecond charges a second, in all processes that use key. perSecond
// must be more than 0.
func New(client redis.UniversalClient, key string, perSecond int) (*Limiter, error) {
	switch {
	case client == nil:
		return nil, errors.New("redislimit: New: the client is required")
	case key == "":
		return nil, errors.New("redislimit: New: the key is required")
	case perSecond <= 0:
		return nil, errors.New("redislimit: New: perSecond must be more than 0")
	}
	return &Limiter{
		limiter: redis_rate.NewLimiter(client), key: key,
		limit:  redis_rate.Limit{Rate: perSecond, Burst: burst, Period: time.Second},
		asking: make(chan struct{}, 1),
	}, nil
}

// Wait returns when a charge may be sent, or an error if ctx ends before or Redis does not
// answer: then nothing is sent.
func (l *Limiter) Wait(ctx context.Context) error {
	select {
	case l.asking <- struct{}{}:
		defer func() { <-l.asking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		result, err := l.limiter.Allow(ctx, l.key, l.limit)
		if err != nil {
			return fmt.Errorf("redislimit: %w", err)
		}
		if result.Allowed > 0 {
			return nil
		}
		if result.RetryAfter > maxWait {
			// The clock of Redis was set back. Nothing could be charged until it has caught up.
			if err := l.limiter.Reset(ctx, l.key); err != nil {
				return fmt.Errorf("redislimit: %w", err)
			}
			continue
		}
		timer := time.NewTimer(result.RetryAfter)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
