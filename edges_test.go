package iamport_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// An empty list of schedules is no list of schedules.
func TestEdgeScheduleOfNothing(t *testing.T) {
	t.Parallel()
	_, err := newClient(t, noCall(t)).Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{}})
	require.Contains(t, invalid(t, err), "Schedules")
}

// time.Time{} of another location is as unset as time.Time{}.
func TestEdgeZeroTimeOfAnotherLocation(t *testing.T) {
	t.Parallel()
	kst := time.FixedZone("KST", 9*60*60)
	_, err := newClient(t, noCall(t)).Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
		{MerchantUID: "m-1", ScheduleAt: time.Time{}.In(kst), Amount: iamport.KRW(1)},
	}})
	require.Contains(t, invalid(t, err), "Schedules[0].ScheduleAt")
}

// Call: "A response of null leaves it as it is."
func TestEdgeCallKeepsTheResponse(t *testing.T) {
	t.Parallel()
	for _, body := range []string{response(`null`), `{"code":0}`} {
		kept := "kept"
		require.NoError(t, newClient(t, always(answeringJSON(200, body))).Call(t.Context(), "GET", []string{"a"}, nil, nil, &kept))
		require.Equal(t, "kept", kept)
	}
}

// A bare array whose first item has no id.
func TestEdgeBareArrayWithoutID(t *testing.T) {
	t.Parallel()
	s := always(answeringJSON(200, response(`[{"merchant_uid":null,"amount":1},{"merchant_uid":"m-2"}]`)))
	found, err := collect(newClient(t, s).Schedules(t.Context(), iamport.ScheduleQuery{From: shortPeriod.From, To: shortPeriod.To}))
	require.NoError(t, err)
	require.Len(t, found, 2)
}

// "An unknown customerUID has no payments", which the schema answers with 404.
func TestEdgeUnknownCustomerHasNoPayments(t *testing.T) {
	t.Parallel()
	client := newClient(t, always(answeringJSON(404, noneJSON)))
	found, err := collect(client.CustomerPayments(t.Context(), "cu-1"))
	require.NoError(t, err)
	require.Empty(t, found)
	page, err := client.ListCustomerPayments(t.Context(), "cu-1", 1)
	require.NoError(t, err)
	require.Empty(t, page.List)
}

// The end of the period of ListSchedules, by its Go name.
func TestEdgeFieldOfTooLongPeriod(t *testing.T) {
	t.Parallel()
	_, err := newClient(t, noCall(t)).ListSchedules(t.Context(), iamport.ScheduleQuery{From: time.Unix(1, 0), To: time.Unix(1e9, 0)})
	require.Contains(t, invalid(t, err), "To")
}

// A full bare array is followed by a page that the API refuses (400, "beyond the data").
func TestEdgePagePastTheEnd(t *testing.T) {
	t.Parallel()
	s := always(func(r *http.Request) (*http.Response, error) {
		if pageNumber(r) > 1 {
			return answeringJSON(400, `{"code":-1,"message":"\ub370\uc774\ud130 \ubc94\uc704\ub97c \ub118\uc5b4\uc120 page","response":null}`)(r)
		}
		return answeringJSON(200, response(items(0, 20)))(r)
	})
	found, err := collect(newClient(t, s).Schedules(t.Context(), iamport.ScheduleQuery{From: shortPeriod.From, To: shortPeriod.To}))
	require.NoError(t, err)
	require.Len(t, found, 20)
}

// "There is none" comes with HTTP 404. A 200 that refuses may mean anything, and
// only GetCustomer takes it for "not found".
func TestEdgeRefusalWith200IsNotEmpty(t *testing.T) {
	t.Parallel()
	client := newClient(t, always(answeringJSON(200, noneJSON)))
	for name, err := range map[string]error{
		"ListCustomers":        third(client.ListCustomers(t.Context(), "cu-1")),
		"GetPayments":          third(client.GetPayments(t.Context(), iamport.GetPaymentsRequest{ImpUIDs: []string{"imp_1"}})),
		"GetPayment":           only(client.GetPayment(t.Context(), "imp_1")),
		"FindPayment":          only(client.FindPayment(t.Context(), "m-1", iamport.FindPaymentQuery{})),
		"FindPayments":         only(collect(client.FindPayments(t.Context(), "m-1", iamport.FindPaymentsQuery{}))),
		"ListCustomerPayments": only(client.ListCustomerPayments(t.Context(), "cu-1", 1)),
		"GetSchedule":          only(client.GetSchedule(t.Context(), "m-1")),
		"GetPreparedPayment":   only(client.GetPreparedPayment(t.Context(), "m-1")),
	} {
		require.Equal(t, -1, apiError(t, err).Code, name)
		require.NotErrorIs(t, err, iamport.ErrNotFound, name)
	}
	_, err := client.GetCustomer(t.Context(), "cu-1")
	require.ErrorIs(t, err, iamport.ErrNotFound)
}

func third[A, B any](_ A, _ B, err error) error { return err }

// A 404 is the API's word only with all three members of its envelope.
func TestEdgeNotFoundOfAGateway(t *testing.T) {
	t.Parallel()
	for body, isAPI := range map[string]bool{
		noneJSON:                           true,
		`{"code":5,"message":"Not Found"}`: false,
		`{"code":5,"message":"Not Found","response":{}}`:           false,
		`{"code":5,"message":null,"response":null}`:                false,
		`{"code":5,"message":"","response":null}`:                  false,
		`{"code":0,"message":"Not Found","response":null}`:         false,
		`{"message":"Not Found","response":null}`:                  false,
		`{"code":"5","message":"Not Found","response":null}` + "x": false,
		`<html>`: false,
	} {
		client := newClient(t, always(answeringJSON(404, body)))
		_, err := client.GetPayment(t.Context(), "imp_1")
		require.Equal(t, isAPI, errors.Is(err, iamport.ErrNotFound), body)
		require.Error(t, err)
		found, missing, err := client.ListCustomers(t.Context(), "cu-1")
		require.Equal(t, isAPI, err == nil, body)
		require.Empty(t, found)
		if isAPI {
			require.Equal(t, []string{"cu-1"}, missing)
		}
	}
}

// A period whose ends fall into one second asks for an empty period.
func TestEdgeSubSecondPeriod(t *testing.T) {
	t.Parallel()
	s := always(answeringJSON(200, response("[]")))
	from := time.Unix(1700000000, 0)
	_, err := newClient(t, s).ListSchedules(t.Context(), iamport.ScheduleQuery{From: from, To: from.Add(500 * time.Millisecond)})
	require.NoError(t, err)
	require.NotContains(t, s.requests()[0].uri, "schedule_to=1700000000", fmt.Sprint(s.requests()))
}

// The same order number twice in one request.
func TestEdgeSameOrderTwice(t *testing.T) {
	t.Parallel()
	s := always(answeringJSON(200, response(`[]`)))
	item := iamport.ScheduleItem{MerchantUID: "m-1", ScheduleAt: year2100, Amount: iamport.KRW(1)}
	_, err := newClient(t, s).Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{item, item}})
	require.Error(t, err)
}

// GetPayments drops a second payment without an imp_uid.
func TestEdgeTwoPaymentsWithoutImpUID(t *testing.T) {
	t.Parallel()
	s := always(answeringJSON(200, response(`[{"merchant_uid":"m-1"},{"merchant_uid":"m-2"}]`)))
	found, missing, err := newClient(t, s).GetPayments(t.Context(), iamport.GetPaymentsRequest{MerchantUIDs: []string{"m-1", "m-2"}})
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Empty(t, missing)
}
