package pages_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// walks are all the iterators, each over one period of one call, yielding the ids of
// the items.
var walks = map[string]func(context.Context, *iamport.Client) iter.Seq2[string, error]{
	"CustomerPayments": func(ctx context.Context, c *iamport.Client) iter.Seq2[string, error] {
		return idsOf(c.CustomerPayments(ctx, "cu-1"), paymentID)
	},
	"CustomerSchedules": func(ctx context.Context, c *iamport.Client) iter.Seq2[string, error] {
		return idsOf(c.CustomerSchedules(ctx, "cu-1", clienttest.ShortPeriod), scheduleID)
	},
	"Schedules": func(ctx context.Context, c *iamport.Client) iter.Seq2[string, error] {
		return idsOf(c.Schedules(ctx, iamport.ScheduleQuery{From: clienttest.ShortPeriod.From, To: clienttest.ShortPeriod.To}), scheduleID)
	},
	"FindPayments": func(ctx context.Context, c *iamport.Client) iter.Seq2[string, error] {
		return idsOf(c.FindPayments(ctx, "m-1", iamport.FindPaymentsQuery{}), paymentID)
	},
	"Payments": func(ctx context.Context, c *iamport.Client) iter.Seq2[string, error] {
		return idsOf(c.Payments(ctx, iamport.PaymentQuery{From: clienttest.ShortPeriod.From, To: clienttest.ShortPeriod.To}), paymentID)
	},
}

func paymentID(p *iamport.Payment) string   { return p.ImpUID }
func scheduleID(s *iamport.Schedule) string { return s.MerchantUID }

func idsOf[T any](items iter.Seq2[T, error], id func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range items {
			name := ""
			if err == nil {
				name = id(item)
			}
			if !yield(name, err) {
				return
			}
		}
	}
}

// eachWalk runs a test for every iterator.
func eachWalk(t *testing.T, story func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error])) {
	t.Helper()
	for op, walk := range walks {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			story(t, walk)
		})
	}
}

