package iamport

import (
	"bytes"
	"cmp"
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
	entries    int  // items in the text, null ones too
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
	} else if p.readList(v.List) != nil {
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
	p.entries = len(p.List)
	p.List = slices.DeleteFunc(p.List, func(item T) bool {
		v := reflect.ValueOf(item)
		return v.Kind() == reflect.Pointer && v.IsNil()
	})
	p.nulls = len(p.List) != p.entries
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

const (
	defaultPageSize = 20   // what the API gives where no limit is asked for
	maxGuesses      = 1000 // pages in a row that no page named
)

// walk yields the items of page after page, in the memory of two pages. An item that
// was on the page before too, because the list grew at its front, is yielded once.
// size and id are those of steps; a size of 0 is the API's 20.
func walk[T any](fetch func(page int) (*Page[T], error), size int, id func(T) string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		s := steps[T]{size: cmp.Or(size, defaultPageSize), id: id}
		for number := 1; number != 0; {
			page, err := fetch(number)
			if api, ok := errors.AsType[*Error](err); ok && s.guesses > 0 && api.StatusCode == http.StatusBadRequest {
				break // a page past the end
			}
			if err == nil {
				number, err = s.take(number, page)
			}
			if err != nil {
				failed[T](err)(yield)
				return
			}
			for _, item := range page.List {
				if !yield(item, nil) {
					return
				}
			}
		}
		if s.seen < s.first {
			failed[T](fmt.Errorf("iamport: %w: %d of %d items", errCutList, s.seen, s.first))(yield)
		}
	}
}

// steps is how far a walk has come.
type steps[T any] struct {
	size     int             // of a full page: after a bare array that is full there may be another page
	id       func(T) string  // names an item, "" if it has no name
	previous map[string]bool // the ids of the page before
	guesses  int             // pages in a row that no page named
	stale    int             // pages in a row with nothing new
	seen     int             // items that were yielded
	first    int             // the total that the list told first
	total    int             // the total that the list told last
}

// take leaves in page what was not on the page before, and returns the number of the
// page that follows, 0 if none does.
func (s *steps[T]) take(number int, page *Page[T]) (next int, err error) {
	ids := make(map[string]bool, len(page.List))
	s.stale++
	page.List = slices.DeleteFunc(page.List, func(item T) bool {
		id := s.id(item)
		ids[id] = true
		if !s.previous[id] {
			s.stale = 0
		}
		return id != "" && s.previous[id]
	})
	if page.bare && s.stale > 0 { // a server that does not know pages gives the same array again
		page.List, page.entries = nil, 0
	}
	s.previous = ids
	s.seen += len(page.List)
	if page.hasTotal {
		if page.Total < s.total { // what moved up into the pages before is lost
			return 0, fmt.Errorf("iamport: the list changed while it was read: it had %d items, then %d", s.total, page.Total)
		}
		s.first, s.total = cmp.Or(s.first, page.Total), page.Total
	}
	switch full := page.bare && page.entries >= s.size; {
	case page.Next != 0 && page.Next <= number:
		return 0, fmt.Errorf("iamport: page %d of a list names page %d as the next one", number, page.Next)
	case page.Next != 0 && (s.stale > 1 || page.hasTotal && s.seen > page.Total):
		return 0, fmt.Errorf("iamport: a list repeats itself: page %d names page %d after %d items", number, page.Next, s.seen)
	case page.Next != 0:
		s.guesses = 0
		return page.Next, nil
	case full && s.guesses == maxGuesses:
		return 0, fmt.Errorf("iamport: a list does not tell its end within %d pages", number)
	case full:
		s.guesses++
		return number + 1, nil
	}
	return 0, nil
}

// windows yields from..to in pieces of at most size, the newest first unless
// ascending. Neighbours are gap apart: 0 where the end of a period is left out of
// it, a second where it is part of it.
func windows(from, to time.Time, size, gap time.Duration, ascending bool) iter.Seq2[time.Time, time.Time] {
	return func(yield func(from, to time.Time) bool) {
		for !from.After(to) {
			a, b := from, to
			switch long := to.Sub(from) > size; {
			case long && ascending:
				b = from.Add(size)
			case long:
				a = to.Add(-size)
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
	return func(yield func(T, error) bool) { yield(*new(T), err) }
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
	return from.Truncate(time.Second), to.Add(time.Second - 1).Truncate(time.Second)
}

// setTime adds a query parameter in Unix seconds.
func setTime(query url.Values, name string, t time.Time) {
	query.Set(name, strconv.FormatInt(t.Unix(), 10))
}
