package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	coldGoroutines = 10_000
	maxWarmToken   = 100 * time.Nanosecond
)

// measureToken counts the sign-ins of many goroutines that need the first token at once, and
// measures Token when there is one.
func measureToken(ctx context.Context, how comparing, r *report) error {
	var signIns atomic.Int64
	memory := newMemory()
	p, err := newWithPackage("", roundTripper(func(r *http.Request) (*http.Response, error) {
		signIns.Add(1)
		time.Sleep(50 * time.Millisecond) // all goroutines ask before the answer
		return memory.RoundTrip(r)
	}))
	if err != nil {
		return err
	}
	get := func(ctx context.Context, _ string) error {
		_, err := p.client.Token(ctx)
		return err
	}
	var all sync.WaitGroup
	errs := make([]error, coldGoroutines)
	for i := range errs {
		all.Go(func() { errs[i] = get(ctx, "") })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	one, _, err := warmToken(ctx, get, 1, how.rounds, tokenCalls)
	if err != nil {
		return err
	}
	many, waits, err := warmToken(ctx, get, 8, how.rounds, tokenCalls)
	if err != nil {
		return err
	}
	r.figures = append(r.figures,
		figure{
			"10,000 cold goroutines: sign-ins", "1", strconv.FormatInt(signIns.Load(), 10), "", "1", signIns.Load() == 1,
		},
		figure{
			"warm Token: time", "", fmt.Sprintf("%.0f ns", one.median), fmt.Sprintf("%.0f to %.0f ns", one.low, one.high),
			"100 ns", one.median < float64(maxWarmToken),
		},
		figure{
			"warm Token, 8 goroutines: waits for a lock", "0", strconv.FormatInt(waits, 10),
			fmt.Sprintf("%.0f to %.0f ns", many.low, many.high), "0", waits == 0,
		},
	)
	return nil
}

// tokenCalls is the number of calls of one goroutine in a round.
const tokenCalls = 200_000

// warmToken returns the time of a call of get in ns, and how often one waited for a lock: with this
// many calls at once a lock that each takes is waited for.
func warmToken(ctx context.Context, get side, goroutines, rounds, calls int) (r ratio, waits int64, err error) {
	before, err := lockWaits()
	if err != nil {
		return r, 0, err
	}
	runtime.SetMutexProfileFraction(1)
	defer runtime.SetMutexProfileFraction(0)
	var values []float64
	for range rounds {
		var all sync.WaitGroup
		var failed atomic.Pointer[error]
		start := time.Now()
		for range goroutines {
			all.Go(func() {
				for range calls {
					if err := get(ctx, ""); err != nil {
						failed.Store(&err)
						return
					}
				}
			})
		}
		all.Wait()
		values = append(values, float64(time.Since(start))/float64(goroutines*calls))
		if err := failed.Load(); err != nil {
			return r, 0, *err
		}
	}
	after, err := lockWaits()
	return ratioOf(values), after - before, err
}

// lockWaits returns how many waits for a lock of package sync below warmToken the profile has. The
// runtime has locks of its own, for memory.
func lockWaits() (waits int64, err error) {
	var text bytes.Buffer
	if err := pprof.Lookup("mutex").WriteTo(&text, 0); err != nil {
		return 0, err
	}
	samples, err := readProfile(text.Bytes())
	for _, s := range samples {
		innermost := s.stack[len(s.stack)-1]
		if strings.HasPrefix(innermost, "sync.") && slices.ContainsFunc(s.stack, func(name string) bool { return strings.Contains(name, ".warmToken.") }) {
			waits += s.values[0]
		}
	}
	return waits, err
}
