package iamportotel_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

var plantedCard = iamport.Card{Number: "9410-1234-5678-9010", Expiry: "2031-07", Birth: "820213", Pwd2Digit: "73", CVC: "946"}

// canaries are texts that the calls hold; the ids that the server makes are added.
var canaries = []string{
	"planted", "9410", "5678", "9010", "2031", "3107", "820213", iamporttest.Key, iamporttest.Secret, "imps_", "order", "Bearer",
}

// TestNothingSecretIsInTheTelemetry runs every method of Client on the sandbox, with faults
// and hostile answers, and searches all that is exported.
func TestNothingSecretIsInTheTelemetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tm := newTelemetry(t)
		secrets := slices.Clone(canaries)
		secrets = append(secrets, everyMethod(t, tm)...)
		hostile(t, tm)
		require.Greater(t, len(secrets), len(canaries))

		texts := tm.texts(t)
		require.Greater(t, len(tm.spans.GetSpans()), 60)
		for _, text := range texts {
			for _, secret := range secrets {
				require.NotContains(t, strings.ToLower(text), strings.ToLower(secret))
			}
			require.Contains(t, allowed, strings.SplitN(text, "=", 2)[0], text)
		}
	})
}

// allowed are the kinds of text: a label, or what a span or metric has besides.
var allowed = []string{
	"http.request.method", "url.template", "http.response.status_code", "http.request.resend_count", "error.type",
	"iamport.operation", "iamport.purpose", "iamport.outcome", "iamport.code", "(span)", "(metric)", "(scope)",
}

// texts returns every text of all spans and metrics, as kind=text.
func (tm *telemetry) texts(t *testing.T) (all []string) {
	t.Helper()
	add := func(attrs []attribute.KeyValue) {
		for _, attr := range attrs {
			all = append(all, string(attr.Key)+"="+attr.Value.String())
		}
	}
	for _, span := range tm.spans.GetSpans() {
		all = append(all, "(span)="+span.Name)
		add(span.Attributes)
		require.Empty(t, span.Events)
		require.Empty(t, span.Links)
		require.Empty(t, span.Status.Description)
		require.Empty(t, span.SpanContext.TraceState().String())
		all = append(all, "(scope)="+span.InstrumentationScope.Name+span.InstrumentationScope.Version)
		add(span.InstrumentationScope.Attributes.ToSlice())
	}
	for name, metric := range tm.metrics(t) {
		all = append(all, "(metric)="+name+metric.Description+metric.Unit)
		switch data := metric.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, point := range data.DataPoints {
				add(point.Attributes.ToSlice())
				for _, exemplar := range point.Exemplars {
					add(exemplar.FilteredAttributes)
				}
			}
		case metricdata.Sum[int64]:
			for _, point := range data.DataPoints {
				add(point.Attributes.ToSlice())
				for _, exemplar := range point.Exemplars {
					add(exemplar.FilteredAttributes)
				}
			}
		default:
			t.Fatalf("%T is not searched", data)
		}
	}
	return all
}

// everyMethod calls every method, with faults, and returns the ids that the server made.
func everyMethod(t *testing.T, tm *telemetry) (ids []string) {
	t.Helper()
	srv := iamporttest.NewServer()
	client := clienttest.SandboxClient(t, srv, iamport.WithObserver(tm), iamport.WithSettleWindow(3*time.Second))
	ctx := t.Context()
	const customer = "planted-customer"
	must := func(err error) { t.Helper(); require.NoError(t, err) }
	charge := func(order string) iamport.AgainRequest {
		return iamport.AgainRequest{CustomerUID: customer, MerchantUID: "planted-" + order, Amount: iamport.KRW(3000), Name: "planted-name"}
	}
	must(clienttest.ErrorOf(client.RegisterCustomer(ctx, customer, iamport.RegisterCustomerRequest{Card: plantedCard})))
	for i, fault := range []iamporttest.Fault{
		{}, iamporttest.Decline("[2116] planted-reason"), iamporttest.DeclineCode("[2116] planted-reason"), iamporttest.LoseAfter(),
		iamporttest.LoseBefore(), iamporttest.RefuseAfter("planted-message"), iamporttest.CutAfter(40),
		iamporttest.Answer(429, "text/html", "planted"), iamporttest.Answer(502, "text/html", "planted"),
		iamporttest.Answer(401, "application/json", `{"code":-1,"message":"planted","response":null}`),
		iamporttest.Answer(200, "application/json", `{"code":9410123456789010,"message":"planted","response":null}`),
		iamporttest.Answer(299, "application/json", `{"code":-94101234,"message":"planted","response":{"imp_uid":"planted"}}`),
	} {
		srv.Inject(clienttest.AgainRoute, fault)
		payment, err := client.Again(ctx, charge(fmt.Sprint("order-", i)))
		if err == nil {
			ids = append(ids, payment.ImpUID)
		}
	}
	paid := ids[0]
	_ = clienttest.ErrorOf(client.Again(ctx, charge("order-0"))) // already paid
	for range 2 {
		must(clienttest.ErrorOf(client.EnsurePaid(ctx, charge("order-e"))))
	}
	_ = clienttest.ErrorOf(client.EnsurePaid(ctx, nil))
	_ = clienttest.ErrorOf(client.Settle(ctx, "planted-order-none", "planted-attempt"))
	must(clienttest.ErrorOf(client.Onetime(ctx, iamport.OnetimeRequest{
		MerchantUID: "planted-once", Amount: iamport.KRW(3000), Card: plantedCard, CustomerUID: customer, BuyerName: "planted-buyer",
	})))
	later := time.Now().Add(time.Hour)
	must(clienttest.ErrorOf(client.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: customer, Schedules: []iamport.ScheduleItem{
		{MerchantUID: "planted-later", Amount: iamport.KRW(3000), ScheduleAt: later},
	}})))
	reads(ctx, t, client, customer, paid)
	must(clienttest.ErrorOf(client.UpdateSchedule(ctx, "planted-later", later.Add(time.Hour))))
	_ = clienttest.ErrorOf(client.Reschedule(ctx, "planted-later", later))
	_ = clienttest.ErrorOf(client.RetrySchedule(ctx, "planted-later"))
	must(clienttest.ErrorOf(client.Unschedule(ctx, iamport.UnscheduleRequest{CustomerUID: customer, All: true})))
	prepared := iamport.PrepareRequest{MerchantUID: "planted-window", Amount: iamport.KRW(3000)}
	must(clienttest.ErrorOf(client.PreparePayment(ctx, prepared)))
	must(clienttest.ErrorOf(client.UpdatePreparedPayment(ctx, prepared)))
	must(clienttest.ErrorOf(client.GetPreparedPayment(ctx, "planted-window")))
	must(clienttest.ErrorOf(client.CancelPayment(ctx, iamport.CancelRequest{ImpUID: paid, Amount: iamport.KRW(1000), Reason: "planted-reason"})))
	srv.Inject("POST /payments/cancel", iamporttest.LoseAfter())
	must(clienttest.ErrorOf(client.EnsureRefunded(ctx, iamport.CancelRequest{MerchantUID: "planted-order-e", Full: true, Checksum: iamport.KRW(3000)})))
	for _, method := range []string{"GET", "POST", "PLANTED"} {
		_ = client.Call(ctx, method, []string{"planted", "9410123456789010"}, nil, map[string]string{"planted": "planted"}, nil)
	}
	must(clienttest.ErrorOf(client.DeleteCustomer(ctx, customer, iamport.DeleteCustomerRequest{Reason: "planted-reason"})))
	token, err := client.Token(ctx)
	must(err)
	return append(ids, token.AccessToken())
}

