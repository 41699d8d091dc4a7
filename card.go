package iamport

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// Card is a card as its holder types it in. It is sent to the API and never printed:
// fmt, log/slog, text/template, and the JSON, text, XML, YAML, gob, BSON, CBOR and
// MessagePack encoders write [card] instead.
//
// No method can prevent the other ways. fmt does not call the methods of a Card in an
// unexported field of another struct (`struct{ card Card }`), nor under the verbs %p
// and %w, which are not for values. encoding/json and encoding/xml write the fields
// of a Card that is embedded together with another type that has methods of the same
// names. Code that uses only reflection reads the fields: encoding/asn1,
// go/ast.Print, the diff that testify prints after a failed Equal, the diff of go-cmp
// (an Equal method would not change that), and code that copies a struct to a map or
// a query. Do not keep a Card in an unexported field, do not embed it, and compare
// cards with ==.
type Card struct {
	// Number is 14 to 16 digits, with or without hyphens or spaces. 16 digits are
	// sent as dddd-dddd-dddd-dddd. There is no check-digit test.
	Number string
	// Expiry is YYYY-MM. A month in the past is not refused here; the PG checks it.
	Expiry string
	// Birth is the holder's date of birth as YYMMDD, or the 10 digits of the business
	// registration for a company's card. The contract with the PG determines whether it
	// is needed.
	Birth string
	// Pwd2Digit is the first two digits of the card's password. The contract with the PG
	// determines whether it is needed.
	Pwd2Digit string
	// CVC is 3 digits, or 4 for American Express. Only Paymentwall uses it.
	CVC string
}

// Validate returns an [*InvalidRequestError] that names every invalid field of the
// card, as a charge or registration with it does, and nil if there is none. It sends
// nothing, so a form can be checked before a PG is called. A valid card may still be
// declined, and a PG may need a field that is empty here.
func (c Card) Validate() error {
	p := &problems{op: "Card.Validate"}
	c.check(p)
	return p.err()
}

// Masked returns the number with all digits but the last four replaced, such as
// "****-****-****-1234" for 16 digits, so that its holder can recognise the card. A
// number that is not 14 to 16 digits is "****".
func (c Card) Masked() string {
	number := c.digits()
	if !isCardNumber(number) {
		return "****"
	}
	return grouped(strings.Repeat("*", len(number)-4) + number[len(number)-4:])
}

// ParseExpiry returns an expiry in the form of [Card], YYYY-MM. It reads these forms:
// MM/YY, MMYY, MM/YYYY, YYYY-MM and YYYYMM, with a slash, hyphen, dot or space
// between month and year, with or without spaces around it, and with months of one
// digit where they are separated. A year of two digits is in the 2000s. It returns an
// error for everything else. The error does not hold the text.
func ParseExpiry(s string) (string, error) {
	first, second, separated := cutExpiry(strings.TrimSpace(s))
	switch {
	case separated:
	case len(s) == 4:
		first, second = s[:2], s[2:]
	case len(s) == 6:
		first, second = s[:4], s[4:]
	}
	if len(first) == 4 {
		first, second = second, first
	} else if len(second) == 2 {
		second = "20" + second
	}
	if len(first) == 1 && separated {
		first = "0" + first
	}
	if expiry := second + "-" + first; isYearMonth(expiry) && expiry[:2] == "20" {
		return expiry, nil
	}
	return "", errExpiry
}

var errExpiry = errors.New("iamport: card expiry: it must be a month and a year, such as 12/30 or 2030-12")

// cutExpiry cuts s at its one separator.
func cutExpiry(s string) (before, after string, found bool) {
	i := strings.IndexAny(s, "/-. ")
	if i < 0 {
		return "", "", false
	}
	separator := s[i:]
	after = strings.TrimLeft(separator, " ")
	if after != "" && strings.ContainsRune("/-.", rune(after[0])) {
		after = strings.TrimLeft(after[1:], " ")
	}
	return s[:i], after, true
}

const cardPlaceholder = "[card]"

// Format prints [card] under every verb and flag for which fmt calls it.
func (Card) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, cardPlaceholder) }

// String returns [card].
func (Card) String() string { return cardPlaceholder }

// GoString returns [card].
func (Card) GoString() string { return cardPlaceholder }

// LogValue logs [card].
func (Card) LogValue() slog.Value { return slog.StringValue(cardPlaceholder) }

// MarshalJSON writes "[card]".
func (Card) MarshalJSON() ([]byte, error) { return []byte(`"` + cardPlaceholder + `"`), nil }

// MarshalText writes [card].
func (Card) MarshalText() ([]byte, error) { return []byte(cardPlaceholder), nil }

// MarshalBinary writes [card]. encoding/gob and CBOR encoders call it.
func (Card) MarshalBinary() ([]byte, error) { return []byte(cardPlaceholder), nil }

