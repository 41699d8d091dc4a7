package iamportotel_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// TestChargeAndItsLookUpsAreChildrenOfTheCaller: a charge takes 3 s and its answer is lost; the
// first look-up shows nothing.
func TestChargeAndItsLookUpsAreChildrenOfTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tm := newTelemetry(t)
		srv, client := clienttest.Sandbox(t, iamport.WithObserver(tm))
		srv.Inject(clienttest.AgainRoute, iamporttest.LoseAfter().After(3*time.Second))
		srv.Inject(clienttest.FindAllRoute, iamporttest.Answer(502, "text/html", ""), iamporttest.Fault{})
		tm.spans.Reset()

		began := time.Now()
		ctx, parent := tm.tracers.Tracer("shop").Start(t.Context(), "charge")
		_, err := client.Again(ctx, clienttest.Order)
		require.NoError(t, err)
		parent.End()

		var lines []string
		for _, span := range tm.spans.GetSpans() {
			require.Equal(t, parent.SpanContext().TraceID(), span.SpanContext.TraceID())
			if span.Name != "charge" {
				require.Equal(t, parent.SpanContext().SpanID(), span.Parent.SpanID(), span.Name)
			}
			lines = append(lines, fmt.Sprint(span.Name, " ", span.SpanKind, " at ", span.StartTime.Sub(began).Truncate(time.Second),
				" for ", span.EndTime.Sub(span.StartTime).Truncate(time.Second), " ", span.Status.Code))
		}
		require.Equal(t, []string{
			"GET /payments/findAll/{merchant_uid} client at 3s for 0s Error",
			"GET /payments/findAll/{merchant_uid} client at 3s for 0s Unset",
			"POST /subscribe/payments/again client at 0s for 3s Error",
			"charge internal at 0s for 3s Unset",
		}, lines)
	})
}

// TestUnsampledTrace: what the caller does not sample has no spans, but is measured.
func TestUnsampledTrace(t *testing.T) {
	t.Parallel()
	tm := newTelemetry(t)
	ctx := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1},
	}))
	tm.Observe(ctx, result(again, 200, 0, "", iamport.OutcomePaid))
	require.Empty(t, tm.spans.GetSpans())
	require.Contains(t, tm.metrics(t), "http.client.request.duration")
	require.Contains(t, tm.metrics(t), "iamport.outcomes")
}
