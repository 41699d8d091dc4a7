package pages_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestPageReadsBothShapes(t *testing.T) {
	t.Parallel()
	type ids = []string
	for text, want := range map[string]struct {
		numbers [3]int
		ids     ids
	}{
		`{"total":3,"previous":1,"next":3,"list":[{"merchant_uid":"a"},{"merchant_uid":"b"}]}`: {[3]int{3, 1, 3}, ids{"a", "b"}},
		`{"total":"3","previous":null,"next":2.0,"list":[{"merchant_uid":"a"}],"limit":20}`:    {[3]int{3, 0, 2}, ids{"a"}},
		`{"total":0,"previous":0,"next":0,"list":[]}`:                                          {[3]int{}, nil},
		`{"total":0,"previous":0,"next":0,"list":null}`:                                        {[3]int{}, nil},
		`[{"merchant_uid":"a"},{"merchant_uid":4}]`:                                            {[3]int{2, 0, 0}, ids{"a", "4"}},
		" \n[{\"merchant_uid\":\"a\"}] ":                                                       {[3]int{1, 0, 0}, ids{"a"}},
		`[]`:                                                                                   {[3]int{}, nil},
		`{"total":1,"next":0,"list":[{"merchant_uid":"a","amount":"1000","schedule_at":"17.5","x":1}]}`: {[3]int{1, 0, 0}, ids{"a"}},
	} {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(text)))
		page, err := clienttest.NewClient(t, s).ListSchedules(t.Context(), iamport.ScheduleQuery{From: clienttest.ShortPeriod.From, To: clienttest.ShortPeriod.To})
		require.NoError(t, err, text)
		require.Equal(t, want.numbers, [3]int{page.Total, page.Previous, page.Next}, text)
		var found ids
		for _, schedule := range page.List {
			found = append(found, schedule.MerchantUID)
		}
		require.Equal(t, want.ids, found, text)
	}
	for _, text := range []string{
		`"list"`, `4`, `true`,
		// A response without a list, or a list that ends before its total, is an error.
		`{}`, `{"list":{}}`, `{"total":3,"list":null}`, `{"list":null}`,
		`{"total":2,"previous":0,"next":0,"list":[{"merchant_uid":"a"}]}`,
		`{"total":1,"previous":0,"next":0,"list":["x"]}`, `[{"merchant_uid":"a"},"x"]`,
		`{"total":2,"previous":0,"next":2,"list":[]}`,
	} {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(text)))
		page, err := clienttest.NewClient(t, s).ListSchedules(t.Context(), iamport.ScheduleQuery{From: clienttest.ShortPeriod.From, To: clienttest.ShortPeriod.To})
		require.Nil(t, page, text)
		require.Equal(t, "ListSchedules", clienttest.APIError(t, err).Op)
		require.NotErrorIs(t, err, iamport.ErrNotFound)
	}
}

// What a first reading left behind is not part of the result: the last of two lists counts.
func TestPageIsReadAfresh(t *testing.T) {
	t.Parallel()
	const text = `{"total":1,"previous":0,"next":0,"list":[{"imp_uid":"imps_1","status":"paid"}],"list":[{"imp_uid":"imps_2"}]}`
	var page iamport.Page[*iamport.Payment]
	require.NoError(t, json.Unmarshal([]byte(text), &page))
	require.Len(t, page.List, 1)
	require.Equal(t, "imps_2", page.List[0].ImpUID)
	require.Empty(t, page.List[0].Status)
}

func TestNullItemsAreLeftOut(t *testing.T) {
	t.Parallel()
	const list = `[null,{"customer_uid":"cu-1","imp_uid":"imps_1","merchant_uid":"m-1"},null]`
	eachWalkOf(t, clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(list)))), 1)
	eachWalkOf(t, clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"total":1,"previous":0,"next":0,"list":`+list+`}`)))), 1)
	// A page whose total counts its nulls is incomplete.
	for op, walk := range walks {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"total":3,"previous":0,"next":0,"list":`+list+`}`)))
		_, err := clienttest.Collect(walk(t.Context(), clienttest.NewClient(t, s)))
		require.ErrorContains(t, err, "the list ends before its total", op)
	}
	client := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(207, clienttest.Envelope(list))))
	customers, missing, err := client.GetCustomers(t.Context(), "cu-1", "cu-2")
	require.NoError(t, err)
	require.Equal(t, []string{"cu-2"}, missing)
	require.Len(t, customers, 1)
	payments, missing, err := client.GetPayments(t.Context(), iamport.GetPaymentsRequest{ImpUIDs: []string{"imps_1"}, MerchantUIDs: []string{"m-1", "m-2"}})
	require.NoError(t, err)
	require.Equal(t, []string{"m-2"}, missing)
	require.Len(t, payments, 1)
}

