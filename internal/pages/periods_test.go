package pages_test

import (
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestWalkOverALongPeriod(t *testing.T) {
	t.Parallel()
	from, to := time.Unix(1700000000, 0), time.Unix(1700000000, 0).AddDate(1, 0, 0)
	for name, test := range map[string]struct {
		from, to  string
		end       int64 // 1 where the API takes the last second, and not the end
		ascending bool
		longest   int64
		walk      func(*iamport.Client) iter.Seq2[string, error]
	}{
		"CustomerSchedules": {"from", "to", 0, false, 89 * 86400, func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.CustomerSchedules(t.Context(), "cu-1", iamport.CustomerScheduleQuery{From: from, To: to}), scheduleID)
		}},
		"Schedules": {"schedule_from", "schedule_to", 0, false, 89 * 86400, func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.Schedules(t.Context(), iamport.ScheduleQuery{From: from, To: to}), scheduleID)
		}},
		"Schedules, oldest first": {"schedule_from", "schedule_to", 0, true, 89 * 86400, func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.Schedules(t.Context(), iamport.ScheduleQuery{From: from, To: to, Sorting: iamport.SortScheduledAsc}), scheduleID)
		}},
		"Payments": {"from", "to", 1, false, 90 * 86400, func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.Payments(t.Context(), iamport.PaymentQuery{From: from, To: to}), paymentID)
		}},
		"Payments, newest paid first": {"from", "to", 1, false, 90 * 86400, func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.Payments(t.Context(), iamport.PaymentQuery{From: from, To: to, Sorting: iamport.SortPaidDesc}), paymentID)
		}},
		"Payments, oldest paid first": {"from", "to", 1, true, 90 * 86400, func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.Payments(t.Context(), iamport.PaymentQuery{From: from, To: to, Sorting: iamport.SortPaidAsc}), paymentID)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			window := 0
			s := &clienttest.Stub{Answer: func(n int, r *http.Request) (*http.Response, error) {
				if pageNumber(r) == 1 {
					window++
				}
				return clienttest.AnsweringJSON(200, clienttest.Envelope(fmt.Sprintf(`{"total":2,"previous":0,"next":%d,"list":%s}`, 2*(n%2), items(n-1, 1))))(r)
			}}
			found, err := clienttest.Collect(test.walk(clienttest.NewClient(t, s)))
			require.NoError(t, err)
			require.Equal(t, 5, window)
			require.Equal(t, ids(0, 10), found)

			var periods [][2]int64
			for i, r := range s.Requests() {
				_, query, _ := strings.Cut(r.URI, "?")
				values, err := url.ParseQuery(query)
				require.NoError(t, err)
				require.Equal(t, strconv.Itoa(i%2+1), values.Get("page"))
				a, err := strconv.ParseInt(values.Get(test.from), 10, 64)
				require.NoError(t, err)
				b, err := strconv.ParseInt(values.Get(test.to), 10, 64)
				require.NoError(t, err)
				require.LessOrEqual(t, b-a, test.longest)
				period := [2]int64{a, b}
				if i%2 == 0 {
					periods = append(periods, period)
				}
				require.Equal(t, periods[len(periods)-1], period, "the same for every page")
			}
			next := from.Unix()
			for i := range periods {
				if !test.ascending {
					i = len(periods) - 1 - i
				}
				require.Equal(t, next, periods[i][0])
				next = periods[i][1] + test.end
			}
			require.Equal(t, to.Unix(), next)
		})
	}
}

func TestWalkOverALongPeriodEndsWithItsError(t *testing.T) {
	t.Parallel()
	from, to := time.Unix(1700000000, 0), time.Unix(1700000000, 0).AddDate(1, 0, 0)
	for op, walk := range map[string]func(*iamport.Client) iter.Seq2[string, error]{
		"CustomerSchedules": func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.CustomerSchedules(t.Context(), "cu-1", iamport.CustomerScheduleQuery{From: from, To: to}), scheduleID)
		},
		"Schedules": func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.Schedules(t.Context(), iamport.ScheduleQuery{From: from, To: to}), scheduleID)
		},
		"Payments": func(c *iamport.Client) iter.Seq2[string, error] {
			return idsOf(c.Payments(t.Context(), iamport.PaymentQuery{From: from, To: to}), paymentID)
		},
	} {
		answer := func(n int, r *http.Request) (*http.Response, error) {
			if n == 2 {
				return clienttest.AnsweringJSON(400, clienttest.NoneJSON)(r)
			}
			return clienttest.AnsweringJSON(200, clienttest.Envelope(items(n-1, 2)))(r)
		}
		s := &clienttest.Stub{Answer: answer}
		var found []string
		var failures []error
		for id, err := range walk(clienttest.NewClient(t, s)) {
			if err != nil {
				failures = append(failures, err)
				continue
			}
			found = append(found, id)
		}
		require.Equal(t, ids(0, 2), found, op)
		require.Len(t, failures, 1, op)
		require.Equal(t, op, clienttest.APIError(t, failures[0]).Op)
		require.Len(t, s.Requests(), 2, op)

		s = &clienttest.Stub{Answer: answer}
		for _, err := range walk(clienttest.NewClient(t, s)) {
			require.NoError(t, err)
			break
		}
		require.Len(t, s.Requests(), 1, "%s was left", op)
	}
}

