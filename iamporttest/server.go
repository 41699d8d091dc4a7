package iamporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The one key pair that POST /users/getToken accepts.
const (
	Key    = "sandbox-key"
	Secret = "sandbox-secret"
)

// maxBody is far above any request of the API; what is longer is a mistake of the caller.
const maxBody = 1 << 20

// Server is an iamport in the process: tokens, billing keys, payments, schedules, and books of all that it did.
// It is an [http.RoundTripper] and an [http.Handler]; both may be used at once and share everything.
// All methods are safe for concurrent use. It starts no goroutine and needs no closing.
type Server struct {
	offset      atomic.Int64 // of the clock, a time.Duration
	tokenLife   time.Duration
	shape       ListShape
	testChannel bool
	routes      []route

	mu         sync.Mutex
	sequence   int64
	tokens     map[string]int64
	current    string
	keys       map[string]*billingKey
	declining  map[string]string
	payments   []*payment
	byImpUID   map[string]*payment
	byOrder    map[string][]*payment // by merchant_uid, oldest first
	schedules  []*schedule
	late       []lateCall
	prepared   map[string]*preparation
	faults     []queuedFault
	injectFunc func(*http.Request) *Fault
	requests   []Request
	signIns    int
}

// Option changes a server while it is made.
type Option func(*Server)

// ListShape is the form in which schedules are listed: the API's schema and its old clients disagree about it.
type ListShape int

const (
	// PagedList answers {total, previous, next, list}, as the official clients read it.
	PagedList ListShape = iota
	// ArrayList answers the bare array of the schema. Nothing in it tells whether another page follows.
	ArrayList
)

// NewServer returns a server without customers, payments or schedules.
func NewServer(opts ...Option) *Server {
	s := &Server{
		tokenLife: 30 * time.Minute,
		routes:    newRoutes(),
		tokens:    map[string]int64{},
		keys:      map[string]*billingKey{},
		declining: map[string]string{},
		byImpUID:  map[string]*payment{},
		byOrder:   map[string][]*payment{},
		prepared:  map[string]*preparation{},
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// WithClockOffset sets the server's clock to time.Now() plus d; d may be negative.
// Everything that the server dates follows this clock, the Date header too.
func WithClockOffset(d time.Duration) Option {
	return func(s *Server) { s.SetClockOffset(d) }
}

// WithTokenLife sets how long a new token lasts; the default is 30 minutes, and the API counts in whole seconds.
// Zero or less: tokens that are expired by their own count when they are handed out, and accepted all the same.
// Under a minute left, a token is extended by five minutes when it is asked for again, so a life below that
// ends only for a client that does not ask.
func WithTokenLife(d time.Duration) Option {
	return func(s *Server) { s.tokenLife = d }
}

// WithListShape sets the form of the three schedule lists; the default is [PagedList].
func WithListShape(shape ListShape) Option {
	return func(s *Server) { s.shape = shape }
}

// WithTestChannel makes the shop's channel a test channel: payments and billing keys carry sandbox:true, and
// GET /payments/{imp_uid} answers 404 unless the query says include_sandbox=true. Other look-ups are as ever.
func WithTestChannel() Option {
	return func(s *Server) { s.testChannel = true }
}

// Now returns the time by the server's clock.
func (s *Server) Now() time.Time { return time.Now().Add(time.Duration(s.offset.Load())) }

// SetClockOffset sets the server's clock to time.Now() plus d from now on, as when
// an administrator sets it. Schedules whose time is passed over run with the next
// request.
func (s *Server) SetClockOffset(d time.Duration) { s.offset.Store(int64(d)) }

// Client returns a new client whose every request goes to s, whatever host it names. It has no time-out.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

// String returns a placeholder.
func (s *Server) String() string { return "iamporttest.Server" }

// Format writes the placeholder for every verb: a server in a failed assertion must not print the tokens it knows.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// RoundTrip answers r in the calling goroutine and calls its httptrace hooks as a transport does.
// A cancelled context ends the waiting of a fault, and RoundTrip returns the context's error.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if r.URL == nil {
		return nil, errors.New("iamporttest: request without URL")
	}
	trace := traceOf(r)
	trace.getConn()
	// A transport names itself where the request does not.
	userAgent := "Go-http-client/1.1"
	if _, set := r.Header["User-Agent"]; set {
		userAgent = r.UserAgent()
	}
	a, err := s.exchange(r, userAgent, trace.gotConn)
	if err != nil {
		return nil, err
	}
	trace.gotFirstResponseByte()
	length := len(a.body)
	var body io.Reader = bytes.NewReader(a.body)
	if a.cut >= 0 {
		body = io.MultiReader(bytes.NewReader(a.body[:a.cut]), brokenReader{})
	}
	return &http.Response{
		Status:        strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header,
		Body:          io.NopCloser(body),
		ContentLength: int64(length),
		Request:       r,
	}, nil
}

// ServeHTTP answers r. A lost connection is reset under HTTP/1.1 and aborts the stream under HTTP/2.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := s.exchange(r, r.UserAgent(), func() {})
	if err != nil {
		reset(w)
		return
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if len(a.header["Content-Type"]) == 0 {
		// Keeps net/http from guessing one.
		w.Header()["Content-Type"] = nil
	}
	w.WriteHeader(a.status)
	if a.cut < 0 {
		_, _ = w.Write(a.body)
		return
	}
	_, _ = w.Write(a.body[:a.cut])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// exchange is the way of one request through the server. sent is called when the request counts as sent.
// The error stands for an answer that never comes: a connection lost, or a context that ended.
func (s *Server) exchange(r *http.Request, userAgent string, sent func()) (answer, error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	body, err := readBody(r)
	if err != nil {
		return answer{}, err
	}
	q := s.route(r)
	entry, fault := s.arrive(r, q, body)
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
		s.postpone(r, userAgent, q, body, fault.late)
		return answer{}, errReset()
	default:
		a = s.execute(r, userAgent, q, body, fault)
	}
	if err := wait(ctx, fault.after); err != nil {
		return answer{}, err
	}
	if fault.effect == loseAfter {
		return answer{}, errReset()
	}
	if fault.effect == answerAfter {
		a = fault.literal()
	}
	a.finish(s.Now(), fault)
	s.answered(entry, a.status)
	return a, nil
}

// execute does what the request asks for, under the lock.
func (s *Server) execute(r *http.Request, userAgent string, q routed, body []byte, fault Fault) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runDue(s.Now().Unix())
	c, refused := s.accept(r, userAgent, q, body)
	if refused != nil {
		return *refused
	}
	c.declined, c.declineReason = fault.effect == decline, fault.text
	return q.route.run(s, c)
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

// nextID returns a number that this server has not used before.
func (s *Server) nextID() int64 {
	s.sequence++
	return s.sequence
}
