package iamport

import (
	"bytes"
	"net/url"
	"strconv"

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
}

// UnmarshalJSON reads both shapes in which the API writes lists: the object of a
// page, and the bare array that its schema promises for schedules.
func (p *Page[T]) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		*p = Page[T]{}
		if err := lenient.Unmarshal(data, &p.List); err != nil {
			return err
		}
		p.Total = len(p.List)
		return nil
	}
	type plain Page[T]
	var v plain
	if err := lenient.Unmarshal(data, &v); err != nil {
		return err
	}
	*p = Page[T](v)
	return nil
}

// limit checks a page size; 0 leaves it to the API.
func (p *problems) limit(n int) {
	if n < 0 || n > maxLimit {
		p.add("limit", "wants 1 to 1000, or 0 for the API's 20")
	}
}

// setInt adds a query parameter unless it is 0.
func setInt(query url.Values, name string, n int) {
	if n != 0 {
		query.Set(name, strconv.Itoa(n))
	}
}
