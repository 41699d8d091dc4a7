package iamporttest

import (
	"fmt"
	"math/big"
	"net/http"
	"time"
)

// cancellation is one entry of a payment's cancel_history.
type cancellation struct {
	amount, taxFree, vat *big.Rat
	at                   int64 // as the record shows it
	executed             time.Time
	requestID            string
	reason, pgTID, id    string
}

func (c cancellation) receiptURL() string { return "https://receipt.iamport.invalid/" + c.id }

func (c cancellation) show() object {
	return object{{"pg_tid", c.pgTID}, {"amount", c.amount}, {"cancelled_at", c.at}, {"reason", c.reason},
		{"cancellation_id", c.id}, {"receipt_url", c.receiptURL()}}
}

// remaining is what can still be cancelled.
func (p *payment) remaining() *big.Rat { return new(big.Rat).Sub(p.amount, p.cancelAmount) }

// cancel refunds a payment. Without an amount, or with 0, it refunds everything that remains.
func (s *Server) cancel(c *call) answer {
	q := c.params
	impUID, merchantUID := q.text("imp_uid"), q.text("merchant_uid")
	what := cancellation{amount: q.amount("amount"), taxFree: q.amount("tax_free"), vat: q.amount("vat_amount"),
		reason: q.text("reason"), requestID: c.requestID}
	checksum := q.amount("checksum")
	for _, name := range []string{"refund_holder", "refund_bank", "refund_account", "refund_tel"} {
		q.text(name)
	}
	q.flag("retain_promotion")
	webhook := q.flag("enable_webhook")
	q.inner("extra", "requester").text("requester")
	if a := c.mistake(); a != nil {
		return *a
	}
	if impUID == "" && merchantUID == "" {
		return refuse("imp_uid 또는 merchant_uid를 지정해주셔야합니다.")
	}
	p := s.byImpUID[impUID]
	if impUID == "" {
		p = s.approved(merchantUID)
	}
	if p == nil || p.approvedAt.IsZero() {
		return refuse("취소할 결제건이 존재하지 않습니다.")
	}
	if no := p.refusal(what.amount, checksum); no != nil {
		return *no
	}
	if s.staleChecksum {
		checksum = nil
	}
	return s.toPG(c, "", func(now time.Time) answer {
		if no := p.refusal(what.amount, checksum); no != nil {
			return *no
		}
		if what.amount == nil || what.amount.Sign() == 0 {
			what.amount = p.remaining()
		}
		s.refund(p, what, now)
		if webhook {
			s.announce(p, p.lastCancellation(), s.hooks.url, now)
		}
		return ok(p.show())
	})
}

// refusal is the answer to a refund that p does not allow, nil if it does.
func (p *payment) refusal(amount, checksum *big.Rat) *answer {
	left := p.remaining()
	switch {
	case left.Sign() == 0:
		return new(refuse("이미 전액취소된 주문입니다."))
	case checksum != nil && checksum.Cmp(left) != 0:
		return new(refuse("취소 가능한 잔액이 checksum과 일치하지 않습니다."))
	case amount != nil && amount.Cmp(left) > 0:
		return new(refuse("취소 가능한 잔액을 초과하였습니다."))
	}
	if t := p.card.behaviour(); t.noRefund {
		return new(fail(http.StatusOK, t.text))
	}
	return nil
}

func (s *Server) refund(p *payment, what cancellation, now time.Time) {
	s.keep(p, now)
	n := s.nextID()
	what.pgTID = fmt.Sprintf("%s%010d", daou.id, n)
	what.id = fmt.Sprintf("cancellation-%012d", n)
	what.executed, what.at = now, s.stamp(now)
	p.cancelAmount = new(big.Rat).Add(p.cancelAmount, what.amount)
	p.status, p.cancelReason = "cancelled", what.reason
	p.cancelledAt, p.updated = what.at, what.at
	p.cancellations = append(p.cancellations, what)
}

