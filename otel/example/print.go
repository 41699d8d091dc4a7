package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	iamportotel "github.com/iamport-go/iamport/otel"
)

// shown are the attributes in a line of the tree, in this order.
var shown = []attribute.Key{
	iamportotel.PurposeKey, "http.response.status_code", iamportotel.CodeKey, "error.type", iamportotel.OutcomeKey,
}

// printTree prints each span below its parent, in the order of their starts.
func printTree(out io.Writer, spans tracetest.SpanStubs) {
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	children := map[trace.SpanID]tracetest.SpanStubs{}
	for _, span := range spans {
		children[span.Parent.SpanID()] = append(children[span.Parent.SpanID()], span)
	}
	var walk func(parent trace.SpanID, indent string)
	walk = func(parent trace.SpanID, indent string) {
		for i, span := range children[parent] {
			branch, below := "├─ ", "│  "
			if i == len(children[parent])-1 {
				branch, below = "└─ ", "   "
			}
			if !parent.IsValid() {
				branch, below = "", ""
			}
			_, _ = fmt.Fprintf(out, "%-50s %8s  %s\n", indent+branch+span.Name,
				span.EndTime.Sub(span.StartTime).Round(10*time.Microsecond), details(span))
			walk(span.SpanContext.SpanID(), indent+below)
		}
	}
	walk(trace.SpanID{}, "")
}

func details(span tracetest.SpanStub) string {
	var texts []string
	set := attribute.NewSet(span.Attributes...)
	for _, key := range shown {
		if value, ok := set.Value(key); ok {
			name := strings.TrimPrefix(strings.TrimPrefix(string(key), "iamport."), "http.response.")
			texts = append(texts, name+"="+value.String())
		}
	}
	if span.Status.Code == codes.Error {
		texts = append(texts, "(Error)")
	}
	return strings.Join(texts, " ")
}

// printCounters prints the counters, and how often each histogram was used.
func printCounters(out io.Writer, metrics metricdata.ResourceMetrics) {
	var lines []string
	for _, scope := range metrics.ScopeMetrics {
		for _, metric := range scope.Metrics {
			switch data := metric.Data.(type) {
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%-32s %d  %s", metric.Name, point.Value, labels(point.Attributes)))
				}
			case metricdata.Histogram[float64]:
				for _, point := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%-32s %d  %s", metric.Name, point.Count, labels(point.Attributes)))
				}
			}
		}
	}
	slices.Sort(lines)
	_, _ = fmt.Fprintf(out, "\n%s\n", strings.Join(lines, "\n"))
}

func labels(set attribute.Set) string {
	var texts []string
	for _, label := range set.ToSlice() {
		texts = append(texts, string(label.Key)+"="+label.Value.String())
	}
	return strings.Join(texts, " ")
}
