package iamporttest

import (
	"cmp"
	"fmt"
	"math/big"
	"net/http"
	"time"
	"unicode/utf8"
)

const (
	messageDuplicate = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
	messageNoBuyer   = "등록되지 않은 구매자입니다."
	messageNoKey     = "등록된 고객정보가 없습니다."
	reasonPending    = "결제승인에 실패하였습니다."
)

// order is what a charge is for: the parameters that onetime, again and the items of a schedule share.
type order struct {
	merchantUID, name, currency     string
	amount, taxFree, vat            *big.Rat
	quota                           int64
	buyerName, buyerEmail, buyerTel string
	buyerAddr, buyerPostcode        string
	customData, promotionID         string
	noticeURL                       string
}

func readOrder(p params) order {
	o := order{
		merchantUID: p.need("merchant_uid"), name: p.text("name"), currency: p.text("currency"),
		amount: p.needAmount("amount"), taxFree: p.amount("tax_free"), vat: p.amount("vat_amount"),
		quota:     p.whole("card_quota", 0),
		buyerName: p.text("buyer_name"), buyerEmail: p.text("buyer_email"), buyerTel: p.text("buyer_tel"),
		buyerAddr: p.text("buyer_addr"), buyerPostcode: p.text("buyer_postcode"),
		customData: p.data("custom_data"), promotionID: p.text("promotion_id"),
		noticeURL: p.text("notice_url"),
	}
	if o.currency == "" {
		o.currency = "KRW"
	}
	for _, name := range []string{"browser_ip", "product_type", "bypass", "cash_receipt_type"} {
		p.text(name)
	}
	p.flag("interest_free_by_merchant")
	p.flag("use_card_point")
	p.amount("vat")
	p.whole("product_count", 1)
	p.inner("extra", "naverUseCfm").text("naverUseCfm")
	return o
}

// charge is one attempt to take money.
type charge struct {
	order
	started            time.Time
	customerUID, usage string
	card               *card
	userAgent          string
	requestID          string
	fault              Fault
	// onPaid is called when the charge is approved; it may be nil.
	onPaid func(p *payment, at time.Time)
}

// charge returns the charge that c requests, with the parameters of every charge.
func (c *call) charge(o order) charge {
	return charge{order: o, started: c.now, userAgent: c.userAgent, requestID: c.requestID, fault: c.fault}
}

// attempt records ch as a payment, which the PG decides now.
func (s *Server) attempt(ch charge, now time.Time) *payment {
	n := s.nextID()
	p := &payment{
		charge:       ch,
		impUID:       fmt.Sprintf("imps_%012d", 100000000000+n),
		pgTID:        fmt.Sprintf("%s%010d", daou.id, n),
		provider:     s.providerOf(ch.fault),
		shownAgent:   s.shownAgent(ch.userAgent),
		sandbox:      s.testChannel,
		cancelAmount: new(big.Rat),
		startedAt:    s.stamp(ch.started),
		updated:      s.stamp(now),
		sequence:     n,
	}
	late := s.late
	if ch.fault.records != nil {
		late = *ch.fault.records
	}
	// A clock that is set back hides records only if an option makes records late.
	if late > 0 || s.stale > 0 {
		p.visible = now.Add(max(0, late))
	}
	switch reason, declined := s.declineReason(ch); {
	case declined:
		s.decline(p, reason, now)
	case ch.fault.effect == pending:
		p.status = "ready"
		s.change(p, now, ch.fault.paid)
	case ch.fault.effect == failThenPay:
		s.decline(p, ch.fault.text, now)
		s.change(p, now, true)
	default:
		s.approve(p, now)
	}
	s.record(p)
	return p
}

// record adds p to the payments.
func (s *Server) record(p *payment) {
	s.payments = append(s.payments, p)
	s.byImpUID[p.impUID] = p
	s.byOrder[p.merchantUID] = append(s.byOrder[p.merchantUID], p)
	if p.customerUID != "" {
		s.byCustomer[p.customerUID] = append(s.byCustomer[p.customerUID], p)
	}
}

// plannedChange is what a record becomes later.
type plannedChange struct {
	at   time.Time
	paid bool // otherwise failed
}

// change plans the change of p at the time of its fault.
func (s *Server) change(p *payment, now time.Time, paid bool) {
	p.planned = &plannedChange{at: now.Add(p.fault.late), paid: paid}
	s.changed(kindPayment, p.impUID)
	s.awaitChange(p)
}

