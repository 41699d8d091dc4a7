package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/iamport-go/iamport"
)

const (
	limitGoroutines = 64
	limitTime       = 4 * time.Second
	slowSignIn      = time.Second
	maxDeviation    = 0.02
)

// measureLimit measures when charges of many goroutines are sent with the limit of Kiwoompay.
func measureLimit(ctx context.Context, r *report) error {
	perSecond := iamport.PGDaou.Limits().PerSecond
	for _, test := range []struct {
		name   string
		signIn time.Duration
	}{
		{"limit of Kiwoompay, 64 goroutines", 0},
		{"limit of Kiwoompay after a sign-in of 1 s", slowSignIn},
	} {
		sent, err := limited(ctx, test.signIn)
		if err != nil {
			return err
		}
		rate := float64(len(sent)-1) / sent[len(sent)-1].Sub(sent[0]).Seconds()
		most := mostInASecond(sent)
		target := fmt.Sprintf("%.1f to %.1f", float64(perSecond)*(1-maxDeviation), float64(perSecond)*(1+maxDeviation))
		r.figures = append(r.figures,
			figure{
				test.name + ": charges a second", strconv.Itoa(perSecond), fmt.Sprintf("%.2f", rate), fmt.Sprintf("of %d", len(sent)),
				target, math.Abs(rate/float64(perSecond)-1) <= maxDeviation,
			},
			figure{
				test.name + ": most in any second", strconv.Itoa(perSecond), strconv.Itoa(most),
				fmt.Sprintf("%d: %.4f s", perSecond+1, shortest(sent, perSecond+1).Seconds()), strconv.Itoa(perSecond), most <= perSecond,
			},
		)
	}
	return nil
}

// limited charges until limitTime after the first charge, and returns when each was sent.
func limited(ctx context.Context, signIn time.Duration) ([]time.Time, error) {
	// A deadline would end the last calls before their turn.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var sent []time.Time
	memory := newMemory()
	p, err := newWithPackage("", roundTripper(func(r *http.Request) (*http.Response, error) {
		at := time.Now()
		if r.URL.Path == "/users/getToken" {
			time.Sleep(signIn)
		}
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path != "/users/getToken" {
			sent = append(sent, at)
			if at.Sub(sent[0]) >= limitTime {
				stop()
			}
		}
		return memory.RoundTrip(r)
	}), iamport.WithPG(iamport.PGDaou))
	if err != nil {
		return nil, err
	}
	var all sync.WaitGroup
	for range limitGoroutines {
		all.Go(func() {
			for ctx.Err() == nil {
				_ = p.again(ctx, newOrders(1)[0])
			}
		})
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	return sent, nil
}

// shortest returns the shortest time in which n were sent one after the other.
func shortest(times []time.Time, n int) time.Duration {
	least := time.Duration(math.MaxInt64)
	for i := n - 1; i < len(times); i++ {
		least = min(least, times[i].Sub(times[i-n+1]))
	}
	return least
}

// mostInASecond returns the largest number of times within less than a second.
func mostInASecond(times []time.Time) (most int) {
	first := 0
	for i, t := range times {
		for t.Sub(times[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
