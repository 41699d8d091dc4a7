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
	"github.com/iamport-go/iamport/internal/onepass"
	"github.com/iamport-go/iamport/internal/pages"
	"github.com/iamport-go/iamport/internal/validate"
)

// Page is one page of a list.
type Page[T any] struct {
	// Total is the number of items on all pages.
	Total int `json:"total"`
	// Previous and Next are the numbers of the pages before and after this one, counted
	// from 1; 0 if there is none.
	Previous int `json:"previous"`
	Next     int `json:"next"`
	List     []T `json:"list"`

	text pageText
}

// pageText is what the text of a page shows besides its items. Its methods are not generic, because
// every program that imports the package would compile those for each T.
type pageText struct {
	total, previous, next int

	bare       bool // it is an array, which does not show whether more pages follow
	hasTotal   bool
	unreadable bool // items could not be read, or there was no list
	nulls      bool // items were null
	entries    int  // items in the text, null ones too
}

// UnmarshalJSON reads both forms in which the API writes lists: the object of a page,
// and the bare array that its schema describes for schedules.
func (p *Page[T]) UnmarshalJSON(data []byte) error {
	*p = Page[T]{}
	err := p.text.read(data, &p.List)
	p.Total, p.Previous, p.Next = p.text.total, p.text.previous, p.text.next
	return err
}

// read reads a page whose items go into *list.
func (t *pageText) read(data []byte, list any) error {
	items := reflect.ValueOf(list).Elem()
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		t.bare = true
		err := t.readList(data, items)
		t.total = items.Len()
		return err
	}
	if t.readOrdinary(data, items) {
		return nil
	}
	items.SetZero()
	var v struct {
		Total    *int            `json:"total"`
		Previous int             `json:"previous"`
		Next     int             `json:"next"`
		List     json.RawMessage `json:"list"`
	}
	if err := lenient.Unmarshal(data, &v); err != nil {
		return err
	}
	t.previous, t.next = v.Previous, v.Next
	if v.Total != nil {
		t.total, t.hasTotal = *v.Total, true
	}
	if v.List == nil || string(v.List) == "null" {
		t.unreadable = t.total != 0 || !t.hasTotal
	} else if t.readList(v.List, items) != nil {
		t.unreadable = true // it is not a list
	}
	return nil
}

// readOrdinary reads the object of a page in one pass, without a copy of its list, or reports
// that it cannot.
func (t *pageText) readOrdinary(data []byte, items reflect.Value) bool {
	var v struct {
		Total    *int `json:"total"`
		Previous int  `json:"previous"`
		Next     int  `json:"next"`
		List     any  `json:"list"`
	}
	v.List = items.Addr().Interface()
	if !onepass.Unmarshal(data, &v) || v.Total == nil || items.IsNil() {
		return false
	}
	t.total, t.hasTotal, t.previous, t.next = *v.Total, true, v.Previous, v.Next
	t.leaveNullsOut(items)
	return true
}

// readList reads the items and leaves out null and unreadable ones.
func (t *pageText) readList(data []byte, items reflect.Value) error {
	if json.Unmarshal(data, items.Addr().Interface()) != nil {
		return t.readOddList(data, items)
	}
	t.leaveNullsOut(items)
	return nil
}

func (t *pageText) leaveNullsOut(items reflect.Value) {
	t.entries = items.Len()
	kept := 0
	for i := range t.entries {
		if item := items.Index(i); item.Kind() != reflect.Pointer || !item.IsNil() {
			items.Index(kept).Set(item)
			kept++
		}
	}
	items.SetLen(kept)
	t.nulls = kept != t.entries
}

// readOddList reads a list with items of other types than expected.
func (t *pageText) readOddList(data []byte, items reflect.Value) error {
	if err := lenient.Unmarshal(data, items.Addr().Interface()); err != nil { // leaves out null
		return err
	}
	var all []json.RawMessage
	readable := json.Unmarshal(data, &all) == nil
	t.entries = len(all)
	all = slices.DeleteFunc(all, func(item json.RawMessage) bool { return string(item) == "null" })
	t.nulls = len(all) != t.entries
	t.unreadable = !readable || len(all) != items.Len()
	return nil
}

