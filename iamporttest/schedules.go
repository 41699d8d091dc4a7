package iamporttest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	statusScheduled = "scheduled"
	statusExecuted  = "executed"
	statusRevoked   = "revoked"
)

const (
	messageNoSchedule = "존재하지 않는 예약결제입니다."
	messagePast       = "예약시각은 현재 시각 이후여야 합니다."
)

// schedule is a charge that waits for its time, and the last attempt at it.
type schedule struct {
	order
	customerUID, customerID string
	at                      int64
	status                  string
	executedAt, revokedAt   int64
	payment                 *payment
}

func (sch *schedule) show() object {
	var impUID, provider, id, status, failReason string
	if p := sch.payment; p != nil {
		impUID, provider, id, status = p.impUID, daou.provider, daou.id, p.status
		if p.declined {
			failReason = p.reason
		}
	}
	return object{
		{"customer_uid", sch.customerUID}, {"merchant_uid", sch.merchantUID}, {"imp_uid", impUID},
		{"pg_provider", provider}, {"pg_id", id}, {"customer_id", sch.customerID},
		{"schedule_at", sch.at}, {"executed_at", sch.executedAt}, {"revoked_at", sch.revokedAt},
		{"amount", sch.amount}, {"currency", sch.currency}, {"name", sch.name},
		{"buyer_name", sch.buyerName}, {"buyer_email", sch.buyerEmail}, {"buyer_tel", sch.buyerTel},
		{"buyer_addr", sch.buyerAddr}, {"buyer_postcode", sch.buyerPostcode}, {"custom_data", sch.customData},
		{"schedule_status", sch.status}, {"payment_status", status}, {"fail_reason", failReason},
		{"promotion_id", sch.promotionID},
	}
}

// runDue does what was due by the time of now, oldest first: schedules, and requests that a fault postponed.
// It stands at the start of everything that looks at the state, so that no goroutine has to watch the clock.
func (s *Server) runDue(now int64) {
	for {
		var next *schedule
		for _, sch := range s.schedules {
			if sch.status == statusScheduled && sch.at <= now && (next == nil || sch.at < next.at) {
				next = sch
			}
		}
		first := -1
		for i, l := range s.late {
			if l.at <= now && (first < 0 || l.at < s.late[first].at) {
				first = i
			}
		}
		switch {
		case first >= 0 && (next == nil || s.late[first].at <= next.at):
			l := s.late[first]
			s.late = slices.Delete(s.late, first, first+1)
			l.call.at = l.at
			l.route.run(s, l.call)
		case next != nil:
			s.charge(next, charge{at: next.at})
		default:
			return
		}
	}
}

// charge makes an attempt at a schedule. A key that is gone, and an id that was paid by other means, are failures of
// the attempt.
func (s *Server) charge(sch *schedule, ch charge) *payment {
	ch.order, ch.customerUID, ch.usage = sch.order, sch.customerUID, usageScheduled
	k := s.keys[sch.customerUID]
	switch {
	case s.taken(sch.merchantUID):
		ch.declined, ch.reason = true, messageDuplicate
	case k == nil:
		ch.declined, ch.reason = true, messageNoBuyer
	}
	if k != nil {
		ch.card = &k.card
		ch.buyerName = cmp.Or(ch.buyerName, k.name)
		ch.buyerEmail = cmp.Or(ch.buyerEmail, k.email)
		ch.buyerTel = cmp.Or(ch.buyerTel, k.tel)
		ch.buyerAddr = cmp.Or(ch.buyerAddr, k.addr)
		ch.buyerPostcode = cmp.Or(ch.buyerPostcode, k.postcode)
	}
	sch.payment = s.attempt(ch)
	sch.status, sch.executedAt, sch.revokedAt = statusExecuted, ch.at, 0
	return sch.payment
}

