package iamporttest

import (
	"maps"
	"math/big"
	"slices"
	"time"
)

// Approval is one charge that took money.
type Approval struct {
	ImpUID      string
	MerchantUID string
	CustomerUID string // "" if the charge had none
	Currency    string
	// Amount is the sum charged and Cancelled the sum refunded of it, as decimals such as "3000" or "10.5".
	Amount, Cancelled string
	// At is when the charge was approved, by the server's clock, not the clock of the records.
	At time.Time
	// UserAgent is the whole User-Agent of the request that made the charge, even if the record keeps only a part.
	UserAgent string
	// RequestID is the X-Request-Id of that request. Both are "" for a schedule that ran.
	RequestID string
}

// Refund is one refund that was executed.
type Refund struct {
	// Amount is a decimal such as "3000" or "10.5".
	Amount string
	// At is when the refund was executed, by the server's clock.
	At time.Time
	// RequestID is the X-Request-Id of the refund request.
	RequestID string
}

// Approvals returns the charges under merchantUID that took money, refunded ones included, in the order of approval.
func (s *Server) Approvals(merchantUID string) []Approval {
	unlock := s.lockBooks()
	defer unlock()
	return approvals(s.approvedOf[merchantUID])
}

// AllApprovals returns every charge that took money, refunded ones included, in the order of approval. A
// checking_amount counts, as for [Server.TotalCharges].
func (s *Server) AllApprovals() []Approval {
	unlock := s.lockBooks()
	defer unlock()
	return approvals(s.approvals)
}

func approvals(list []*payment) []Approval {
	all := make([]Approval, 0, len(list))
	for _, p := range list {
		all = append(all, Approval{ImpUID: p.impUID, MerchantUID: p.merchantUID, CustomerUID: p.customerUID,
			Currency: p.currency, Amount: decimal(p.amount), Cancelled: decimal(p.cancelAmount), At: p.approvedAt,
			UserAgent: p.userAgent, RequestID: p.requestID})
	}
	return all
}

// Refunds returns the refunds of the payment impUID, oldest first.
func (s *Server) Refunds(impUID string) []Refund {
	unlock := s.lockBooks()
	defer unlock()
	var all []Refund
	if p := s.byImpUID[impUID]; p != nil {
		for _, what := range p.cancellations {
			all = append(all, Refund{Amount: decimal(what.amount), At: what.executed, RequestID: what.requestID})
		}
	}
	return all
}

// Charges returns the number of approvals under merchantUID, cancelled ones included. It must never be 2.
func (s *Server) Charges(merchantUID string) int {
	unlock := s.lockBooks()
	defer unlock()
	return len(s.approvedOf[merchantUID])
}

// TotalCharges returns the number of all approvals. A checking_amount counts: it has its own merchant_uid, which begins
// with "checking_".
func (s *Server) TotalCharges() int {
	unlock := s.lockBooks()
	defer unlock()
	return len(s.approvals)
}

// ChargedUIDs returns every merchant_uid with an approval, sorted.
func (s *Server) ChargedUIDs() []string {
	unlock := s.lockBooks()
	defer unlock()
	return slices.Sorted(maps.Keys(s.approvedOf))
}

// Cancelled returns how much has been cancelled under merchantUID, as a decimal such as "3000" or "10.5".
func (s *Server) Cancelled(merchantUID string) string {
	unlock := s.lockBooks()
	defer unlock()
	sum := new(big.Rat)
	for _, p := range s.approvedOf[merchantUID] {
		sum.Add(sum, p.cancelAmount)
	}
	return decimal(sum)
}

// lockBooks locks the server and first does everything that is due, so that the books are current.
func (s *Server) lockBooks() (unlock func()) {
	s.mu.Lock()
	s.runDue(s.now())
	return s.mu.Unlock
}
