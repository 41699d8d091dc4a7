package redact

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const number = "5409260012345678"

var secrets = []string{number, "820213", "2030-12"}

// grouped writes the number with something between its groups of four.
func grouped(between string) string {
	return number[:4] + between + number[4:8] + between + number[8:12] + between + number[12:]
}

func escaped(format string) string {
	var b strings.Builder
	for _, r := range number {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

// noDigitsOf fails if five digits of the number are still next to each other.
func noDigitsOf(t *testing.T, text string) {
	t.Helper()
	var digits strings.Builder
	for _, u := range searchedOf(text).units {
		if u.char >= '0' && u.char <= '9' {
			digits.WriteRune(u.char)
		}
	}
	for i := range len(number) - 4 {
		require.NotContains(t, digits.String(), number[i:i+5], text)
	}
}

func TestNumbersInAnySpelling(t *testing.T) {
	t.Parallel()
	for name, spelt := range map[string]string{
		"plain": number, "hyphens": grouped("-"), "spaces": grouped(" "), "dots": grouped("."), "wide spaces": grouped(" \u00a0 "),
		"quotes": grouped(`","`), "between all": strings.Join(strings.Split(number, ""), " "), "lines": grouped("\r\n"),
		"URL": escaped("%%%02X"), "JSON": escaped(`\u%04x`), "JSON twice": escaped(`\\u%04x`), "hyphens of a URL": grouped("%2D"),
		"full-width": strings.Map(func(r rune) rune { return r - '0' + '０' }, number), "zero-width": grouped("\u200b"),
		"HTML": escaped("&#%d;"), "HTML, hexadecimal": escaped("&#x%X;"), "without its last digits": number[:13], "without its first ones": "409-2600-1234-5678",
		"full-width and hyphens": strings.Map(func(r rune) rune { return r - '0' + '０' }, grouped("-")), "slashes": grouped(`\/`),
	} {
		got := Text("declined: "+spelt+" is refused", secrets)
		noDigitsOf(t, got)
		require.Equal(t, "declined: [hidden] is refused", got, name)
	}
}

// Quotations of the request by a server, in each form.
func TestValuesAfterTheirNames(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"card_number":"9999-8888-7777-6666","expiry":"2031-07","birth":"991231","pwd_2digit":"73","cvc":"481"}`,
		`{\"card_number\":\"9999-8888-7777-6666\",\"expiry\":\"2031-07\",\"birth\":\"991231\",\"pwd_2digit\":\"73\",\"cvc\":\"481\"}`,
		`card_number=9999-8888-7777-6666&expiry=2031-07&birth=991231&pwd_2digit=73&cvc=481`,
		`card_number%3D9999-8888-7777-6666%26expiry%3D2031-07%26birth%3D991231%26pwd_2digit%3D73%26cvc%3D481`,
		`card_number: 9999-8888-7777-6666, expiry: 2031-07, birth: 991231, pwd_2digit: 73, cvc: 481`,
		fmt.Sprintf("%q", fmt.Sprintf("%q", `{"card_number":"9999-8888-7777-6666","expiry":"2031-07","birth":"991231","pwd_2digit":"73","cvc":"481"}`)),
		`CVC 481, PWD_2DIGIT (73), Birth=991231, Expiry -> 2031-07, card number 9999-8888-7777-6666`,
		`card[card_number] 9999-8888-7777-6666 [expiry] 2031-07 [birth] 991231 [pwd_2digit] 73 [cvc] 481`,
		`카드번호: 9999-8888-7777-6666 유효기간(2031-07) 생년월일=991231 비밀번호 73 CVC:481`,
		`비밀번호 앞 2자리 73, pwd2digit=73, CVC번호: 481, 유효기간(MM/YY) 07/31, 생년월일(YYMMDD): 99-12-31`,
	} {
		got := Text(text, nil)
		for _, value := range []string{"9999", "8888", "7777", "6666", "2031", "07", "991231", "73", "481"} {
			require.NotContains(t, got, value, "%s\n%s", text, got)
		}
	}
	for _, text := range []string{
		`{"imp_key":"abcdefgh","imp_secret":"ijklmnop"}`, `imp_key=abcdefgh&imp_secret=ijklmnop`, `imp_key: abcdefgh, imp_secret: ijklmnop`,
		`Authorization: Bearer abcdefgh access_token=ijklmnop`, `{"access_token":"abcdefgh"}`, `{\"imp_secret\":\"abcdefgh\"}`, `secure_3d_token=abcdefgh`,
	} {
		got := Text(text, nil)
		require.NotContains(t, got, "abcdefgh", got)
		require.NotContains(t, got, "ijklmnop", got)
	}
}

// Sums, dates, order numbers, and the API's own sentences stay as they are.
func TestWhatStaysReadable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"결제승인에 실패하였습니다. [2116]개인 월 한도금액 초과",
		"카드정보 인증에 실패하였습니다. [F113]거래거절 카드번호틀림",
		"카드정보 인증 및 빌키 발급에 실패하였습니다. [F112]유효하지않은 카드번호를 입력하셨습니다. (card_bin 없음)",
		"이미 등록된 merchant_uid입니다. (order_20260131_0001)",
		"amount 1234567890123 differs from 3000 on 2026-11-25 12:34:56",
		"expiry must be YYYY-MM", "birth is required", "the card's cvc is wrong", "imp_key, imp_secret 파라메터가 누락되었습니다.",
		"인증에 실패하였습니다. API키와 secret을 확인하세요.", "order 5409-2600-1234 and also 5678 are two orders",
		"유효기간 오류입니다", "CVC (없음)", "expiry (unknown", "&#5x; &# &#99999999; &", "100% of 50,000 won", `a \ b \u12 %zz`,
	} {
		require.Equal(t, text, Text(text, secrets))
	}
}

