package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hidden takes the place of a secret.
const hidden = "***"

// secrets are the parameters and properties whose values are hidden. A card number is masked instead.
var secrets = []string{"expiry", "birth", "pwd_2digit", "cvc", "imp_key", "imp_secret", "access_token"}

// masker hides the secrets of one exchange.
type masker struct {
	numbers []string // the digits of the card numbers of the request, which may be in other texts too
	echoed  bool     // one of them is in another text of the request, so that the answer may have it
	orders  []string // each merchant_uid
}

// json returns a JSON text with its secrets hidden. The order of the keys stays, the spaces do not.
func (m *masker) json(text []byte) (string, error) {
	if !json.Valid(text) {
		return "", errors.New("not JSON")
	}
	m.find(text)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var b bytes.Buffer
	err := m.value(decoder, &b, "")
	return b.String(), err
}

// find collects the card numbers before anything is written.
func (m *masker) find(text []byte) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) == nil {
		m.findIn("", v)
	}
}

func (m *masker) findIn(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			m.findIn(key, inner)
		}
	case []any:
		for _, inner := range v {
			m.findIn(name, inner)
		}
	default:
		if number := digits(fmt.Sprint(v)); name == "card_number" && len(number) >= 8 {
			m.numbers = append(m.numbers, number)
		}
	}
}

// value copies the next value, which is under name.
func (m *masker) value(from *json.Decoder, to *bytes.Buffer, name string) error {
	token, err := from.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		to.WriteRune(rune(token))
		for n := 0; from.More(); n++ {
			if n > 0 {
				to.WriteByte(',')
			}
			inner := name
			if token == '{' {
				key, err := from.Token()
				if err != nil {
					return err
				}
				inner, _ = key.(string)
				write(to, m.text("", inner))
				to.WriteByte(':')
				if slices.Contains(secrets, name) {
					inner = name
				}
			}
			if err := m.value(from, to, inner); err != nil {
				return err
			}
		}
		end, err := from.Token()
		if err != nil {
			return err
		}
		_, _ = fmt.Fprint(to, end)
	case string:
		write(to, m.text(name, token))
	case json.Number:
		if shown := m.text(name, token.String()); shown != token.String() {
			write(to, shown)
		} else {
			to.WriteString(shown)
		}
	default:
		write(to, token)
	}
	return nil
}

func write(to *bytes.Buffer, v any) {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // A token of a JSON text can be encoded.
	to.Truncate(to.Len() - 1)
}

// text returns the value of a parameter without its secrets.
func (m *masker) text(name, value string) string {
	switch {
	case value == "":
	case name == "card_number":
		return masked(value)
	case slices.Contains(secrets, name):
		return hidden
	case name == "merchant_uid":
		m.order(value)
	}
	for _, number := range m.numbers {
		if len(value) >= len(number) && strings.Contains(digits(value), number) {
			m.echoed = true
			return hidden
		}
	}
	return value
}

func (m *masker) order(uid string) {
	if !slices.Contains(m.orders, uid) && len(m.orders) < maxOrders {
		m.orders = append(m.orders, uid)
	}
}

// answer returns the body of an answer. The server masks the card numbers in it, so that most answers need no parsing.
func (m *masker) answer(contentType string, body []byte, size int) string {
	if m.echoed || size > maxBody || !strings.HasPrefix(contentType, "application/json") || bytes.Contains(body, []byte("access_token")) {
		return m.body(contentType, body, size)
	}
	for _, found := range orderInAnswer.FindAllSubmatch(body, maxOrders) {
		var uid string
		if json.Unmarshal(found[1], &uid) == nil {
			m.order(uid)
		}
	}
	return string(body)
}

var orderInAnswer = regexp.MustCompile(`"merchant_uid":("(?:[^"\\]|\\.)*")`)

// form returns a form or a query with its secrets hidden.
func (m *masker) form(text string) (string, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return "", errors.New("not a form")
	}
	for name, list := range values {
		for _, value := range list {
			m.findIn(last(name), value)
		}
	}
	shown := url.Values{}
	for name, list := range values {
		for _, value := range list {
			shown.Add(m.text("", name), m.text(last(name), value))
		}
	}
	return shown.Encode(), nil
}

// last is the innermost name of a form name such as schedules[0][merchant_uid] or merchant_uid[].
func last(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '[' || r == ']' })
	for i := len(parts) - 1; i >= 0; i-- {
		if strings.Trim(parts[i], "0123456789") != "" {
			return parts[i]
		}
	}
	return name
}

// masked keeps the first six and the last four digits of a card number that has at least 14, and those of a number that
// was masked before.
func masked(number string) string {
	if strings.Contains(number, "*") && len(digits(number)) <= 10 {
		return number
	}
	all := digits(number)
	if len(all) < 14 {
		return hidden
	}
	return all[:6] + strings.Repeat("*", len(all)-10) + all[len(all)-4:]
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// body returns a body as it is recorded.
func (m *masker) body(contentType string, text []byte, size int) string {
	if size == 0 {
		return ""
	}
	var shown string
	var err error
	switch {
	case size > maxBody:
		err = fmt.Errorf("longer than %d bytes", maxBody)
	case strings.HasPrefix(contentType, "application/json"):
		shown, err = m.json(text)
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"):
		shown, err = m.form(string(text))
	default:
		err = errors.New("neither JSON nor a form")
	}
	if err != nil {
		return fmt.Sprintf("(%d bytes: %v)", size, err)
	}
	return shown
}
