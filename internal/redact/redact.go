// Package redact prepares a server's text for an error or a log: one line, short, and
// without the secrets of the request that it may quote. It depends on how cards and
// keys are written, not on the calls.
package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxText is the maximum length of a text in characters.
	maxText = 500
	// maxRead is how many bytes are searched. The rest is removed first, so that a
	// message of megabytes costs no more than a short one.
	maxRead = 8 << 10
	// margin is how many bytes before the cut are searched but not kept, because a
	// secret that the cut splits begins there.
	margin = 512
	// maxGap is the maximum number of characters between two digits of a card number.
	maxGap = 6
	// maxSeparators is the maximum number of characters between a name and its value: a
	// text that was quoted three times has fifteen backslashes before each quote.
	maxSeparators = 64
	// piece is how many digits of a card number in a row count as the number. Fewer
	// digits cannot be charged.
	piece = 13
	// shortest is the minimum length in bytes of a secret that is searched by itself. A
	// shorter one looks like ordinary digits, and is found by the name before it.
	shortest = 6

	hidden = "[hidden]"
)

// Line returns text in one line, without control characters and without characters
// that change the text direction.
func Line(text string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text)
}

// isControl reports whether r can change a terminal or the text around it.
func isControl(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// Text returns text as Line does, at most 500 characters, without the secrets and
// without the values that follow the names of secret fields in JSON, forms and prose.
// A secret of 8 digits or more is the number of a card or an account: it is found in
// any spelling, even if a few digits of a card number are missing.
func Text(text string, secrets []string) string {
	if text == "" {
		return ""
	}
	keep := len(text)
	if len(text) > maxRead {
		text, keep = text[:maxRead], maxRead-margin
	}
	s := pool.Get().(*searched)
	defer s.release()
	s.read(text)
	for _, secret := range secrets {
		switch {
		case len(secret) >= 8 && isDigits(secret):
			for i := 0; i == 0 || i+piece <= len(secret); i++ {
				s.hideNumber(secret[i:min(i+piece, len(secret))])
			}
		case len(secret) >= shortest:
			s.hideText(strings.ToLower(secret))
		}
	}
	s.hideFields()
	return s.write(keep)
}

func (s *searched) hide(from, to int) {
	s.hides[from]++
	s.hides[to]--
}

// hideText hides every occurrence of secret, which is in lower case.
func (s *searched) hideText(secret string) {
	for from := 0; ; {
		i := strings.Index(s.plain[from:], secret)
		if i < 0 {
			return
		}
		i += from
		s.hide(s.at[i], s.at[i+len(secret)-1]+1)
		from = i + len(secret)
	}
}

// hideNumber hides the digits of a card number, with any characters between them.
func (s *searched) hideNumber(number string) {
	var digits strings.Builder
	var units []int
	for i, u := range s.units {
		if u.char >= '0' && u.char <= '9' {
			digits.WriteRune(u.char)
			units = append(units, i)
		}
	}
	all := digits.String()
	for from := 0; ; {
		i := strings.Index(all[from:], number)
		if i < 0 {
			return
		}
		i += from
		if place := units[i : i+len(number)]; isOne(place) {
			s.hide(place[0], place[len(place)-1]+1)
		}
		from = i + 1
	}
}

// isOne reports whether the digits are close enough to be one number.
func isOne(places []int) bool {
	for i := 1; i < len(places); i++ {
		if places[i]-places[i-1] > maxGap+1 {
			return false
		}
	}
	return true
}

// fields are the names of secret fields, in lower case, as the API and its errors
// write them. A value after a name that is not always secret text has a digit in it.
var fields = []struct {
	name    string
	anyText bool
}{
	{"card_number", false}, {"cardnumber", false}, {"card number", false}, {"카드번호", false},
	{"expiry", false}, {"유효기간", false},
	{"birth", false}, {"생년월일", false},
	{"pwd_2digit", false}, {"pwd2digit", false}, {"비밀번호", false}, {"비밀번호 앞 2자리", false}, {"비밀번호 앞2자리", false},
	{"cvc", false}, {"cvc번호", false}, {"cvc 번호", false},
	{"imp_key", true}, {"imp_secret", true}, {"access_token", true}, {"bearer", true}, {"secure_3d_token", true},
}

// hideFields hides the values that follow the names of secret fields.
func (s *searched) hideFields() {
	for _, f := range fields {
		for from := 0; ; {
			i := strings.Index(s.plain[from:], f.name)
			if i < 0 {
				break
			}
			from += i + len(f.name)
			if from < len(s.plain) {
				s.hideValue(s.at[from], f.anyText)
			}
		}
	}
}

// hideValue hides the value that begins at unit i or, after separators, a few units
// later. The format of the value may be between them in brackets: expiry (MM/YY)
// 12/30.
func (s *searched) hideValue(i int, anyText bool) {
	for more := true; more; {
		separated, bracket := false, false
		for end := min(i+maxSeparators, len(s.units)); i < end && strings.ContainsRune(" \t\"'`\\:=>([{)]}*-", s.units[i].char); i++ {
			separated = separated || strings.ContainsRune(":=>([{ ", s.units[i].char)
			bracket = bracket || s.units[i].char == '('
		}
		if i == len(s.units) {
			return
		}
		end := s.units[i].end
		if s.units[i].digit < end || anyText && separated && end-i >= shortest {
			s.hide(i, end)
			return
		}
		more = bracket && end > i && end < len(s.units) && s.units[end].char == ')'
		i = end
	}
}

// write returns the text up to the byte keep, with one placeholder for each hidden
// range.
func (s *searched) write(keep int) string {
	var b strings.Builder
	length, hides, inHidden := 0, 0, false
	for i, u := range s.units {
		hides += s.hides[i]
		if u.from >= keep || length >= maxText {
			b.WriteString("…")
			break
		}
		switch {
		case hides == 0:
			b.WriteString(Line(s.text[u.from:u.to]))
			length += utf8.RuneCountInString(s.text[u.from:u.to])
		case !inHidden:
			b.WriteString(hidden)
			length += len(hidden)
		}
		inHidden = hides > 0
	}
	return strings.TrimSpace(strings.ToValidUTF8(b.String(), "\uFFFD"))
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }
