// Package iamportotel reports the HTTP exchanges of an [iamport.Client] to OpenTelemetry, as
// spans and metrics:
//
//	observer, err := iamportotel.New()
//	client, err := iamport.NewClient(key, secret, iamport.WithObserver(observer))
//
// # Spans
//
// Each exchange is a client span, such as "POST /subscribe/payments/again", and a child of the
// span in the context of the call. A charge whose answer is lost is one such span, and each
// look-up after it another one beside it. Start a span of your own around a charge to see them
// together. A call that sent nothing, because the order is held or the request is invalid, is
// an internal span with the name of the method, such as "EnsurePaid".
//
// The attributes are those of the semantic conventions for HTTP clients (http.request.method,
// url.template, http.response.status_code, http.request.resend_count, error.type), and
// iamport.operation, iamport.purpose, iamport.code and iamport.outcome. The status is Error for
// an exchange that failed and for an outcome that is unknown. A declined charge, an order that
// is paid already, and "not found" are answers, not errors.
//
// # Metrics
//
//	http.client.request.duration   histogram, in seconds: each exchange
//	iamport.outcomes               counter: each call of a method that changes something, by its outcome
//
// Every name and attribute is a constant of the package iamport or of HTTP. None holds an id,
// an order number, a sum, a text of a server or anything of a card.
package iamportotel

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/iamport-go/iamport"
)

const scope = "github.com/iamport-go/iamport/otel"

// The attributes that OpenTelemetry has no name for.
const (
	OperationKey = attribute.Key("iamport.operation") // the method of iamport.Client
	PurposeKey   = attribute.Key("iamport.purpose")   // what it needed the exchange for
	CodeKey      = attribute.Key("iamport.code")      // the code of the API's envelope
	OutcomeKey   = attribute.Key("iamport.outcome")   // how a change ended
)

// Option changes an [Observer] while [New] makes it.
type Option func(*config)

type config struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// WithTracerProvider takes the tracer from p. The default is the global provider.
func WithTracerProvider(p trace.TracerProvider) Option { return func(c *config) { c.tracers = p } }

// WithMeterProvider takes the meter from p. The default is the global provider.
func WithMeterProvider(p metric.MeterProvider) Option { return func(c *config) { c.meters = p } }

// Observer is an [iamport.Observer]. Make one with New; it may serve several clients.
type Observer struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	outcomes metric.Int64Counter
}

var _ iamport.Observer = (*Observer)(nil)

// New returns an Observer. It reports a provider that is nil, and what the meter reports.
func New(opts ...Option) (*Observer, error) {
	c := config{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, option := range opts {
		option(&c)
	}
	if c.tracers == nil || c.meters == nil {
		return nil, errors.New("iamportotel: a provider must not be nil")
	}
	meter := c.meters.Meter(scope, metric.WithInstrumentationVersion(iamport.Version))
	duration, err := meter.Float64Histogram("http.client.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of HTTP client requests."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60))
	if err != nil {
		return nil, err
	}
	outcomes, err := meter.Int64Counter("iamport.outcomes",
		metric.WithUnit("{call}"), metric.WithDescription("Calls of methods that change something, by their outcome."))
	if err != nil {
		return nil, err
	}
	return &Observer{
		tracer:   c.tracers.Tracer(scope, trace.WithInstrumentationVersion(iamport.Version), trace.WithSchemaURL(semconv.SchemaURL)),
		duration: duration, outcomes: outcomes,
	}, nil
}

// Observe implements [iamport.Observer].
func (o *Observer) Observe(ctx context.Context, x iamport.Exchange) {
	common := attributesOf(x)
	if x.Try > 0 {
		o.duration.Record(ctx, x.Duration.Seconds(), metric.WithAttributes(common...))
	}
	if x.Outcome != "" {
		o.outcomes.Add(ctx, 1, metric.WithAttributes(OperationKey.String(x.Op), OutcomeKey.String(string(x.Outcome))))
	}
	o.span(ctx, x, common)
}

func (o *Observer) span(ctx context.Context, x iamport.Exchange, attributes []attribute.KeyValue) {
	name, kind := methodOf(x)+" "+x.Route, trace.SpanKindClient
	if x.Try == 0 {
		name, kind = x.Op, trace.SpanKindInternal
	}
	if x.Try > 1 {
		attributes = append(attributes, semconv.HTTPRequestResendCount(x.Try-1))
	}
	if x.StatusCode != 0 {
		attributes = append(attributes, CodeKey.Int(x.Code))
	}
	if x.Outcome != "" {
		attributes = append(attributes, OutcomeKey.String(string(x.Outcome)))
	}
	_, span := o.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithTimestamp(x.Start), trace.WithAttributes(attributes...))
	failed := x.Failure != "" && x.Failure != iamport.FailureNotFound
	if failed && !isAnswer(x.Outcome) || x.Outcome == iamport.OutcomeUnknown {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(x.Start.Add(x.Duration)))
}

// isAnswer reports whether an outcome answers the question of the call, whatever it took.
func isAnswer(o iamport.Outcome) bool {
	return slices.Contains([]iamport.Outcome{
		iamport.OutcomePaid, iamport.OutcomeAlreadyPaid, iamport.OutcomeDeclined, iamport.OutcomeDone,
	}, o)
}

// attributesOf returns the attributes that spans and metrics have in common.
func attributesOf(x iamport.Exchange) []attribute.KeyValue {
	attributes := []attribute.KeyValue{OperationKey.String(x.Op), PurposeKey.String(string(x.Purpose))}
	if x.Route != "" {
		attributes = append(attributes, semconv.HTTPRequestMethodKey.String(methodOf(x)), semconv.URLTemplate(x.Route))
	}
	if x.StatusCode != 0 {
		attributes = append(attributes, semconv.HTTPResponseStatusCode(x.StatusCode))
	}
	if x.Failure != "" && x.Failure != iamport.FailureNotFound {
		attributes = append(attributes, semconv.ErrorTypeKey.String(string(x.Failure)))
	}
	return attributes
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// methodOf returns the HTTP method, or what the semantic conventions have for others:
// [iamport.Client.Call] takes any.
func methodOf(x iamport.Exchange) string {
	if slices.Contains(methods, x.Method) {
		return x.Method
	}
	return "_OTHER"
}
