package iamporttest

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
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

// schedule is a scheduled charge and its last attempt.
type schedule struct {
	order
	customerUID, customerID string
	at                      int64
	status                  string
	executedAt, revokedAt   int64
	payment                 *payment
	retries                 int // at the PG
	number                  int // its place in the order of booking
}

func (sch *schedule) show() object {
	var impUID, provider, id, status, failReason string
	if p := sch.payment; p != nil {
		impUID, provider, id, status, failReason = p.impUID, p.provider, daou.id, p.status, p.reason
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

// book adds sch to the schedules.
func (s *Server) book(sch *schedule) {
	s.schedules = append(s.schedules, sch)
	s.schedulesOf[sch.customerUID] = append(s.schedulesOf[sch.customerUID], sch)
	s.scheduleOf[sch.merchantUID] = sch
}

// await runs sch at its time, if it is still pending for that time.
func (s *Server) await(sch *schedule) {
	s.changed(kindSchedule, sch.merchantUID)
	s.later(time.Unix(sch.at, 0), func(at time.Time) {
		if sch.status != statusScheduled || sch.at != at.Unix() {
			return
		}
		ch := s.chargeOf(sch, charge{started: at})
		switch {
		case s.duplicate(sch.merchantUID, at):
			ch.fault = Decline(messageDuplicate)
		case s.keys[sch.customerUID] == nil:
			ch.fault = Decline(messageNoBuyer)
		}
		s.run(sch, ch, at)
	})
}

// chargeOf completes ch as the charge of sch, on the current key.
func (s *Server) chargeOf(sch *schedule, ch charge) charge {
	ch.order, ch.customerUID, ch.usage = sch.order, sch.customerUID, usageScheduled
	if k := s.keys[sch.customerUID]; k != nil {
		ch.card = &k.card
		ch.buyerName = cmp.Or(ch.buyerName, k.name)
		ch.buyerEmail = cmp.Or(ch.buyerEmail, k.email)
		ch.buyerTel = cmp.Or(ch.buyerTel, k.tel)
		ch.buyerAddr = cmp.Or(ch.buyerAddr, k.addr)
		ch.buyerPostcode = cmp.Or(ch.buyerPostcode, k.postcode)
	}
	return ch
}

// run makes an attempt of a schedule. A failure does not replace an approval that was made at the same time.
func (s *Server) run(sch *schedule, ch charge, now time.Time) *payment {
	p := s.attempt(ch, now)
	s.changed(kindSchedule, sch.merchantUID)
	if sch.payment == nil || sch.payment.approvedAt.IsZero() || !p.approvedAt.IsZero() {
		sch.payment = p
		sch.status, sch.executedAt, sch.revokedAt = statusExecuted, now.Unix(), 0
	}
	return p
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
	seen := map[string]bool{}
	for _, sch := range added {
		switch {
		case sch.at <= c.at():
			return refuse(messagePast)
		case s.scheduleOf[sch.merchantUID] != nil, seen[sch.merchantUID], s.duplicate(sch.merchantUID, c.now):
			return refuse(fmt.Sprintf("이미 등록된 merchant_uid입니다. (%s)", sch.merchantUID))
		}
		seen[sch.merchantUID] = true
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
		s.store(k, c.at())
	}
	for _, sch := range added {
		sch.number = len(s.schedules)
		s.book(sch)
		s.await(sch)
	}
	return ok(shown(added, (*schedule).show))
}

func (s *Server) getSchedule(c *call) answer {
	sch := s.scheduleOf[c.path["merchant_uid"]]
	if sch == nil {
		return fail(http.StatusNotFound, messageNoSchedule)
	}
	return ok(sch.show())
}

// open reports whether a schedule may be tried again: it was revoked, or the attempt failed.
func (sch *schedule) open() bool {
	return sch.status == statusRevoked || sch.status == statusExecuted && sch.payment.status == "failed"
}

// moveSchedule changes the time of a schedule that has not run.
func (s *Server) moveSchedule(c *call) answer {
	return s.plan(c, func(sch *schedule) bool { return sch.status == statusScheduled },
		"이미 실행되었거나 취소된 예약결제입니다.")
}

// reschedule sets a new time for a failed or revoked schedule, as if it had never run.
func (s *Server) reschedule(c *call) answer {
	return s.plan(c, (*schedule).open, "실패하거나 취소된 예약결제가 아닙니다.")
}

func (s *Server) plan(c *call, may func(*schedule) bool, otherwise string) answer {
	at := c.params.needTime("schedule_at")
	if a := c.mistake(); a != nil {
		return *a
	}
	sch := s.scheduleOf[c.path["merchant_uid"]]
	switch {
	case sch == nil:
		return fail(http.StatusNotFound, messageNoSchedule)
	case !may(sch):
		return fail(http.StatusBadRequest, otherwise)
	case sch.retries > 0:
		return fail(http.StatusBadRequest, "실행 중인 예약결제입니다.")
	case at <= c.at():
		return fail(http.StatusBadRequest, messagePast)
	}
	sch.at, sch.status, sch.executedAt, sch.revokedAt, sch.payment = at, statusScheduled, 0, 0, nil
	s.await(sch)
	return ok(sch.show())
}

// retrySchedule charges at once and answers with the payment, paid or not.
func (s *Server) retrySchedule(c *call) answer {
	sch := s.scheduleOf[c.path["merchant_uid"]]
	switch {
	case sch == nil:
		return fail(http.StatusNotFound, messageNoSchedule)
	case !sch.open():
		return fail(http.StatusBadRequest, "실패하거나 취소된 예약결제가 아닙니다.")
	case s.keys[sch.customerUID] == nil:
		return fail(http.StatusNotFound, messageNoBuyer)
	case s.duplicate(sch.merchantUID, c.now):
		return refuse(messageDuplicate)
	}
	ch := s.chargeOf(sch, c.charge(sch.order))
	if c.useCard(ch) {
		return answer{}
	}
	sch.retries++
	return s.toPG(c, sch.merchantUID, func(now time.Time) answer {
		sch.retries--
		return c.decided(ch, func() *payment { return s.run(sch, ch, now) })
	})
}
