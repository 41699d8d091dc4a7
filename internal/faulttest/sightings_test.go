package faulttest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// sightings is a handler in front of a server that counts the complete charge
// requests of each order, except those refused for their token.
type sightings struct {
	next http.Handler

	mu     sync.Mutex
	posts  map[string]int
	total  int
	protos map[int]int
}

func newSightings(next http.Handler) *sightings {
	return &sightings{next: next, posts: map[string]int{}, protos: map[int]int{}}
}

func (s *sightings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isCharge(r) {
		s.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var order struct {
		MerchantUID string `json:"merchant_uid"`
	}
	if segments := strings.Split(r.URL.Path, "/"); segments[len(segments)-1] == "retry" {
		order.MerchantUID = segments[len(segments)-2]
	} else {
		_ = json.Unmarshal(body, &order)
	}
	recorder := &statusRecorder{ResponseWriter: w}
	s.count(order.MerchantUID, r.ProtoMajor, 1)
	defer func() {
		if recorder.status == http.StatusUnauthorized {
			s.count(order.MerchantUID, r.ProtoMajor, -1)
		}
	}()
	s.next.ServeHTTP(recorder, r)
}

func (s *sightings) count(merchantUID string, proto, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts[merchantUID] += n
	s.protos[proto] += n
	s.total += n
}

// of returns how often the charge of an order arrived.
func (s *sightings) of(merchantUID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts[merchantUID]
}

func (s *sightings) all() (total, http2 int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total, s.protos[2]
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the server take the connection over, to reset it.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
