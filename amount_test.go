package iamport_test

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestAmountComparesByValueNotSpelling(t *testing.T) {
	t.Parallel()
	for _, spellings := range [][]string{
		{"10.5", "10.50", "1.05e1", "105e-1", "0.105E+2", "10.500000000000000000"},
		{"3000", "3e3", "3000.0", "30.00e2", "0.003e6", "3000000e-3"},
		{"0", "-0", "0.00", "0e5", "0e-999", "-0.0e999"},
		{"-7", "-7.0", "-0.7e1", "-70e-1"},
		{"0.000000000000000001", "1e-18", "10e-19"},
		{"9223372036854775807", "9.223372036854775807e18"},
		{"-9223372036854775808", "-9223372036854775808.000"},
	} {
		first := clienttest.Amount(spellings[0])
		for _, s := range spellings {
			a := clienttest.Amount(s)
			// == on the struct, which is what users write, and not require.Equal.
			require.True(t, a == first, "%s and %s", s, spellings[0])
			require.Equal(t, spellings[0], a.String(), "String of %s", s)
			require.True(t, a.IsSet(), s)
		}
	}
	require.True(t, iamport.KRW(3000) == clienttest.Amount("3000.00"))
	require.False(t, clienttest.Amount("10.5") == clienttest.Amount("10.05"))
	require.False(t, clienttest.Amount("1") == clienttest.Amount("-1"))
}

func TestAmountZeroIsNotUnset(t *testing.T) {
	t.Parallel()
	var unset iamport.Amount
	require.False(t, iamport.KRW(0) == unset)
	require.False(t, clienttest.Amount("0.00") == unset)
	require.False(t, unset.IsSet())
	require.True(t, iamport.KRW(0).IsSet())
	require.Empty(t, unset.String())
	require.Equal(t, "0", iamport.KRW(0).String())

	type order struct {
		VAT     iamport.Amount `json:"vat_amount,omitzero"`
		TaxFree iamport.Amount `json:"tax_free,omitzero"`
		Amount  iamport.Amount `json:"amount"`
	}
	for want, o := range map[string]order{
		`{"amount":null}`:                                 {},
		`{"vat_amount":0,"tax_free":0,"amount":0}`:        {iamport.KRW(0), iamport.KRW(0), iamport.KRW(0)},
		`{"vat_amount":10.99,"amount":3000}`:              {VAT: clienttest.Amount("10.990"), Amount: iamport.KRW(3000)},
		`{"tax_free":-0.5,"amount":9223372036854775807}`:  {TaxFree: clienttest.Amount("-5e-1"), Amount: iamport.KRW(math.MaxInt64)},
		`{"tax_free":0.000000000000000001,"amount":1000}`: {TaxFree: clienttest.Amount("1e-18"), Amount: clienttest.Amount("1e3")},
	} {
		got, err := json.Marshal(o)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

func TestAmountReadsJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]iamport.Amount{
		`3000`: iamport.KRW(3000), `"3000"`: iamport.KRW(3000), ` 3000 `: iamport.KRW(3000), `3e3`: iamport.KRW(3000),
		`10.50`: clienttest.Amount("10.5"), `"10.50"`: clienttest.Amount("10.5"),
		`0`: iamport.KRW(0), `"0"`: iamport.KRW(0), `-1`: iamport.KRW(-1),
		`9007199254740993`: iamport.KRW(9007199254740993), // the first integer that a float64 cannot hold
		`null`:             {}, `""`: {},
	} {
		got := iamport.KRW(77)
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.True(t, got == want, "%s: got %q", text, got)
	}
	for _, text := range []string{`"abc"`, `" 1"`, `"1,000"`, `true`, `{}`, `[]`, `[1]`, `"NaN"`, `1e30`, `"\"1\""`} {
		got := iamport.KRW(77)
		require.Error(t, json.Unmarshal([]byte(text), &got), text)
		require.True(t, got == iamport.KRW(77), "%s changed the value to %q", text, got)
	}
}

