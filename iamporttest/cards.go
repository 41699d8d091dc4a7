package iamporttest

import (
	"net/http"
	"strings"
	"time"
)

// testCard is a card number with its own behaviour. The package comment and docs/test-cards.md list all of them.
type testCard struct {
	number string
	does   string // for the documents
	text   string // in the answer
	// Where the text is: one of these, or none.
	unknown     bool   // the card is refused, with the text in message
	declined    bool   // each charge, with the text in fail_reason
	refused     bool   // each charge, with the text in message
	declinedKey bool   // each charge on a stored key, with the text in fail_reason
	noRefund    bool   // each refund, with the text in message
	expiry      string // with this expiry the card has no special behaviour
	slow        time.Duration
	effect      effect // on each request for a charge
}

const (
	reasonOverLimit = "결제승인에 실패하였습니다. [2116]개인 월 한도금액 초과"
	reasonBadNumber = "[F112]유효하지않은 카드번호를 입력하셨습니다."
)

var testCards = []testCard{
	{number: "4000-0000-0000-0002", does: "every charge is declined", declined: true, text: reasonOverLimit},
	{number: "4000-0000-0000-0044", does: "every charge is declined", declined: true,
		text: "결제승인에 실패하였습니다. [CC67]카드사 승인 거절"},
	{number: "4000-0000-0000-0051", does: "every charge is declined", declined: true,
		text: "결제승인에 실패하였습니다. [코드: V023] 카드사 승인 거절"},
	{number: "4000-0000-0000-0069", does: "every charge is declined", declined: true,
		text: "결제에 실패하였습니다. [8901] 미등록PG업체/거래정지업체"},
	{number: "4000-0000-0000-0077", does: "every charge is declined", declined: true,
		text: "결제에 실패하였습니다. [PAY_PROCESS_ABORTED] 결제가 중단되었습니다."},
	{number: "4000-0000-0000-0085", does: "every charge is declined", declined: true, text: "잔액부족"},
	{number: "4000-0000-0000-0150", does: "every charge is declined, unless the expiry is 2031-07", declined: true,
		text: "결제승인에 실패하였습니다. 유효기간 오류", expiry: "2031-07"},
	{number: "4000-0000-0000-0028", does: "charges on the stored key are declined; storing it and a onetime charge work",
		declinedKey: true, text: reasonOverLimit},
	{number: "4000-0000-0000-0036", does: "every charge is refused", refused: true, text: reasonOverLimit},
	{number: "4000-0000-0000-0010", does: "the card is refused: it is not stored and not charged", unknown: true,
		text: "[F113]거래거절 카드번호틀림"},
	{number: "4000-0000-0000-0119", does: "the card is refused: it is not stored and not charged", unknown: true,
		text: reasonBadNumber},
	{number: "4000-0000-0000-0093", does: "every charge is approved, every refund is refused", noRefund: true,
		text: "[8178] 취소 금액보다 상계가능 정산금액 부족"},
	{number: "4000-0000-0000-0101", does: "every charge is approved, every refund is refused", noRefund: true,
		text: "[9029] 상점의 취소가능 금액이 부족합니다."},
	{number: "4000-0000-0000-0127", does: "every charge is approved, and answered 5 seconds later", slow: 5 * time.Second},
	{number: "4000-0000-0000-0135", does: "the connection is lost before every charge", effect: loseBefore},
	{number: "4000-0000-0000-0143", does: "the connection is lost after every charge", effect: loseAfter},
}

// digits returns a card number without what separates its groups.
func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, number)
}

// testNumber returns the last four digits of a test card, "" for another card.
func testNumber(number, expiry string) string {
	for _, t := range testCards {
		if digits(t.number) == number && t.expiry != expiry {
			return number[len(number)-4:]
		}
	}
	return ""
}

// behaviour returns what is special about c, nothing for most cards. c may be nil.
func (c *card) behaviour() testCard {
	if c != nil && c.test != "" {
		for _, t := range testCards {
			if strings.HasSuffix(t.number, c.test) {
				return t
			}
		}
	}
	return testCard{}
}

// useCard adds the behaviour of the card of ch to the fault of the request, if none was injected. It reports whether the
// connection is lost before the charge.
func (c *call) useCard(ch charge) (lost bool) {
	t := ch.card.behaviour()
	c.fault.after += t.slow
	if c.fault.effect == normal {
		c.fault.effect = t.effect
	}
	return c.fault.effect == loseBefore
}

// decided is the answer of the PG to ch: a refusal of the card, or the payment of run.
func (c *call) decided(ch charge, run func() *payment) answer {
	if t := ch.card.behaviour(); t.refused && ch.fault.effect.ofCharge() == "" {
		return fail(http.StatusOK, t.text)
	}
	return ok(run().show())
}
