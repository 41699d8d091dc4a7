package iamportotel_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	iamportotel "github.com/iamport-go/iamport/otel"
)

// world is an observer with what it reported.
type world struct {
	observer *iamportotel.Observer
	tracers  *sdktrace.TracerProvider
	spans    *tracetest.InMemoryExporter
	reader   *sdkmetric.ManualReader
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	w.tracers = sdktrace.NewTracerProvider(sdktrace.WithSyncer(w.spans))
	var err error
	w.observer, err = iamportotel.New(iamportotel.WithTracerProvider(w.tracers),
		iamportotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader))))
	require.NoError(t, err)
	return w
}

// points returns the data points of all metrics, as "name{attributes} count".
func (w *world) points(t *testing.T) (points []string) {
	t.Helper()
	var data metricdata.ResourceMetrics
	require.NoError(t, w.reader.Collect(t.Context(), &data))
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					points = append(points, fmt.Sprintf("%s{%s} %d", m.Name, p.Attributes.Encoded(attribute.DefaultEncoder()), p.Value))
				}
			case metricdata.Histogram[float64]:
				require.Equal(t, "s", m.Unit)
				for _, p := range d.DataPoints {
					points = append(points, fmt.Sprintf("%s{%s} %d in %gs", m.Name, p.Attributes.Encoded(attribute.DefaultEncoder()), p.Count, p.Sum))
				}
			default:
				require.Fail(t, "an unknown kind of metric", "%T", d)
			}
		}
	}
	slices.Sort(points)
	return points
}

func TestExchangeToSpanAndMetrics(t *testing.T) {
	t.Parallel()
	start := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		exchange iamport.Exchange
		span     string // kind, name, status, attributes
		points   []string
	}{
		"a paid charge": {
			iamport.Exchange{
				Op: "Again", Method: "POST", Route: "/subscribe/payments/again", Purpose: iamport.PurposeCall, Try: 1,
				StatusCode: 200, Outcome: iamport.OutcomePaid,
			},
			"client POST /subscribe/payments/again Unset http.request.method=POST,http.response.status_code=200,iamport.code=0," +
				"iamport.operation=Again,iamport.outcome=paid,iamport.purpose=call,url.template=/subscribe/payments/again",
			[]string{
				"http.client.request.duration{http.request.method=POST,http.response.status_code=200,iamport.operation=Again," +
					"iamport.purpose=call,url.template=/subscribe/payments/again} 1 in 1.5s",
				"iamport.outcomes{iamport.operation=Again,iamport.outcome=paid} 1",
			},
		},
		"a second try that is lost": {
			iamport.Exchange{
				Op: "Again", Method: "POST", Route: "/subscribe/payments/again", Purpose: iamport.PurposeCall, Try: 2,
				Failure: iamport.FailureTimeout, Outcome: iamport.OutcomeUnknown,
			},
			"client POST /subscribe/payments/again Error error.type=timeout,http.request.method=POST,http.request.resend_count=1," +
				"iamport.operation=Again,iamport.outcome=unknown,iamport.purpose=call,url.template=/subscribe/payments/again",
			[]string{
				"http.client.request.duration{error.type=timeout,http.request.method=POST,iamport.operation=Again," +
					"iamport.purpose=call,url.template=/subscribe/payments/again} 1 in 1.5s",
				"iamport.outcomes{iamport.operation=Again,iamport.outcome=unknown} 1",
			},
		},
		"a decline by a message is an answer": {
			iamport.Exchange{
				Op: "Onetime", Method: "POST", Route: "/subscribe/payments/onetime", Purpose: iamport.PurposeCall, Try: 1,
				StatusCode: 200, Code: -1, Failure: iamport.FailureRefused, Outcome: iamport.OutcomeDeclined,
			},
			"client POST /subscribe/payments/onetime Unset error.type=refused,http.request.method=POST,http.response.status_code=200," +
				"iamport.code=-1,iamport.operation=Onetime,iamport.outcome=declined,iamport.purpose=call,url.template=/subscribe/payments/onetime",
			[]string{
				"http.client.request.duration{error.type=refused,http.request.method=POST,http.response.status_code=200," +
					"iamport.operation=Onetime,iamport.purpose=call,url.template=/subscribe/payments/onetime} 1 in 1.5s",
				"iamport.outcomes{iamport.operation=Onetime,iamport.outcome=declined} 1",
			},
		},
		"not found is an answer": {
			iamport.Exchange{
				Op: "Settle", Method: "GET", Route: "/payments/findAll/{merchant_uid}", Purpose: iamport.PurposeSettle, Try: 1,
				StatusCode: 404, Code: -1, Failure: iamport.FailureNotFound,
			},
			"client GET /payments/findAll/{merchant_uid} Unset http.request.method=GET,http.response.status_code=404,iamport.code=-1," +
				"iamport.operation=Settle,iamport.purpose=settle,url.template=/payments/findAll/{merchant_uid}",
			[]string{
				"http.client.request.duration{http.request.method=GET,http.response.status_code=404,iamport.operation=Settle," +
					"iamport.purpose=settle,url.template=/payments/findAll/{merchant_uid}} 1 in 1.5s",
			},
		},
		"nothing sent": {
			iamport.Exchange{
				Op: "EnsurePaid", Method: "POST", Route: "/subscribe/payments/again", Purpose: iamport.PurposeCall,
				Failure: iamport.FailureHeld, Outcome: iamport.OutcomeUnknown,
			},
			"internal EnsurePaid Error error.type=held,http.request.method=POST,iamport.operation=EnsurePaid,iamport.outcome=unknown," +
				"iamport.purpose=call,url.template=/subscribe/payments/again",
			[]string{"iamport.outcomes{iamport.operation=EnsurePaid,iamport.outcome=unknown} 1"},
		},
		"a method of the caller's own": {
			iamport.Exchange{Op: "Call", Method: "SECRET", Route: "/{path}", Purpose: iamport.PurposeCall, Try: 1, StatusCode: 200, Outcome: iamport.OutcomeDone},
			"client _OTHER /{path} Unset http.request.method=_OTHER,http.response.status_code=200,iamport.code=0," +
				"iamport.operation=Call,iamport.outcome=done,iamport.purpose=call,url.template=/{path}",
			[]string{
				"http.client.request.duration{http.request.method=_OTHER,http.response.status_code=200,iamport.operation=Call," +
					"iamport.purpose=call,url.template=/{path}} 1 in 1.5s",
				"iamport.outcomes{iamport.operation=Call,iamport.outcome=done} 1",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.exchange.Start, test.exchange.Duration = start, 1500*time.Millisecond
			w.observer.Observe(t.Context(), test.exchange)
			spans := w.spans.GetSpans()
			require.Len(t, spans, 1)
			set := attribute.NewSet(spans[0].Attributes...)
			require.Equal(t, test.span, fmt.Sprint(spans[0].SpanKind, " ", spans[0].Name, " ", spans[0].Status.Code, " ", set.Encoded(attribute.DefaultEncoder())))
			require.Equal(t, start, spans[0].StartTime)
			require.Equal(t, start.Add(1500*time.Millisecond), spans[0].EndTime)
			require.Equal(t, iamport.Version, spans[0].InstrumentationScope.Version)
			require.Equal(t, test.points, w.points(t))
		})
	}
}

