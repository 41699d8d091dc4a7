package iamportotel_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	iamportotel "github.com/iamport-go/iamport/otel"
)

// telemetry is an Observer with all that it makes.
type telemetry struct {
	*iamportotel.Observer
	tracers *sdktrace.TracerProvider
	spans   *tracetest.InMemoryExporter
	reader  *sdkmetric.ManualReader
}

func newTelemetry(t *testing.T) *telemetry {
	t.Helper()
	tm := &telemetry{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	tm.tracers = sdktrace.NewTracerProvider(sdktrace.WithSyncer(tm.spans))
	var err error
	tm.Observer, err = iamportotel.New(iamportotel.WithTracerProvider(tm.tracers),
		iamportotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(tm.reader))))
	require.NoError(t, err)
	return tm
}

// span returns the only span.
func (tm *telemetry) span(t *testing.T) tracetest.SpanStub {
	t.Helper()
	spans := tm.spans.GetSpans()
	require.Len(t, spans, 1)
	return spans[0]
}

// metrics returns all metrics by their names.
func (tm *telemetry) metrics(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, tm.reader.Collect(t.Context(), &all))
	byName := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, iamportotel.ScopeName, scope.Scope.Name)
		for _, metric := range scope.Metrics {
			byName[metric.Name] = metric
		}
	}
	return byName
}

func TestNewRefusesNil(t *testing.T) {
	t.Parallel()
	observer, err := iamportotel.New(iamportotel.WithTracerProvider(nil), iamportotel.WithMeterProvider(nil))
	require.Nil(t, observer)
	require.ErrorContains(t, err, "WithTracerProvider")
	require.ErrorContains(t, err, "WithMeterProvider")
}