// lastCancellation is the id of the newest refund.
func (p *payment) lastCancellation() string { return p.cancellations[len(p.cancellations)-1].id }

// CancelInConsole refunds a payment as a person does in iamport's console, which always sends a webhook. uid is an
// imp_uid, or a merchant_uid, which means its newest approval. amount is a decimal such as "3000" or "10.5"; "" is all
// that remains. The error says why nothing was refunded.
func (s *Server) CancelInConsole(uid, amount string) error {
	unlock := s.lockBooks()
	defer unlock()
	p := s.byImpUID[uid]
	if p == nil {
		p = s.approved(uid)
	}
	if p == nil || p.approvedAt.IsZero() {
		return fmt.Errorf("iamporttest: no payment of %q was approved", uid)
	}
	left := p.remaining()
	what := cancellation{amount: left}
	if amount != "" {
		var valid bool
		if what.amount, valid = parseAmount(amount); !valid || what.amount.Sign() <= 0 {
			return fmt.Errorf("iamporttest: %q is not an amount above 0", amount)
		}
	}
	if left.Sign() == 0 || what.amount.Cmp(left) > 0 {
		return fmt.Errorf("iamporttest: only %s of %q can be refunded", decimal(left), uid)
	}
	if t := p.card.behaviour(); t.noRefund {
		return fmt.Errorf("iamporttest: the PG refuses the refund: %s", t.text)
	}
	now := s.now()
	s.refund(p, what, now)
	s.announce(p, p.lastCancellation(), s.webhookURL(p), now)
	return nil
}

// getBalance splits the remaining amount of the payment into its tax parts, with their history.
func (s *Server) getBalance(c *call) answer {
	p := s.view(s.byImpUID[c.path["imp_uid"]], c.now)
	if p == nil || p.approvedAt.IsZero() {
		return fail(http.StatusNotFound, messageNoPayment)
	}
	zero := new(big.Rat)
	parts := split(p.amount, p.taxFree, p.vat, p.currency)
	none := split(zero, zero, zero, p.currency)
	state := func(primary balance) object {
		return object{{"cash_receipt", none.show()}, {"primary", primary.show()}, {"secondary", none.show()},
			{"discount", none.show()}}
	}
	histories := []object{append(state(parts), field{"created", p.paidAt})}
	for _, what := range p.cancellations {
		parts = parts.minus(split(what.amount, what.taxFree, what.vat, p.currency))
		histories = append(histories, append(state(parts), field{"created", what.at}))
	}
	return ok(append(append(object{{"amount", p.amount}}, state(parts)...), field{"histories", histories}))
}

// balance is an amount in its parts. The service charge is always 0 here.
type balance struct{ taxFree, supply, vat *big.Rat }

// split computes the parts of an amount. The VAT is as given, or 1/11 of the taxable part, in the currency's smallest
// unit.
func split(amount, taxFree, vat *big.Rat, currency string) balance {
	if taxFree == nil {
		taxFree = new(big.Rat)
	}
	taxed := new(big.Rat).Sub(amount, taxFree)
	if vat == nil {
		digits := 2
		if currency == "KRW" {
			digits = 0
		}
		eleventh := new(big.Rat).Quo(taxed, big.NewRat(11, 1))
		vat, _ = new(big.Rat).SetString(eleventh.FloatString(digits))
	}
	return balance{taxFree: taxFree, supply: taxed.Sub(taxed, vat), vat: vat}
}

func (b balance) minus(c balance) balance {
	sub := func(x, y *big.Rat) *big.Rat { return new(big.Rat).Sub(x, y) }
	return balance{sub(b.taxFree, c.taxFree), sub(b.supply, c.supply), sub(b.vat, c.vat)}
}

func (b balance) show() object {
	return object{{"tax_free", b.taxFree}, {"supply", b.supply}, {"vat", b.vat}, {"service", 0}}
}
