// Prometheus counts and times the exchanges of a client with client_golang.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// newObserver is all that Prometheus needs.
func newObserver(registry prometheus.Registerer) iamport.Observer {
	metrics := promauto.With(registry)
	duration := metrics.NewHistogramVec(prometheus.HistogramOpts{
		Name: "iamport_exchange_seconds", Help: "Duration of the HTTP exchanges.",
		Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"operation", "purpose", "route", "failure"})
	outcomes := metrics.NewCounterVec(prometheus.CounterOpts{
		Name: "iamport_outcomes_total", Help: "Calls that change something, by their outcome.",
	}, []string{"operation", "outcome"})
	return iamport.ObserverFunc(func(_ context.Context, x iamport.Exchange) {
		if x.Try > 0 {
			duration.WithLabelValues(x.Op, string(x.Purpose), x.Route, string(x.Failure)).Observe(x.Duration.Seconds())
		}
		if x.Outcome != "" {
			outcomes.WithLabelValues(x.Op, string(x.Outcome)).Inc()
		}
	})
}

const usage = `Prometheus charges on a sandbox inside this program (no network, no money) and prints the metrics of it, or
serves them with -listen. It reads no environment.

Flags:
`

func main() {
	flag.Usage = func() {
		_, _ = io.WriteString(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	listen := flag.String("listen", "", "serve /metrics at this `address`, such as 127.0.0.1:9091, until the program is stopped")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(context.Background(), *listen, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, listen string, w io.Writer) error {
	registry := prometheus.NewRegistry()
	sandbox := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(sandbox.Client()), iamport.WithObserver(newObserver(registry)))
	if err != nil {
		return err
	}
	_, err = client.Onetime(ctx, iamport.OnetimeRequest{
		MerchantUID: "order_1", Amount: iamport.KRW(3000),
		Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213"},
	})
	if err != nil {
		return err
	}
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	if listen != "" {
		_, _ = fmt.Fprintf(w, "http://%s/metrics\n", listen)
		server := &http.Server{Addr: listen, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		return server.ListenAndServe()
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", nil))
	_, err = io.Copy(w, answer.Body)
	return err
}
