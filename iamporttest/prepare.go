package iamporttest

import (
	"math/big"
	"net/http"
)

// preparation is the registered amount of a merchant_uid.
type preparation struct {
	merchantUID, currency string
	amount                *big.Rat
}

func (p *preparation) show() object {
	return object{{"merchant_uid", p.merchantUID}, {"amount", p.amount}, {"currency", p.currency}}
}

const messageNotPrepared = "사전등록된 결제정보가 존재하지 않습니다."

// readPreparation also accepts an amount of 0, for a window that stores a card and charges nothing.
func readPreparation(c *call) *preparation {
	p := &preparation{merchantUID: c.params.need("merchant_uid"), currency: c.params.text("currency"),
		amount: c.params.amount("amount")}
	if p.amount == nil {
		c.params.failf("missing parameter amount")
	}
	return p
}

func (s *Server) prepare(c *call) answer {
	p := readPreparation(c)
	if a := c.mistake(); a != nil {
		return *a
	}
	if s.prepared[p.merchantUID] != nil {
		return refuse("결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).")
	}
	s.prepared[p.merchantUID] = p
	s.changed(kindPrepared, p.merchantUID)
	return ok(p.show())
}

func (s *Server) changePrepared(c *call) answer {
	p := readPreparation(c)
	if a := c.mistake(); a != nil {
		return *a
	}
	if s.prepared[p.merchantUID] == nil {
		return fail(http.StatusNotFound, messageNotPrepared)
	}
	s.prepared[p.merchantUID] = p
	s.changed(kindPrepared, p.merchantUID)
	return ok(p.show())
}

func (s *Server) getPrepared(c *call) answer {
	p := s.prepared[c.path["merchant_uid"]]
	if p == nil {
		return fail(http.StatusNotFound, messageNotPrepared)
	}
	return ok(p.show())
}
