// Package pages walks lists that come in pages, and cuts long periods into those that
// a server takes. It does not know what the items are, or how a page is fetched.
package pages

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Page is one page of a list.
type Page[T any] struct {
	Items    []T
	Entries  int  // items that were sent, those that were left out too
	Next     int  // the number of the next page, 0 if there is none
	Total    int  // the number of items on all pages
	HasTotal bool // the page tells its total
	Bare     bool // it came as an array, which does not tell whether more follows
}

// ErrCut is the error of a list of which items are missing.
var ErrCut = errors.New("the list ends before its total, or holds items that cannot be read")

const (
	defaultSize = 20   // items on a page where no size is asked for
	maxGuesses  = 1000 // pages in a row that no page named
)

// Walk yields the items of page after page, in the memory of two pages. An item that
// was on the page before too, because the list grew at its front, is yielded once.
// size is that of a full page, 0 for 20: after a bare array that is full there may be
// another page, and isPastTheEnd reports whether an error of fetch says that there is
// none. id names an item, and is "" for one that has no name. An error is yielded once
// and ends the walk.
func Walk[T any](fetch func(number int) (Page[T], error), isPastTheEnd func(error) bool, size int, id func(T) string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		s := steps[T]{size: cmp.Or(size, defaultSize), id: id}
		for number := 1; number != 0; {
			page, err := fetch(number)
			if err != nil && s.guesses > 0 && isPastTheEnd(err) {
				break
			}
			if err == nil {
				number, err = s.take(number, &page)
			}
			if err != nil {
				Failed[T](err)(yield)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
		if s.seen < s.first {
			Failed[T](fmt.Errorf("iamport: %w: %d of %d items", ErrCut, s.seen, s.first))(yield)
		}
	}
}

// steps is how far a walk has come.
type steps[T any] struct {
	size     int
	id       func(T) string
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
	ids := make(map[string]bool, len(page.Items))
	s.stale++
	page.Items = slices.DeleteFunc(page.Items, func(item T) bool {
		id := s.id(item)
		ids[id] = true
		if !s.previous[id] {
			s.stale = 0
		}
		return id != "" && s.previous[id]
	})
	if page.Bare && s.stale > 0 { // a server that does not know pages gives the same array again
		page.Items, page.Entries = nil, 0
	}
	s.previous = ids
	s.seen += len(page.Items)
	if page.HasTotal {
		if page.Total < s.total { // what moved up into the pages before is lost
			return 0, fmt.Errorf("iamport: the list changed while it was read: it had %d items, then %d", s.total, page.Total)
		}
		s.first, s.total = cmp.Or(s.first, page.Total), page.Total
	}
	switch full := page.Bare && page.Entries >= s.size; {
	case page.Next != 0 && page.Next <= number:
		return 0, fmt.Errorf("iamport: page %d of a list names page %d as the next one", number, page.Next)
	case page.Next != 0 && (s.stale > 1 || page.HasTotal && s.seen > page.Total):
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

// Windows yields from..to in periods of at most size, the newest first unless
// ascending. Neighbours are gap apart: 0 where the end of a period is left out of
// it, a second where it is part of it.
func Windows(from, to time.Time, size, gap time.Duration, ascending bool) iter.Seq2[time.Time, time.Time] {
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

// Chain yields all of the first walk, then of the next, and ends with an error.
func Chain[T any](parts iter.Seq[iter.Seq2[T, error]]) iter.Seq2[T, error] {
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

// Failed is a walk that yields one error.
func Failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(*new(T), err) }
}