// saveSchedules stores all the items or none.
func (s *Server) saveSchedules(c *call) answer {
	p := c.params
	uid, customerID := p.need("customer_uid"), p.text("customer_id")
	checking := p.whole("checking_amount", 0)
	if checking < 0 {
		p.failf("parameter checking_amount must not be negative")
	}
	p.text("channel_key")
	var added []*schedule
	for _, item := range p.items("schedules", strings.Fields(itemParams)) {
		added = append(added, &schedule{order: readOrder(item), at: item.needTime("schedule_at"), customerUID: uid,
			customerID: customerID, status: statusScheduled})
	}
	if a := c.mistake(); a != nil {
		return *a
	}
	for i, sch := range added {
		same := func(other *schedule) bool { return other.merchantUID == sch.merchantUID }
		switch {
		case sch.at <= c.at:
			return refuse(messagePast)
		case slices.ContainsFunc(s.schedules, same), slices.ContainsFunc(added[:i], same), s.taken(sch.merchantUID):
			return refuse(fmt.Sprintf("이미 등록된 merchant_uid입니다. (%s)", sch.merchantUID))
		}
	}
	k := s.keys[uid]
	if k == nil {
		if p.value("card_number") == nil {
			return refuse(messageNoKey)
		}
		issued, refusal := readCard(p)
		if a := c.mistake(); a != nil {
			return *a
		}
		if refusal != "" {
			return refuse("카드정보 확인에 실패하였습니다. " + refusal)
		}
		k = &billingKey{uid: uid, customerID: customerID, card: issued}
	}
	if checking > 0 {
		if reason, failed := s.check(c, k, checking); failed {
			return refuse("카드정보 확인에 실패하였습니다. " + reason)
		}
	}
	if s.keys[uid] == nil {
		s.store(k, c.at)
	}
	s.schedules = append(s.schedules, added...)
	return ok(shown(added, (*schedule).show))
}

func (s *Server) findSchedule(merchantUID string) *schedule {
	i := slices.IndexFunc(s.schedules, func(sch *schedule) bool { return sch.merchantUID == merchantUID })
	if i < 0 {
		return nil
	}
	return s.schedules[i]
}

func (s *Server) getSchedule(c *call) answer {
	sch := s.findSchedule(c.path["merchant_uid"])
	if sch == nil {
		return fail(http.StatusNotFound, messageNoSchedule)
	}
	return ok(sch.show())
}

// open reports whether a schedule may be tried again: it was revoked, or the attempt failed.
func (sch *schedule) open() bool {
	return sch.status == statusRevoked || sch.status == statusExecuted && sch.payment.status == "failed"
}

// moveSchedule changes the time of one that has not run.
func (s *Server) moveSchedule(c *call) answer {
	return s.plan(c, func(sch *schedule) bool { return sch.status == statusScheduled },
		"이미 실행되었거나 취소된 예약결제입니다.")
}

// reschedule gives a failed or revoked one another time, as if it had never run.
func (s *Server) reschedule(c *call) answer {
	return s.plan(c, (*schedule).open, "실패하거나 취소된 예약결제가 아닙니다.")
}

func (s *Server) plan(c *call, may func(*schedule) bool, otherwise string) answer {
	at := c.params.needTime("schedule_at")
	if a := c.mistake(); a != nil {
		return *a
	}
	sch := s.findSchedule(c.path["merchant_uid"])
	switch {
	case sch == nil:
		return fail(http.StatusNotFound, messageNoSchedule)
	case !may(sch):
		return fail(http.StatusBadRequest, otherwise)
	case at <= c.at:
		return fail(http.StatusBadRequest, messagePast)
	}
	sch.at, sch.status, sch.executedAt, sch.revokedAt, sch.payment = at, statusScheduled, 0, 0, nil
	return ok(sch.show())
}

// retrySchedule charges at once and answers with the payment, paid or not.
func (s *Server) retrySchedule(c *call) answer {
	sch := s.findSchedule(c.path["merchant_uid"])
	switch {
	case sch == nil:
		return fail(http.StatusNotFound, messageNoSchedule)
	case !sch.open():
		return fail(http.StatusBadRequest, "실패하거나 취소된 예약결제가 아닙니다.")
	case s.keys[sch.customerUID] == nil:
		return fail(http.StatusNotFound, messageNoBuyer)
	case s.taken(sch.merchantUID):
		return refuse(messageDuplicate)
	}
	ch := charge{at: c.at, userAgent: c.userAgent, declined: c.declined, reason: c.declineReason}
	return ok(s.charge(sch, ch).show())
}
