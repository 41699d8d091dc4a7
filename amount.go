package iamport

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Amount is an exact sum of money in the major unit of its currency: won for
// KRW, dollars (not cents) for USD.
//
// The zero value means "not set" and is left out of a request. KRW(0) is an explicit
// zero and is sent, which matters for vat_amount, tax_free and checksum. Amounts can
// be compared with ==: 10.5 and 10.50 are equal, KRW(0) and Amount{} are not.
//
// An Amount holds every int64 and every decimal of up to 18 digits, at most 18 of
// them after the decimal point. It is never a float.
type Amount struct {
	// The value is coef / 10^scale, without trailing zeros after the decimal point, so
	// that == on the struct is == on the value.
	coef  int64
	scale int8
	set   bool
}

// maxAmountText is the longest text that is parsed, in bytes.
const maxAmountText = 64

// KRW returns an amount of whole won.
func KRW(won int64) Amount { return Amount{coef: won, set: true} }

// ParseAmount parses decimal text in the form of a JSON number, such as "3000",
// "10.99" or "1e3". It returns an error for anything else (spaces, thousands
// separators, a leading plus) and for a value that an Amount cannot hold exactly.
func ParseAmount(s string) (Amount, error) {
	if len(s) > maxAmountText {
		return Amount{}, fmt.Errorf("iamport: amount: %d bytes of text, want at most %d", len(s), maxAmountText)
	}
	n, ok := splitNumber(s)
	if !ok {
		return Amount{}, fmt.Errorf("iamport: amount: %q is not a decimal number such as 3000 or 10.99", s)
	}
	digits := strings.TrimLeft(n.whole+n.fraction, "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return KRW(0), nil
	}
	scale := len(n.fraction) - n.exponent - (len(digits) - len(significant))
	if scale < 0 && scale >= -18 {
		significant += strings.Repeat("0", -scale)
		scale = 0
	}
	coef, err := strconv.ParseInt(n.sign+significant, 10, 64)
	if err != nil || scale < 0 || scale > 18 {
		return Amount{}, fmt.Errorf("iamport: amount: %q does not fit in 18 digits", s)
	}
	return Amount{coef: coef, scale: int8(scale), set: true}, nil
}

type numberParts struct {
	sign, whole, fraction string
	exponent              int
}

// splitNumber splits a JSON number into its parts. It refuses exponents of more than
// three digits, so that later steps do not allocate much.
func splitNumber(s string) (n numberParts, ok bool) {
	if strings.HasPrefix(s, "-") {
		n.sign, s = "-", s[1:]
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exponent := s[i+1:]
		s = s[:i]
		unsigned := strings.TrimPrefix(exponent, "-")
		if unsigned == exponent {
			unsigned = strings.TrimPrefix(exponent, "+")
			exponent = unsigned
		}
		if !allDigits(unsigned) || len(unsigned) > 3 {
			return n, false
		}
		n.exponent, _ = strconv.Atoi(exponent)
	}
	n.whole = s
	if i := strings.IndexByte(s, '.'); i >= 0 {
		n.whole, n.fraction = s[:i], s[i+1:]
		if !allDigits(n.fraction) {
			return n, false
		}
	}
	return n, allDigits(n.whole) && (len(n.whole) == 1 || n.whole[0] != '0')
}

// allDigits reports whether s is one or more ASCII digits.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// IsSet reports whether the amount is set: KRW(0) is, Amount{} is not.
func (a Amount) IsSet() bool { return a.set }

// Sign returns -1, 0 or 1. An amount that is not set has sign 0.
func (a Amount) Sign() int {
	switch {
	case a.coef < 0:
		return -1
	case a.coef > 0:
		return 1
	}
	return 0
}

// Cmp compares the values of a and b and returns -1, 0 or 1. An amount that is
// not set counts as 0.
func (a Amount) Cmp(b Amount) int {
	x, y, _ := aligned(a, b)
	return x.Cmp(y)
}

// Add returns a+b, exactly. An amount that is not set counts as 0, and the sum is set. It
// returns an error if the sum does not fit.
func (a Amount) Add(b Amount) (Amount, error) {
	x, y, scale := aligned(a, b)
	return fromBig(x.Add(x, y), scale)
}

// Sub returns a-b, exactly, with the errors of Add. An amount that is not set counts as 0.
func (a Amount) Sub(b Amount) (Amount, error) {
	x, y, scale := aligned(a, b)
	return fromBig(x.Sub(x, y), scale)
}

// Mul returns a*n, exactly. It returns an error if the product does not fit. An
// amount that is not set stays unset.
func (a Amount) Mul(n int64) (Amount, error) {
	if !a.set {
		return a, nil
	}
	product := new(big.Int).Mul(big.NewInt(a.coef), big.NewInt(n))
	return fromBig(product, a.scale)
}