// planted is a text that is put wherever a caller or a server can put one.
const planted = "planted"

// TestNothingOfARequestIsReported makes calls with planted texts in every place, and looks
// for them in all that was reported.
func TestNothingOfARequestIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(srv.Client()), iamport.WithObserver(w.observer), iamport.WithSettleWindow(time.Second))
	require.NoError(t, err)
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "09"}
	again := func(order string) iamport.AgainRequest {
		return iamport.AgainRequest{CustomerUID: planted + "-customer", MerchantUID: planted + order, Amount: iamport.KRW(987654), Name: planted, BuyerName: planted}
	}
	ctx, parent := w.tracers.Tracer("shop").Start(t.Context(), "charge")

	_, err = client.RegisterCustomer(ctx, planted+"-customer", iamport.RegisterCustomerRequest{Card: card, CustomerName: planted})
	require.NoError(t, err)
	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter(), iamporttest.DeclineCode("[2116] planted 1234-1234-1234-1234"),
		iamporttest.Answer(502, "text/html", "planted"))
	paid, err := client.Again(ctx, again("-1"))
	require.NoError(t, err)
	for n := range 4 {
		_, _ = client.EnsurePaid(ctx, again(fmt.Sprint("-", n)))
	}
	_, _ = client.Onetime(ctx, iamport.OnetimeRequest{Card: card, MerchantUID: planted})
	_, _ = client.GetPayment(ctx, planted)
	_, err = client.CancelPayment(ctx, iamport.CancelRequest{ImpUID: paid.ImpUID, Full: true, Reason: planted})
	require.NoError(t, err)
	_ = client.Call(ctx, "PLANTED", []string{planted}, nil, map[string]string{"card_number": card.Number}, nil)
	parent.End()

	reported := w.points(t)
	words := map[string]bool{}
	var children []string
	for _, span := range w.spans.GetSpans() {
		require.Empty(t, span.Events)
		require.Empty(t, span.Links)
		require.Empty(t, span.Status.Description)
		reported = append(reported, span.Name, span.InstrumentationScope.Name, span.Status.Description)
		for _, a := range span.Attributes {
			reported = append(reported, string(a.Key), a.Value.String())
			words[string(a.Key)] = true
		}
		if span.Parent.SpanID() == parent.SpanContext().SpanID() && span.SpanKind == trace.SpanKindClient {
			children = append(children, span.Name)
		}
	}
	require.Contains(t, children, "POST /subscribe/payments/again")
	require.Contains(t, children, "GET /payments/findAll/{merchant_uid}", "a look-up is a child of the caller's span")
	all := strings.ToLower(strings.Join(reported, "\n"))
	for _, secret := range []string{
		planted, "1234", "2030-12", "820213", "987654", paid.ImpUID, "imps_", iamporttest.Key, iamporttest.Secret, "2116", "bearer",
	} {
		require.NotContains(t, all, strings.ToLower(secret))
	}
	require.ElementsMatch(t, []string{
		"http.request.method", "http.response.status_code", "error.type", "url.template",
		"iamport.operation", "iamport.purpose", "iamport.code", "iamport.outcome",
	}, slices.Collect(maps.Keys(words)))
}

func TestProvidersMustNotBeNil(t *testing.T) {
	t.Parallel()
	for _, option := range []iamportotel.Option{iamportotel.WithTracerProvider(nil), iamportotel.WithMeterProvider(nil)} {
		_, err := iamportotel.New(option)
		require.EqualError(t, err, "iamportotel: a provider must not be nil")
	}
	observer, err := iamportotel.New() // the global ones, which do nothing
	require.NoError(t, err)
	observer.Observe(t.Context(), iamport.Exchange{Op: "Again", Try: 1})
}
