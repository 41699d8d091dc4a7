package pages_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// recordsOf writes the records of these numbers, as payments and schedules both.
func recordsOf(numbers ...int) string {
	list := make([]string, len(numbers))
	for i, n := range numbers {
		list[i] = fmt.Sprintf(`{"imp_uid":"id-%d","merchant_uid":"id-%d"}`, n, n)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// pageOf writes a page; a total below 0 is left out.
func pageOf(total, next int, list string) string {
	told := ""
	if total >= 0 {
		told = fmt.Sprintf(`"total":%d,`, total)
	}
	return fmt.Sprintf(`{%s"previous":0,"next":%d,"list":%s}`, told, next, list)
}

// A walk ends for any pages: with an error unless the list may be complete.
func TestWalkEnds(t *testing.T) {
	t.Parallel()
	nulls := "[" + strings.Repeat("null,", 19) + "null]"
	nameless := "[" + strings.Repeat("{},", 19) + "{}]"
	for name, test := range map[string]struct {
		page     func(number int) string
		requests int    // at most
		items    int    // -1: any number
		problem  string // "" for none
	}{
		"a next page of pages without items": {
			func(n int) string { return pageOf(9, n+1, "[]") }, 1, 0, "ends before its total",
		},
		"a next page of pages of nulls": {
			func(n int) string { return pageOf(9, n+1, "[null,null]") }, 1, 0, "ends before its total",
		},
		"a next page of pages that lose their items": {
			func(n int) string { return pageOf(99, n+1, items(0, max(0, 6-2*n))) }, 3, -1, "ends before its total",
		},
		"a page that names itself": {
			func(n int) string { return pageOf(99, min(n+1, 3), items(2*n, 2)) }, 3, 4, "page 3 of a list names page 3",
		},
		"a page that names an earlier one": {
			func(n int) string { return pageOf(99, n%3+1, items(2*n, 2)) }, 3, 4, "page 3 of a list names page 1",
		},
		"the same page without end": {
			func(n int) string { return pageOf(99, n+1, items(0, 2)) }, 3, 2, "a list repeats itself: page 3 names page 4 after 2 items",
		},
		"the same page without end, without a total": {
			func(n int) string { return pageOf(-1, n+1, items(0, 2)) }, 3, 2, "a list repeats itself",
		},
		"two pages in turn without end": {
			func(n int) string { return pageOf(9, n+1, items(n%2*2, 2)) }, 5, 8, "a list repeats itself: page 5 names page 6 after 10 items",
		},
		"a page after the last item": {
			func(n int) string { return pageOf(4, n+1, items(2*n, 2)) }, 3, 4, "a list repeats itself: page 3 names page 4 after 6 items",
		},
		"a page that is left out": {
			func(n int) string { return pageOf(6, 4-4*(n/4), items(2*n, 2)) }, 2, 4, "ends before its total, or holds items that cannot be read: 4 of 6",
		},
		"the same bare array in another order": {
			func(int) string { return recordsOf(rand.Perm(20)...) }, 2, 20, "",
		},
		"a long bare array in another order": {
			func(int) string { return recordsOf(rand.Perm(50)...) }, 2, 50, "",
		},
		"a bare array of nulls": {func(int) string { return nulls }, 2, 0, ""},
		"a bare array without ids": {
			func(int) string { return nameless }, 2, 20, "",
		},
		"bare arrays, each a random part of a set": {
			func(int) string { return recordsOf(rand.Perm(100)[:20]...) }, 1001, -1, "a list does not tell its end within 1001 pages",
		},
		"bare arrays of new items": {
			func(n int) string { return items(20*n, 20) }, 1001, 20_000, "a list does not tell its end within 1001 pages",
		},
		"a bare array after a page that told the total": {
			func(n int) string {
				if n == 1 {
					return pageOf(99, 2, items(0, 2))
				}
				return items(2*n, 2)
			}, 2, 4, "4 of 99 items",
		},
		"a bare array with a null among full ones": {
			func(n int) string {
				if n == 1 {
					return strings.Replace(items(0, 20), "[", "[null,", 1)
				}
				return items(20, 3)
			}, 2, 23, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
				if test.requests > 1000 && !strings.HasSuffix(t.Name(), "/FindPayments") {
					t.Skip("one long walk is enough")
				}
				asked := 0
				client := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path == "/users/getToken" {
						return clienttest.AnsweringJSON(200, clienttest.SignInJSON)(r)
					}
					if asked++; asked > 2000 {
						return nil, http.ErrAbortHandler // it repeats without end
					}
					return clienttest.AnsweringJSON(200, clienttest.Envelope(test.page(pageNumber(r))))(r)
				}))
				found, err := clienttest.Collect(walk(t.Context(), client))
				if test.problem == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, test.problem)
				}
				require.LessOrEqual(t, asked, test.requests)
				if test.items >= 0 {
					require.Len(t, found, test.items)
				}
			})
		})
	}
}

