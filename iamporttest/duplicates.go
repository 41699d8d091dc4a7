package iamporttest

import "time"

// Duplicates is how the server treats a charge whose merchant_uid was charged before. According to the API's documents
// it is refused; nobody has measured from which time on.
type Duplicates int

const (
	// RefuseBooked refuses a charge as soon as one of the same merchant_uid is paid or cancelled in the books, and while
	// one is at the PG. One that [Pending] or [FailThenPay] will make paid counts from then on.
	RefuseBooked Duplicates = iota
	// RefuseVisible refuses a charge if look-ups show a paid or cancelled payment of the same merchant_uid. Late records
	// are considered, stale look-ups are not. A charge that is at the PG does not count.
	RefuseVisible
	// RefuseNone refuses no charge for its merchant_uid.
	RefuseNone
)

// duplicate reports whether a charge under merchantUID is refused for an earlier one.
func (s *Server) duplicate(merchantUID string, now time.Time) bool {
	switch s.duplicates {
	case RefuseNone:
		return false
	case RefuseVisible:
		for _, p := range s.approvedOf[merchantUID] {
			if !now.Before(p.visible) {
				return true
			}
		}
		return false
	default:
		return s.atPG[merchantUID] > 0 || len(s.approvedOf[merchantUID]) > 0
	}
}

// approved returns the payment under merchantUID that took money last, nil if there is none.
func (s *Server) approved(merchantUID string) *payment {
	all := s.approvedOf[merchantUID]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}