// MarshalBSON writes {"card": "[card]"}. The BSON encoders call it.
func (Card) MarshalBSON() ([]byte, error) {
	return []byte("\x16\x00\x00\x00\x02card\x00\x07\x00\x00\x00" + cardPlaceholder + "\x00\x00"), nil
}

// MarshalYAML returns [card]. The YAML encoders call it.
func (Card) MarshalYAML() (any, error) { return cardPlaceholder, nil }

// cardWire is the only form of a card that can be encoded. It exists only while a
// request is built and sent.
type cardWire struct {
	Number    string `json:"card_number,omitzero"`
	Expiry    string `json:"expiry,omitzero"`
	Birth     string `json:"birth,omitzero"`
	Pwd2Digit string `json:"pwd_2digit,omitzero"`
	CVC       string `json:"cvc,omitzero"`
}

func (c Card) wire() cardWire {
	number := c.Number
	if !isGrouped(number) {
		number = grouped(c.digits())
	}
	return cardWire{Number: number, Expiry: c.Expiry, Birth: c.Birth, Pwd2Digit: c.Pwd2Digit, CVC: c.CVC}
}

// isGrouped reports whether number is of 16 digits in four groups already.
func isGrouped(number string) bool {
	return len(number) == 19 && number[4] == '-' && number[9] == '-' && number[14] == '-' &&
		allDigits(number[:4]) && allDigits(number[5:9]) && allDigits(number[10:14]) && allDigits(number[15:])
}

// grouped returns a number of 16 digits in four groups, and any other number
// unchanged.
func grouped(number string) string {
	if len(number) != 16 {
		return number
	}
	return number[:4] + "-" + number[4:8] + "-" + number[8:12] + "-" + number[12:]
}

func isCardNumber(number string) bool {
	return allDigits(number) && len(number) >= 14 && len(number) <= 16
}

func (c Card) digits() string { return digitsOf(c.Number) }

// digitsOf returns number without hyphens and spaces.
func digitsOf(number string) string {
	return strings.ReplaceAll(strings.ReplaceAll(number, "-", ""), " ", "")
}

// secrets returns the texts that are removed from errors if the API or a PG quotes
// the card, and other texts with them.
func (c Card) secrets(others ...string) []string {
	return append(append(make([]string, 0, 4), c.digits(), c.Birth, c.Expiry), others...)
}

// check adds the problems of the card to p. No problem holds a value.
func (c Card) check(p *problems) {
	switch {
	case c.Number == "":
		p.add("Card.Number", "is required")
	case !isGrouped(c.Number) && !isCardNumber(c.digits()):
		p.add("Card.Number", "must be 14 to 16 digits, with or without hyphens or spaces")
	}
	switch {
	case c.Expiry == "":
		p.add("Card.Expiry", "is required, as YYYY-MM")
	case !isYearMonth(c.Expiry):
		p.add("Card.Expiry", "must be YYYY-MM, such as 2030-12")
	}
	if c.Birth != "" && (!allDigits(c.Birth) || len(c.Birth) != 6 && len(c.Birth) != 10) {
		p.add("Card.Birth", "must be 6 digits (YYMMDD), or the 10 digits of a business registration")
	}
	if c.Pwd2Digit != "" && (!allDigits(c.Pwd2Digit) || len(c.Pwd2Digit) != 2) {
		p.add("Card.Pwd2Digit", "must be the first 2 digits of the card's password")
	}
	if c.CVC != "" && (!allDigits(c.CVC) || len(c.CVC) != 3 && len(c.CVC) != 4) {
		p.add("Card.CVC", "must be 3 digits, or 4 on American Express")
	}
}

func isYearMonth(s string) bool {
	if len(s) != 7 || s[4] != '-' || !allDigits(s[:4]) || !allDigits(s[5:]) {
		return false
	}
	return s[5:] >= "01" && s[5:] <= "12"
}

// CardInfo is what the API returns about a stored card. Every field may be empty:
// PayPal has no card, and some PGs return few fields.
type CardInfo struct {
	CardName string `json:"card_name"`
	CardCode string `json:"card_code"` // the standard code of the Korea Financial Telecommunications institute, such as "361"
	// Only some PGs return the issuer and the publisher.
	CardIssuerCode    string `json:"card_issuer_code"`
	CardIssuerName    string `json:"card_issuer_name"`
	CardPublisherCode string `json:"card_publisher_code"`
	CardPublisherName string `json:"card_publisher_name"`
	// CardNumber is masked.
	CardNumber string `json:"card_number"`
	// CardType is nil if the PG does not return it.
	CardType *CardType `json:"card_type"`
}

// CardType is the kind of a card: credit or debit.
type CardType int

// The card types.
const (
	CardCredit CardType = 0
	CardDebit  CardType = 1
)

// String returns "credit" or "debit", and the number for any other type.
func (t CardType) String() string {
	switch t {
	case CardCredit:
		return "credit"
	case CardDebit:
		return "debit"
	}
	return strconv.Itoa(int(t))
}
