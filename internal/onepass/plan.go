package onepass

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// kind is how a type is decoded.
type kind int

const (
	other kind = iota // by encoding/json
	text
	number
	boolean
	object
	list
	pointer
	holder // an interface, which may hold a pointer
	unmarshaler
)

// plan is how a type is decoded, worked out once.
type plan struct {
	kind   kind
	elem   *plan            // of a list or pointer
	fields map[string]field // of an object, by name
	names  []string
}

type field struct {
	index []int
	plan  *plan
}

var (
	plans           sync.Map // *plan by reflect.Type
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
)

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, newPlan(t, nil))
	return p.(*plan)
}

// newPlan works a plan out. outer are the types around t: a type within itself is left to
// encoding/json.
func newPlan(t reflect.Type, outer []reflect.Type) *plan {
	for _, o := range outer {
		if o == t {
			return &plan{}
		}
	}
	outer = append(outer[:len(outer):len(outer)], t)
	if t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(unmarshalerType) {
		return &plan{kind: unmarshaler}
	}
	switch t.Kind() {
	case reflect.String:
		return &plan{kind: text}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &plan{kind: number}
	case reflect.Bool:
		return &plan{kind: boolean}
	case reflect.Pointer:
		return &plan{kind: pointer, elem: newPlan(t.Elem(), outer)}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return &plan{}
		}
		return &plan{kind: list, elem: newPlan(t.Elem(), outer)}
	case reflect.Interface:
		return &plan{kind: holder}
	case reflect.Struct:
		return planOfStruct(t, outer)
	default:
		return &plan{}
	}
}

// planOfStruct takes fields that have a name in their tag, also those of embedded structs. A
// struct that needs more of the rules of encoding/json is left to it.
func planOfStruct(t reflect.Type, outer []reflect.Type) *plan {
	p := &plan{kind: object, fields: make(map[string]field)}
	if !p.add(t, nil, outer) {
		return &plan{}
	}
	return p
}

// add adds the fields of t, which is the type itself or embedded in it at index. It reports
// whether they need no more rules.
func (p *plan) add(t reflect.Type, index []int, outer []reflect.Type) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" && options == "", !f.Anonymous && !f.IsExported():
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			if !p.add(f.Type, at, outer) {
				return false
			}
			continue
		case name == "", f.Anonymous, strings.Contains(options, "string"):
			return false
		}
		if _, twice := p.fields[name]; twice {
			return false
		}
		p.fields[name] = field{index: at, plan: newPlan(f.Type, outer)}
		p.names = append(p.names, name)
	}
	return true
}

// folds reports whether encoding/json would take name, which is not exactly that of a field,
// for one in other letters.
func (p *plan) folds(name []byte) bool {
	for _, known := range p.names {
		if len(known) == len(name) && strings.EqualFold(known, string(name)) {
			return true
		}
	}
	return false
}

// null sets v to what null means for it: nothing for a value, nil for the rest.
func (p *plan) null(v reflect.Value) bool {
	switch p.kind {
	case holder:
		if held := v.Elem(); held.Kind() == reflect.Pointer && !held.IsNil() && held.Elem().Kind() == reflect.Pointer {
			v = held.Elem() // the pointer to which the interface points
		}
		v.SetZero()
		return true
	case pointer, list:
		v.SetZero()
		return true
	case text, number, boolean, object:
		return true
	default:
		return false
	}
}
