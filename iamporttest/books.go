package iamporttest

import (
	"net/url"
	"slices"
	"time"
)

// Request is one request in the books: what was asked, never a body, a header or a card.
type Request struct {
	// Method and Path are as they arrived; the path is still escaped.
	Method, Path string
	// Query holds the parameters that the operation has. Others keep their name and lose their value.
	Query url.Values
	// At is when the request arrived, by the server's clock.
	At time.Time
	// Status is the HTTP status that was answered: 0 while there is no answer, and for ever after a lost connection.
	Status int
}

// Requests returns the requests so far in the order of arrival, those for tokens and those refused included. Of more than
// 100,000 the newest are kept, 50,000 at least. It is nil with [WithoutRequestLog].
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
	}
	return all
}

// SignIns returns how often a token was handed out, the same token each time or not. One that a fault lost on the way
// counts too.
func (s *Server) SignIns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signIns
}

// enter writes a new request into the books and returns its place, which is below 0 if no requests are kept.
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
		Method: in.Method,
		Path:   in.URL.EscapedPath(),
		Query:  query,
		At:     s.Now(),
	})
	return s.dropped + len(s.requests) - 1
}

// answered writes down how the request at that place was answered.
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

// Pending returns how many faults of Inject no request has used up. A test that
// ends with 0 has met every fault that it ordered.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.faults)
}
