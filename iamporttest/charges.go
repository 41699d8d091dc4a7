package iamporttest

import (
	"fmt"
	"math/big"
	"net/http"
)

const (
	messageDuplicate = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
	messageNoBuyer   = "등록되지 않은 구매자입니다."
	messageNoKey     = "등록된 고객정보가 없습니다."
)

// order is what a charge is for: the parameters that onetime, again and the items of a schedule share.
type order struct {
	merchantUID, name, currency     string
	amount, taxFree, vat            *big.Rat
	quota                           int64
	buyerName, buyerEmail, buyerTel string
	buyerAddr, buyerPostcode        string
	customData, promotionID         string
}

func readOrder(p params) order {
	o := order{
		merchantUID: p.need("merchant_uid"), name: p.text("name"), currency: p.text("currency"),
		amount: p.needAmount("amount"), taxFree: p.amount("tax_free"), vat: p.amount("vat_amount"),
		quota:     p.whole("card_quota", 0),
		buyerName: p.text("buyer_name"), buyerEmail: p.text("buyer_email"), buyerTel: p.text("buyer_tel"),
		buyerAddr: p.text("buyer_addr"), buyerPostcode: p.text("buyer_postcode"),
		customData: p.data("custom_data"), promotionID: p.text("promotion_id"),
	}
	if o.currency == "" {
		o.currency = "KRW"
	}
	for _, name := range []string{"notice_url", "browser_ip", "product_type", "bypass", "cash_receipt_type"} {
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
	at                 int64
	customerUID, usage string
	card               *card
	userAgent          string
	reason             string
	declined           bool
}

// attempt records ch as a payment, paid or failed.
func (s *Server) attempt(ch charge) *payment {
	n := s.nextID()
	p := &payment{
		charge:       ch,
		impUID:       fmt.Sprintf("imps_%012d", 100000000000+n),
		pgTID:        fmt.Sprintf("%s%010d", daou.id, n),
		sandbox:      s.testChannel,
		cancelAmount: new(big.Rat),
		updated:      ch.at,
		sequence:     n,
		status:       "paid",
	}
	switch reason, declining := s.declining[ch.customerUID]; {
	case ch.declined:
	case declining:
		p.declined, p.reason = true, reason
	case ch.card != nil && ch.card.reason != "":
		p.declined, p.reason = true, ch.card.reason
	case ch.card != nil && ch.card.laterReason != "" && (ch.usage == usagePayment || ch.usage == usageScheduled):
		p.declined, p.reason = true, ch.card.laterReason
	}
	if p.declined {
		p.status, p.failedAt = "failed", ch.at
	} else {
		p.paidAt, p.applyNum = ch.at, fmt.Sprintf("%08d", 30000000+n)
		p.receiptURL = "https://receipt.iamport.invalid/" + p.impUID
	}
	s.payments = append(s.payments, p)
	s.byImpUID[p.impUID] = p
	s.byOrder[p.merchantUID] = append(s.byOrder[p.merchantUID], p)
	return p
}

// taken reports whether money was ever taken under merchantUID; such an id is never charged again.
func (s *Server) taken(merchantUID string) bool {
	return s.approved(merchantUID) != nil
}

// approved returns the payment under merchantUID that took money, nil if there is none; there is at most one.
func (s *Server) approved(merchantUID string) *payment {
	for _, p := range s.byOrder[merchantUID] {
		if p.paidAt != 0 {
			return p
		}
	}
	return nil
}

func (s *Server) onetime(c *call) answer {
	p := c.params
	ch := charge{order: readOrder(p), at: c.at, customerUID: p.text("customer_uid"), userAgent: c.userAgent,
		declined: c.declined, reason: c.declineReason}
	for _, name := range []string{"pg", "channelGroupId", "secure_3d_charge_id", "secure_3d_token"} {
		p.text(name)
	}
	paid, refusal := readCard(p)
	if a := c.mistake(); a != nil {
		return *a
	}
	if s.taken(ch.merchantUID) {
		return refuse(messageDuplicate)
	}
	if refusal != "" {
		return fail(http.StatusOK, "카드정보 인증에 실패하였습니다. "+refusal)
	}
	ch.card = &paid
	if ch.customerUID != "" {
		ch.usage = usageIssue
	}
	done := s.attempt(ch)
	if ch.customerUID != "" && !done.declined {
		s.store(&billingKey{uid: ch.customerUID, name: ch.buyerName, tel: ch.buyerTel, email: ch.buyerEmail,
			addr: ch.buyerAddr, postcode: ch.buyerPostcode, card: paid}, c.at)
	}
	return ok(done.show())
}

func (s *Server) again(c *call) answer {
	p := c.params
	ch := charge{order: readOrder(p), at: c.at, customerUID: p.need("customer_uid"), usage: usagePayment,
		userAgent: c.userAgent, declined: c.declined, reason: c.declineReason}
	p.text("channel_key")
	if a := c.mistake(); a != nil {
		return *a
	}
	if s.taken(ch.merchantUID) {
		return refuse(messageDuplicate)
	}
	k := s.keys[ch.customerUID]
	if k == nil {
		return refuse(messageNoBuyer)
	}
	ch.card = &k.card
	return ok(s.attempt(ch).show())
}
