package iamport

import (
	"context"
	"crypto/rand"
	"strings"
)

// claim is what a charge can recognise its own payment by.
type claim struct {
	own         string // the mark that was sent, "" if none was
	terms       terms
	anyone      bool // a payment on the terms is the result, whoever made it (EnsurePaid)
	paymentwall bool // the charge goes to Paymentwall unless its record says otherwise
}

// terms are what a charge asked for, to tell its payment from another.
type terms struct {
	amount      Amount // not set: the terms are not known
	currency    string // "": KRW
	customerUID string // "": not asked for
}

// differences names what in p is not as asked: the amount always, the currency and
// the customer_uid where the record has them.
func (t terms) differences(p *Payment) []string {
	if !t.amount.IsSet() {
		return nil
	}
	var names []string
	if p.Amount != t.amount {
		names = append(names, "amount")
	}
	currency := t.currency
	if currency == "" {
		currency = "KRW"
	}
	if p.Currency != "" && !strings.EqualFold(p.Currency, currency) {
		names = append(names, "currency")
	}
	if t.customerUID != "" && p.CustomerUID != "" && p.CustomerUID != t.customerUID {
		names = append(names, "customer_uid")
	}
	return names
}

// said is what is known of a charge before its records are judged.
type said int

const (
	saidNothing said = iota // it was sent, and its answer was lost
	saidNo                  // it was sent, and the API refused it or showed a failed payment
	saidPayment             // it was sent, and the one record is its own answer
	notSent                 // it is still to be sent
)

// verdict is what the records of an order tell of a charge.
type verdict struct {
	is ruling
	// payment is the record that decides, or that keeps the outcome open; it may be
	// nil where the outcome is open or unpaid.
	payment *Payment
	// late says, where the outcome is open, that a failed record may still become
	// paid, so that no failure frees the order.
	late bool
}

type ruling int

const (
	open     ruling = iota // nothing is certain yet
	clash                  // the charge was paid on other terms than it asked for
	paid                   // paid on the terms
	already                // paid, or paid and cancelled, by another call
	declined               // the charge failed
	unpaid                 // nothing is paid: what the answer said stands
)

// judge rules on a charge by what its own answer said and by the records of its
// order, all of them, in any order. It is the only place where that is decided, for
// every charge, and it depends on nothing else: no clock, no memory.
//
// A record with the mark of the charge is its own. One with another mark is another
// call's. One without a mark does not tell whose it is.
func (c claim) judge(said said, records []*Payment) verdict {
	own, bare, other := c.sort(records)
	refunded := first(own.refunded, bare.refunded, other.refunded)
	pending := first(own.pending, bare.pending, other.pending)
	late := first(own.late, bare.late, other.late)

	if said == saidPayment {
		if c.own == "" { // a retry sends no mark, and its record may keep that of an earlier call
			bare.paid, bare.failed = first(bare.paid, other.paid), first(bare.failed, other.failed)
		}
		if p := first(own.paid, bare.paid); p != nil {
			return verdict{is: paid, payment: p}
		}
		if p := first(own.failed, bare.failed); p != nil {
			return verdict{is: declined, payment: p}
		}
		return verdict{is: open, payment: records[0], late: late != nil}
	}

	// What is paid.
	mine := own.paid
	if said == saidNothing {
		mine = first(own.paid, bare.paid)
	}
	if c.anyone {
		mine = first(own.paid, bare.paid, other.paid)
	}
	theirs := first(bare.paid, other.paid, other.differs, refunded)
	switch {
	case said != notSent && own.differs != nil:
		return verdict{is: clash, payment: own.differs}
	case mine != nil:
		return verdict{is: paid, payment: mine}
	case theirs != nil:
		return verdict{is: already, payment: theirs}
	case said == saidNothing && bare.differs != nil:
		return verdict{is: open, payment: bare.differs} // perhaps its own
	case bare.differs != nil:
		return verdict{is: already, payment: bare.differs}
	}

	// Nothing is paid.
	switch {
	case said == saidNothing && own.failed != nil && own.pending == nil && own.late == nil:
		return verdict{is: declined, payment: own.failed}
	case said == saidNothing:
		return verdict{is: open, payment: first(pending, late), late: late != nil}
	case pending != nil:
		return verdict{is: open, payment: pending, late: late != nil}
	case said == notSent:
		return verdict{is: unpaid}
	case own.failed != nil && own.late == nil:
		return verdict{is: declined, payment: own.failed}
	case late != nil || c.paymentwall:
		return verdict{is: open, payment: late, late: true}
	}
	return verdict{is: unpaid}
}

