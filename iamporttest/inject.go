package iamporttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
)

type queuedFault struct {
	pattern pattern
	fault   Fault
}

// Inject queues faults for the requests that match pattern. Each matching request uses one fault, in the order of
// injection, even if the request is not authorized.
//
// A pattern is "METHOD /path" as for [http.ServeMux], without host. Without a method it matches all methods. A segment
// is {name}, which matches any segment, or a literal, such as one merchant_uid. A slash at the end matches that path
// and all paths below it. "GET /payments/findAll/{merchant_uid}" does not match the longer path with a status.
//
// Inject panics on a pattern that matches no operation of the server, and on [Decline], [Pending] and [FailThenPay] for
// operations without a charge.
func (s *Server) Inject(pattern string, faults ...Fault) {
	p, err := s.Pattern(pattern, faults...)
	if err != nil {
		panic(fmt.Sprintf("iamporttest: Inject(%q): %v", pattern, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, queuedFault{p.pattern, f})
	}
}

// InjectFunc sets a function that returns the fault for each request without a queued fault; nil means no fault. The
// function may read the body of its request, which is a copy. It is called from the goroutines of the requests, several
// at once. A [Decline], [Pending] or [FailThenPay] for a request that charges nothing has no effect.
func (s *Server) InjectFunc(f func(*http.Request) *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.injectFunc = f
}

// arrive enters the request in the books and takes its fault.
func (s *Server) arrive(in incoming) (entry int, fault Fault) {
	s.mu.Lock()
	entry = s.enter(in)
	ask := s.injectFunc
	for i, queued := range s.faults {
		if queued.pattern.matches(in.Method, in.path) {
			s.faults = slices.Delete(s.faults, i, i+1)
			s.mu.Unlock()
			return entry, queued.fault
		}
	}
	s.mu.Unlock()
	if ask == nil {
		return entry, Fault{}
	}
	seen := in.WithContext(in.Context())
	seen.Body = io.NopCloser(bytes.NewReader(in.body))
	if f := ask(seen); f != nil {
		fault = *f
	}
	return entry, fault
}
