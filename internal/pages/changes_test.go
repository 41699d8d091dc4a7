package pages_test

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// changingList answers pages of three items, as objects or as bare arrays of 20, of a
// list that changes before each page but the first.
func changingList(bare bool, list []int, change func(list []int, page int) []int) *clienttest.Stub {
	return clienttest.Always(func(r *http.Request) (*http.Response, error) {
		n, size := pageNumber(r), 3
		if bare {
			size = 20
		}
		if n > 1 {
			list = change(slices.Clone(list), n)
		}
		page := list[min((n-1)*size, len(list)):min(n*size, len(list))]
		switch {
		case bare:
			return clienttest.AnsweringJSON(200, clienttest.Envelope(recordsOf(page...)))(r)
		case n*size < len(list):
			return clienttest.AnsweringJSON(200, clienttest.Envelope(pageOf(len(list), n+1, recordsOf(page...))))(r)
		}
		return clienttest.AnsweringJSON(200, clienttest.Envelope(pageOf(len(list), 0, recordsOf(page...))))(r)
	})
}

func numbers(first, n int) (list []int) {
	for i := range n {
		list = append(list, first+i)
	}
	return list
}

// An item that is in the list all the time is yielded exactly once, or the walk
// fails.
func TestWalkOfAListThatChanges(t *testing.T) {
	t.Parallel()
	type list = []int
	before := func(page int, change func(list) list) func(list, int) list {
		return func(l list, n int) list {
			if n == page {
				return change(l)
			}
			return l
		}
	}
	for name, test := range map[string]struct {
		bare    bool
		change  func(list, int) list
		once    list   // items of 0 to 8 (0 to 44 in bare arrays) that are yielded, each once
		problem string // "" for none
	}{
		"nothing": {false, func(l list, _ int) list { return l }, numbers(0, 9), ""},
		"one item in front": {
			false, before(2, func(l list) list { return append(list{-1}, l...) }), numbers(0, 9), "",
		},
		"one item in front before every page": {
			false, func(l list, n int) list { return append(list{-n}, l...) }, numbers(0, 9), "",
		},
		"a page of items in front": {
			false, before(3, func(l list) list { return append(list{-3, -2, -1}, l...) }), numbers(0, 9), "",
		},
		"one item at the end": {
			false, before(3, func(l list) list { return append(l, 9) }), numbers(0, 10), "",
		},
		"a page of items at the end": {
			false, before(3, func(l list) list { return append(l, 9, 10, 11) }), numbers(0, 12), "",
		},
		"at both ends": {
			false, func(l list, n int) list { return append(append(list{-n}, l...), 10*n) }, numbers(0, 9), "",
		},
		"in the middle": {
			false, before(2, func(l list) list { return slices.Insert(l, 1, 99) }), numbers(0, 9), "",
		},
		"one item less": {
			false, before(2, func(l list) list { return l[1:] }), numbers(0, 3), "it had 9 items, then 8",
		},
		"one item less on the last page": {
			false, before(3, func(l list) list { return slices.Delete(l, 4, 5) }), numbers(0, 6), "it had 9 items, then 8",
		},
		"no item any more": {
			false, before(2, func(list) list { return nil }), numbers(0, 3), "it had 9 items, then 0",
		},
		"one more, then one less": {
			false, func(l list, n int) list {
				if n == 2 {
					return append(list{-1}, l...)
				}
				return l[1:]
			}, numbers(0, 5), "it had 10 items, then 9",
		},
		"two items in each other's place": { // one comes twice, the other not at all
			false, before(2, func(l list) list { l[2], l[3] = l[3], l[2]; return l }), list{0, 1, 2, 4, 5, 6, 7, 8}, "8 of 9 items",
		},
		"bare, one item in front": {
			true, before(2, func(l list) list { return append(list{-1}, l...) }), numbers(0, 45), "",
		},
		"bare, one item at the end": {
			true, before(3, func(l list) list { return append(l, 45) }), numbers(0, 46), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
				n := 9
				if test.bare {
					n = 45
				}
				found, err := clienttest.Collect(walk(t.Context(), clienttest.NewClient(t, changingList(test.bare, numbers(0, n), test.change))))
				if test.problem == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, test.problem)
				}
				counts := make(map[string]int)
				for _, id := range found {
					counts[id]++
					require.Equal(t, 1, counts[id], id)
				}
				for _, number := range test.once {
					require.Equal(t, 1, counts[ids(number, 1)[0]], number)
				}
			})
		})
	}
}

// Two schedules without an order number are two.
func TestWalkKeepsItemsWithoutID(t *testing.T) {
	t.Parallel()
	eachWalk(t, func(t *testing.T, walk func(context.Context, *iamport.Client) iter.Seq2[string, error]) {
		s := clienttest.Always(func(r *http.Request) (*http.Response, error) {
			n := pageNumber(r)
			return clienttest.AnsweringJSON(200, clienttest.Envelope(pageOf(4, 2-2*(n/2), `[{},{"imp_uid":null,"merchant_uid":null}]`)))(r)
		})
		found, err := clienttest.Collect(walk(t.Context(), clienttest.NewClient(t, s)))
		require.NoError(t, err)
		require.Equal(t, []string{"", "", "", ""}, found)
	})
}
