package iamporttest

import "time"

// version is a state that a payment had.
type version struct {
	until time.Time
	state *payment
}

// keep notes that p changes, and stores its state before, for stale look-ups.
func (s *Server) keep(p *payment, now time.Time) {
	s.changed(kindPayment, p.impUID)
	if s.stale <= 0 || p.status == "" {
		return
	}
	state := *p
	state.past = nil
	p.past = append(p.past, version{until: now, state: &state})
}

// view returns p as look-ups show it now, nil if they do not.
func (s *Server) view(p *payment, now time.Time) *payment {
	if p == nil {
		return nil
	}
	seen := now.Add(-max(0, s.stale))
	if seen.Before(p.visible) {
		return nil
	}
	for _, v := range p.past {
		if seen.Before(v.until) {
			return v.state
		}
	}
	return p
}

// views returns those of list that look-ups show, as they show them.
func (s *Server) views(list []*payment, now time.Time) []*payment {
	var seen []*payment
	for _, p := range list {
		if v := s.view(p, now); v != nil {
			seen = append(seen, v)
		}
	}
	return seen
}

// stamp is a time of a payment record, by the clock of the records.
func (s *Server) stamp(t time.Time) int64 { return t.Add(s.recordOffset).Unix() }
