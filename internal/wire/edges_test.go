package wire_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// An empty list of schedules is no list of schedules.
func TestScheduleOfNothing(t *testing.T) {
	t.Parallel()
	_, err := clienttest.NewClient(t, clienttest.NoCall(t)).Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{}})
	require.Contains(t, clienttest.Invalid(t, err), "Schedules")
}

// time.Time{} of another location is as unset as time.Time{}.
func TestZeroTimeOfAnotherLocation(t *testing.T) {
	t.Parallel()
	kst := time.FixedZone("KST", 9*60*60)
	_, err := clienttest.NewClient(t, clienttest.NoCall(t)).Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
		{MerchantUID: "m-1", ScheduleAt: time.Time{}.In(kst), Amount: iamport.KRW(1)},
	}})
	require.Contains(t, clienttest.Invalid(t, err), "Schedules[0].ScheduleAt")
}

// Call: "A response of null leaves it as it is."
func TestCallKeepsTheResponse(t *testing.T) {
	t.Parallel()
	for _, body := range []string{clienttest.Envelope(`null`), `{"code":0}`} {
		kept := "kept"
		require.NoError(t, clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, body))).Call(t.Context(), "GET", []string{"a"}, nil, nil, &kept))
		require.Equal(t, "kept", kept)
	}
}

// "An unknown customerUID has no payments", which the schema answers with 404.
func TestUnknownCustomerHasNoPayments(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(404, clienttest.NoneJSON)))
	found, err := clienttest.Collect(client.CustomerPayments(t.Context(), "cu-1"))
	require.NoError(t, err)
	require.Empty(t, found)
	page, err := client.ListCustomerPayments(t.Context(), "cu-1", 1)
	require.NoError(t, err)
	require.Empty(t, page.List)
}

// The end of the period of ListSchedules, by its Go name.
func TestFieldOfTooLongPeriod(t *testing.T) {
	t.Parallel()
	_, err := clienttest.NewClient(t, clienttest.NoCall(t)).ListSchedules(t.Context(), iamport.ScheduleQuery{From: time.Unix(1, 0), To: time.Unix(1e9, 0)})
	require.Contains(t, clienttest.Invalid(t, err), "To")
}

// "Not found" is HTTP 404. A refusal with HTTP 200 may mean anything, and only
// GetCustomer treats it as "not found".
func TestRefusalWith200IsNotEmpty(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, clienttest.NoneJSON)))
	for name, err := range map[string]error{
		"GetCustomers":         third(client.GetCustomers(t.Context(), "cu-1")),
		"GetPayments":          third(client.GetPayments(t.Context(), iamport.GetPaymentsRequest{ImpUIDs: []string{"imp_1"}})),
		"GetPayment":           clienttest.ErrorOf(client.GetPayment(t.Context(), "imp_1")),
		"FindPayment":          clienttest.ErrorOf(client.FindPayment(t.Context(), "m-1", iamport.FindPaymentQuery{})),
		"FindPayments":         clienttest.ErrorOf(clienttest.Collect(client.FindPayments(t.Context(), "m-1", iamport.FindPaymentsQuery{}))),
		"ListCustomerPayments": clienttest.ErrorOf(client.ListCustomerPayments(t.Context(), "cu-1", 1)),
		"GetSchedule":          clienttest.ErrorOf(client.GetSchedule(t.Context(), "m-1")),
		"GetPreparedPayment":   clienttest.ErrorOf(client.GetPreparedPayment(t.Context(), "m-1")),
	} {
		require.Equal(t, -1, clienttest.APIError(t, err).Code, name)
		require.NotErrorIs(t, err, iamport.ErrNotFound, name)
	}
	_, err := client.GetCustomer(t.Context(), "cu-1")
	require.ErrorIs(t, err, iamport.ErrNotFound)
}

func third[A, B any](_ A, _ B, err error) error { return err }

// A 404 is the API's own only with all three members of its envelope.
func TestNotFoundOfAGateway(t *testing.T) {
	t.Parallel()
	for body, isAPI := range map[string]bool{
		clienttest.NoneJSON:                                        true,
		`{"code":5,"message":"Not Found"}`:                         false,
		`{"code":5,"message":"Not Found","response":{}}`:           false,
		`{"code":5,"message":null,"response":null}`:                false,
		`{"code":5,"message":"","response":null}`:                  false,
		`{"code":0,"message":"Not Found","response":null}`:         false,
		`{"message":"Not Found","response":null}`:                  false,
		`{"code":"5","message":"Not Found","response":null}` + "x": false,
		`<html>`: false,
	} {
		client := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(404, body)))
		_, err := client.GetPayment(t.Context(), "imp_1")
		require.Equal(t, isAPI, errors.Is(err, iamport.ErrNotFound), body)
		require.Error(t, err)
		found, missing, err := client.GetCustomers(t.Context(), "cu-1")
		require.Equal(t, isAPI, err == nil, body)
		require.Empty(t, found)
		if isAPI {
			require.Equal(t, []string{"cu-1"}, missing)
		}
	}
}

// A period that begins and ends in the same second is empty.
func TestSubSecondPeriod(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope("[]")))
	from := time.Unix(1700000000, 0)
	_, err := clienttest.NewClient(t, s).ListSchedules(t.Context(), iamport.ScheduleQuery{From: from, To: from.Add(500 * time.Millisecond)})
	require.NoError(t, err)
	require.NotContains(t, s.Requests()[0].URI, "schedule_to=1700000000", fmt.Sprint(s.Requests()))
}

// The same order number twice in one request.
func TestSameOrderTwice(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`[]`)))
	item := iamport.ScheduleItem{MerchantUID: "m-1", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(1)}
	_, err := clienttest.NewClient(t, s).Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{item, item}})
	require.Error(t, err)
}

// GetPayments drops a second payment without an imp_uid.
func TestTwoPaymentsWithoutImpUID(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`[{"merchant_uid":"m-1"},{"merchant_uid":"m-2"}]`)))
	found, missing, err := clienttest.NewClient(t, s).GetPayments(t.Context(), iamport.GetPaymentsRequest{MerchantUIDs: []string{"m-1", "m-2"}})
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Empty(t, missing)
}
