// Command perf measures what the package costs, beside the same calls written directly with
// net/http, and prints a table. It runs in the root of the repository:
//
//	go run ./internal/perf          # everything, about 5 minutes
//	go run ./internal/perf -write   # and writes the tables and pictures of docs/performance.md
//	go run ./internal/perf -quick   # allocations and bytes only; fails if they are over the bounds
package main

import (
	"context"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func main() {
	// No sampling, except while the allocations are profiled.
	runtime.MemProfileRate = 0
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if os.Getenv(serverVariable) != "" {
		return serve(os.Stdin, out)
	}
	flags := flag.NewFlagSet("perf", flag.ContinueOnError)
	rounds := flags.Int("rounds", 10, "rounds of each comparison")
	slice := flags.Duration("slice", 250*time.Millisecond, "how long one side of a round runs")
	isQuick := flags.Bool("quick", false, "measure allocations and bytes only, and fail if they are over the bounds")
	only := flags.String("only", "", "run only the parts whose name has this text, such as limit; nothing is written")
	toWrite := flags.Bool("write", false, "write the tables and pictures of docs/performance.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *isQuick {
		return quick(ctx, out, comparing{rounds: 3, goroutines: 1, calls: 1000}, bounds)
	}
	r, err := measureAll(ctx, comparing{rounds: *rounds, slice: *slice}, *only, os.Stderr)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, r.tables()); err != nil || !*toWrite || *only != "" {
		return err
	}
	return r.write()
}

// measureAll measures the parts whose name has the text only, and writes its progress.
func measureAll(ctx context.Context, how comparing, only string, progress io.Writer) (r report, err error) {
	r.rounds = how.rounds
	s, err := startServer(ctx)
	if err != nil {
		return r, err
	}
	defer func() { _ = s.close() }()
	start := time.Now()
	// What is alive in the heap decides when garbage is collected, so the walks come before
	// anything else is.
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"walks", func() error { return plotWalks(ctx, &r) }},
		{"calls over HTTP/1.1 and HTTP/2", func() error { return measureCalls(ctx, s, how, []int{1, 64}, &r) }},
		{"a charge without the network", func() error { return measureMemory(ctx, how, &r) }},
		{"new connections", func() error { return measureConnections(ctx, s, &r) }},
		{"cost by goroutines", func() error { return plotGoroutines(ctx, s, how, &r) }},
		{"cost by size of an answer", func() error { return plotSizes(ctx, s, how, &r) }},
		{"decoding", func() error { return measureDecoding(ctx, how, &r) }},
		{"one token", func() error { return measureToken(ctx, how, &r) }},
		{"the limit of Kiwoompay", func() error { return measureLimit(ctx, &r) }},
		{"size of a program", func() error { return measureSize(ctx, &r) }},
		{"build of a program", func() error { return measureBuild(ctx, how, &r) }},
		{"profiles", func() error { return profile(ctx, s, &r) }},
	} {
		if !strings.Contains(part.name, only) {
			continue
		}
		_, _ = fmt.Fprintf(progress, "%3.0fs  %s\n", time.Since(start).Seconds(), part.name)
		if err := part.run(); err != nil {
			return r, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	_, _ = fmt.Fprintf(progress, "%3.0fs  done\n", time.Since(start).Seconds())
	return r, nil
}

// measureCalls compares the calls of both protocols.
func measureCalls(ctx context.Context, s *server, how comparing, goroutines []int, r *report) error {
	certificate, err := x509.ParseCertificate(s.Certificate)
	if err != nil {
		return err
	}
	for _, protocol := range []struct {
		name, base  string
		certificate *x509.Certificate
	}{
		{"HTTP/1.1", s.Plain, nil}, {"HTTP/2", s.Secure, certificate},
	} {
		floorTransport, ownTransport := newTransport(protocol.certificate), newTransport(protocol.certificate)
		p, err := newWithPackage(protocol.base, ownTransport)
		if err != nil {
			return err
		}
		for _, n := range goroutines {
			how.goroutines = n
			for _, c := range calls(newByHand(protocol.base, floorTransport), p) {
				compared, err := compare(ctx, c.floor, c.own, how)
				if err != nil {
					return fmt.Errorf("%s over %s: %w", c.name, protocol.name, err)
				}
				r.calls = append(r.calls, callLine{c.name, protocol.name, n, compared})
			}
		}
		floorTransport.CloseIdleConnections()
		ownTransport.CloseIdleConnections()
	}
	return nil
}

const (
	maxMemoryTime   = 12 * time.Microsecond
	maxMemoryAllocs = 60
)

// measureMemory measures a charge that is answered from memory.
func measureMemory(ctx context.Context, how comparing, r *report) error {
	c, err := inMemory(ctx, how)
	if err != nil {
		return err
	}
	r.figures = append(r.figures,
		figure{
			"Again without the network: time", "", micros(c.own.time),
			"by hand " + micros(c.floor.time), micros(maxMemoryTime), c.own.time <= maxMemoryTime,
		},
		figure{
			"Again without the network: allocations", "", fmt.Sprintf("%.0f", c.own.allocs),
			fmt.Sprintf("by hand %.0f", c.floor.allocs), strconv.Itoa(maxMemoryAllocs), c.own.allocs < maxMemoryAllocs+0.5,
		},
	)
	return nil
}

func inMemory(ctx context.Context, how comparing) (comparison, error) {
	p, err := newWithPackage("", newMemory())
	if err != nil {
		return comparison{}, err
	}
	how.goroutines = 1
	return compare(ctx, newByHand("https://api.iamport.kr", newMemory()).again, p.again, how)
}