// fetchPage fetches one page of a list. It returns an error if the page shows that
// items are missing.
func fetchPage[T any](ctx context.Context, c *Client, e endpoint, number int) (*Page[T], error) {
	page, err := call[*Page[T]](ctx, c, e)
	if err != nil {
		return nil, err
	}
	endsEarly := number <= 1 && page.Next == 0 && len(page.List) < page.Total
	if page.text.unreadable || endsEarly || page.Next != 0 && len(page.List) == 0 {
		return nil, &Error{Op: e.op, cause: pages.ErrCut}
	}
	return page, nil
}

// walk yields the items of all pages: see [pages.Walk].
func walk[T any](fetch func(page int) (*Page[T], error), size int, id func(T) string) iter.Seq2[T, error] {
	return pages.Walk(func(number int) (pages.Page[T], error) {
		page, err := fetch(number)
		if err != nil {
			return pages.Page[T]{}, err
		}
		return pages.Page[T]{
			Items: page.List, Entries: page.text.entries, Next: page.Next, Total: page.Total, HasTotal: page.text.hasTotal, Bare: page.text.bare,
		}, nil
	}, isPastTheEnd, size, id)
}

// isPastTheEnd reports whether err is the API's answer for a page after the last one.
func isPastTheEnd(err error) bool {
	api, ok := errors.AsType[*Error](err)
	return ok && api.StatusCode == http.StatusBadRequest
}

// many fetches the objects of a list of ids. The API answers 207 if some are missing
// and "not found" if all are; neither is an error.
func many[T any](ctx context.Context, c *Client, e endpoint) ([]T, error) {
	page, err := noneIsEmpty(fetchPage[T](ctx, c, e, 0))
	if err != nil {
		return nil, err
	}
	return page.List, nil
}

// noneIsEmpty returns an empty page if the API answered "not found".
func noneIsEmpty[T any](page *Page[T], err error) (*Page[T], error) {
	if errors.Is(err, ErrNotFound) {
		return &Page[T]{}, nil
	}
	return page, err
}

// list makes a change that is answered with a list. If items may be missing from the
// answer, the outcome is unknown.
func list[T any](ctx context.Context, c *Client, e endpoint) ([]T, error) {
	return reported(ctx, c, e, func(e endpoint) ([]T, error) {
		page, err := decoded[*Page[T]](ctx, c, e)
		if err != nil {
			return nil, err
		}
		if page.text.unreadable || page.text.nulls || page.Next != 0 || len(page.List) < page.Total {
			return nil, e.unknown(&Error{Op: e.op, cause: pages.ErrCut})
		}
		return page.List, nil
	})
}

// maxLimit is the largest page size of the API.
const maxLimit = 1000

// pageSize checks a page size; 0 means the API's default.
func (p *problems) pageSize(n int) {
	if n < 0 || n > maxLimit {
		p.add("PageSize", "must be 1 to 1000, or 0 for the API's 20")
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

// wholeSeconds rounds a period that excludes its end to whole seconds, without losing
// any part of it.
func wholeSeconds(from, to time.Time) (time.Time, time.Time) {
	return from.Truncate(time.Second), to.Add(time.Second - 1).Truncate(time.Second)
}

// setTime adds a query parameter in Unix seconds.
func setTime(query url.Values, name string, t time.Time) {
	query.Set(name, strconv.FormatInt(t.Unix(), 10))
}

// pgText is an object of the API that holds text of a PG, which may quote a card.
type pgText interface{ hideSecrets(secrets []string) }

func (p *Page[T]) hideSecrets(secrets []string) { hideInList(reflect.ValueOf(p.List), secrets) }

func hideInList(items reflect.Value, secrets []string) {
	for i := range items.Len() {
		if object, ok := items.Index(i).Interface().(pgText); ok {
			object.hideSecrets(secrets)
		}
	}
}

// maxIDs is the maximum number of ids of one call.
const maxIDs = 100

// listIDs checks the ids of a list.
func (p *problems) listIDs(field string, ids []string, limit int) {
	for i, id := range ids {
		name := fmt.Sprintf("%s[%d]", field, i)
		if id == "" {
			p.add(name, "must not be empty")
		}
		validate.Text(name, id, validate.Rule{Max: limit}, p.add)
	}
}

// without returns the ids that were not found.
func without[T any](ids []string, found []T, id func(T) string) []string {
	have := make(map[string]bool, len(found))
	for _, item := range found {
		have[id(item)] = true
	}
	return slices.DeleteFunc(ids, func(id string) bool { return have[id] })
}

// unique returns a copy of ids without repetitions.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		defer func() { seen[id] = true }()
		return seen[id]
	})
}
