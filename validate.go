package iamport

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
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

// fields checks a request against the tags on its fields: `required:"true"`,
// `max:"40"` in characters, `enum:"real,digital"` for what the API closes,
// `form:"json"`. Every text must be UTF-8, since the JSON encoder would alter it
// silently otherwise.
func (p *problems) fields(request any) { p.structFields("", reflect.ValueOf(request)) }

func (p *problems) structFields(prefix string, v reflect.Value) {
	for _, rule := range rulesOf(v.Type()) {
		value := v.Field(rule.index)
		if rule.required && isMissing(value) {
			p.add(prefix+rule.name, "is required")
			continue
		}
		switch value.Kind() {
		case reflect.String:
			p.text(prefix+rule.name, value.String(), rule)
		case reflect.Struct:
			p.structFields(prefix+rule.name+".", value)
		case reflect.Slice:
			for i := range value.Len() {
				p.structFields(fmt.Sprintf("%s%s[%d].", prefix, rule.name, i), value.Index(i))
			}
		default:
		}
	}
}

// isMissing reports whether a required field was left out. An empty list is, and
// so is the zero time in any location.
func isMissing(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t.IsZero()
	}
	return v.IsZero()
}

// fieldRule is what the tags of one field say.
type fieldRule struct {
	index    int
	name     string // of the Go field
	required bool
	max      int // 0: any
	enum     []string
	isJSON   bool
}

var rulesByType sync.Map // of reflect.Type to []fieldRule

// rulesOf reads the tags of a struct once. Fields that are never checked are left
// out.
func rulesOf(t reflect.Type) []fieldRule {
	if rules, ok := rulesByType.Load(t); ok {
		return rules.([]fieldRule)
	}
	var rules []fieldRule
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		rule := fieldRule{
			index: i, name: field.Name, required: field.Tag.Get("required") != "", isJSON: field.Tag.Get("form") == "json",
		}
		rule.max, _ = strconv.Atoi(field.Tag.Get("max"))
		if enum := field.Tag.Get("enum"); enum != "" {
			rule.enum = strings.Split(enum, ",")
		}
		if name != "-" && (rule.required || hasTexts(field.Type)) {
			rules = append(rules, rule)
		}
	}
	rulesByType.Store(t, rules)
	return rules
}

// hasTexts reports whether values of t are texts, or structs of this package that
// may hold some.
func hasTexts(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String:
		return true
	case reflect.Slice:
		return t.Elem().Kind() == reflect.Struct
	case reflect.Struct:
		return t != reflect.TypeFor[Amount]() && t != reflect.TypeFor[time.Time]()
	default:
		return false
	}
}

func (p *problems) text(name, value string, rule fieldRule) {
	if !utf8.ValidString(value) {
		p.add(name, "must be valid UTF-8")
		return
	}
	if n := utf8.RuneCountInString(value); rule.max > 0 && n > rule.max {
		p.addf(name, "must be at most %[2]d characters, not %[1]d", n, rule.max)
	}
	if rule.enum != nil && value != "" && !slices.Contains(rule.enum, value) {
		p.addf(name, "must be one of %s, or empty", strings.Join(rule.enum, ", "))
	}
	if rule.isJSON && value != "" && !json.Valid([]byte(value)) {
		p.add(name, "must be JSON text, such as {\"key\":\"value\"}")
	}
}

// pathID checks an id that becomes one segment of a path.
func (p *problems) pathID(field, id string, limit int) {
	switch n := utf8.RuneCountInString(id); {
	case id == "":
		p.add(field, "is required")
	case !utf8.ValidString(id):
		p.add(field, "must be valid UTF-8")
	case id == "." || id == "..":
		p.add(field, "must not be \".\" or \"..\", which a path does not carry")
	case limit > 0 && n > limit:
		p.addf(field, "must be at most %[2]d characters, not %[1]d", n, limit)
	}
}

// order refuses a merchant_uid that could be charged but never looked up, or be
// mistaken for another.
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
	inWon := currency == "" || currency == "KRW"
	if inWon && amount.scale != 0 {
		p.add(prefix+"Amount", "must be whole won; an amount with a fraction needs its Currency")
	}
	switch {
	case quota < 0 || quota == 1:
		p.add(prefix+"CardQuota", "must be 0 for a single payment, or 2 or more months")
	case quota >= 2 && inWon && amount.Sign() > 0 && amount.Cmp(KRW(50_000)) < 0:
		p.add(prefix+"CardQuota", "must be 0 for an amount below 50000 won")
	}
}
