package iamportotel_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/iamport-go/iamport"
	iamportotel "github.com/iamport-go/iamport/otel"
)

// labels are written as they are in a backend, not by the constants of the package.
type labels map[string]any

func (l labels) list() (all []attribute.KeyValue) {
	for key, value := range l {
		switch value := value.(type) {
		case int:
			all = append(all, attribute.Int(key, value))
		case string:
			all = append(all, attribute.String(key, value))
		}
	}
	return all
}

func (l labels) and(more labels) labels {
	both := labels{}
	for _, one := range []labels{l, more} {
		for key, value := range one {
			both[key] = value
		}
	}
	return both
}

var (
	start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

	again = iamport.Exchange{
		Op: "Again", Method: "POST", Route: "/subscribe/payments/again", Purpose: iamport.PurposeCall,
		Try: 1, Start: start, Duration: 1500 * time.Millisecond,
	}
	ofAgain = labels{
		"http.request.method": "POST", "url.template": "/subscribe/payments/again",
		"iamport.operation": "Again", "iamport.purpose": "call",
	}
	lookUp = iamport.Exchange{
		Op: "EnsurePaid", Method: "GET", Route: "/payments/findAll/{merchant_uid}", Purpose: iamport.PurposeLookUp,
		Try: 1, Start: start, Duration: time.Second,
	}
	ofLookUp = labels{
		"http.request.method": "GET", "url.template": "/payments/findAll/{merchant_uid}",
		"iamport.operation": "EnsurePaid", "iamport.purpose": "look_up",
	}
)

// with returns x after a change.
func with(x iamport.Exchange, change func(*iamport.Exchange)) iamport.Exchange {
	change(&x)
	return x
}

// result returns x with a result.
func result(x iamport.Exchange, status, code int, failure iamport.Failure, outcome iamport.Outcome) iamport.Exchange {
	x.StatusCode, x.Code, x.Failure, x.Outcome = status, code, failure, outcome
	return x
}

