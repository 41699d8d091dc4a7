package iamport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/iamport-go/iamport/internal/lenient"
)

// Page is one page of a list.
type Page[T any] struct {
	// Total is the number of items on all pages.
	Total int `json:"total"`
	// Previous and Next are the numbers of the pages beside this one, counted from
	// 1; 0 if there is none.
	Previous int `json:"previous"`
	Next     int `json:"next"`
	List     []T `json:"list"`

	bare       bool // it came as an array, which does not tell whether more follows
	hasTotal   bool
	unreadable bool // items could not be read, or there was no list
	nulls      bool // items were null
}

// UnmarshalJSON reads both shapes in which the API writes lists: the object of a
// page, and the bare array that its schema promises for schedules.
func (p *Page[T]) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		*p = Page[T]{bare: true}
		err := p.readList(data)
		p.Total = len(p.List)
		return err
	}
	var v struct {
		Total    *int            `json:"total"`
		Previous int             `json:"previous"`
		Next     int             `json:"next"`
		List     json.RawMessage `json:"list"`
	}
	if err := lenient.Unmarshal(data, &v); err != nil {
		return err
	}
	*p = Page[T]{Previous: v.Previous, Next: v.Next}
	if v.Total != nil {
		p.Total, p.hasTotal = *v.Total, true
	}
	if v.List == nil || string(v.List) == "null" {
		p.unreadable = p.Total != 0 || !p.hasTotal
		return nil
	}
	if p.readList(v.List) != nil {
		p.unreadable = true // a list of another kind is no list
	}
	return nil
}

// readList reads the items, and leaves out null and what cannot be one.
func (p *Page[T]) readList(data []byte) error {
	if err := json.Unmarshal(data, &p.List); err != nil {
		if err := lenient.Unmarshal(data, &p.List); err != nil {
			return err
		}
		var items []json.RawMessage
		err := json.Unmarshal(data, &items)
		items = slices.DeleteFunc(items, func(item json.RawMessage) bool { return string(item) == "null" })
		p.unreadable = err != nil || len(items) != len(p.List)
	}
	n := len(p.List)
	p.List = slices.DeleteFunc(p.List, func(item T) bool {
		v := reflect.ValueOf(item)
		return v.Kind() == reflect.Pointer && v.IsNil()
	})
	p.nulls = len(p.List) != n
	return nil
}

var errCutList = errors.New("the list ends before its total, or holds items that cannot be read")

// fetchPage fetches one page of a list. It is an error if items are missing from
// it, as far as the page tells.
func fetchPage[T any](ctx context.Context, c *Client, e endpoint, number int) (*Page[T], error) {
	page, err := call[*Page[T]](ctx, c, e)
	if err != nil {
		return nil, err
	}
	endsEarly := number <= 1 && page.Next == 0 && len(page.List) < page.Total
	if page.unreadable || endsEarly || page.Next != 0 && len(page.List) == 0 {
		return nil, &Error{Op: e.op, cause: errCutList}
	}
	return page, nil
}

// defaultPageSize is what the API gives where no limit is asked for.
const defaultPageSize = 20

// walk yields the items of page after page, one page in memory at a time. id names
// an item of a list that may come as bare arrays, which tell nothing but by being
// full: pages are of size items, 0 for the API's 20.
func walk[T any](fetch func(page int) (*Page[T], error), size int, id func(T) string) iter.Seq2[T, error] {
	if size == 0 {
		size = defaultPageSize
	}
	return func(yield func(T, error) bool) {
		var first string // of the previous page
		guessed := false // whether anything said that there is this page
		seen := 0
		for number := 1; ; {
			page, err := fetch(number)
			if api, ok := errors.AsType[*Error](err); ok && guessed && api.StatusCode == http.StatusBadRequest {
				return // a page past the end
			}
			if err == nil && page.Next != 0 && page.Next <= number {
				err = fmt.Errorf("iamport: page %d of a list names page %d as the next one", number, page.Next)
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			// A server that does not know pages gives the same array again.
			if page.bare && len(page.List) > 0 {
				if number > 1 && id(page.List[0]) == first {
					return
				}
				first = id(page.List[0])
			}
			seen += len(page.List)
			for _, item := range page.List {
				if !yield(item, nil) {
					return
				}
			}
			switch {
			case page.Next != 0:
				number, guessed = page.Next, false
			case page.bare && len(page.List) >= size:
				number, guessed = number+1, true
			case seen < page.Total && !page.bare:
				var none T
				yield(none, fmt.Errorf("iamport: %w: %d of %d items", errCutList, seen, page.Total))
				return
			default:
				return
			}
		}
	}
}

// windows yields from..to in pieces of at most size, the newest first unless
// ascending. Neighbours are gap apart: 0 where the end of a period is left out of
// it, a second where it is part of it.
func windows(from, to time.Time, size, gap time.Duration, ascending bool) iter.Seq2[time.Time, time.Time] {
	return func(yield func(from, to time.Time) bool) {
		for !from.After(to) {
			a, b := from, to
			if to.Sub(from) > size {
				if ascending {
					b = from.Add(size)
				} else {
					a = to.Add(-size)
				}
			}
			if !yield(a, b) || a.Equal(from) && b.Equal(to) {
				return
			}
			if ascending {
				from = b.Add(gap)
			} else {
				to = a.Add(-gap)
			}
		}
	}
}

// chain yields all of the first walk, then of the next, and ends with an error.
func chain[T any](parts iter.Seq[iter.Seq2[T, error]]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for part := range parts {
			for item, err := range part {
				if !yield(item, err) || err != nil {
					return
				}
			}
		}
	}
}

// failed is a walk that gives one error.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// many fetches the objects of a list of ids. The API answers 207 if some are
// missing and says that there are none if all are; neither is an error.
func many[T any](ctx context.Context, c *Client, e endpoint) ([]T, error) {
	page, err := noneIsEmpty(fetchPage[T](ctx, c, e, 0))
	if err != nil {
		return nil, err
	}
	return page.List, nil
}

// noneIsEmpty takes the API's word that there is nothing for an empty page.
func noneIsEmpty[T any](page *Page[T], err error) (*Page[T], error) {
	if errors.Is(err, ErrNotFound) {
		return &Page[T]{}, nil
	}
	return page, err
}

// list fetches a list that has no pages.
func list[T any](ctx context.Context, c *Client, e endpoint) ([]T, error) {
	page, err := call[*Page[T]](ctx, c, e)
	if err != nil {
		return nil, err
	}
	return page.List, nil
}

// limit checks a page size; 0 leaves it to the API.
func (p *problems) limit(n int) {
	if n < 0 || n > maxLimit {
		p.add("Limit", "must be 1 to 1000, or 0 for the API's 20")
	}
}

// page checks a page number; 0 is the first page.
func (p *problems) page(n int) {
	if n < 0 {
		p.add("Page", "must be 1 or more, or 0 for the first page")
	}
}

// setInt adds a query parameter unless it is 0.
func setInt(query url.Values, name string, n int) {
	if n != 0 {
		query.Set(name, strconv.Itoa(n))
	}
}

// setText adds a query parameter unless it is empty.
func setText(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// wholeSeconds rounds a period that leaves out its end to the seconds that the API
// knows, without losing a moment of it.
func wholeSeconds(from, to time.Time) (time.Time, time.Time) {
	if end := to.Truncate(time.Second); end.Before(to) {
		to = end.Add(time.Second)
	}
	return from.Truncate(time.Second), to
}

// setTime adds a query parameter in Unix seconds.
func setTime(query url.Values, name string, t time.Time) {
	query.Set(name, strconv.FormatInt(t.Unix(), 10))
}