func TestAmountText(t *testing.T) {
	t.Parallel()
	got := map[string]iamport.Amount{}
	require.NoError(t, json.Unmarshal([]byte(`{"a":"12.30"}`), &got))
	text, err := got["a"].MarshalText()
	require.NoError(t, err)
	require.Equal(t, "12.3", string(text))

	a := iamport.KRW(5)
	require.NoError(t, a.UnmarshalText(nil))
	require.False(t, a.IsSet())
	require.NoError(t, a.UnmarshalText([]byte("0.10")))
	require.Equal(t, "0.1", a.String())
	require.Error(t, a.UnmarshalText([]byte("x")))
	require.Equal(t, "0.1", a.String())
}

func TestAmountHoldsBigIntegersExactly(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{
		9007199254740993, -9007199254740993, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1,
		1e18, -1e18, 999999999999999999,
	} {
		text := strconv.FormatInt(n, 10)
		require.Equal(t, text, iamport.KRW(n).String())
		require.True(t, clienttest.Amount(text) == iamport.KRW(n), text)
		written, err := json.Marshal(iamport.KRW(n))
		require.NoError(t, err)
		require.Equal(t, text, string(written))
	}
	for _, s := range []string{"9223372036854775808", "-9223372036854775809", "1e19", "92233720368547758070"} {
		_, err := iamport.ParseAmount(s)
		require.Error(t, err, s)
	}
}

func TestAmountSignAndCmp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1", "2", -1}, {"2", "1", 1}, {"1.0", "1", 0}, {"-1", "1", -1}, {"-1", "-2", 1},
		{"0.1", "0.09", 1}, {"9223372036854775807", "0.000000000000000001", 1},
		{"-9223372036854775808", "-9.223372036854775808", -1}, {"9007199254740993", "9007199254740992", 1},
	} {
		require.Equal(t, c.want, clienttest.Amount(c.a).Cmp(clienttest.Amount(c.b)), "%s to %s", c.a, c.b)
		require.Equal(t, -c.want, clienttest.Amount(c.b).Cmp(clienttest.Amount(c.a)), "%s to %s", c.b, c.a)
	}
	require.Zero(t, iamport.Amount{}.Cmp(iamport.KRW(0)))
	require.Equal(t, 1, iamport.Amount{}.Cmp(iamport.KRW(-1)))
	for text, want := range map[string]int{"0.01": 1, "0": 0, "-0.01": -1} {
		require.Equal(t, want, clienttest.Amount(text).Sign(), text)
	}
	require.Zero(t, iamport.Amount{}.Sign())
}

func TestAmountAddAndSub(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, sum, difference string }{
		{"10", "3", "13", "7"},
		{"0.1", "0.2", "0.3", "-0.1"}, // not so with floats
		{"10.99", "0.01", "11", "10.98"},
		{"3000", "3000", "6000", "0"},
		{"-5", "2.5", "-2.5", "-7.5"},
		{"9223372036854775806", "1", "9223372036854775807", "9223372036854775805"},
		{"9223372036854775807", "1", "", "9223372036854775806"},
		{"-9223372036854775808", "1", "-9223372036854775807", ""},
		{"-9223372036854775808", "-9223372036854775808", "", "0"},
		{"9223372036854775807", "0.000000000000000001", "", ""},
		{"9007199254740993", "0.5", "9007199254740993.5", "9007199254740992.5"},
		{"5000000000000000000", "5000000000000000000", "", "0"},
	} {
		a, b := clienttest.Amount(c.a), clienttest.Amount(c.b)
		checkSum := func(got iamport.Amount, err error, want, op string) {
			if want == "" {
				require.Error(t, err, "%s %s %s", c.a, op, c.b)
				require.False(t, got.IsSet(), "a sum that does not fit has no value")
				return
			}
			require.NoError(t, err, "%s %s %s", c.a, op, c.b)
			require.True(t, got == clienttest.Amount(want), "%s %s %s = %s", c.a, op, c.b, got)
		}
		sum, err := a.Add(b)
		checkSum(sum, err, c.sum, "+")
		difference, err := a.Sub(b)
		checkSum(difference, err, c.difference, "-")
	}
	sum, err := iamport.Amount{}.Add(iamport.KRW(5))
	require.NoError(t, err)
	require.True(t, sum == iamport.KRW(5))
}

