package simulation

import (
	"errors"
	"math/big"
	"slices"
	"strconv"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// judgeOrder compares the guarantees for an order with the books.
func (w *world) judgeOrder(o *order, b books) {
	approvals := b.byOrder[o.uid]
	switch o.kind {
	case ensured, mixed:
		if len(approvals) > 1 {
			w.find(finding{kind: "an order of EnsurePaid was charged twice", order: o, beyond: o.beyond})
		}
	case sequel:
		byEnsure, before := 0, 0
		for _, c := range w.calls {
			if c.order == o && c.op.ensures() {
				byEnsure += len(b.byRequest[c.id])
			} else if c.order == o {
				before += len(b.byRequest[c.id])
			}
		}
		if byEnsure > 1 || byEnsure == 1 && before > 0 {
			w.find(finding{kind: "EnsurePaid charged after a charge that it had to wait for", order: o, beyond: o.beyond})
		}
	case refunded, bothWays:
		w.judgeRefunds(o)
	case plain, scheduled, cancelled:
	}
}

// judgeRefunds looks for two refunds that were planned at one checksum.
func (w *world) judgeRefunds(o *order) {
	made := map[int64]int{}
	for _, r := range w.srv.Refunds(o.impUID) {
		for _, c := range w.calls {
			if c.id == r.RequestID && c.op == opRefund {
				if made[c.plan.checksum]++; made[c.plan.checksum] == 2 {
					w.find(finding{kind: "a refund was made twice", order: o, beyond: o.beyond})
				}
			}
		}
	}
}

// held reports whether an attempt may hold the order of a call: one that runs, has an
// unknown outcome, or whose end the journal did not record. prefix is that of the
// journal's orders.
func (j *judgement) held(prefix string, c *call) bool {
	name := prefix + c.order.uid
	if prefix != "" {
		name = prefix + c.order.impUID
	}
	for _, a := range j.attempts[name] {
		if a.at.After(c.ended) {
			continue
		}
		x := a.call
		final := x.said == saidNotCharged || x.said == saidDeclined || prefix != "" && x.said == saidPaid || x.sent == 0
		if x.crashed || a.endLost || !x.ended.Before(c.began) || !final {
			return true
		}
	}
	return false
}

// settle judges the result of Settle for an attempt.
func (j *judgement) settle() {
	c := j.call
	for _, sender := range j.calls {
		if sender.order == c.order && c.attempt != "" && slices.Contains(sender.marks, c.attempt) {
			c.beyond |= sender.beyond // it explains the attempt's records
		}
	}
	var p *iamport.Payment
	switch c.said {
	case saidPaid:
		p = c.payment
		if p.Status != iamport.StatusPaid {
			j.find("Settle returned a payment that is not paid")
		}
	case saidAlready:
		already, _ := errors.AsType[*iamport.AlreadyPaidError](c.err)
		p = already.Payment
	case saidDeclined:
		for _, a := range j.byOrder[c.order.uid] {
			if c.attempt == "" || j.sentBy(a, c.attempt) {
				j.find("Settle returned a decline for an attempt that charged", repeatedPost, refusedLate)
			}
		}
		return
	case saidNotCharged:
		j.find("Settle said not charged")
		return
	case saidUnknown:
		return
	case saidNonsense:
		return
	}
	a, found := j.byImpUID[p.ImpUID]
	mark := j.markShown(a)
	switch {
	case !found || a.MerchantUID != c.order.uid || a.At.After(c.ended):
		j.find("Settle names a payment that the books do not have")
	case c.said == saidPaid && mark != "" && mark != c.attempt:
		j.find("Settle took the payment of another attempt for its own")
	case c.said == saidAlready && p.Status == iamport.StatusPaid && (mark == c.attempt || mark == ""):
		j.find("Settle said already paid of its own attempt")
	}
}

// sentBy reports whether the client sent an approved charge under this mark.
func (j *judgement) sentBy(a iamporttest.Approval, mark string) bool {
	for _, c := range j.calls {
		if c.id == a.RequestID && c.op != opForeign && len(c.marks) > 0 && c.marks[0] == mark {
			return true
		}
	}
	return false
}

// refund judges the results of EnsureRefunded and CancelPayment.
func (j *judgement) refund() {
	c := j.call
	own, shown := 0, false
	impUID := c.order.impUID
	if c.payment != nil {
		impUID = c.payment.ImpUID
	}
	for _, a := range j.byOrder[c.order.uid] {
		for _, r := range j.srv.Refunds(a.ImpUID) {
			if r.RequestID == c.id {
				own++
				shown = shown || a.ImpUID == impUID && !r.At.After(c.ended)
			}
		}
	}
	switch {
	case own > 1:
		j.find("one call refunded twice", repeatedPost)
	case own > 0 && (c.said == saidNotCharged || c.said == saidDeclined):
		j.find("said not refunded, and refunded", refusedCancel, refusedLate, repeatedPost)
	case c.said == saidAlready:
		j.find("said already paid of a refund")
	case c.said == saidPaid && c.op == opCancel && !shown:
		j.find("said refunded, and it is not", repeatedPost)
	case c.said == saidPaid && c.op == opRefund && !j.remained(c):
		j.find("said refunded, and the books never had that remainder")
	case c.said == saidUnknown && c.op == opRefund && c.sent == 0 && !retryAt(c.err).IsZero() && !j.held("refund:", c):
		j.find("held, and nothing holds the refund")
	}
}

// remained reports whether the sum that the plan leaves remained of the payment
// before the call ended.
func (j *judgement) remained(c *call) bool {
	left := big.NewRat(c.order.amount, 1)
	after, _ := new(big.Rat).SetString(strconv.FormatInt(c.plan.after(), 10))
	for _, r := range j.srv.Refunds(c.order.impUID) {
		amount, _ := new(big.Rat).SetString(r.Amount)
		left.Sub(left, amount)
		if left.Cmp(after) == 0 && !r.At.After(c.ended) {
			return true
		}
	}
	return false
}
