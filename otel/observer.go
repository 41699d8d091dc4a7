package iamportotel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/iamport-go/iamport"
)

// ScopeName is the name of the tracer and of the meter.
const ScopeName = "github.com/iamport-go/iamport/otel"

// Option changes an [Observer].
type Option func(*config) error

type config struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// WithTracerProvider sets where spans go. The default is the global provider. For metrics
// alone, pass the provider of go.opentelemetry.io/otel/trace/noop.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *config) error {
		if p == nil {
			return errors.New("iamportotel: WithTracerProvider: must be a provider, not nil")
		}
		c.tracers = p
		return nil
	}
}

// WithMeterProvider sets where metrics go. The default is the global provider. For traces
// alone, pass the provider of go.opentelemetry.io/otel/metric/noop.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) error {
		if p == nil {
			return errors.New("iamportotel: WithMeterProvider: must be a provider, not nil")
		}
		c.meters = p
		return nil
	}
}

// Observer is an [iamport.Observer] for OpenTelemetry. It is safe for concurrent use, and may
// serve any number of clients.
type Observer struct {
	tracer    trace.Tracer
	durations metric.Float64Histogram
	outcomes  metric.Int64Counter
}

var _ iamport.Observer = (*Observer)(nil)

// New returns an Observer. It works with global providers that are set later.
func New(opts ...Option) (*Observer, error) {
	c := config{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	var errs []error
	for _, opt := range opts {
		errs = append(errs, opt(&c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	meter := c.meters.Meter(ScopeName, metric.WithInstrumentationVersion(iamport.Version), metric.WithSchemaURL(semconv.SchemaURL))
	durations, err := httpconv.NewClientRequestDuration(meter) // with the buckets of the conventions
	if err != nil {
		return nil, err
	}
	outcomes, err := meter.Int64Counter("iamport.outcomes", metric.WithUnit("{call}"),
		metric.WithDescription("Number of calls that change data, by their outcome."))
	if err != nil {
		return nil, err
	}
	return &Observer{
		tracer:    c.tracers.Tracer(ScopeName, trace.WithInstrumentationVersion(iamport.Version), trace.WithSchemaURL(semconv.SchemaURL)),
		durations: durations.Inst(), outcomes: outcomes,
	}, nil
}

// Observe makes a span and the measurements of x. The span in ctx is the parent.
func (o *Observer) Observe(ctx context.Context, x iamport.Exchange) {
	kind := trace.SpanKindClient
	if x.Try == 0 {
		kind = trace.SpanKindInternal
	}
	ctx, span := o.tracer.Start(ctx, nameOf(x), trace.WithSpanKind(kind),
		trace.WithTimestamp(x.Start), trace.WithAttributes(spanAttributes(x)...))
	if errorType(x) != "" {
		span.SetStatus(codes.Error, "") // error.type says why
	}
	span.End(trace.WithTimestamp(x.Start.Add(x.Duration)))

	// ctx holds the new span: an exemplar of the histogram leads to it.
	if x.Try > 0 {
		o.durations.Record(ctx, x.Duration.Seconds(), metric.WithAttributes(exchangeAttributes(x)...))
	}
	if x.Outcome != "" {
		o.outcomes.Add(ctx, 1, metric.WithAttributes(operation(x), outcome(x)))
	}
}

// nameOf returns the name of the span of x.
func nameOf(x iamport.Exchange) string {
	if x.Try == 0 {
		return "iamport." + operation(x).Value.AsString()
	}
	method := oneOf(x.Method, methods)
	if method == other {
		method = "HTTP" // by the conventions
	}
	return method + " " + oneOf(x.Route, routes)
}

// spanAttributes returns the attributes of the span of x.
func spanAttributes(x iamport.Exchange) []attribute.KeyValue {
	attrs := exchangeAttributes(x)
	if x.Try > 1 {
		attrs = append(attrs, semconv.HTTPRequestResendCount(x.Try-1))
	}
	if x.Outcome != "" {
		attrs = append(attrs, outcome(x))
	}
	if x.Code != 0 && x.Code >= -maxCode && x.Code <= maxCode {
		attrs = append(attrs, CodeKey.Int(x.Code))
	}
	return attrs
}

// exchangeAttributes returns the attributes that x has in traces and metrics.
func exchangeAttributes(x iamport.Exchange) []attribute.KeyValue {
	attrs := []attribute.KeyValue{operation(x), PurposeKey.String(oneOf(x.Purpose, purposes))}
	if x.Try > 0 {
		attrs = append(attrs,
			semconv.HTTPRequestMethodKey.String(oneOf(x.Method, methods)), semconv.URLTemplate(oneOf(x.Route, routes)))
	}
	if x.StatusCode >= 100 && x.StatusCode <= 599 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(x.StatusCode))
	}
	if failure := errorType(x); failure != "" {
		attrs = append(attrs, semconv.ErrorTypeKey.String(failure))
	}
	return attrs
}

func operation(x iamport.Exchange) attribute.KeyValue {
	return OperationKey.String(oneOf(x.Op, operations))
}

func outcome(x iamport.Exchange) attribute.KeyValue {
	return OutcomeKey.String(oneOf(x.Outcome, outcomes))
}