func TestAmountRefusesOtherSpellings(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", " ", " 1", "1 ", "+1", "1,000", "0x10", "1_000", ".5", "5.", "007", "-01", "00", "NaN", "Infinity", "-Inf",
		"1e", "1e+", "1e1.5", "e5", "--1", "-", "1-", "1.2.3", "1e5e5", "1/2", "1.-5", "1.+5", "1e--5", "1e+-5", "₩1000",
		"१", "\x001", "1\n", "null", "\"1\"", "0b1", "1f", "1e 5", "1. 5",
	} {
		a, err := iamport.ParseAmount(s)
		require.Error(t, err, "ParseAmount(%q)", s)
		require.False(t, a.IsSet(), s)
	}
}

func TestAmountRefusesHostileText(t *testing.T) {
	// Not parallel: it counts allocations, of which the process has one counter.
	const long = 1 << 20
	for name, s := range map[string]string{
		"exponent":             "1e999999999",
		"negative exponent":    "1e-999999999",
		"endless exponent":     "1e" + strings.Repeat("9", long),
		"exponent of 999":      "1e999",
		"exponent of -999":     "1e-999",
		"digits":               strings.Repeat("9", long),
		"zeros behind":         "1" + strings.Repeat("0", long),
		"zeros in front":       "0." + strings.Repeat("0", long) + "1",
		"zeros and nothing":    "0." + strings.Repeat("0", long),
		"zeros, back by the e": "1" + strings.Repeat("0", long) + "e-" + strconv.Itoa(long),
	} {
		a, err := iamport.ParseAmount(s)
		require.Error(t, err, name)
		require.False(t, a.IsSet(), name)
		require.Less(t, len(err.Error()), 200, "%s: the error repeats the text", name)
		// Work that grows with the text or the exponent shows as memory.
		require.LessOrEqual(t, testing.AllocsPerRun(10, func() { _, _ = iamport.ParseAmount(s) }), 20.0, name)
	}
}

// jsonNumber is the grammar of a JSON number with an exponent large enough for every
// real amount.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$`)

// fitsAmount reports whether v is an int64 over a power of ten up to 10^18, in
// lowest terms.
func fitsAmount(v *big.Rat) bool {
	ten, scaled := big.NewRat(10, 1), new(big.Rat).Set(v)
	for range 18 {
		if scaled.IsInt() {
			break
		}
		scaled.Mul(scaled, ten)
	}
	return scaled.IsInt() && scaled.Num().IsInt64()
}

func FuzzAmount(f *testing.F) {
	for _, s := range []string{
		"0", "-0", "3000", "10.50", "1.05e1", "1e18", "1e19", "1e-18", "1e-19", "-9223372036854775808", "9223372036854775808",
		"9.223372036854775807e18", "0.1", "100e-20", "922337203685477580.70e1", "1e999", "", " 1", "+1", ".5", "5.", "007",
		"1." + strings.Repeat("0", 62), "1000000000000000000000000000000000000e-30", "0.000000000000000000000000000001e30", "1e+", "0x1p4", "1/3",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := iamport.ParseAmount(s)
		if err != nil {
			require.True(t, a == iamport.Amount{})
			// Text of more than 64 bytes is always refused.
			if len(s) <= 64 && jsonNumber.MatchString(s) {
				value, ok := new(big.Rat).SetString(s)
				require.True(t, ok)
				require.False(t, fitsAmount(value), "%q was refused and fits: %v", s, err)
			}
			return
		}
		require.Regexp(t, jsonNumber, s, "accepted")
		want, ok := new(big.Rat).SetString(s)
		require.True(t, ok, "accepted %q, which is not a number", s)
		got, ok := new(big.Rat).SetString(a.String())
		require.True(t, ok, "String of %q is %q", s, a)
		require.Zero(t, want.Cmp(got), "%q became %q", s, a)
		require.Equal(t, want.Sign(), a.Sign())
		require.NotContains(t, strings.ToLower(a.String()), "e")

		again, err := iamport.ParseAmount(a.String())
		require.NoError(t, err)
		require.True(t, again == a, "%q reads back as %q", a, again)
		written, err := json.Marshal(a)
		require.NoError(t, err)
		require.Equal(t, a.String(), string(written))
		difference, err := a.Sub(a)
		require.NoError(t, err)
		require.True(t, difference == iamport.KRW(0))
	})
}
