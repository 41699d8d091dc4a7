package iamporttest

import (
	"cmp"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What the customer_uid of a payment was used for.
const (
	usageIssue     = "issue"
	usagePayment   = "payment"
	usageScheduled = "payment.scheduled"
)

const (
	messageNoPayment = "존재하지 않는 결제정보입니다."
	messageBadStatus = "지원되지 않는 상태값입니다."
	ninetyDays       = 90 * 24 * 60 * 60
)

// payment is the record of one charge.
type payment struct {
	charge
	impUID, pgTID, applyNum, receiptURL string
	provider, shownAgent                string
	status                              string
	reason                              string // of a failed one
	sandbox                             bool
	// These times are as the record shows them, by its own clock.
	startedAt, paidAt, failedAt, cancelledAt, updated int64
	approvedAt                                        time.Time // by the server's clock; zero while no money was taken
	visible                                           time.Time // from when on look-ups show the record
	past                                              []version // oldest first
	cancelAmount                                      *big.Rat
	cancelReason                                      string
	cancellations                                     []cancellation
	sequence                                          int64
	approval                                          int            // its place in the order of approval
	planned                                           *plannedChange // nil if the record will not change by itself
}

func (p *payment) show() object {
	var cardCode, cardName, cardNumber, cardType any
	if p.card != nil {
		cardCode, cardName, cardNumber, cardType = issuerCode, issuerName, p.card.masked, 0
	}
	var promotion any
	if p.promotionID != "" {
		promotion = object{{"id", p.promotionID}, {"discount", 0}}
	}
	receipts := make([]string, 0, len(p.cancellations))
	for _, c := range p.cancellations {
		receipts = append(receipts, c.receiptURL())
	}
	return object{
		{"imp_uid", p.impUID}, {"merchant_uid", p.merchantUID}, {"pay_method", "card"}, {"channel", "api"},
		{"pg_provider", p.provider}, {"emb_pg_provider", nil}, {"pg_tid", p.pgTID}, {"pg_id", daou.id},
		{"sandbox", p.sandbox}, {"escrow", false}, {"apply_num", p.applyNum},
		{"bank_code", nil}, {"bank_name", nil},
		{"card_code", cardCode}, {"card_name", cardName},
		{"card_issuer_code", nil}, {"card_issuer_name", nil},
		{"card_publisher_code", nil}, {"card_publisher_name", nil},
		{"card_quota", p.quota}, {"card_number", cardNumber}, {"card_type", cardType},
		{"vbank_code", nil}, {"vbank_name", nil}, {"vbank_num", nil}, {"vbank_holder", nil},
		{"vbank_date", 0}, {"vbank_issued_at", 0},
		{"name", p.name}, {"amount", p.amount}, {"cancel_amount", p.cancelAmount}, {"currency", p.currency},
		{"buyer_name", p.buyerName}, {"buyer_email", p.buyerEmail}, {"buyer_tel", p.buyerTel},
		{"buyer_addr", p.buyerAddr}, {"buyer_postcode", p.buyerPostcode},
		{"custom_data", p.customData}, {"user_agent", p.shownAgent}, {"status", p.status},
		{"started_at", p.startedAt}, {"paid_at", p.paidAt}, {"failed_at", p.failedAt}, {"cancelled_at", p.cancelledAt},
		{"fail_reason", p.reason}, {"cancel_reason", p.cancelReason}, {"receipt_url", p.receiptURL},
		{"cancel_history", shown(p.cancellations, cancellation.show)}, {"deposit_history", []object{}},
		{"cancel_receipt_urls", receipts}, {"cash_receipt_issued", false},
		{"customer_uid", p.customerUID}, {"customer_uid_usage", p.usage}, {"promotion", promotion},
	}
}

func (s *Server) getPayment(c *call) answer {
	include := c.query.flag("include_sandbox")
	if a := c.mistake(); a != nil {
		return *a
	}
	p := s.view(s.byImpUID[c.path["imp_uid"]], c.now)
	if p == nil || p.sandbox && !include {
		return fail(http.StatusNotFound, messageNoPayment)
	}
	return ok(p.show())
}

func (s *Server) getPayments(c *call) answer {
	impUIDs, merchantUIDs := c.query.texts("imp_uid[]"), c.query.texts("merchant_uid[]")
	if a := c.mistake(); a != nil {
		return *a
	}
	switch n := len(impUIDs) + len(merchantUIDs); {
	case n == 0:
		return fail(http.StatusBadRequest, "missing parameter imp_uid[] or merchant_uid[]")
	case n > 100:
		return fail(http.StatusBadRequest, "more than 100 payments asked for")
	}
	var found []*payment
	missing := false
	add := func(p *payment) {
		switch {
		case p == nil:
			missing = true
		case !slices.Contains(found, p):
			found = append(found, p)
		}
	}
	for _, uid := range impUIDs {
		add(s.view(s.byImpUID[uid], c.now))
	}
	for _, uid := range merchantUIDs {
		if records := s.records(uid, "", "-started", c.now); len(records) > 0 {
			add(records[0])
		} else {
			add(nil)
		}
	}
	return several(shown(found, (*payment).show), missing, messageNoPayment)
}

// records returns the payments under merchantUID that look-ups show, all or those of one status, in the requested
// order.
func (s *Server) records(merchantUID, status, sorting string, now time.Time) []*payment {
	var found []*payment
	for _, p := range s.views(s.byOrder[merchantUID], now) {
		if status == "" || p.status == status {
			found = append(found, p)
		}
	}
	sortPayments(found, sorting)
	return found
}

// sortPayments orders by started, paid or updated; a minus in front: newest first. Equal times keep the order of the
// charges.
func sortPayments(list []*payment, sorting string) {
	key, descending := strings.CutPrefix(sorting, "-")
	at := func(p *payment) int64 {
		switch key {
		case "paid":
			return p.paidAt
		case "updated":
			return p.updated
		}
		return p.startedAt
	}
	slices.SortFunc(list, func(a, b *payment) int {
		if descending {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a.sequence, b.sequence))
	})
}

