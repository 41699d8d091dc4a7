package iamporttest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// incoming is a request whose body was read.
type incoming struct {
	*http.Request
	routed
	body      []byte
	params    params // of the body
	badBody   error
	userAgent string
}

// exchange handles one request. sent is called when the request counts as sent. The error means that there is no
// answer: the connection is lost, or the context ended.
func (s *Server) exchange(r *http.Request, userAgent string, sent func()) (answer, error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	if len(r.URL.RawPath)+len(r.URL.Path)+len(r.URL.RawQuery) > maxURL {
		sent()
		return literal(http.StatusRequestURITooLong, "text/html", []byte("<html>414 Request-URI Too Large</html>")), nil
	}
	body, err := readBody(r)
	if err != nil {
		return answer{}, err
	}
	in := incoming{Request: r, routed: s.route(r), body: body, userAgent: userAgent}
	if in.route != nil {
		in.params, in.badBody = parseBody(r, body)
	}
	entry, fault := s.arrive(in)
	if fault.effect == refuseDial {
		return answer{}, errDialRefused()
	}
	sent()
	if err := wait(ctx, fault.before); err != nil {
		return answer{}, err
	}
	var a answer
	switch fault.effect {
	case loseBefore:
		return answer{}, errReset()
	case answerInstead:
		a = fault.literal()
	case executeLate:
		s.postpone(in, fault)
		return answer{}, errReset()
	default:
		var t *ticket
		if a, fault, t = s.execute(in, fault); t != nil {
			// The PG decides even if this wait ends early.
			if err := wait(ctx, t.at.Sub(s.now())); err != nil {
				return answer{}, err
			}
			a = s.collect(t)
		}
	}
	if err := s.save(); err != nil {
		return answer{}, errReset()
	}
	if err := wait(ctx, fault.after); err != nil {
		return answer{}, err
	}
	if fault.effect == loseAfter || fault.effect == loseBefore {
		return answer{}, errReset()
	}
	if fault.effect == answerAfter {
		a = fault.literal()
	}
	a.finish(s.Now(), fault)
	s.answered(entry, a.status)
	return a, nil
}

// execute runs the request under the lock. It returns the fault with what a test card adds. With a ticket there is no
// answer yet.
func (s *Server) execute(in incoming, fault Fault) (answer, Fault, *ticket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.runDue(now)
	c, refused := s.accept(in, now)
	if refused != nil {
		return *refused, fault, nil
	}
	c.fault = fault
	a := in.route.run(s, c)
	return a, c.fault, c.ticket
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("iamporttest: reading the request: %w", err)
	}
	return body, nil
}

// wait sleeps for d by the clock of the bubble or the process, and not longer than ctx.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
