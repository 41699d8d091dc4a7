package iamporttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type effect int

const (
	normal effect = iota
	decline
	loseBefore
	loseAfter
	refuseDial
	executeLate
	answerInstead
	answerAfter
	cutAfter
)

// Fault is one thing that goes wrong with one request. The zero Fault is none.
// Make one with the functions below, and refine it with its methods, which return a changed copy.
type Fault struct {
	effect        effect
	before, after time.Duration
	late          time.Duration
	status        int
	contentType   string
	text          string
	bytes         int
	header        http.Header
}

// Decline records the charge as failed and answers code 0 with status "failed" and reason as fail_reason.
// It works on the operations that charge: onetime, again, retry, and the checking_amount of a schedule.
func Decline(reason string) Fault { return Fault{effect: decline, text: reason} }

// DeclineCode does nothing and answers HTTP 200 {"code":-1,"message":message,"response":null}, the other way in which
// the API says no. It serves for every operation.
func DeclineCode(message string) Fault {
	a := envelope(http.StatusOK, -1, message, nil)
	return Answer(a.status, a.header.Get("Content-Type"), string(a.body))
}

// LoseBefore ends the connection before anything is done.
func LoseBefore() Fault { return Fault{effect: loseBefore} }

// LoseAfter does what was asked for and ends the connection without an answer.
func LoseAfter() Fault { return Fault{effect: loseAfter} }

// LoseThenExecute ends the connection at once and does what was asked for when d has passed by the server's clock: a
// look-up before that finds nothing. A request that is refused for its token or its form is never done.
func LoseThenExecute(d time.Duration) Fault { return Fault{effect: executeLate, late: d} }

// Refuse refuses the connection itself: the request provably never left. Over a real port, where the connection is
// there already, it is LoseBefore.
func Refuse() Fault { return Fault{effect: refuseDial} }

// Answer does nothing and answers literally this. An empty contentType sends no such header.
func Answer(status int, contentType, body string) Fault {
	return Fault{effect: answerInstead, status: status, contentType: contentType, text: body}
}

// AnswerAfter does what was asked for and answers this instead of the result.
func AnswerAfter(status int, contentType, body string) Fault {
	return Fault{effect: answerAfter, status: status, contentType: contentType, text: body}
}

// CutAfter does what was asked for and ends the connection after n bytes of the answer's body, at the latest one byte
// before its end; Content-Length tells the full length.
func CutAfter(n int) Fault { return Fault{effect: cutAfter, bytes: n} }

// Delay waits for d before the request is looked at. If the client gives up meanwhile, nothing is done.
func Delay(d time.Duration) Fault { return Fault{before: d} }

// After makes the fault wait for d before it acts, as Delay does.
func (f Fault) After(d time.Duration) Fault {
	f.before += d
	return f
}

// Slow makes the server wait for d before it answers. What was asked for is done by then, so a client that gives up
// meanwhile has been served.
func (f Fault) Slow(d time.Duration) Fault {
	f.after += d
	return f
}

// Header adds a header to the answer, such as Retry-After or Location.
func (f Fault) Header(name, value string) Fault {
	if f.header = f.header.Clone(); f.header == nil {
		f.header = http.Header{}
	}
	f.header.Add(name, value)
	return f
}

func (f Fault) literal() answer { return literal(f.status, f.contentType, []byte(f.text)) }

type queuedFault struct {
	pattern pattern
	fault   Fault
}

