package iamporttest

import (
	"math/big"
	"net/http"
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

// Requests returns every request so far in the order of arrival, those for tokens and those refused included.
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

// Charges returns how many approvals were executed under merchantUID, cancelled ones included: the number that must
// never be 2.
func (s *Server) Charges(merchantUID string) int {
	return s.countApproved(func(p *payment) bool { return p.merchantUID == merchantUID })
}

// TotalCharges returns how many approvals were executed in all. A checking_amount is one: it stands under a
// merchant_uid of its own that begins with "checking_".
func (s *Server) TotalCharges() int {
	return s.countApproved(func(*payment) bool { return true })
}

// ChargedUIDs returns every merchant_uid with an approval, sorted.
func (s *Server) ChargedUIDs() []string {
	var uids []string
	s.countApproved(func(p *payment) bool {
		uids = append(uids, p.merchantUID)
		return true
	})
	slices.Sort(uids)
	return slices.Compact(uids)
}

// Cancelled returns how much has been cancelled under merchantUID, as a decimal such as "3000" or "10.5".
func (s *Server) Cancelled(merchantUID string) string {
	sum := new(big.Rat)
	s.countApproved(func(p *payment) bool {
		if p.merchantUID == merchantUID {
			sum.Add(sum, p.cancelAmount)
		}
		return true
	})
	return decimal(sum)
}

// countApproved shows every approved payment to f and returns for how many it said yes. Schedules whose time has come
// are run first: the books are those of now.
func (s *Server) countApproved(f func(*payment) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runDue(s.Now().Unix())
	n := 0
	for _, p := range s.payments {
		if p.paidAt != 0 && f(p) {
			n++
		}
	}
	return n
}

// enter writes a new request into the books and returns its place.
func (s *Server) enter(r *http.Request, q routed) int {
	query := url.Values{}
	for name, values := range r.URL.Query() {
		if q.route == nil || !slices.Contains(q.route.query, name) {
			values = make([]string, len(values))
		}
		query[name] = values
	}
	s.requests = append(s.requests, Request{
		Method: r.Method,
		Path:   r.URL.EscapedPath(),
		Query:  query,
		At:     s.Now(),
	})
	return len(s.requests) - 1
}

// answered writes down how the request at that place was answered.
func (s *Server) answered(entry, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[entry].Status = status
}

// Pending returns how many faults of Inject no request has used up. A test that
// ends with 0 has met every fault that it ordered.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.faults)
}
