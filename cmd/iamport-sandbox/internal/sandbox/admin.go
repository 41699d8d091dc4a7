package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/clock"
)

// maxForm is how long a request to the administration may be, in bytes.
const maxForm = 64 << 10

// clockState is the answer about the clock.
type clockState struct {
	Now    time.Time `json:"now"`
	Speed  float64   `json:"speed"`
	Offset string    `json:"offset"`
}

// admin serves what iamport does not have. Parameters are a form or a query; answers are JSON, or text for an error.
func (s *Sandbox) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_/clock", func(w http.ResponseWriter, _ *http.Request) { s.showClock(w) })
	mux.HandleFunc("POST /_/clock/jump", s.jump)
	mux.HandleFunc("GET /_/faults", func(w http.ResponseWriter, _ *http.Request) { show(w, s.Faults.List()) })
	mux.HandleFunc("POST /_/faults", s.addFault)
	mux.HandleFunc("DELETE /_/faults/{id}", s.removeFault)
	mux.HandleFunc("POST /_/customers/{customer_uid}/decline", s.declineCustomer)
	mux.HandleFunc("GET /_/state", s.showState)
	mux.HandleFunc("GET /_/exchanges", s.showExchanges)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		mux.ServeHTTP(w, r)
	})
}

func show(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(v) // The connection is lost.
}

func (s *Sandbox) showClock(w http.ResponseWriter) {
	show(w, clockState{s.Clock.Now().UTC(), s.Clock.Speed(), s.Clock.Offset().Round(time.Millisecond).String()})
}

// jump takes by, a period such as 31d.
func (s *Sandbox) jump(w http.ResponseWriter, r *http.Request) {
	by, err := clock.ParsePeriod(r.FormValue("by"))
	if err == nil {
		err = s.Jump(by)
	}
	switch {
	case errors.Is(err, ErrNotSaved):
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.log.Info("the clock jumped", "by", by, "now", s.Clock.Now())
	s.showClock(w)
}

// addFault takes rule, a fault rule.
func (s *Sandbox) addFault(w http.ResponseWriter, r *http.Request) {
	rule, err := s.Faults.Add(r.FormValue("rule"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.Changes.Notify()
	show(w, rule)
}

func (s *Sandbox) removeFault(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || !s.Faults.Remove(id) {
		http.Error(w, "there is no such fault rule", http.StatusNotFound)
		return
	}
	s.Changes.Notify()
	w.WriteHeader(http.StatusNoContent)
}

// declineCustomer takes reason; without one, charges of the customer are no longer declined.
func (s *Sandbox) declineCustomer(w http.ResponseWriter, r *http.Request) {
	s.Server.DeclineCustomer(r.PathValue("customer_uid"), r.FormValue("reason"))
	if _, err := s.Server.Sync(); err != nil {
		s.report(err)
		http.Error(w, ErrNotSaved.Error(), http.StatusInternalServerError)
		return
	}
	s.Changes.Notify()
	w.WriteHeader(http.StatusNoContent)
}

// showState takes limit, which is 100 without it, or merchant_uid.
func (s *Sandbox) showState(w http.ResponseWriter, r *http.Request) {
	if uid := r.FormValue("merchant_uid"); uid != "" {
		show(w, s.Server.SnapshotOrder(uid))
		return
	}
	show(w, s.Server.Snapshot(number(r.FormValue("limit"), 100)))
}

// showExchanges takes merchant_uid, before (an id) and limit, which is 100 without it.
func (s *Sandbox) showExchanges(w http.ResponseWriter, r *http.Request) {
	list, err := s.Exchanges(r.Context(), r.FormValue("merchant_uid"), int64(number(r.FormValue("before"), 0)),
		number(r.FormValue("limit"), 100))
	if err != nil {
		s.report(err)
		http.Error(w, "the exchanges cannot be read", http.StatusInternalServerError)
		return
	}
	show(w, list)
}

// number returns the number in text, or otherwise if there is none from 1 to 10,000,000.
func number(text string, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 10_000_000 {
		return otherwise
	}
	return n
}