// TestSpanAndMetricsOfAnExchange: exchange is the labels of the histogram too, and onSpan are
// the attributes that only the span has.
func TestSpanAndMetricsOfAnExchange(t *testing.T) {
	t.Parallel()
	const post = "POST /subscribe/payments/again"
	const find = "GET /payments/findAll/{merchant_uid}"
	for name, c := range map[string]struct {
		x        iamport.Exchange
		span     string
		exchange labels
		onSpan   labels
		isError  bool
	}{
		"paid": {result(again, 200, 0, "", iamport.OutcomePaid), post,
			ofAgain.and(labels{"http.response.status_code": 200}), labels{"iamport.outcome": "paid"}, false},
		"declined": {result(again, 200, 0, "", iamport.OutcomeDeclined), post,
			ofAgain.and(labels{"http.response.status_code": 200}), labels{"iamport.outcome": "declined"}, false},
		"declined by a code": {result(again, 200, -1, iamport.FailureRefused, iamport.OutcomeDeclined), post,
			ofAgain.and(labels{"http.response.status_code": 200}), labels{"iamport.outcome": "declined", "iamport.code": -1}, false},
		"already paid": {result(again, 400, 1, iamport.FailureRefused, iamport.OutcomeAlreadyPaid), post,
			ofAgain.and(labels{"http.response.status_code": 400}), labels{"iamport.outcome": "already_paid", "iamport.code": 1}, false},
		"refused": {result(again, 200, 1, iamport.FailureRefused, iamport.OutcomeNotCharged), post,
			ofAgain.and(labels{"http.response.status_code": 200, "error.type": "refused"}),
			labels{"iamport.outcome": "not_charged", "iamport.code": 1}, true},
		"lost, and found to be paid": {result(again, 0, 0, iamport.FailureConnection, iamport.OutcomePaid), post,
			ofAgain.and(labels{"error.type": "connection"}), labels{"iamport.outcome": "paid"}, true},
		"lost, and found to be declined": {result(again, 502, 0, iamport.FailureServer, iamport.OutcomeDeclined), post,
			ofAgain.and(labels{"http.response.status_code": 502, "error.type": "server_error"}), labels{"iamport.outcome": "declined"}, true},
		"lost": {result(again, 0, 0, iamport.FailureTimeout, iamport.OutcomeUnknown), post,
			ofAgain.and(labels{"error.type": "timeout"}), labels{"iamport.outcome": "unknown"}, true},
		"answered, but unknown": {result(again, 200, 0, "", iamport.OutcomeUnknown), post,
			ofAgain.and(labels{"http.response.status_code": 200, "error.type": "outcome_unknown"}), labels{"iamport.outcome": "unknown"}, true},
		"an earlier try": {result(again, 401, -1, iamport.FailureUnauthorized, ""), post,
			ofAgain.and(labels{"http.response.status_code": 401, "error.type": "unauthorized"}), labels{"iamport.code": -1}, true},
		"a second try": {with(result(again, 200, 0, "", iamport.OutcomePaid), func(x *iamport.Exchange) { x.Try = 2 }), post,
			ofAgain.and(labels{"http.response.status_code": 200}), labels{"iamport.outcome": "paid", "http.request.resend_count": 1}, false},
		"a look-up that finds nothing": {result(lookUp, 404, -1, iamport.FailureNotFound, ""), find,
			ofLookUp.and(labels{"http.response.status_code": 404}), labels{"iamport.code": -1}, false},
		"a look-up after a charge that finds nothing": {
			with(result(lookUp, 404, -1, iamport.FailureNotFound, ""), func(x *iamport.Exchange) { x.Purpose = iamport.PurposeSettle }), find,
			ofLookUp.and(labels{"http.response.status_code": 404, "iamport.purpose": "settle"}), labels{"iamport.code": -1}, false},
		"a look-up that finds a gateway's 404": {result(lookUp, 404, 0, iamport.FailureUnreadable, ""), find,
			ofLookUp.and(labels{"http.response.status_code": 404, "error.type": "unreadable"}), nil, true},
		"a look-up that is refused": {result(lookUp, 400, -1, iamport.FailureRefused, ""), find,
			ofLookUp.and(labels{"http.response.status_code": 400, "error.type": "refused"}), labels{"iamport.code": -1}, true},
		"a change of what does not exist": {result(again, 404, -1, iamport.FailureNotFound, iamport.OutcomeNotCharged), post,
			ofAgain.and(labels{"http.response.status_code": 404, "error.type": "not_found"}),
			labels{"iamport.outcome": "not_charged", "iamport.code": -1}, true},
		"words, numbers and a status of somebody else": {
			iamport.Exchange{Op: "order-1", Method: "ORDERONE", Route: "/payments/imp_1", Purpose: "p-1", Failure: "f-1", Outcome: "o-1",
				Try: 1, StatusCode: 999, Code: 1234123412341234, Start: start, Duration: time.Second},
			"HTTP _OTHER", labels{"http.request.method": "_OTHER", "url.template": "_OTHER", "iamport.operation": "_OTHER",
				"iamport.purpose": "_OTHER", "error.type": "_OTHER"}, labels{"iamport.outcome": "_OTHER"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			telemetry := newTelemetry(t)
			telemetry.Observe(t.Context(), c.x)
			span := telemetry.span(t)
			require.Equal(t, c.span, span.Name)
			require.Equal(t, trace.SpanKindClient, span.SpanKind)
			require.Equal(t, start, span.StartTime)
			require.Equal(t, start.Add(c.x.Duration), span.EndTime)
			require.ElementsMatch(t, c.exchange.and(c.onSpan).list(), span.Attributes)
			telemetry.requireStatus(t, c.isError)
			telemetry.requireDuration(t, c.x.Duration, c.exchange)
			telemetry.requireOutcome(t, c.x, c.onSpan["iamport.outcome"])
		})
	}
}

