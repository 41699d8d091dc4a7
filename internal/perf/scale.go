package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// plotGoroutines compares Again over HTTP/1.1 with 1 to 512 goroutines.
func plotGoroutines(ctx context.Context, s *server, how comparing, r *report) error {
	floor, own := series{name: "by hand"}, series{name: "package"}
	p, err := newWithPackage(s.Plain, newTransport(nil))
	if err != nil {
		return err
	}
	h := newByHand(s.Plain, newTransport(nil))
	how.rounds = shortRounds(how)
	for how.goroutines = 1; how.goroutines <= 512; how.goroutines *= 2 {
		c, err := compare(ctx, h.again, p.again, how)
		if err != nil {
			return err
		}
		floor.add(how.goroutines, float64(c.floor.time)/1000)
		own.add(how.goroutines, float64(c.own.time)/1000)
	}
	r.charts = append(r.charts, chart{title: "Again: µs for each call", x: "goroutines", series: []series{floor, own}})
	return nil
}

// shortRounds is the number of rounds of one point of a chart.
func shortRounds(how comparing) int { return min(how.rounds, 3) }

// plotSizes compares ListPayments over HTTP/1.1 with pages of 1 to 1,000 payments.
func plotSizes(ctx context.Context, s *server, how comparing, r *report) error {
	floor, own := series{name: "by hand"}, series{name: "package"}
	p, err := newWithPackage(s.Plain, newTransport(nil))
	if err != nil {
		return err
	}
	h := newByHand(s.Plain, newTransport(nil))
	how.rounds, how.goroutines = shortRounds(how), 1
	for _, n := range []int{1, 3, 10, 30, 100, 300, paymentsPage} {
		c, err := compare(ctx,
			func(ctx context.Context, _ string) error { return h.listPayments(ctx, n) },
			func(ctx context.Context, _ string) error { return p.listPayments(ctx, n) }, how)
		if err != nil {
			return err
		}
		size := len(page(n))
		floor.add(size, float64(c.floor.time)/1000)
		own.add(size, float64(c.own.time)/1000)
	}
	r.charts = append(r.charts, chart{title: "ListPayments: µs for each page", x: "bytes of the answer", series: []series{floor, own}})
	return nil
}

// measureConnections counts the connections of calls with many goroutines. The package uses its
// own transport, which keeps 100 idle connections.
func measureConnections(ctx context.Context, s *server, r *report) error {
	for _, goroutines := range []int{64, 512} {
		p, err := newWithPackage(s.Plain, nil)
		if err != nil {
			return err
		}
		h := newByHand(s.Plain, http.DefaultTransport)
		var opened [2]int
		const calls = 20_000
		for i, call := range []side{h.again, p.again} {
			before, err := s.connections()
			if err != nil {
				return err
			}
			if _, err := measure(ctx, call, goroutines, calls); err != nil {
				return err
			}
			after, err := s.connections()
			if err != nil {
				return err
			}
			opened[i] = after - before
		}
		r.figures = append(r.figures, figure{
			fmt.Sprintf("new connections of 20,000 calls, %d goroutines", goroutines), fmt.Sprintf("http.DefaultTransport, %d", opened[0]),
			strconv.Itoa(opened[1]), "", "", false,
		})
	}
	return nil
}
