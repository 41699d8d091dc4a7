// Example prints the spans of a charge whose answer is lost, with the look-ups that settle it,
// and the counters of a few charges.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	iamportotel "github.com/iamport-go/iamport/otel"
)

const usage = `Example prints the spans of a charge whose answer is lost, with the look-ups that settle it, and the
counters of a few charges, on a sandbox inside this program: no network, no money. It has no flags and reads no
environment.
`

func main() {
	flag.Usage = func() { _, _ = io.WriteString(flag.CommandLine.Output(), usage) }
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	observer, err := iamportotel.New(
		iamportotel.WithTracerProvider(tracers),
		iamportotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
	)
	if err != nil {
		return err
	}
	sandbox := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(sandbox.Client()), iamport.WithObserver(observer))
	if err != nil {
		return err
	}
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213"}
	if _, err := client.RegisterCustomer(ctx, "customer_1", iamport.RegisterCustomerRequest{Card: card}); err != nil {
		return err
	}
	spans.Reset()

	for _, story := range []struct {
		order string
		fault iamporttest.Fault
	}{
		{"order_1", iamporttest.LoseAfter()},
		{"order_2", iamporttest.Decline("[2116] over the monthly limit")},
	} {
		sandbox.Inject("POST /subscribe/payments/again", story.fault)
		charging, span := tracers.Tracer("shop").Start(ctx, "charge")
		_, _ = client.EnsurePaid(charging, iamport.AgainRequest{CustomerUID: "customer_1", MerchantUID: story.order, Amount: iamport.KRW(9900)})
		span.End()
	}
	printSpans(w, spans.GetSpans())
	return printOutcomes(ctx, w, reader)
}

// printSpans prints each span with its children below it.
func printSpans(w io.Writer, spans tracetest.SpanStubs) {
	for _, parent := range spans {
		if parent.Parent.IsValid() {
			continue
		}
		_, _ = fmt.Fprintln(w, parent.Name)
		for _, child := range spans {
			if child.Parent.SpanID() == parent.SpanContext.SpanID() {
				set := attribute.NewSet(child.Attributes...)
				_, _ = fmt.Fprintf(w, "  %-45s %s\n", child.Name, set.Encoded(attribute.DefaultEncoder()))
			}
		}
	}
}

func printOutcomes(ctx context.Context, w io.Writer, reader sdkmetric.Reader) error {
	var data metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &data); err != nil {
		return err
	}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
				for _, point := range sum.DataPoints {
					_, _ = fmt.Fprintf(w, "%s{%s} %d\n", m.Name, point.Attributes.Encoded(attribute.DefaultEncoder()), point.Value)
				}
			}
		}
	}
	return nil
}