// shelf holds the first record of each state among those of one origin.
type shelf struct {
	paid     *Payment // on the terms
	differs  *Payment // paid on other terms
	refunded *Payment // paid once, and cancelled in whole or in part
	failed   *Payment
	late     *Payment // failed at Paymentwall, which may turn it into paid
	pending  *Payment // ready, or a status that is not known
}

// sort puts the records in their places: the charge's own, those without a mark,
// and those of other calls.
func (c claim) sort(records []*Payment) (own, bare, other shelf) {
	for _, p := range records {
		of := &other
		switch markOf(p) {
		case "":
			of = &bare
		case c.own:
			of = &own
		}
		place := &of.pending
		switch p.Status {
		case StatusPaid:
			place = &of.paid
			if c.terms.differences(p) != nil {
				place = &of.differs
			}
		case StatusCancelled:
			place = &of.refunded
		case StatusFailed:
			place = &of.failed
			if c.mayStillBePaid(p) {
				place = &of.late
			}
		case StatusReady:
		}
		*place = first(*place, p)
	}
	return own, bare, other
}

// mayStillBePaid reports whether p failed at Paymentwall.
func (c claim) mayStillBePaid(p *Payment) bool {
	return p.PGProvider.isPaymentwall() || p.PGProvider == "" && c.paymentwall
}

func first(payments ...*Payment) *Payment {
	for _, p := range payments {
		if p != nil {
			return p
		}
	}
	return nil
}

// Version is the version of this package, sent in the User-Agent header.
const Version = "0.1.0"

const product = "iamport-go/"

type attemptKey struct{}

// WithAttempt gives the next [Client.Onetime] or [Client.Again] under the context
// a mark of your own, which is good for one send for ever: never use an id again,
// because a failed record of the earlier send would be taken for that of the later
// one. Write the id down before the call, and [Client.Settle] can tell after a crash
// what became of the charge.
//
// id is 1 to 64 characters of a-z, 0-9, '.', '_' and '-'; another one makes the
// charge fail as an [*InvalidRequestError] before anything is sent. "" means a random
// mark, which is the default. A context for a whole run must not carry one id for
// many charges of one order: the second one fails with [ErrAttemptUsed]. The journal
// notices that for two hours only.
// [Client.EnsurePaid] and [Client.RetrySchedule] ignore it.
func WithAttempt(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, attemptKey{}, id)
}

// attemptID returns the mark of a charge under ctx.
func attemptID(ctx context.Context, p *problems) string {
	id, _ := ctx.Value(attemptKey{}).(string)
	if id == "" {
		return randomID()
	}
	p.attempt("WithAttempt", id)
	return id
}

// randomID returns 26 characters of at least 128 random bits.
func randomID() string { return strings.ToLower(rand.Text()) }

// attempt checks the id of an attempt.
func (p *problems) attempt(field, id string) {
	if !isAttemptID(id) {
		p.add(field, "must be 1 to 64 characters of a-z, 0-9, '.', '_' and '-'")
	}
}

func isAttemptID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

// userAgent returns the User-Agent header of a call. mark is that of a charge, ""
// for every other call. Nothing but a mark is sent in brackets.
func (c *Client) userAgent(mark string) string {
	if mark == "" {
		return c.agent
	}
	return product + Version + " (" + mark + ")" + strings.TrimPrefix(c.agent, product+Version)
}

// markOf reads the mark that a record keeps of the charge that made it, "" if there
// is none. A text that is cut before the closing bracket, or that only holds a mark
// further on, has none. iamport may change the case, so it is read in lower case.
func markOf(p *Payment) string {
	agent := strings.ToLower(p.UserAgent)
	agent, ours := strings.CutPrefix(agent, product)
	version, rest, bracket := strings.Cut(agent, " (")
	mark, _, closed := strings.Cut(rest, ")")
	if !ours || !bracket || !closed || strings.Trim(version, "abcdefghijklmnopqrstuvwxyz0123456789.+-") != "" || !isAttemptID(mark) {
		return ""
	}
	return mark
}