func TestSecretsAsTheyAre(t *testing.T) {
	t.Parallel()
	require.Equal(t, "[hidden] or [hidden], not 12345", Text("820213 or 2030-12, not 12345", append(secrets, "12345")))
	require.Equal(t, "key [hidden] is unknown", Text("key 6B7A-Secret is unknown", []string{"6b7a-secret"}))
	require.Equal(t, "account [hidden] is closed", Text("account 110-234-567890 is closed", []string{"110234567890"}))
	require.Empty(t, Text("", secrets))
	require.Equal(t, "[hidden]", Text(number+number, secrets))
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	const nasty = "a\r\nb\x1b[31mc\u202ed\u2066e\u2028f\u2029g\u0085h\x00i\u200fj"
	for _, got := range []string{Line(nasty), Text(nasty, nil)} {
		require.Equal(t, "a  b [31mc d e f g h i j", got)
	}
	require.True(t, utf8.ValidString(Text("a\xff\xfeb", nil)))
}

// A long text is cut before it is searched, and a secret at the cut is not shown.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	require.Equal(t, strings.Repeat("가", maxText)+"…", Text(strings.Repeat("가", maxText+1), nil))
	require.Equal(t, strings.Repeat("가", maxText), Text(strings.Repeat("가", maxText), nil))
	for i := range 200 { // the cut falls into each part of an escaped number
		text := strings.Repeat(escaped(`\u%04x`), (maxRead-i)/96) + strings.Repeat("x", i) + escaped(`\u%04x`) + "tail"
		noDigitsOf(t, Text(text, secrets))
	}
}