func TestPaymentsWithoutAPeriodTakeTheLast90Days(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope("[]")))
		client := clienttest.NewClient(t, s)
		ask := func(q iamport.PaymentQuery) string {
			_, err := clienttest.Collect(client.Payments(t.Context(), q))
			require.NoError(t, err)
			return s.Requests()[len(s.Requests())-1].URI
		}
		window := func(from, to int64) string { return fmt.Sprintf("/payments/status/all?from=%d&page=1&to=%d", from, to) }
		now, days90 := time.Now().Unix(), int64(90*86400)
		require.Equal(t, window(now-days90, now), ask(iamport.PaymentQuery{}))
		time.Sleep(time.Hour)
		require.Equal(t, window(now+3600-days90, now+3600), ask(iamport.PaymentQuery{}))
		to := time.Unix(1700000000, 0)
		require.Equal(t, window(1700000000-1-days90, 1700000000-1), ask(iamport.PaymentQuery{To: to}), "To is not part of it")
		require.Equal(t, window(1700000000, 1700000000), ask(iamport.PaymentQuery{From: to, To: to.Add(time.Second)}), "one second is a period")
		require.Equal(t, window(1700000000, 1700000001), ask(iamport.PaymentQuery{From: to.Add(time.Millisecond), To: to.Add(1001 * time.Millisecond)}),
			"a second that is begun is part of it")
		require.Len(t, s.Requests(), 5, "one call each")
	})
}

func TestFindPaymentsWithoutARecordIsEmpty(t *testing.T) {
	t.Parallel()
	find := func(answer func(*http.Request) (*http.Response, error)) error {
		found, err := clienttest.Collect(clienttest.NewClient(t, clienttest.Always(answer)).FindPayments(t.Context(), "m-1", iamport.FindPaymentsQuery{}))
		require.Empty(t, found)
		return err
	}
	require.NoError(t, find(clienttest.AnsweringJSON(404, clienttest.NoneJSON)))
	refusal := find(clienttest.AnsweringJSON(200, clienttest.NoneJSON)) // a refusal with HTTP 200 is not "not found"
	require.Equal(t, -1, clienttest.APIError(t, refusal).Code)
	require.NotErrorIs(t, refusal, iamport.ErrNotFound)
	require.NoError(t, find(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"total":0,"previous":0,"next":0,"list":[]}`))))
	// A 404 of a gateway says nothing about payments.
	gateway := find(clienttest.Answering(404, "text/html", "<html>"))
	require.Equal(t, 404, clienttest.APIError(t, gateway).StatusCode)
	require.NotErrorIs(t, gateway, iamport.ErrNotFound)
	require.ErrorIs(t, find(clienttest.AnsweringJSON(401, clienttest.NoneJSON)), iamport.ErrUnauthorized)
	require.Equal(t, 400, clienttest.APIError(t, find(clienttest.AnsweringJSON(400, clienttest.NoneJSON))).StatusCode)
}

func TestListPaymentsIsOnePage(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`{"total":3,"previous":1,"next":3,"list":[{"imp_uid":"imps_2"}]}`)))
	client := clienttest.NewClient(t, s)
	to := time.Unix(1700000000, 0)
	page, err := client.ListPayments(t.Context(), iamport.PaymentQuery{From: to.AddDate(0, 0, -90), To: to, PageSize: 1}, 2)
	require.NoError(t, err)
	require.Equal(t, [3]int{3, 1, 3}, [3]int{page.Total, page.Previous, page.Next})
	require.Equal(t, "imps_2", page.List[0].ImpUID)
	require.Equal(t, []clienttest.Request{{Method: "GET", URI: "/payments/status/all?from=1692224000&limit=1&page=2&to=1699999999"}}, s.Requests())

	for field, list := range map[string]func() error{
		"To": func() error {
			return clienttest.ErrorOf(client.ListPayments(t.Context(), iamport.PaymentQuery{From: to.AddDate(0, 0, -91), To: to}, 1))
		},
		"From": func() error {
			return clienttest.ErrorOf(client.ListPayments(t.Context(), iamport.PaymentQuery{From: to, To: to}, 1))
		},
		"Page": func() error { return clienttest.ErrorOf(client.ListPayments(t.Context(), iamport.PaymentQuery{}, -1)) },
		"PageSize": func() error {
			return clienttest.ErrorOf(client.ListPayments(t.Context(), iamport.PaymentQuery{PageSize: 1001}, 1))
		},
	} {
		require.Contains(t, clienttest.Invalid(t, list()), field)
	}
	require.Len(t, s.Requests(), 1, "nothing else was sent")
}