func (c *call) sorting() string {
	sorting := cmp.Or(c.query.text("sorting"), "-started")
	switch strings.TrimPrefix(sorting, "-") {
	case "started", "paid", "updated":
	default:
		c.query.failf("unknown value of parameter sorting")
	}
	return sorting
}

// status reads the optional status in the path.
func (c *call) status(more ...string) string {
	status := c.path["payment_status"]
	if !slices.Contains(append(more, "ready", "paid", "cancelled", "failed"), status) {
		c.query.failf(messageBadStatus)
	}
	return status
}

func (s *Server) findPayment(c *call) answer {
	status, sorting := c.status(""), c.sorting()
	if a := c.mistake(); a != nil {
		return *a
	}
	found := s.records(c.path["merchant_uid"], status, sorting, c.now)
	if len(found) == 0 {
		return fail(http.StatusNotFound, messageNoPayment)
	}
	return ok(found[0].show())
}

func (s *Server) findPayments(c *call) answer {
	status, sorting, number, limit := c.status(""), c.sorting(), c.page(), c.limit()
	if a := c.mistake(); a != nil {
		return *a
	}
	found := s.records(c.path["merchant_uid"], status, sorting, c.now)
	if len(found) == 0 {
		return fail(http.StatusNotFound, messageNoPayment)
	}
	return ok(paged(found, number, limit, (*payment).show))
}

func (c *call) limit() int64 { return c.between("limit", 20, 1, 1000) }

// getPaymentsByStatus searches by the time at which a payment got the status it has.
func (s *Server) getPaymentsByStatus(c *call) answer {
	status, sorting, number, limit := c.status("all"), c.sorting(), c.page(), c.limit()
	to := c.between("to", s.stamp(c.now), 0, latestTime)
	from := c.between("from", max(0, to-ninetyDays), 0, latestTime)
	if a := c.mistake(); a != nil {
		return *a
	}
	if from > to || to-from > ninetyDays {
		return fail(http.StatusBadRequest, "from and to are more than 90 days apart or exchanged")
	}
	var found []*payment
	for _, p := range s.views(s.payments, c.now) {
		since := max(p.cancelledAt, cmp.Or(p.paidAt, p.failedAt, p.startedAt))
		if (status == "all" || p.status == status) && from <= since && since <= to {
			found = append(found, p)
		}
	}
	sortPayments(found, sorting)
	if number > 1 && (number-1)*limit >= int64(len(found)) {
		return fail(http.StatusBadRequest, "데이터 범위를 넘어선 page입니다.")
	}
	return ok(paged(found, number, limit, (*payment).show))
}