// Inject queues faults for the requests that match pattern. Each such request uses up one, in the order in which they
// were injected, whether the request is authorized or not.
//
// A pattern is "METHOD /path" as for [http.ServeMux], without host; without a method it matches all. Its segments are
// {name}, which matches any one, or literal, such as a certain merchant_uid; a slash at the end matches that path and all
// below it.
// "GET /payments/findAll/{merchant_uid}" does not match the longer path that names a status.
//
// Inject panics on a pattern that matches no operation of the server, and on [Decline] for operations without a charge.
func (s *Server) Inject(pattern string, faults ...Fault) {
	p, err := parsePattern(pattern)
	if err != nil {
		panic(fmt.Sprintf("iamporttest: Inject(%q): %v", pattern, err))
	}
	covered, charges := false, false
	for _, r := range s.routes {
		if p.covers(r) {
			covered, charges = true, charges || r.charges
		}
	}
	if !covered {
		panic(fmt.Sprintf("iamporttest: Inject(%q): the server has no such operation", pattern))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		if f.effect == decline && !charges {
			panic(fmt.Sprintf("iamporttest: Inject(%q): Decline on an operation that charges nothing", pattern))
		}
		s.faults = append(s.faults, queuedFault{p, f})
	}
}

// InjectFunc sets the function that is asked about every request for which no fault is queued; its nil means no fault.
// It may read the body of its request, which is a copy. It is called from the goroutines of the requests, several at once.
// A [Decline] for a request that charges nothing has no effect.
func (s *Server) InjectFunc(f func(*http.Request) *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.injectFunc = f
}

// arrive enters the request in the books and takes the fault that waits for it.
func (s *Server) arrive(r *http.Request, q routed, body []byte) (entry int, fault Fault) {
	s.mu.Lock()
	entry = s.enter(r, q)
	ask := s.injectFunc
	for i, queued := range s.faults {
		if queued.pattern.matches(r.Method, q.path) {
			s.faults = slices.Delete(s.faults, i, i+1)
			s.mu.Unlock()
			return entry, queued.fault
		}
	}
	s.mu.Unlock()
	if ask == nil {
		return entry, Fault{}
	}
	seen := r.WithContext(r.Context())
	seen.Body = io.NopCloser(bytes.NewReader(body))
	if f := ask(seen); f != nil {
		fault = *f
	}
	return entry, fault
}

// lateCall is a request whose connection is gone and whose time has not come.
type lateCall struct {
	at    int64
	route *route
	call  *call
}

// postpone keeps the request for later. One that would be refused at the door is never done.
func (s *Server) postpone(r *http.Request, userAgent string, q routed, body []byte, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runDue(s.Now().Unix())
	if c, refused := s.accept(r, userAgent, q, body); refused == nil {
		s.late = append(s.late, lateCall{at: s.Now().Add(d).Unix(), route: q.route, call: c})
	}
}

// pattern is a parsed pattern of Inject; rest: any further segments match.
type pattern struct {
	method   string
	segments []string
	rest     bool
}

func parsePattern(text string) (pattern, error) {
	var p pattern
	path := text
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		p.method, path = text[:i], strings.TrimLeft(text[i:], " \t")
	}
	if !strings.HasPrefix(path, "/") {
		return p, errors.New("the path must begin with a slash")
	}
	segments := strings.Split(path[1:], "/")
	for i, escaped := range segments {
		segment, err := url.PathUnescape(escaped)
		if err != nil {
			return p, err
		}
		name, is := wildcard(segment)
		last := i == len(segments)-1
		switch {
		case is && name == "$" && last:
		case segment == "" && last, is && strings.HasSuffix(name, "...") && last:
			p.rest = true
		case segment == "":
			return p, errors.New("the path has an empty segment")
		default:
			p.segments = append(p.segments, segment)
		}
	}
	return p, nil
}

// matches reports whether a request with these unescaped segments is meant.
func (p pattern) matches(method string, path []string) bool {
	if p.method != "" && p.method != method || len(path) < len(p.segments) || !p.rest && len(path) > len(p.segments) {
		return false
	}
	return fits(p.segments, path[:len(p.segments)])
}

// covers reports whether some request to r is meant.
func (p pattern) covers(r route) bool {
	path := slices.Clone(r.segments)
	for i, segment := range path {
		if _, is := wildcard(segment); is && i < len(p.segments) {
			path[i] = p.segments[i]
		}
	}
	return p.matches(r.method, path)
}
