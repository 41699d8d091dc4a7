// Package pages iterates over paged lists, and splits long periods into those that a
// server accepts. It does not depend on the items or on how a page is fetched.
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
	Entries  int  // the number of items sent, including those left out
	Next     int  // the number of the next page, 0 if there is none
	Total    int  // the number of items on all pages
	HasTotal bool // the page holds its total
	Bare     bool // it is an array, which does not show whether more pages follow
}

// ErrCut is the error of a list with missing items.
var ErrCut = errors.New("the list ends before its total, or holds items that cannot be read")

const (
	defaultSize = 20   // items on a page without a size
	maxGuesses  = 1000 // pages in a row that no page named as Next
)

// Walk yields the items of all pages, in the memory of two pages. An item that was
// also on the previous page, because the list grew at its front, is yielded once.
// size is the size of a full page, 0 for 20: after a full bare array there may be
// another page, and isPastTheEnd reports whether an error of fetch means that there
// is none. id returns the id of an item, "" for none. An error is yielded once and
// ends the iteration.
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
			page.Items = nil // while the next page is fetched, only its ids are needed
		}
		if s.seen < s.first {
			Failed[T](fmt.Errorf("iamport: %w: %d of %d items", ErrCut, s.seen, s.first))(yield)
		}
	}
}

// steps is the state of a walk.
type steps[T any] struct {
	size     int
	id       func(T) string
	previous map[string]bool // the ids of the page before
	guesses  int             // pages in a row that no page named as Next
	stale    int             // pages in a row with nothing new
	seen     int             // items that were yielded
	first    int             // the total of the first page
	total    int             // the total of the last page
}

// take removes from page the items of the previous page, and returns the number of
// the next page, 0 if there is none.
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
	if page.Bare && s.stale > 0 { // a server without pages returns the same array again
		page.Items, page.Entries = nil, 0
	}
	s.previous = ids
	s.seen += len(page.Items)
	if page.HasTotal {
		if page.Total < s.total { // items that moved to earlier pages are lost
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
// ascending. The end of each period is the beginning of the next and is part of that one
// only.
func Windows(from, to time.Time, size time.Duration, ascending bool) iter.Seq2[time.Time, time.Time] {
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
				from = b
			} else {
				to = a
			}
		}
	}
}

// Chain yields the items of one walk after the other, and ends with an error.
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

// Failed returns a walk that yields one error.
func Failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(*new(T), err) }
}
