// Package validate checks the texts of a request by the tags on its fields, before it
// is sent. It does not check amounts or operations.
package validate

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Report receives one problem: the Go name of a field, such as "Schedules[3].Name",
// and the rule that it breaks, never its value.
type Report func(field, problem string)

// Rule is the rule for a text.
type Rule struct {
	Max  int      // in characters, 0 for any length
	Enum []string // the allowed values, nil for any
	JSON bool     // it must be JSON text
}

// Fields checks a request, or what a pointer points to, against the tags on its fields:
// `required:"true"`, `max:"40"` in characters, `enum:"real,digital"` for the allowed
// values, `form:"json"`. Every text must be UTF-8, because the JSON encoder would
// silently change it otherwise.
func Fields(request any, report Report) {
	checkStruct("", reflect.Indirect(reflect.ValueOf(request)), report)
}

func checkStruct(prefix string, v reflect.Value, report Report) {
	for _, field := range fieldsOf(v.Type()) {
		value := v.Field(field.index)
		if field.required && isMissing(value) {
			report(prefix+field.name, "is required")
			continue
		}
		switch value.Kind() {
		case reflect.String:
			Text(prefix+field.name, value.String(), field.rule, report)
		case reflect.Struct:
			if !value.IsZero() || hasRequired(value.Type()) {
				checkStruct(prefix+field.name+".", value, report)
			}
		case reflect.Slice:
			for i := range value.Len() {
				checkStruct(fmt.Sprintf("%s%s[%d].", prefix, field.name, i), value.Index(i), report)
			}
		default:
		}
	}
}

// isMissing reports whether a required field is missing. An empty list is missing,
// and so is the zero time in any location.
func isMissing(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	if v.Type() == timeType {
		return v.Interface().(time.Time).IsZero()
	}
	return v.IsZero()
}

var timeType = reflect.TypeFor[time.Time]()

// checked is one field and its rules.
type checked struct {
	index    int
	name     string
	required bool
	rule     Rule
}

var fieldsByType sync.Map // of reflect.Type to []checked

// fieldsOf reads the tags of a struct once. Fields that are never checked are left
// out.
func fieldsOf(t reflect.Type) []checked {
	if fields, ok := fieldsByType.Load(t); ok {
		return fields.([]checked)
	}
	var fields []checked
	for i := range t.NumField() {
		tagged := t.Field(i)
		name, _, _ := strings.Cut(tagged.Tag.Get("json"), ",")
		field := checked{index: i, name: tagged.Name, required: tagged.Tag.Get("required") != ""}
		field.rule.JSON = tagged.Tag.Get("form") == "json"
		field.rule.Max, _ = strconv.Atoi(tagged.Tag.Get("max"))
		if enum := tagged.Tag.Get("enum"); enum != "" {
			field.rule.Enum = strings.Split(enum, ",")
		}
		if name != "-" && (field.required || hasTexts(tagged.Type)) {
			fields = append(fields, field)
		}
	}
	fieldsByType.Store(t, fields)
	return fields
}

// hasRequired reports whether a struct without values is invalid.
func hasRequired(t reflect.Type) bool {
	return slices.ContainsFunc(fieldsOf(t), func(f checked) bool { return f.required })
}

// hasTexts reports whether values of t are texts or may hold texts. A struct without
// exported fields is a single value, such as a time.
func hasTexts(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String:
		return true
	case reflect.Slice:
		return t.Elem().Kind() == reflect.Struct
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				return true
			}
		}
		return false
	default:
		return false
	}
}

// Text checks one text.
func Text(field, value string, rule Rule, report Report) {
	if !utf8.ValidString(value) {
		report(field, "must be valid UTF-8")
		return
	}
	if n := utf8.RuneCountInString(value); rule.Max > 0 && n > rule.Max {
		report(field, fmt.Sprintf("must be at most %d characters, not %d", rule.Max, n))
	}
	if rule.Enum != nil && value != "" && !slices.Contains(rule.Enum, value) {
		report(field, fmt.Sprintf("must be one of %s, or empty", strings.Join(rule.Enum, ", ")))
	}
	if rule.JSON && value != "" && !json.Valid([]byte(value)) {
		report(field, "must be JSON text, such as {\"key\":\"value\"}")
	}
}

// PathID checks an id that becomes one segment of a path. A limit of 0 means no
// limit.
func PathID(field, id string, limit int, report Report) {
	switch n := utf8.RuneCountInString(id); {
	case id == "":
		report(field, "is required")
	case !utf8.ValidString(id):
		report(field, "must be valid UTF-8")
	case id == "." || id == "..":
		report(field, "must not be \".\" or \"..\", which a path does not carry")
	case limit > 0 && n > limit:
		report(field, fmt.Sprintf("must be at most %d characters, not %d", limit, n))
	}
}