// The time for a text grows no faster than its length, for any text, and not at all
// beyond the cut.
func TestTimeIsLinear(t *testing.T) { // not parallel: it compares times
	const short, long = maxRead / 64, maxRead
	for _, unit := range []string{
		"1", "5409-2600-", number[:15], "card_number", "expiry", "cvc", "cvc1", "cvc:", "cvc: ", "cvc=\"", "imp_secret", "bearer ",
		`\`, `\\u0031`, `\u`, "%31", "%", "(", "카드번호", "820213", "\xff", "\u202e",
	} {
		text := strings.Repeat(unit, 30<<20/len(unit))
		took := func(n int) time.Duration {
			best := time.Hour
			for range 30 {
				began := time.Now()
				_ = Text(text[:n], secrets)
				best = min(best, time.Since(began))
			}
			return best
		}
		base := took(short)
		require.Less(t, took(long), 1000*base, "%q: 64 times the text", unit) // 4096 if it were quadratic
		require.Less(t, took(len(text)), 1000*base, "%q: 30 MiB are cut, not searched", unit)
	}
}

func FuzzText(f *testing.F) {
	f.Add("card_number=" + number)
	f.Add(escaped("%%%02X") + escaped(`\u%04x`))
	f.Add(url.QueryEscape(`{"cvc":"123"}`) + "\xff\u202e")
	f.Add(strconv.Quote(grouped("\n")))
	f.Fuzz(func(t *testing.T, text string) {
		got := Text(text, secrets)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, utf8.RuneCountInString(got), maxText+len(hidden)+1)
		require.Equal(t, Line(got), got)
		noNumber := got
		for _, spelt := range []string{number, grouped("-"), grouped(" ")} {
			require.NotContains(t, noNumber, spelt)
		}
	})
}

// The exact bounds of the searched and the kept text.
func TestFigures(t *testing.T) {
	t.Parallel()
	require.Equal(t, strings.Repeat("a", 500), Text(strings.Repeat("a", 500), nil))
	require.Equal(t, strings.Repeat("a", 500)+"…", Text(strings.Repeat("a", 501), nil))

	gap := func(n int) string { return "5409" + strings.Repeat("x", n) + "260012345678" }
	require.Equal(t, "[hidden]", Text(gap(6), secrets))
	require.Equal(t, gap(7), Text(gap(7), secrets), "two numbers")

	separated := func(n int) string { return "cvc" + strings.Repeat(" ", n) + "481" }
	require.NotContains(t, Text(separated(63), nil), "481")
	require.Contains(t, Text(separated(65), nil), "481", "that is no value of it any more")
	require.Contains(t, Text("cvc("+strings.Repeat(" ", 63)+")481", nil), "481", "nor is it after a bracket beyond them")

	require.Equal(t, "[hidden]", Text("abcdef", []string{"abcdef"}))
	require.Equal(t, "abcde", Text("abcde", []string{"abcde"}))
	require.Equal(t, "1234-5678 [hidden]", Text("1234-5678 12345678x", []string{"12345678x"}), "a text, not a number")
	require.Equal(t, "[hidden]", Text("1234-5678", []string{"12345678"}))
	require.Equal(t, "123-4567", Text("123-4567", []string{"1234567"}), "too short for a number")

	require.Equal(t, "imp_key=[hidden] imp_key=abcde", Text("imp_key=abcdef imp_key=abcde", nil))

	numbers := func(bytes int) string { return strings.Repeat(number, bytes/len(number)) }
	rest := strings.Repeat("x", len(number))
	require.Equal(t, "[hidden]"+rest, Text(numbers(maxRead-len(rest))+rest, secrets), "searched to its end")
	require.Equal(t, "[hidden]…", Text(numbers(maxRead-margin)+strings.Repeat("x", margin+1), secrets), "cut at the margin")
	require.Equal(t, "[hidden]", Text(number[:13], secrets))
	require.Equal(t, number[:12], Text(number[:12], secrets))
}

// Each escape at the limits of its values.
func TestEscapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		char rune
		size int
	}{
		"%31": {'1', 3}, "%7F": {0x7f, 3}, "%80": {'%', 1}, "%3": {'%', 1}, "%zz": {'%', 1},
		`\u0031`: {'1', 6}, `\\u0031`: {'1', 7}, `\u003`: {'\\', 1}, `\uFFFF`: {0xffff, 6}, `\n`: {'\\', 1},
		"&#49;": {'1', 5}, "&#x31;": {'1', 6}, "&#X31;": {'1', 6}, "&#65535;": {0xffff, 8}, "&#65536;": {'&', 1}, "&#;": {'&', 1}, "&#49": {'&', 1},
		"&#000049;": {'1', 9}, "&#0000049;": {'1', 10}, "&#00000049;": {'&', 1}, "&#xx31;": {'&', 1}, "&amp;": {'&', 1},
	} {
		char, size := unescape(text)
		require.Equal(t, want.char, char, text)
		require.Equal(t, want.size, size, text)
	}
	for _, r := range []rune{'！', '０', '９', '～'} { // the ends of the full-width forms
		require.Equal(t, string(r-0xfee0), searchedOf(string(r)).plain, "%c", r)
	}
	for _, r := range []rune{'！' - 1, '～' + 1} {
		require.Equal(t, string(r), searchedOf(string(r)).plain, "%c", r)
	}
}

func searchedOf(text string) *searched {
	s := new(searched)
	s.read(text)
	return s
}

// The memory of a search holds nothing of its text when it is used again, and what is used again
// does not change the result.
func TestMemoryIsUsedAgain(t *testing.T) {
	t.Parallel()
	s := searchedOf("card_number: 1234-1234-1234-1234")
	units := s.units
	s.release()
	require.Equal(t, make([]unit, len(units)), units)
	for range 100 {
		require.Equal(t, "card_number: [hidden], ok", Text("card_number: 1234-1234-1234-1234, ok", nil))
		require.Equal(t, "ok", Text("ok", nil))
	}
}
