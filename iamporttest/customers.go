package iamporttest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// dummyCard is the card of WithCustomers, the one that the billing guide of iamport shows.
const dummyCard = "1234123412341234"

// Every card is a credit card of one issuer.
const (
	issuerCode = "361"
	issuerName = "BC카드"
)

// card is what the server keeps of a card, never its number.
type card struct {
	masked string
	test   string // the last four digits of a test card, "" for another card
}

// readCard reads the card from the parameters. refusal is the PG's reason for refusing the card.
func readCard(p params) (c card, refusal string) {
	number, expiry := p.need("card_number"), p.need("expiry")
	number = digits(number)
	for _, name := range []string{"birth", "pwd_2digit", "cvc"} {
		p.text(name)
	}
	if *p.err != nil {
		return card{}, ""
	}
	if len(expiry) != 7 || expiry[4] != '-' || strings.Trim(expiry[:4]+expiry[5:], "0123456789") != "" ||
		expiry[5:] < "01" || expiry[5:] > "12" {
		p.failf("parameter expiry must be YYYY-MM")
	}
	if len(number) < 14 || len(number) > 16 || strings.Trim(number, "0123456789") != "" {
		return card{}, reasonBadNumber
	}
	c = card{masked: mask(number), test: testNumber(number, expiry)}
	if t := c.behaviour(); t.unknown {
		return card{}, t.text
	}
	return c, ""
}

// mask keeps the first six and the last four digits, in groups of four.
func mask(digits string) string {
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		if i >= 6 && i < len(digits)-4 {
			digit = '*'
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// channel is one PG contract of the shop.
type channel struct{ provider, id string }

var (
	daou = channel{"daou", "CTS16628"}
	nice = channel{"nice", "iamport01m"}
)

// billingKey is a card stored under a customer_uid. With a group it is a super billing key.
type billingKey struct {
	uid, group, customerID string
	name, tel, email       string
	addr, postcode         string
	card                   card
	provider               string
	sandbox                bool
	inserted, updated      int64
}

func (k *billingKey) show() object {
	if k.group != "" {
		channels := []object{k.showChannel(channel{k.provider, daou.id}), k.showChannel(nice)}
		return slices.Concat(
			object{{"customer_uid", k.uid}, {"channelGroupId", k.group}, {"customer_id", k.customerID}},
			k.showCustomer(),
			object{{"succeededChannels", channels}, {"failedChannels", []object{}}})
	}
	return slices.Concat(
		object{{"customer_uid", k.uid}, {"pg_provider", k.provider}, {"pg_id", daou.id},
			{"sandbox", k.sandbox}, {"customer_id", k.customerID}},
		k.card.show(), k.showCustomer(),
		object{{"inserted", k.inserted}, {"updated", k.updated}})
}

func (k *billingKey) showCustomer() object {
	return object{{"customer_name", k.name}, {"customer_tel", k.tel}, {"customer_email", k.email},
		{"customer_addr", k.addr}, {"customer_postcode", k.postcode}}
}

func (k *billingKey) showChannel(ch channel) object {
	return slices.Concat(object{{"pg_provider", ch.provider}, {"pg_id", ch.id}}, k.card.show(),
		object{{"inserted", k.inserted}, {"updated", k.updated}})
}

func (c card) show() object {
	return object{{"card_name", issuerName}, {"card_code", issuerCode}, {"card_issuer_code", nil}, {"card_issuer_name", nil},
		{"card_publisher_code", nil}, {"card_publisher_name", nil}, {"card_number", c.masked}, {"card_type", 0}}
}

// store stores k under its customer_uid. If a key exists, it is replaced, and its inserted time is kept.
func (s *Server) store(k *billingKey, at int64) {
	k.inserted, k.updated, k.sandbox = at, at, s.testChannel
	k.provider = cmp.Or(k.provider, s.providerOf(Fault{}))
	if old := s.keys[k.uid]; old != nil {
		k.inserted = old.inserted
	}
	s.keys[k.uid] = k
	s.changed(kindKey, k.uid)
}

func (s *Server) saveCustomer(c *call) answer {
	p := c.params
	k := &billingKey{
		uid: c.path["customer_uid"], group: p.text("channel_group_id"), customerID: p.text("customer_id"),
		name: p.text("customer_name"), tel: p.text("customer_tel"), email: p.text("customer_email"),
		addr: p.text("customer_addr"), postcode: p.text("customer_postcode"),
	}
	p.text("channel_key")
	p.text("pg")
	var refusal string
	k.card, refusal = readCard(p)
	if a := c.mistake(); a != nil {
		return *a
	}
	if refusal != "" {
		return fail(http.StatusOK, "카드정보 인증 및 빌키 발급에 실패하였습니다. "+refusal)
	}
	s.store(k, c.at())
	return ok(k.show())
}

func unknownCustomer(uid string) answer {
	return refuse(fmt.Sprintf("요청하신 customer_uid(%s)로 등록된 정보를 찾을 수 없습니다.", uid))
}

func (s *Server) getCustomer(c *call) answer {
	k := s.keys[c.path["customer_uid"]]
	if k == nil {
		return unknownCustomer(c.path["customer_uid"])
	}
	return ok(k.show())
}

// deleteCustomer leaves the schedules of the customer as they are: they fail when their time comes.
func (s *Server) deleteCustomer(c *call) answer {
	k := s.keys[c.path["customer_uid"]]
	if k == nil {
		return unknownCustomer(c.path["customer_uid"])
	}
	delete(s.keys, k.uid)
	s.changed(kindKey, k.uid)
	return ok(k.show())
}

func (s *Server) getCustomers(c *call) answer {
	wanted := c.query.texts("customer_uid[]")
	if a := c.mistake(); a != nil {
		return *a
	}
	if len(wanted) == 0 {
		return fail(http.StatusBadRequest, "missing parameter customer_uid[]")
	}
	// The order is not that of the request: the API guarantees none.
	slices.Sort(wanted)
	var found []object
	missing := false
	for _, uid := range slices.Compact(wanted) {
		if k := s.keys[uid]; k != nil {
			found = append(found, k.show())
		} else {
			missing = true
		}
	}
	return several(found, missing, "유효하지 않은 customer_uid입니다.")
}

// several is the answer to a look-up of several ids. It does not list the missing ones.
func several(found []object, missing bool, none string) answer {
	switch {
	case len(found) == 0:
		return fail(http.StatusNotFound, none)
	case missing:
		return okStatus(http.StatusMultiStatus, found)
	}
	return ok(found)
}

func (s *Server) getCustomerPayments(c *call) answer {
	number := c.page()
	if a := c.mistake(); a != nil {
		return *a
	}
	mine := s.views(s.byCustomer[c.path["customer_uid"]], c.now)
	slices.Reverse(mine)
	return ok(paged(mine, number, 20, (*payment).show))
}

// page reads the page number of the query.
func (c *call) page() int64 { return c.between("page", 1, 1, 1<<31) }

// between reads an integer of the query within limits.
func (c *call) between(name string, def, low, high int64) int64 {
	n := c.query.whole(name, def)
	if n < low || n > high {
		c.query.failf("parameter %s must be from %d to %d", name, low, high)
		return def
	}
	return n
}

// DeclineCustomer makes every charge on the billing key of customerUID fail with reason, also those of its schedules
// when they run, until it is called with an empty reason.
func (s *Server) DeclineCustomer(customerUID, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Charges that were due before this call are not affected.
	s.runDue(s.now())
	s.changed(kindDeclining, customerUID)
	if reason == "" {
		delete(s.declining, customerUID)
		return
	}
	s.declining[customerUID] = reason
}
