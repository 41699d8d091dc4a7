// Example prints the spans and counters of a charge whose answer is lost.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	iamportotel "github.com/iamport-go/iamport/otel"
)

const usage = `Example charges a stored card three times, each inside a span of its own, and prints the spans as a tree,
and the counters. The second charge is declined; the answer to the third is lost, and look-ups find its payment.

It runs on a sandbox inside this program: no network, no money. It has no flags.
`

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit code: 2 for bad flags, 1 for any other failure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { _, _ = io.WriteString(stderr, usage) }
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if err := charge(ctx, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func charge(ctx context.Context, out io.Writer) error {
	// In your program these are the providers of your exporter, and New has no options if they
	// are global.
	spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	observer, err := iamportotel.New(iamportotel.WithTracerProvider(tracers), iamportotel.WithMeterProvider(meters))
	if err != nil {
		return err
	}

	sandbox := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(sandbox.Client()), iamport.WithObserver(observer))
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
		ctx, span := tracers.Tracer("shop").Start(ctx, "charge")
		_, err := client.Again(ctx, iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: fmt.Sprintf("order_%d", i+1), Amount: iamport.KRW(3000),
		})
		span.End()
		if _, declined := errors.AsType[*iamport.DeclinedError](err); err != nil && !declined {
			return err
		}
	}

	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &metrics); err != nil {
		return err
	}
	printTree(out, spans.GetSpans())
	printCounters(out, metrics)
	return nil
}