// Int64 returns an amount without a fraction, such as a sum of won. It returns an
// error for an amount that has a fraction, and for one that is not set.
func (a Amount) Int64() (int64, error) {
	switch {
	case !a.set:
		return 0, errAmountNotSet
	case a.scale != 0:
		return 0, fmt.Errorf("iamport: amount: %s has a fraction", a)
	}
	return a.coef, nil
}

var errAmountNotSet = errors.New("iamport: amount: it is not set")

// aligned returns both values as integers over the same power of ten.
func aligned(a, b Amount) (x, y *big.Int, scale int8) {
	scale = max(a.scale, b.scale)
	up := func(v Amount) *big.Int {
		n := big.NewInt(int64(scale - v.scale))
		return n.Exp(big.NewInt(10), n, nil).Mul(n, big.NewInt(v.coef))
	}
	return up(a), up(b), scale
}

func fromBig(n *big.Int, scale int8) (Amount, error) {
	if scale == 0 {
		return ParseAmount(n.String())
	}
	return ParseAmount(fmt.Sprintf("%de-%d", n, scale))
}

// String returns the amount as plain decimal text without an exponent, such as
// "3000" or "10.99", and "" for an amount that is not set.
func (a Amount) String() string {
	if !a.set {
		return ""
	}
	return string(a.append(nil))
}

func (a Amount) append(b []byte) []byte {
	if a.scale == 0 {
		return strconv.AppendInt(b, a.coef, 10)
	}
	digits := strconv.FormatInt(a.coef, 10)
	if digits[0] == '-' {
		b, digits = append(b, '-'), digits[1:]
	}
	if missing := int(a.scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - int(a.scale)
	b = append(b, digits[:point]...)
	b = append(b, '.')
	return append(b, digits[point:]...)
}

// MarshalJSON writes a JSON number, or null for an amount that is not set.
func (a Amount) MarshalJSON() ([]byte, error) {
	if !a.set {
		return []byte("null"), nil
	}
	return a.append(nil), nil
}

// UnmarshalJSON reads a JSON number or a string that holds one. null and the empty
// string set the zero Amount.
func (a *Amount) UnmarshalJSON(data []byte) error {
	if n, ok := plainNumber(data); ok {
		*a = KRW(n)
		return nil
	}
	return a.UnmarshalText([]byte(unquoteNumber(data)))
}

// MarshalText writes what String returns.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what [ParseAmount] parses. Empty text sets the zero Amount.
func (a *Amount) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Amount{}
		return nil
	}
	return a.parse(string(text))
}

// parse sets a to the amount that [ParseAmount] reads. An error does not change a.
func (a *Amount) parse(text string) error {
	parsed, err := ParseAmount(text)
	if err == nil {
		*a = parsed
	}
	return err
}

// Value implements [driver.Valuer]: decimal text such as "3000" or "10.99", which SQL
// databases accept for NUMERIC, integer and text columns, and NULL for an amount that
// is not set. An integer column refuses a fraction, except in SQLite, which stores it
// as a floating-point number or rounds it to a whole one, in every column but a TEXT
// one. There use an INTEGER column for won and a TEXT column otherwise.
func (a Amount) Value() (driver.Value, error) {
	if !a.set {
		return nil, nil //nolint:nilnil // NULL
	}
	return a.String(), nil
}

// maxFloatDigits is how many significant digits of a decimal a float64 always keeps.
const maxFloatDigits = 15

// Scan implements [database/sql.Scanner]. It reads decimal text, an integer, and
// NULL, which leaves the amount not set. A floating-point number is read only if it
// has at most 15 significant digits, which is what it can hold exactly. It returns an
// error for everything else, and does not change the amount.
func (a *Amount) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*a = Amount{}
	case int64:
		*a = KRW(v)
	case uint64: // MySQL's BIGINT UNSIGNED
		return a.parse(strconv.FormatUint(v, 10))
	case string:
		return a.parse(v)
	case []byte:
		return a.parse(string(v))
	case float64:
		text := strconv.FormatFloat(v, 'e', -1, 64)
		digits, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), "e")
		if math.IsNaN(v) || math.IsInf(v, 0) || len(strings.Replace(digits, ".", "", 1)) > maxFloatDigits {
			return fmt.Errorf("iamport: amount: a floating-point number of more than %d digits is not exact", maxFloatDigits)
		}
		return a.parse(text)
	default:
		return fmt.Errorf("iamport: amount: a %T of a database is not a decimal number", src)
	}
	return nil
}
