package iamporttest

import "time"

// ticket is a charge or a refund that waits for the PG.
type ticket struct {
	at      time.Time
	order   string // the merchant_uid of a charge, "" for a refund
	decide  func(now time.Time) answer
	decided bool
	answer  answer
}

// toPG makes the PG decide the charge or refund of c. Without PG time it decides at once. Otherwise decide is called
// after the PG time, even if no client waits for the answer, and c.ticket is what to wait for.
func (s *Server) toPG(c *call, order string, decide func(now time.Time) answer) answer {
	d := s.pgTime
	if c.fault.pgTime != nil {
		d = *c.fault.pgTime
	}
	if d <= 0 {
		return decide(c.now)
	}
	t := &ticket{at: c.now.Add(d), order: order, decide: decide}
	if order != "" {
		s.atPG[order]++
	} else {
		s.refundsAtPG++
	}
	c.ticket = t
	s.later(t.at, func(at time.Time) { s.settle(t, at) })
	return answer{}
}

// settle decides t, once.
func (s *Server) settle(t *ticket, now time.Time) {
	if t.decided {
		return
	}
	t.decided = true
	if t.order != "" {
		less(s.atPG, t.order)
	} else {
		s.refundsAtPG--
	}
	t.answer = t.decide(now)
	t.decide = nil
}

// collect returns the answer of the PG after the wait. If the clock was set back meanwhile, the PG decides now.
func (s *Server) collect(t *ticket) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.runDue(now)
	s.settle(t, now)
	return t.answer
}

// less decrements a count, and deletes it at 0.
func less(counts map[string]int, key string) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// postpone executes the request d later. A request that would be refused on arrival is never executed.
func (s *Server) postpone(in incoming, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.runDue(now)
	c, refused := s.accept(in, now)
	if refused != nil {
		return
	}
	c.fault = fault
	order := c.order()
	if order != "" {
		s.changing[order]++
	}
	s.later(now.Add(fault.late), func(at time.Time) {
		if order != "" {
			less(s.changing, order)
		}
		c.now = at
		in.route.run(s, c)
	})
}

// order returns the merchant_uid that c charges, "" if it is not a charge of one order.
func (c *call) order() string {
	if !c.route.charges {
		return ""
	}
	if uid := c.path["merchant_uid"]; uid != "" {
		return uid
	}
	uid, _ := c.params.values["merchant_uid"].(string)
	return uid
}

// AtPG returns how many charges under merchantUID may still be approved without a further request: those that the PG has
// not decided, those that [LoseThenExecute] has yet to execute, and those whose record [Pending] or [FailThenPay] has yet
// to change. Schedules are not counted.
func (s *Server) AtPG(merchantUID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runDue(s.now())
	return s.atPG[merchantUID] + s.changing[merchantUID]
}
