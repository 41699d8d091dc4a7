// Package lenient decodes JSON that does not follow its schema. A value of the wrong
// type is converted if its meaning is clear, and is ignored otherwise. The rest of
// the document is still decoded.
package lenient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshal decodes data into *v like json.Unmarshal, and uses the lenient rules only
// if that fails. It returns an error if data is not JSON, or if v points to a struct
// or slice and data holds no object or array.
func Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return err
	}
	target := reflect.ValueOf(v).Elem()
	target.SetZero()
	if !decode(bytes.TrimSpace(data), target) {
		return fmt.Errorf("a JSON %s where %s was expected", kindOf(data), target.Kind())
	}
	return nil
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// decode sets v from raw and reports whether that succeeded.
func decode(raw json.RawMessage, v reflect.Value) bool {
	if string(raw) == "null" {
		return true
	}
	if v.Kind() != reflect.Pointer && reflect.PointerTo(v.Type()).Implements(unmarshaler) {
		return v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(raw) == nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if !decode(raw, p.Elem()) {
			return false
		}
		v.Set(p)
		return true
	case reflect.Struct:
		return decodeStruct(raw, v)
	case reflect.Slice:
		return decodeSlice(raw, v)
	case reflect.String:
		v.SetString(text(raw))
		return true
	case reflect.Bool:
		b, err := strconv.ParseBool(text(raw))
		v.SetBool(b)
		return err == nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := integer(text(raw))
		if !ok || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
		return true
	default:
		return json.Unmarshal(raw, v.Addr().Interface()) == nil
	}
}

func decodeStruct(raw json.RawMessage, v reflect.Value) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return false
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if member, ok := members[name]; ok && name != "" && field.IsExported() {
			decode(member, v.Field(i))
		} else if field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct {
			decodeStruct(raw, v.Field(i))
		}
	}
	return true
}

func decodeSlice(raw json.RawMessage, v reflect.Value) bool {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return false
	}
	list := reflect.MakeSlice(v.Type(), 0, len(items))
	for _, item := range items {
		element := reflect.New(v.Type().Elem()).Elem()
		if string(item) != "null" && decode(item, element) {
			list = reflect.Append(list, element)
		}
	}
	v.Set(list)
	return true
}

// text returns the value of a JSON string, and any other value unchanged.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// integer reads 4 and 4.0.
func integer(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	whole, zeros, _ := strings.Cut(s, ".")
	if zeros == "" || strings.Trim(zeros, "0") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	return n, err == nil
}

func kindOf(data []byte) string {
	switch data = bytes.TrimSpace(data); data[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	default:
		return "number"
	}
}