// eachWalkOf runs every walk to its end and counts its items.
func eachWalkOf(t *testing.T, client *iamport.Client, want int) {
	t.Helper()
	for op, walk := range walks {
		found, err := clienttest.Collect(walk(t.Context(), client))
		require.NoError(t, err, op)
		require.Len(t, found, want, op)
	}
}

func TestPageOfTheCallersOwnType(t *testing.T) {
	t.Parallel()
	type bank struct {
		Code string `json:"code"`
	}
	var page iamport.Page[bank]
	require.NoError(t, json.Unmarshal([]byte(`{"total":1,"previous":0,"next":0,"list":[{"code":"004"}]}`), &page))
	clienttest.RequirePage(t, &iamport.Page[bank]{Total: 1, List: []bank{{"004"}}}, &page)
	require.NoError(t, json.Unmarshal([]byte(`[{"code":"004"},{"code":"020"}]`), &page))
	require.Equal(t, []bank{{"004"}, {"020"}}, page.List)
	require.Equal(t, []int{2, 0, 0}, []int{page.Total, page.Previous, page.Next}, "nothing of the page before stays")
	require.Error(t, json.Unmarshal([]byte(`4`), &page))
}

func TestListsRefuseMoreThanThreeMonths(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for to, refused := range map[time.Time]bool{
		from.AddDate(0, 3, 0):                              false,
		from.AddDate(0, 3, 0).Add(1999 * time.Millisecond): false, // now, and a moment later
		from.AddDate(0, 3, 0).Add(2 * time.Second):         true,
		from.AddDate(1, 0, 0):                              true,
		from.Add(90 * 24 * time.Hour):                      false,
		time.Unix(253402300799, 0):                         true,
	} {
		for _, list := range []func(*iamport.Client) error{
			func(c *iamport.Client) error {
				return clienttest.ErrorOf(c.ListSchedules(t.Context(), iamport.ScheduleQuery{From: from, To: to}))
			},
			func(c *iamport.Client) error {
				return clienttest.ErrorOf(c.ListCustomerSchedules(t.Context(), "cu-1", iamport.CustomerScheduleQuery{From: from, To: to}))
			},
		} {
			s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope("[]")))
			err := list(clienttest.NewClient(t, s))
			if !refused {
				require.NoError(t, err)
				continue
			}
			for field, problem := range clienttest.Invalid(t, err) {
				require.Equal(t, "To", field)
				require.Contains(t, problem, "iterator")
			}
			require.Empty(t, s.Requests())
		}
	}
}

// A later page without its list is not an empty page.
func TestLaterPageWithoutAList(t *testing.T) {
	t.Parallel()
	for _, list := range []string{`,"list":null`, ``} {
		c := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"total":21,"previous":1,"next":0`+list+`}`))))
		_, err := c.ListCustomerPayments(t.Context(), "cu-1", 2)
		require.ErrorContains(t, err, "the list ends before its total", list)
	}
}

// A first page tells that the list is short of its total, whether it is asked for by
// its number or not. A later one does not: what came before it is not known.
func TestPageThatIsShortOfItsTotal(t *testing.T) {
	t.Parallel()
	const page = `{"total":2,"previous":0,"next":0,"list":[{"imp_uid":"imps_1"}]}`
	for number, short := range map[int]bool{0: true, 1: true, 2: false} {
		c := clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(page))))
		_, err := c.ListCustomerPayments(t.Context(), "cu-1", number)
		if !short {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "the list ends before its total", number)
	}
}