// items writes n records from number first on, which are both payments and schedules.
func items(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"imp_uid":"id-%d","merchant_uid":"id-%d"}`, first+i, first+i)
	}
	return "[" + strings.Join(list, ",") + "]"
}

func ids(first, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("id-%d", first+i))
	}
	return list
}

func pageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return n
}

// paged answers page after page of two records; the last page names no next one.
func paged(pages int) func(int, *http.Request) (*http.Response, error) {
	return func(_ int, r *http.Request) (*http.Response, error) {
		n := pageNumber(r)
		next := n + 1
		if n == pages {
			next = 0
		}
		return clienttest.AnsweringJSON(200, clienttest.Envelope(fmt.Sprintf(`{"total":%d,"previous":%d,"next":%d,"list":%s}`, 2*pages, n-1, next, items(2*n-2, 2))))(r)
	}
}

func TestWalkTakesEveryPageOnce(t *testing.T) {
	t.Parallel()
	eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
		s := &clienttest.Stub{Answer: paged(3)}
		list := walk(t.Context(), clienttest.NewClient(t, s))
		require.Empty(t, s.Requests(), "nothing is sent before it is walked")
		for range 2 { // it can be walked again
			found, err := clienttest.Collect(list)
			require.NoError(t, err)
			require.Equal(t, ids(0, 6), found)
		}
		require.Len(t, s.Requests(), 6)
	})
}

func TestWalkThatIsLeftAsksForNoMore(t *testing.T) {
	t.Parallel()
	eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
		for leaveAfter, requests := range map[int]int{1: 1, 2: 1, 3: 2} {
			s := &clienttest.Stub{Answer: paged(3)}
			var found []string
			for id, err := range walk(t.Context(), clienttest.NewClient(t, s)) {
				require.NoError(t, err)
				if found = append(found, id); len(found) == leaveAfter {
					break
				}
			}
			require.Equal(t, ids(0, leaveAfter), found)
			require.Len(t, s.Requests(), requests)
		}
	})
}

func TestWalkGivesAnErrorOnce(t *testing.T) {
	t.Parallel()
	eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
		s := &clienttest.Stub{Answer: func(n int, r *http.Request) (*http.Response, error) {
			if pageNumber(r) == 2 {
				return clienttest.AnsweringJSON(400, `{"code":-1,"message":"page","response":null}`)(r)
			}
			return paged(3)(n, r)
		}}
		var found []string
		var failures []error
		for id, err := range walk(t.Context(), clienttest.NewClient(t, s)) {
			if err != nil {
				failures = append(failures, err)
				continue // a caller who does not stop gets no endless loop
			}
			found = append(found, id)
		}
		require.Equal(t, ids(0, 2), found)
		require.Len(t, failures, 1)
		require.Equal(t, "page", clienttest.APIError(t, failures[0]).Message)
		require.Len(t, s.Requests(), 2)
	})
}

func TestWalkOfAServerThatGoesBackwards(t *testing.T) {
	t.Parallel()
	eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
		for _, next := range []int{1, 2, -1, -3} { // of page 2
			s := &clienttest.Stub{Answer: func(n int, r *http.Request) (*http.Response, error) {
				if n == 1 {
					return paged(3)(n, r)
				}
				if n > 9 {
					return clienttest.AnsweringJSON(400, `{"code":-1,"message":"it goes round and round"}`)(r)
				}
				return clienttest.AnsweringJSON(200, clienttest.Envelope(fmt.Sprintf(`{"total":9,"previous":1,"next":%d,"list":%s}`, next, items(2, 2))))(r)
			}}
			found, err := clienttest.Collect(walk(t.Context(), clienttest.NewClient(t, s)))
			require.ErrorContains(t, err, "iamport: page 2 of a list names page "+strconv.Itoa(next))
			require.Equal(t, ids(0, 2), found)
			require.Len(t, s.Requests(), 2)
		}
	})
}

func TestWalkOfBareArrays(t *testing.T) {
	t.Parallel()
	eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
		for total, requests := range map[int]int{0: 1, 1: 1, 19: 1, 20: 2, 21: 2, 40: 3, 41: 3} {
			s := clienttest.Always(func(r *http.Request) (*http.Response, error) {
				first := 20 * (pageNumber(r) - 1)
				return clienttest.AnsweringJSON(200, clienttest.Envelope(items(first, min(20, total-first))))(r)
			})
			found, err := clienttest.Collect(walk(t.Context(), clienttest.NewClient(t, s)))
			require.NoError(t, err)
			require.Equal(t, ids(0, total), found)
			require.Len(t, s.Requests(), requests, total)
		}
		// A server without pages returns the whole list every time.
		for _, total := range []int{1, 20, 50} {
			s := &clienttest.Stub{Answer: func(n int, r *http.Request) (*http.Response, error) {
				if n > 9 {
					return clienttest.AnsweringJSON(400, `{"code":-1,"message":"it goes round and round"}`)(r)
				}
				return clienttest.AnsweringJSON(200, clienttest.Envelope(items(0, total)))(r)
			}}
			found, err := clienttest.Collect(walk(t.Context(), clienttest.NewClient(t, s)))
			require.NoError(t, err)
			require.Equal(t, ids(0, total), found)
			require.LessOrEqual(t, len(s.Requests()), 2)
		}
	})
}

func TestWalkEndsWithItsContext(t *testing.T) {
	t.Parallel()
	eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := &clienttest.Stub{Answer: paged(3)}
		var found []string
		var failures []error
		for id, err := range walk(ctx, clienttest.NewClient(t, s)) {
			if err != nil {
				failures = append(failures, err)
				continue
			}
			if found = append(found, id); id == "id-2" {
				cancel()
			}
		}
		require.Equal(t, ids(0, 4), found, "the page at hand is given to its end")
		require.Len(t, failures, 1)
		require.ErrorIs(t, failures[0], context.Canceled)
		require.Len(t, s.Requests(), 2)
	})
}
