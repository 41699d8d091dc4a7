package iamporttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// latestTime is the last second of the year 9999. A larger value is a time in milliseconds.
const latestTime = 253402300799

// params are the parameters of one request, or of one object in it. The first error is kept in err, so that a handler
// checks it once after it has read everything.
type params struct {
	values map[string]any
	prefix string
	err    *error
}

func (p params) failf(format string, args ...any) {
	if *p.err == nil {
		*p.err = fmt.Errorf(format, args...)
	}
}

// known refuses unknown parameters. The API ignores them, which hides spelling mistakes.
func (p params) known(names []string) {
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !slices.Contains(names, name) {
			p.failf("unknown parameter %s%s", p.prefix, name)
		}
	}
}

func (p params) value(name string) any { return p.values[name] }

// text reads a string. The API is loosely typed here, so a number is also accepted.
func (p params) text(name string) string {
	switch v := p.value(name).(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	p.failf("parameter %s%s must be a string", p.prefix, name)
	return ""
}

func (p params) need(name string) string {
	s := p.text(name)
	if s == "" {
		p.failf("missing parameter %s%s", p.prefix, name)
	}
	return s
}

// data reads custom_data, which is returned as a string whatever its type was.
func (p params) data(name string) string {
	switch v := p.value(name).(type) {
	case map[string]any, []any, bool:
		text, err := json.Marshal(v)
		if err != nil {
			p.failf("parameter %s%s must be a string", p.prefix, name)
		}
		return string(text)
	}
	return p.text(name)
}

// amount reads a number of zero or more, nil if there is none.
func (p params) amount(name string) *big.Rat {
	text := ""
	switch v := p.value(name).(type) {
	case nil:
		return nil
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	r, valid := parseAmount(text)
	if !valid {
		p.failf("parameter %s%s must be a number", p.prefix, name)
		return nil
	}
	if r.Sign() < 0 {
		p.failf("parameter %s%s must not be negative", p.prefix, name)
	}
	return r
}

func (p params) needAmount(name string) *big.Rat {
	r := p.amount(name)
	if *p.err != nil {
		return nil
	}
	if r == nil {
		p.failf("missing parameter %s%s", p.prefix, name)
	} else if r.Sign() == 0 {
		p.failf("parameter %s%s must be above 0", p.prefix, name)
	}
	return r
}

// whole reads an integer, def if there is none.
func (p params) whole(name string, def int64) int64 {
	if p.value(name) == nil {
		return def
	}
	n, err := strconv.ParseInt(p.text(name), 10, 64)
	if err != nil {
		p.failf("parameter %s%s must be an integer", p.prefix, name)
	}
	return n
}

// needTime reads a required time in Unix seconds.
func (p params) needTime(name string) int64 {
	if p.value(name) == nil {
		p.failf("missing parameter %s%s", p.prefix, name)
		return 0
	}
	at := p.whole(name, 0)
	if at < 0 || at > latestTime {
		p.failf("parameter %s%s must be in unix seconds", p.prefix, name)
	}
	return at
}

// flag reads a boolean.
func (p params) flag(name string) bool {
	v := p.value(name)
	if v == nil {
		return false
	}
	b, isBool := v.(bool)
	if !isBool {
		var err error
		if b, err = strconv.ParseBool(p.text(name)); err != nil {
			p.failf("parameter %s%s must be true or false", p.prefix, name)
		}
	}
	return b
}

// inner reads an object that is a parameter; it is empty if there is none.
func (p params) inner(name string, known ...string) params {
	child := params{prefix: p.prefix + name + ".", err: p.err}
	switch v := p.value(name).(type) {
	case nil:
	case map[string]any:
		child.values = v
	default:
		p.failf("parameter %s%s must be an object", p.prefix, name)
	}
	child.known(known)
	return child
}

// items reads an array of objects.
func (p params) items(name string, known []string) []params {
	list, isList := p.value(name).([]any)
	if !isList || len(list) == 0 {
		p.failf("missing parameter %s%s", p.prefix, name)
		return nil
	}
	all := make([]params, 0, len(list))
	for i, v := range list {
		item := params{prefix: fmt.Sprintf("%s%s[%d].", p.prefix, name, i), err: p.err}
		values, isObject := v.(map[string]any)
		if !isObject {
			p.failf("parameter %s%s[%d] must be an object", p.prefix, name, i)
		}
		item.values = values
		item.known(known)
		item.fit()
		all = append(all, item)
	}
	return all
}

// texts reads an array of strings, or a single string as an array of one.
func (p params) texts(name string) []string {
	list, isList := p.value(name).([]any)
	if !isList {
		if s := p.text(name); s != "" {
			return []string{s}
		}
		return nil
	}
	var all []string
	for i := range list {
		one := params{values: map[string]any{name: list[i]}, prefix: p.prefix, err: p.err}
		all = append(all, one.need(name))
	}
	return all
}

// parseBody reads the parameters from a body in one of the two encodings of the API.
func parseBody(r *http.Request, body []byte) (params, error) {
	p := params{values: map[string]any{}, err: new(error)}
	if len(body) == 0 {
		return p, nil
	}
	if len(body) > maxBody {
		return p, fmt.Errorf("the request is longer than %d bytes", maxBody)
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		decoder := json.NewDecoder(bytes.NewReader(body))
		// An amount keeps the text that was sent.
		decoder.UseNumber()
		if err := decoder.Decode(&p.values); err != nil {
			return p, errors.New("the body is not a JSON object")
		}
		if _, err := decoder.Token(); err != io.EOF {
			return p, errors.New("the body goes on after its JSON object")
		}
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return p, errors.New("the body is not a form")
		}
		p.values = formValues(form)
	default:
		return p, errors.New("the Content-Type is neither JSON nor a form")
	}
	return p, nil
}

// formValues builds objects and arrays from names such as schedules[0][extra][naverUseCfm], as PHP does. It ignores
// names that are nested too deeply, also as PHP does.
func formValues(form url.Values) map[string]any {
	root := map[string]any{}
	for name, values := range form {
		if strings.Count(name, "[") > maxNesting {
			continue
		}
		head, rest, _ := strings.Cut(name, "[")
		if rest == "]" {
			list := make([]any, len(values))
			for i, v := range values {
				list[i] = v
			}
			root[head] = list
			continue
		}
		at, key := root, head
		for rest != "" {
			inside, after, closed := strings.Cut(rest, "]")
			if !closed {
				break
			}
			child, isMap := at[key].(map[string]any)
			if !isMap {
				child = map[string]any{}
				at[key] = child
			}
			at, key, rest = child, inside, strings.TrimPrefix(after, "[")
		}
		at[key] = values[len(values)-1]
	}
	for name, v := range root {
		root[name] = listed(v)
	}
	return root
}

// listed converts an object whose keys are 0, 1, 2, ... to an array.
func listed(v any) any {
	m, isMap := v.(map[string]any)
	if !isMap {
		return v
	}
	list := make([]any, 0, len(m))
	for i := range len(m) {
		item, has := m[strconv.Itoa(i)]
		if !has {
			return m
		}
		list = append(list, item)
	}
	return list
}