// TestCallThatSentNothing has no HTTP attributes and no duration of a request.
func TestCallThatSentNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure iamport.Failure
		outcome iamport.Outcome
		want    labels
	}{
		"invalid":     {iamport.FailureInvalid, iamport.OutcomeNotCharged, labels{"error.type": "invalid", "iamport.outcome": "not_charged"}},
		"held":        {iamport.FailureHeld, iamport.OutcomeUnknown, labels{"error.type": "held", "iamport.outcome": "unknown"}},
		"paid before": {"", iamport.OutcomePaid, labels{"iamport.outcome": "paid"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			telemetry := newTelemetry(t)
			x := with(result(again, 0, 0, c.failure, c.outcome), func(x *iamport.Exchange) { x.Op, x.Try = "EnsurePaid", 0 })
			telemetry.Observe(t.Context(), x)
			span := telemetry.span(t)
			require.Equal(t, "iamport.EnsurePaid", span.Name)
			require.Equal(t, trace.SpanKindInternal, span.SpanKind)
			require.Equal(t, start.Add(x.Duration), span.EndTime)
			require.ElementsMatch(t, c.want.and(labels{"iamport.operation": "EnsurePaid", "iamport.purpose": "call"}).list(), span.Attributes)
			telemetry.requireStatus(t, c.failure != "")
			require.NotContains(t, telemetry.metrics(t), "http.client.request.duration")
			telemetry.requireOutcome(t, x, c.want["iamport.outcome"])
		})
	}
}

func (tm *telemetry) requireStatus(t *testing.T, isError bool) {
	t.Helper()
	span := tm.span(t)
	require.Equal(t, isError, span.Status.Code == codes.Error)
	require.Empty(t, span.Status.Description)
	failure := attribute.NewSet(span.Attributes...)
	require.Equal(t, isError, failure.HasValue("error.type"))
}

func (tm *telemetry) requireDuration(t *testing.T, d time.Duration, want labels) {
	t.Helper()
	seconds := d.Seconds()
	bounds := []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	counts := make([]uint64, len(bounds)+1)
	for i, bound := range append(bounds, 1e9) {
		if seconds <= bound {
			counts[i] = 1
			break
		}
	}
	metricdatatest.AssertEqual(t, metricdata.Metrics{
		Name: "http.client.request.duration", Unit: "s", Description: "Duration of HTTP client requests.",
		Data: metricdata.Histogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.HistogramDataPoint[float64]{{
			Attributes: attribute.NewSet(want.list()...), Count: 1, Sum: seconds, Bounds: bounds, BucketCounts: counts,
			Min: metricdata.NewExtrema(seconds), Max: metricdata.NewExtrema(seconds),
		}}},
	}, tm.metrics(t)["http.client.request.duration"], metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
}

func (tm *telemetry) requireOutcome(t *testing.T, x iamport.Exchange, want any) {
	t.Helper()
	if x.Outcome == "" {
		require.NotContains(t, tm.metrics(t), "iamport.outcomes")
		return
	}
	operation := x.Op
	if operation == "order-1" {
		operation = "_OTHER"
	}
	metricdatatest.AssertEqual(t, metricdata.Metrics{
		Name: "iamport.outcomes", Unit: "{call}", Description: "Number of calls that change data, by their outcome.",
		Data: metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[int64]{{
			Attributes: attribute.NewSet(labels{"iamport.operation": operation, "iamport.outcome": want}.list()...), Value: 1,
		}}},
	}, tm.metrics(t)["iamport.outcomes"], metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
}

// TestExemplarLeadsToTheSpan: from a slow bucket to the exchange itself, not to its parent. It
// works in a context that was canceled, as that of a charge may be.
func TestExemplarLeadsToTheSpan(t *testing.T) {
	t.Parallel()
	telemetry := newTelemetry(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	telemetry.Observe(ctx, result(again, 0, 0, iamport.FailureCanceled, iamport.OutcomeUnknown))
	data, ok := telemetry.metrics(t)["http.client.request.duration"].Data.(metricdata.Histogram[float64])
	require.True(t, ok)
	id := telemetry.span(t).SpanContext.SpanID()
	require.Equal(t, id[:], data.DataPoints[0].Exemplars[0].SpanID)
}

func TestScope(t *testing.T) {
	t.Parallel()
	telemetry := newTelemetry(t)
	telemetry.Observe(t.Context(), result(again, 200, 0, "", iamport.OutcomePaid))
	require.Equal(t, iamportotel.ScopeName, telemetry.span(t).InstrumentationScope.Name)
	require.Equal(t, iamport.Version, telemetry.span(t).InstrumentationScope.Version)
	require.Equal(t, semconv.SchemaURL, telemetry.span(t).InstrumentationScope.SchemaURL)
}