// awaitChange makes the planned change of p at its time.
func (s *Server) awaitChange(p *payment) {
	s.changing[p.merchantUID]++
	s.later(p.planned.at, func(at time.Time) {
		less(s.changing, p.merchantUID)
		paid := p.planned.paid
		p.planned = nil
		if paid {
			s.approve(p, at)
		} else {
			s.decline(p, reasonPending, at)
		}
	})
}

// declineReason returns why ch fails, if it does: because of a fault, its customer, or its card.
func (s *Server) declineReason(ch charge) (reason string, declined bool) {
	reason, declining := s.declining[ch.customerUID]
	switch {
	case ch.fault.effect == decline:
		return ch.fault.text, true
	case declining:
		return reason, true
	}
	t := ch.card.behaviour()
	stored := ch.usage == usagePayment || ch.usage == usageScheduled
	return t.text, t.declined || t.refused || t.declinedKey && stored
}

// approve takes the money.
func (s *Server) approve(p *payment, now time.Time) {
	s.keep(p, now)
	p.status, p.reason, p.failedAt = "paid", "", 0
	p.approvedAt, p.paidAt, p.updated = now, s.stamp(now), s.stamp(now)
	p.applyNum = fmt.Sprintf("%08d", 30000000+p.sequence)
	p.receiptURL = "https://receipt.iamport.invalid/" + p.impUID
	p.approval = len(s.approvals)
	s.approvals = append(s.approvals, p)
	s.approvedOf[p.merchantUID] = append(s.approvedOf[p.merchantUID], p)
	if p.onPaid != nil {
		p.onPaid(p, now)
	}
	s.notify(p, now)
}

func (s *Server) decline(p *payment, reason string, now time.Time) {
	s.keep(p, now)
	p.status, p.reason = "failed", reason
	p.failedAt, p.updated = s.stamp(now), s.stamp(now)
	s.notify(p, now)
}

// providerOf is the pg_provider of a charge with this fault.
func (s *Server) providerOf(f Fault) string {
	if s.noProvider {
		return ""
	}
	if s.provider == "" && f.effect == failThenPay {
		return "paymentwall"
	}
	return cmp.Or(s.provider, daou.provider)
}

// shownAgent returns the part of a User-Agent that records keep. A character that does not fit whole is dropped.
func (s *Server) shownAgent(text string) string {
	n := s.agentLimit
	if n < 0 || n >= len(text) {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func (s *Server) onetime(c *call) answer {
	p := c.params
	ch := c.charge(readOrder(p))
	ch.customerUID = p.text("customer_uid")
	for _, name := range []string{"pg", "channelGroupId", "secure_3d_charge_id", "secure_3d_token"} {
		p.text(name)
	}
	paid, refusal := readCard(p)
	if a := c.mistake(); a != nil {
		return *a
	}
	if s.duplicate(ch.merchantUID, c.now) {
		return refuse(messageDuplicate)
	}
	if refusal != "" {
		return fail(http.StatusOK, "카드정보 인증에 실패하였습니다. "+refusal)
	}
	ch.card = &paid
	if ch.customerUID != "" {
		ch.usage = usageIssue
		ch.onPaid = s.issue
	}
	return s.pay(c, ch)
}

// pay makes the PG decide ch.
func (s *Server) pay(c *call, ch charge) answer {
	if c.useCard(ch) {
		return answer{}
	}
	return s.toPG(c, ch.merchantUID, func(now time.Time) answer {
		return c.decided(ch, func() *payment { return s.attempt(ch, now) })
	})
}

// issue stores the card of p under its customer_uid.
func (s *Server) issue(p *payment, at time.Time) {
	s.store(&billingKey{uid: p.customerUID, name: p.buyerName, tel: p.buyerTel, email: p.buyerEmail,
		addr: p.buyerAddr, postcode: p.buyerPostcode, card: *p.card, provider: p.provider}, at.Unix())
}

func (s *Server) again(c *call) answer {
	p := c.params
	ch := c.charge(readOrder(p))
	ch.customerUID, ch.usage = p.need("customer_uid"), usagePayment
	p.text("channel_key")
	if a := c.mistake(); a != nil {
		return *a
	}
	if s.duplicate(ch.merchantUID, c.now) {
		return refuse(messageDuplicate)
	}
	k := s.keys[ch.customerUID]
	if k == nil {
		return refuse(messageNoBuyer)
	}
	ch.card = &k.card
	return s.pay(c, ch)
}
