package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// bound is the largest cost of a call that the quick form accepts.
type bound struct{ allocs, bytes float64 }

// bounds are about 2 % above what was measured. Those of calls over a connection are ratios to the
// call by hand; those without the network are allocations and bytes.
var bounds = map[string]bound{
	"Again HTTP/1.1":            {1.06, 0.85},
	"Onetime HTTP/1.1":          {1.08, 0.87},
	"GetPayment HTTP/1.1":       {1.03, 0.76},
	"RegisterCustomer HTTP/1.1": {0.99, 0.91},
	"Again HTTP/2":              {1.06, 0.87},
	"Onetime HTTP/2":            {1.10, 0.89},
	"GetPayment HTTP/2":         {1.03, 0.79},
	"RegisterCustomer HTTP/2":   {0.98, 0.91},
	memoryName:                  {53, 4680},
}

const memoryName = "Again without the network"

// quick measures allocations and bytes, and returns an error if one is over its bound.
func quick(ctx context.Context, out io.Writer, how comparing, bounds map[string]bound) error {
	s, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	var r report
	if err := measureCalls(ctx, s, how, []int{1}, &r); err != nil {
		return err
	}
	memory, err := inMemory(ctx, how)
	if err != nil {
		return err
	}
	var failed error
	check := func(name string, allocs, bytes float64) {
		limit := bounds[name]
		_, _ = fmt.Fprintf(out, "%-28s allocations %8.3f of at most %8.3f   bytes %9.3f of at most %9.3f\n",
			name, allocs, limit.allocs, bytes, limit.bytes)
		if allocs > limit.allocs || bytes > limit.bytes {
			failed = errors.Join(failed, fmt.Errorf("%s is over its bound", name))
		}
	}
	for _, c := range r.calls {
		check(c.name+" "+c.protocol, c.allocs.median, c.bytes.median)
	}
	check(memoryName, memory.own.allocs, memory.own.bytes)
	return failed
}