// reads calls every method that changes nothing.
func reads(ctx context.Context, t *testing.T, client *iamport.Client, customer, paid string) {
	t.Helper()
	_, err := client.GetPayment(ctx, paid)
	require.NoError(t, err)
	_, _ = client.GetPayment(ctx, "planted-none")
	_, _ = client.GetBalance(ctx, paid)
	_, _, _ = client.GetPayments(ctx, iamport.GetPaymentsRequest{ImpUIDs: []string{paid, "planted-none"}})
	_, _ = client.FindPayment(ctx, "planted-order-0", iamport.FindPaymentQuery{})
	_, _ = client.FindPayment(ctx, "planted-order-0", iamport.FindPaymentQuery{Status: iamport.StatusPaid})
	_, _ = client.GetCustomer(ctx, customer)
	_, _, _ = client.GetCustomers(ctx, customer, "planted-none")
	_, _ = client.ListCustomerPayments(ctx, customer, 1)
	_, _ = client.ListCustomerSchedules(ctx, customer, iamport.CustomerScheduleQuery{From: time.Now(), To: time.Now().Add(48 * time.Hour)})
	_, _ = client.ListPayments(ctx, iamport.PaymentQuery{}, 1)
	_, _ = client.ListSchedules(ctx, iamport.ScheduleQuery{From: time.Now(), To: time.Now().Add(48 * time.Hour)})
	_, _ = client.GetSchedule(ctx, "planted-later")
	drain(client.FindPayments(ctx, "planted-order-0", iamport.FindPaymentsQuery{}))
	drain(client.FindPayments(ctx, "planted-order-0", iamport.FindPaymentsQuery{Status: iamport.StatusPaid}))
	drain(client.CustomerPayments(ctx, customer))
	drain(client.CustomerSchedules(ctx, customer, iamport.CustomerScheduleQuery{From: time.Now(), To: time.Now().Add(48 * time.Hour)}))
	drain(client.Payments(ctx, iamport.PaymentQuery{From: time.Now().Add(-time.Hour), To: time.Now()}))
	drain(client.Schedules(ctx, iamport.ScheduleQuery{From: time.Now(), To: time.Now().Add(48 * time.Hour)}))
}

// drain reads a list to its end.
func drain[T any](list iter.Seq2[T, error]) {
	for _, err := range list {
		_ = err // a failure is observed too
	}
}

// hostile signs in with a planted key and secret at a server that repeats all it is sent.
func hostile(t *testing.T, tm *telemetry) {
	t.Helper()
	for _, status := range []int{200, 400, 401, 500, 999} {
		repeat := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			dump, err := httputil.DumpRequest(r, true)
			if err != nil {
				return nil, err
			}
			return &http.Response{
				StatusCode: status, Status: string(dump), Header: http.Header{"Content-Type": {"planted"}}, Request: r,
				Body: io.NopCloser(strings.NewReader(fmt.Sprintf(`{"code":9410123456789010,"message":%q,"response":null}`, dump))),
			}, nil
		})
		client, err := iamport.NewClient("planted-key", "planted-secret", iamport.WithObserver(tm), iamport.WithUserAgent("planted-agent"),
			iamport.WithHTTPClient(&http.Client{Transport: repeat}))
		require.NoError(t, err)
		require.Error(t, clienttest.ErrorOf(client.GetPayment(t.Context(), "planted-imp")))
	}
}