// An endless list with a Next on every page is ended by its reader.
func TestWalkOfAListThatGrowsForEver(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]func(number int) string{
		"with a total": func(n int) string { return pageOf(n+1, n+1, items(n, 1)) },
		"without one":  func(n int) string { return pageOf(-1, n+1, items(n, 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
				s := clienttest.Always(func(r *http.Request) (*http.Response, error) {
					return clienttest.AnsweringJSON(200, clienttest.Envelope(page(pageNumber(r))))(r)
				})
				found := 0
				for _, err := range walk(t.Context(), clienttest.NewClient(t, s)) {
					require.NoError(t, err)
					if found++; found == 1500 {
						break
					}
				}
				require.Equal(t, 1500, found)
				require.Len(t, s.Requests(), 1500)
			})
		})
	}
}

// A bare array whose first item has no id.
func TestWalkOfABareArrayWithoutID(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`[{"merchant_uid":null,"amount":1},{"merchant_uid":"m-2"}]`)))
	found, err := clienttest.Collect(clienttest.NewClient(t, s).Schedules(t.Context(), iamport.ScheduleQuery{From: clienttest.ShortPeriod.From, To: clienttest.ShortPeriod.To}))
	require.NoError(t, err)
	require.Len(t, found, 2)
}

// A full bare array is followed by a page that the API refuses (400, "beyond the data").
func TestWalkToAPagePastTheEnd(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(func(r *http.Request) (*http.Response, error) {
		if pageNumber(r) > 1 {
			return clienttest.AnsweringJSON(400, `{"code":-1,"message":"\ub370\uc774\ud130 \ubc94\uc704\ub97c \ub118\uc5b4\uc120 page","response":null}`)(r)
		}
		return clienttest.AnsweringJSON(200, clienttest.Envelope(items(0, 20)))(r)
	})
	found, err := clienttest.Collect(clienttest.NewClient(t, s).Schedules(t.Context(), iamport.ScheduleQuery{From: clienttest.ShortPeriod.From, To: clienttest.ShortPeriod.To}))
	require.NoError(t, err)
	require.Len(t, found, 20)
}

// After a full bare array there may be a next page: only HTTP 400 means that there is
// none.
func TestGuessedPageThatFails(t *testing.T) {
	t.Parallel()
	for status, whole := range map[int]bool{400: true, 403: false, 404: false} {
		s := &clienttest.Stub{Answer: func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 {
				return clienttest.AnsweringJSON(200, clienttest.Envelope(items(0, 20)))(r)
			}
			return clienttest.AnsweringJSON(status, `{"code":-1,"message":"page","response":null}`)(r)
		}}
		found, err := clienttest.Collect(clienttest.NewClient(t, s).Schedules(t.Context(), iamport.ScheduleQuery{From: clienttest.ShortPeriod.From, To: clienttest.ShortPeriod.To}))
		require.Len(t, found, 20)
		require.Equal(t, whole, err == nil, "HTTP %d: %v", status, err)
	}
}
