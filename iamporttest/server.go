package iamporttest

import (
	"bytes"
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

// A request above these limits is an error of the caller and is refused. The books keep only the newest requests, so
// that a server that runs for a long time does not fill the memory.
const (
	maxBody     = 1 << 20
	maxURL      = 64 << 10
	maxNesting  = 64 // of parameters in a form, as PHP has it
	maxRequests = 100_000
)

// Server simulates iamport in the process: tokens, billing keys, payments, schedules, and books of all that it
// executed. It is an [http.RoundTripper] and an [http.Handler]. Both may be used at once and share all state. All
// methods are safe for concurrent use. It needs no closing, and starts no goroutine but those that deliver webhooks.
type Server struct {
	settings
	hooks webhooks

	offset atomic.Int64 // offset of the clock, a time.Duration
	routes []route
	saving *saving // nil without a store

	mu          sync.Mutex
	sequence    int64
	tokens      map[string]int64 // when they expire, by their hash
	current     string
	keys        map[string]*billingKey
	declining   map[string]string
	payments    []*payment // oldest first, as the three maps after it
	byImpUID    map[string]*payment
	byOrder     map[string][]*payment // by merchant_uid
	byCustomer  map[string][]*payment // by customer_uid
	approvals   []*payment            // in the order of approval, as the map after it
	approvedOf  map[string][]*payment // by merchant_uid
	atPG        map[string]int        // charges under a merchant_uid that wait for the PG
	refundsAtPG int
	changing    map[string]int       // charges under a merchant_uid that are postponed or whose record will change
	schedules   []*schedule          // in the order of booking, as the maps after it
	scheduleOf  map[string]*schedule // by merchant_uid
	schedulesOf map[string][]*schedule
	due         dueHeap
	pushed      int64
	prepared    map[string]*preparation
	faults      []queuedFault
	injectFunc  func(*http.Request) *Fault
	requests    []Request // the newest; dropped is how many came before them
	dropped     int
	signIns     int
}

// NewServer returns a server without payments and schedules, and without customers except those of [WithCustomers].
func NewServer(opts ...Option) *Server {
	s := &Server{
		settings:    settings{tokenLife: 30 * time.Minute, agentLimit: -1},
		routes:      newRoutes(),
		tokens:      map[string]int64{},
		keys:        map[string]*billingKey{},
		declining:   map[string]string{},
		byImpUID:    map[string]*payment{},
		byOrder:     map[string][]*payment{},
		byCustomer:  map[string][]*payment{},
		approvedOf:  map[string][]*payment{},
		atPG:        map[string]int{},
		changing:    map[string]int{},
		scheduleOf:  map[string]*schedule{},
		schedulesOf: map[string][]*schedule{},
		prepared:    map[string]*preparation{},
	}
	for _, opt := range opts {
		opt(s)
	}
	for _, uid := range s.customers {
		s.store(&billingKey{uid: uid, card: card{masked: mask(dummyCard)}}, s.now().Unix())
	}
	return s
}

// Now returns the time by the server's clock.
func (s *Server) Now() time.Time {
	if s.clock != nil {
		return s.clock().Add(time.Duration(s.offset.Load()))
	}
	return time.Now().Add(time.Duration(s.offset.Load()))
}

// SetClockOffset sets the server's clock to time.Now() plus d from now on, like an administrator. Skipped schedules run
// at the next request.
func (s *Server) SetClockOffset(d time.Duration) { s.offset.Store(int64(d)) }

// now is Now without the monotonic reading, so that it can be compared with other times.
func (s *Server) now() time.Time { return s.Now().Round(0) }

// Client returns a new client that sends every request to s, for any host. It has no time-out.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

// String returns a placeholder.
func (s *Server) String() string { return "iamporttest.Server" }

// Format writes the placeholder for every verb: a failed assertion must not print the tokens of a server.
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
	// A transport sets the User-Agent if the request has none.
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
		// Prevents net/http from detecting one.
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

// nextID returns a number that this server has not used before.
func (s *Server) nextID() int64 {
	s.sequence++
	return s.sequence
}
