// Prometheus counts and times the calls of a client with client_golang, without
// OpenTelemetry.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// observer is an iamport.Observer for Prometheus.
type observer struct {
	durations *prometheus.HistogramVec
	outcomes  *prometheus.CounterVec
}

func newObserver(r prometheus.Registerer) observer {
	o := observer{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "iamport_exchange_duration_seconds",
			Help: "Duration of HTTP exchanges with iamport.", Buckets: []float64{.1, .5, 1, 5, 30},
		}, []string{"op", "purpose", "route", "status", "failure"}), // not Method: with Call it is the caller's text
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "iamport_outcomes_total",
			Help: "Calls that change data, by their outcome."}, []string{"op", "outcome"}),
	}
	r.MustRegister(o.durations, o.outcomes)
	return o
}

func (o observer) Observe(_ context.Context, x iamport.Exchange) {
	if x.Try > 0 { // it was sent
		o.durations.WithLabelValues(x.Op, string(x.Purpose), x.Route, strconv.Itoa(x.StatusCode), string(x.Failure)).
			Observe(x.Duration.Seconds())
	}
	if x.Outcome != "" {
		o.outcomes.WithLabelValues(x.Op, string(x.Outcome)).Inc()
	}
}

const usage = `Prometheus charges a stored card three times and prints the metrics of it, as Prometheus reads them. The second
charge is declined; the answer to the third is lost, and look-ups find its payment.

It runs on a sandbox inside this program: no network, no money.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 2 for bad flags, 1 for any other failure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("prometheus", flag.ContinueOnError)
	flags.SetOutput(stderr)
	port := flags.Int("serve", -1, "instead of printing, serve /metrics at this `port` of 127.0.0.1 until an interrupt; 0 is a free one")
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0 || *port > 65535:
		_, _ = fmt.Fprintln(stderr, "takes no argument, and a port of at most 65535")
		return 2
	}
	registry := prometheus.NewRegistry()
	err := charge(ctx, newObserver(registry))
	switch {
	case err != nil:
	case *port >= 0:
		err = serve(ctx, stdout, registry, *port)
	default:
		err = write(stdout, registry)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func charge(ctx context.Context, o iamport.Observer) error {
	sandbox := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(sandbox.Client()), iamport.WithObserver(o))
	if err != nil {
		return err
	}
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"}
	if _, err := client.RegisterCustomer(ctx, "customer_1", iamport.RegisterCustomerRequest{Card: card}); err != nil {
		return err
	}
	sandbox.Inject("POST /subscribe/payments/again",
		iamporttest.Fault{}, iamporttest.Decline("[2116] over the monthly limit"), iamporttest.LoseAfter())
	for i := range 3 {
		_, err := client.Again(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: fmt.Sprintf("order_%d", i+1), Amount: iamport.KRW(3000),
		})
		if _, declined := errors.AsType[*iamport.DeclinedError](err); err != nil && !declined {
			return err
		}
	}
	return nil
}

// write prints what /metrics would serve.
func write(out io.Writer, registry *prometheus.Registry) error {
	families, err := registry.Gather()
	for _, family := range families {
		if err == nil {
			_, err = expfmt.MetricFamilyToText(out, family)
		}
	}
	return err
}

func serve(ctx context.Context, out io.Writer, registry *prometheus.Registry, port int) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	_, _ = fmt.Fprintf(out, "http://%s/metrics, until an interrupt\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
