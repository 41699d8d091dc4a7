package iamport

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/iamport-go/iamport/internal/validate"
)

// problems collects what is wrong with one request before it is sent.
type problems struct {
	op          string
	fieldErrors []FieldError
}

func (p *problems) add(field, problem string) {
	p.fieldErrors = append(p.fieldErrors, FieldError{Field: field, Problem: problem})
}

func (p *problems) addf(field, format string, args ...any) {
	p.add(field, fmt.Sprintf(format, args...))
}

// err returns an *InvalidRequestError with all problems, nil if there are none.
func (p *problems) err() error {
	if len(p.fieldErrors) == 0 {
		return nil
	}
	return &InvalidRequestError{Op: p.op, Fields: p.fieldErrors}
}

// fields checks the texts of a request by its tags.
func (p *problems) fields(request any) { validate.Fields(request, p.add) }

func (p *problems) text(field, value string, rule validate.Rule) {
	validate.Text(field, value, rule, p.add)
}

// pathID checks an id that becomes one segment of a path.
func (p *problems) pathID(field, id string, limit int) { validate.PathID(field, id, limit, p.add) }

// order refuses a merchant_uid that could be charged but not looked up, or be
// confused with another.
func (p *problems) order(field, merchantUID string) {
	switch {
	case merchantUID == "." || merchantUID == "..":
		p.pathID(field, merchantUID, 0)
	case strings.TrimSpace(merchantUID) != merchantUID || strings.ContainsFunc(merchantUID, unicode.IsControl):
		p.add(field, "must not begin or end with white space, or hold control characters")
	}
}

// money checks the sums of one charge or schedule item.
func (p *problems) money(prefix string, amount, taxFree, vat Amount, currency string, quota int) {
	if amount.IsSet() && amount.Sign() <= 0 {
		p.add(prefix+"Amount", "must be more than 0")
	}
	if taxFree.Sign() < 0 {
		p.add(prefix+"TaxFree", "must be 0 or more")
	}
	if vat.Sign() < 0 {
		p.add(prefix+"VATAmount", "must be 0 or more")
	}
	inWon := isWon(currency)
	if inWon {
		p.wholeWon(prefix+"Amount", amount)
		p.wholeWon(prefix+"TaxFree", taxFree)
		p.wholeWon(prefix+"VATAmount", vat)
	}
	switch {
	case quota < 0 || quota == 1:
		p.add(prefix+"CardQuota", "must be 0 for a single payment, or 2 or more months")
	case quota >= 2 && inWon && amount.Sign() > 0 && amount.Cmp(KRW(50_000)) < 0:
		p.add(prefix+"CardQuota", "must be 0 for an amount below 50000 won")
	}
}

// isWon reports whether a currency is won; "" is won.
func isWon(currency string) bool { return currency == "" || strings.EqualFold(currency, "KRW") }

// wholeWon refuses a sum in won that has a fraction.
func (p *problems) wholeWon(field string, sum Amount) {
	if sum.scale != 0 {
		p.add(field, "must be whole won; an amount with a fraction needs its Currency")
	}
}
