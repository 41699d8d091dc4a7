package iamport

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// problems collects what is wrong with one request before it is sent.
type problems struct {
	op   string
	list []error
}

func (p *problems) add(field, problem string) {
	p.list = append(p.list, &InvalidRequestError{Op: p.op, Field: field, Problem: problem})
}

func (p *problems) addf(field, format string, args ...any) {
	p.add(field, fmt.Sprintf(format, args...))
}

// err returns nil, the one problem, or all of them joined.
func (p *problems) err() error {
	if len(p.list) == 1 {
		return p.list[0]
	}
	return errors.Join(p.list...)
}

// fields checks a request against the tags on its fields: `required:"true"`,
// `max:"40"` in characters, `enum:"real,digital"` for what the API closes. Every
// text must be UTF-8, since the JSON encoder would alter it silently otherwise.
func (p *problems) fields(request any) { p.structFields("", reflect.ValueOf(request)) }

func (p *problems) structFields(prefix string, v reflect.Value) {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		name = prefix + name
		if field.Tag.Get("required") != "" && value.IsZero() {
			p.add(name, "is required")
			continue
		}
		switch value.Kind() {
		case reflect.String:
			p.text(name, value.String(), field.Tag)
		case reflect.Struct:
			if !field.Anonymous && field.Type != reflect.TypeFor[Amount]() && field.Type != reflect.TypeFor[Time]() {
				p.structFields(name+".", value)
			} else if field.Anonymous {
				p.structFields(prefix, value)
			}
		case reflect.Slice:
			if field.Type.Elem().Kind() == reflect.Struct {
				for j := range value.Len() {
					p.structFields(fmt.Sprintf("%s[%d].", name, j), value.Index(j))
				}
			}
		default:
		}
	}
}

func (p *problems) text(name, value string, tag reflect.StructTag) {
	if !utf8.ValidString(value) {
		p.add(name, "is not valid UTF-8")
		return
	}
	if limit, err := strconv.Atoi(tag.Get("max")); err == nil {
		if n := utf8.RuneCountInString(value); n > limit {
			p.addf(name, "has %d characters, the API takes at most %d", n, limit)
		}
	}
	if enum := tag.Get("enum"); enum != "" && value != "" && !slices.Contains(strings.Split(enum, ","), value) {
		p.addf(name, "wants one of %s, or nothing", strings.ReplaceAll(enum, ",", ", "))
	}
	if tag.Get("form") == "json" && value != "" && !json.Valid([]byte(value)) {
		p.add(name, "wants JSON text, such as {\"key\":\"value\"}")
	}
}

// pathID checks an id that becomes one segment of a path.
func (p *problems) pathID(field, id string, limit int) {
	switch n := utf8.RuneCountInString(id); {
	case id == "":
		p.add(field, "is required")
	case !utf8.ValidString(id):
		p.add(field, "is not valid UTF-8")
	case id == "." || id == "..":
		p.add(field, "cannot be \".\" or \"..\", which a path does not carry")
	case limit > 0 && n > limit:
		p.addf(field, "has %d characters, the API takes at most %d", n, limit)
	}
}

// order refuses a merchant_uid that could be charged but never looked up.
func (p *problems) order(merchantUID string) {
	if merchantUID == "." || merchantUID == ".." {
		p.pathID("merchant_uid", merchantUID, 0)
	}
}

// money checks the sums of one charge or schedule item.
func (p *problems) money(prefix string, amount, taxFree, vat Amount, currency string, quota int) {
	if amount.IsSet() && amount.Sign() <= 0 {
		p.add(prefix+"amount", "wants more than 0")
	}
	if taxFree.Sign() < 0 {
		p.add(prefix+"tax_free", "wants 0 or more")
	}
	if vat.Sign() < 0 {
		p.add(prefix+"vat_amount", "wants 0 or more")
	}
	inWon := currency == "" || currency == "KRW"
	switch {
	case quota < 0 || quota == 1:
		p.add(prefix+"card_quota", "wants 0 for a single payment, or 2 or more months")
	case quota >= 2 && inWon && amount.Sign() > 0 && amount.Cmp(KRW(50_000)) < 0:
		p.add(prefix+"card_quota", "wants an amount of 50000 won or more to pay in instalments")
	}
}
