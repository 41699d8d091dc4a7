package iamporttest

import (
	"cmp"
	"fmt"
	"math/big"
	"net/http"
	"slices"
)

// threeMonths is the longest period of a search, in seconds.
const threeMonths = 93 * 24 * 60 * 60

// unschedule revokes pending schedules. Without ids it revokes all of the customer. An empty array of ids also means
// all: of the two meanings that the documents allow, this is the more dangerous one.
func (s *Server) unschedule(c *call) answer {
	uid, merchantUIDs := c.params.text("customer_uid"), c.params.texts("merchant_uid")
	if a := c.mistake(); a != nil {
		return *a
	}
	if uid == "" && len(merchantUIDs) == 0 {
		return fail(http.StatusBadRequest, "missing parameter customer_uid or merchant_uid")
	}
	var revoked []*schedule
	asked := s.schedulesOf[uid]
	if len(merchantUIDs) > 0 {
		asked = nil
		for _, merchantUID := range merchantUIDs {
			if sch := s.scheduleOf[merchantUID]; sch != nil && (uid == "" || sch.customerUID == uid) {
				asked = append(asked, sch)
			}
		}
	}
	for _, sch := range asked {
		if sch.status != statusScheduled {
			continue
		}
		sch.status, sch.revokedAt = statusRevoked, c.at()
		s.changed(kindSchedule, sch.merchantUID)
		revoked = append(revoked, sch)
	}
	if len(revoked) == 0 {
		return refuse("취소할 예약결제 기록이 존재하지 않습니다.")
	}
	return ok(shown(revoked, (*schedule).show))
}

// search is the common part of the schedule lists.
type search struct {
	customerUID, status string
	from, to            int64
	page, limit         int64
	oldestFirst         bool
}

func (s *Server) getSchedules(c *call) answer {
	q := search{status: c.query.text("schedule_status"), from: c.query.needTime("schedule_from"),
		to: c.query.needTime("schedule_to"), page: c.page(), limit: c.limit()}
	switch c.query.text("sorting") {
	case "":
	case "scheduled":
		q.oldestFirst = true
	default:
		c.query.failf("unknown value of parameter sorting")
	}
	return s.list(c, q)
}

func (s *Server) getCustomerSchedules(c *call) answer {
	return s.list(c, search{customerUID: c.path["customer_uid"], status: c.query.text("schedule-status"),
		from: c.query.needTime("from"), to: c.query.needTime("to"), page: c.page(), limit: 20})
}

func (s *Server) list(c *call, q search) answer {
	if !slices.Contains([]string{"", statusScheduled, statusExecuted, statusRevoked}, q.status) {
		c.query.failf(messageBadStatus)
	}
	if q.from > q.to || q.to-q.from > threeMonths {
		c.query.failf("the period is longer than three months or exchanged")
	}
	if a := c.mistake(); a != nil {
		return *a
	}
	all := s.schedules
	if q.customerUID != "" {
		all = s.schedulesOf[q.customerUID]
	}
	var found []*schedule
	for _, sch := range all {
		if (q.status == "" || sch.status == q.status) && q.from <= sch.at && sch.at < q.to {
			found = append(found, sch)
		}
	}
	slices.SortStableFunc(found, func(a, b *schedule) int { return cmp.Compare(a.at, b.at) })
	if !q.oldestFirst {
		slices.Reverse(found)
	}
	if s.shape == ArrayList {
		cut, _, _ := page(found, q.page, q.limit)
		return ok(shown(cut, (*schedule).show))
	}
	return ok(paged(found, q.page, q.limit, (*schedule).show))
}

// check charges checking_amount on a key and refunds it. It has its own merchant_uid, so that it does not count for the
// scheduled orders.
func (s *Server) check(c *call, k *billingKey, amount int64) (reason string, failed bool) {
	won := new(big.Rat).SetInt64(amount)
	ch := c.charge(order{merchantUID: fmt.Sprintf("checking_%012d", s.sequence+1), amount: won, currency: "KRW"})
	ch.customerUID, ch.usage, ch.card = k.uid, usagePayment, &k.card
	if ch.fault.effect != decline {
		ch.fault.effect = normal
	}
	p := s.attempt(ch, c.now)
	if p.approvedAt.IsZero() {
		return p.reason, true
	}
	s.refund(p, cancellation{amount: won, requestID: c.requestID}, c.now)
	return "", false
}
