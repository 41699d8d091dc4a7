package iamporttest

import (
	"net/url"
	"slices"
	"time"
)

// Request is one request in the books, without its body, headers and card.
type Request struct {
	// Method and Path are as they arrived; the path is still escaped.
	Method, Path string
	// Query holds the parameters of the operation. Unknown parameters keep their name without the value.
	Query url.Values
	// MerchantUIDs are the orders that the request names, also by the imp_uid of a payment, at most 100.
	MerchantUIDs []string
	// At is when the request arrived, by the server's clock.
	At time.Time
	// Status is the HTTP status of the answer. It is 0 before the answer, and stays 0 after a lost connection.
	Status int
}

// Requests returns the requests so far in the order of arrival, including those for tokens and refused ones. If there
// are more than 100,000, at least the newest 50,000 are kept. It returns nil with [WithoutRequestLog].
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.requests)
	for i := range all {
		query := make(url.Values, len(all[i].Query))
		for name, values := range all[i].Query {
			query[name] = slices.Clone(values)
		}
		all[i].Query = query
		all[i].MerchantUIDs = slices.Clone(all[i].MerchantUIDs)
	}
	return all
}

// SignIns returns how often a token was issued, including repeated issues of the same token and answers that a fault
// lost.
func (s *Server) SignIns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signIns
}

// enter writes a new request into the books and returns its place, below 0 if no requests are kept.
func (s *Server) enter(in incoming) int {
	if s.noLog {
		return -1
	}
	query := url.Values{}
	for name, values := range in.URL.Query() {
		if in.route == nil || !slices.Contains(in.route.query, name) {
			values = make([]string, len(values))
		}
		query[name] = values
	}
	if len(s.requests) == maxRequests {
		s.dropped += maxRequests / 2
		s.requests = append(make([]Request, 0, maxRequests), s.requests[maxRequests/2:]...)
	}
	s.requests = append(s.requests, Request{
		Method:       in.Method,
		Path:         in.URL.EscapedPath(),
		Query:        query,
		MerchantUIDs: s.orders(in),
		At:           s.Now(),
	})
	return s.dropped + len(s.requests) - 1
}

// answered records the status of the request at that place.
func (s *Server) answered(entry, status int) {
	if entry < 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if entry -= s.dropped; entry >= 0 {
		s.requests[entry].Status = status
	}
}

// Pending returns the number of injected faults that no request or webhook has used yet. If it is 0 at the end of a test, every
// fault was used.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.faults) + len(s.hooks.faults)
}
