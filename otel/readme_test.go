package iamportotel_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	iamportotel "github.com/iamport-go/iamport/otel"
)

// The Go code of the READMEs, with opts for the sandbox.
func observed(ctx context.Context, key, secret string, request iamport.AgainRequest, opts ...iamport.Option) (*iamport.Payment, error) {
	observer, err := iamportotel.New() // for the global providers of OpenTelemetry
	if err != nil {
		return nil, err
	}
	opts = append(opts, iamport.WithObserver(observer))
	client, err := iamport.NewClient(key, secret, opts...)
	if err != nil {
		return nil, err
	}
	ctx, span := otel.Tracer("shop").Start(ctx, "charge")
	defer span.End()
	return client.Again(ctx, request)
}

// global sets the global providers, which works once in a process, after it made an Observer.
var global = sync.OnceValues(func() (*iamportotel.Observer, *telemetry) {
	early, err := iamportotel.New()
	if err != nil {
		panic(err)
	}
	tm := &telemetry{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(tm.spans)))
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(tm.reader)))
	return early, tm
})

// TestGlobalProviders: those that are set after New count too. Not parallel, as they are the
// process's.
func TestGlobalProviders(t *testing.T) {
	early, tm := global()
	tm.spans.Reset()
	early.Observe(t.Context(), again)
	require.Equal(t, "POST /subscribe/payments/again", tm.span(t).Name)
	require.Contains(t, tm.metrics(t), "http.client.request.duration")
}

func TestReadme(t *testing.T) {
	_, tm := global()
	tm.spans.Reset()
	srv := iamporttest.NewServer()
	_, err := observed(t.Context(), iamporttest.Key, iamporttest.Secret,
		iamport.AgainRequest{CustomerUID: "none", MerchantUID: "order_1", Amount: iamport.KRW(3000)}, iamport.WithHTTPClient(srv.Client()))
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	var names []string
	for _, span := range tm.spans.GetSpans() {
		names = append(names, span.Name)
	}
	require.Equal(t, []string{"POST /users/getToken", "GET /payments/findAll/{merchant_uid}", "POST /subscribe/payments/again", "charge"}, names)
}

// TestReadmesHoldThisCode: each line of the READMEs' code for this module is in this file.
func TestReadmesHoldThisCode(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	for _, name := range []string{"../README.md", "../README.ko.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		_, after, found := strings.Cut(string(text), "```go\nobserver, err := iamportotel.New()")
		require.True(t, found, name)
		block, _, found := strings.Cut(after, "```")
		require.True(t, found, name)
		_, block, _ = strings.Cut(block, "\n")
		for line := range strings.Lines(block) {
			require.Contains(t, string(source), strings.TrimSpace(line)+"\n", name)
		}
	}
}
