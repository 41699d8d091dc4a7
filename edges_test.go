package iamport_test

import (
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
	require.Contains(t, invalid(t, err), "schedules")
}

// time.Time{} of another location is as unset as time.Time{}.
func TestEdgeZeroTimeOfAnotherLocation(t *testing.T) {
	t.Parallel()
	kst := time.FixedZone("KST", 9*60*60)
	_, err := newClient(t, noCall(t)).Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
		{MerchantUID: "m-1", ScheduleAt: time.Time{}.In(kst), Amount: iamport.KRW(1)},
	}})
	require.Contains(t, invalid(t, err), "schedules[0].schedule_at")
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

// The API's name for the end of the period of ListSchedules.
func TestEdgeFieldOfTooLongPeriod(t *testing.T) {
	t.Parallel()
	_, err := newClient(t, noCall(t)).ListSchedules(t.Context(), iamport.ScheduleQuery{From: time.Unix(1, 0), To: time.Unix(1e9, 0)})
	require.Contains(t, invalid(t, err), "schedule_to")
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

// All of them missing, said with HTTP 200 ("accept either HTTP form for each row").
func TestEdgeAllMissingWith200(t *testing.T) {
	t.Parallel()
	client := newClient(t, always(answeringJSON(200, noneJSON)))
	_, missing, err := client.ListCustomers(t.Context(), "cu-1")
	require.NoError(t, err)
	require.Equal(t, []string{"cu-1"}, missing)
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
