package contract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/contract"
)

// eachOperation runs f for every operation of the API that is called.
func eachOperation(t *testing.T, f func(*testing.T, contract.Operation)) {
	t.Helper()
	api, err := contract.Load()
	require.NoError(t, err)
	for _, o := range api.Operations {
		if o.Twin {
			continue
		}
		t.Run(o.Op, func(t *testing.T) {
			t.Parallel()
			f(t, o)
		})
	}
}

// sentBy makes a call that is refused, and returns the parameters that it sent.
func sentBy(t *testing.T, o contract.Operation, f filled) (map[string]any, error) {
	t.Helper()
	_, sent, err := f.call(t, o.Op, refuse)
	return parameters(t, o, sent), err
}

// A call with every field set sends exactly the parameters of the operation, each in
// its place and of its type.
func TestContractParameters(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o contract.Operation) {
		sent, _ := sentBy(t, o, fill(o.Op))
		want := o.Flat()
		require.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(sent)))
		for name, p := range want {
			requireType(t, p, name, sent[name])
		}
	})
}

var (
	integer = regexp.MustCompile(`^-?\d+$`)
	number  = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

func requireType(t *testing.T, p contract.Parameter, name string, value any) {
	t.Helper()
	text := fmt.Sprint(value)
	if p.In == "body" {
		want := map[string]any{"string": "", "integer": json.Number(""), "number": json.Number(""), "boolean": true, "array": []any{}}
		require.IsType(t, want[p.Type], value, name)
	}
	switch p.Type {
	case "integer":
		require.Regexp(t, integer, text, name)
	case "number":
		require.Regexp(t, number, text, name)
	case "boolean":
		require.Contains(t, []string{"true", "false"}, text, name)
	case "string", "array":
		require.NotEmpty(t, value, name)
	default:
		require.Fail(t, "unknown type", "%s is %q", name, p.Type)
	}
}

// wiring finds the slot of each parameter: the one whose change changes this
// parameter and no other.
func wiring(t *testing.T, o contract.Operation) map[string]int {
	t.Helper()
	before, _ := sentBy(t, o, fill(o.Op))
	found := make(map[string]int)
	for n := range fill(o.Op).slots {
		f := fill(o.Op)
		f.slots[n].set(n, true)
		after, _ := sentBy(t, o, f)
		var changed []string
		for name := range before {
			if !reflect.DeepEqual(before[name], after[name]) {
				changed = append(changed, name)
			}
		}
		require.Len(t, changed, 1, "%s changes these parameters", f.slots[n].path)
		require.NotContains(t, found, changed[0], "%s changes a parameter that another field changes", f.slots[n].path)
		found[changed[0]] = n
	}
	return found
}

// Every field sets exactly the parameter of its name, and every parameter has a
// field.
func TestContractFields(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o contract.Operation) {
		found := wiring(t, o)
		slots := fill(o.Op).slots
		for name, p := range o.Flat() {
			n, ok := found[name]
			if !ok {
				require.Contains(t, []string{"NewClient", "WithSandbox", "iterator"}, p.Go, "nothing sets %s", name)
				continue
			}
			if slots[n].field != "" {
				require.Equal(t, p.Field(), strings.ToLower(slots[n].field), "%s is set by %s", name, slots[n].path)
			}
		}
	})
}

// complaints returns the invalid fields of an error, in Go spelling.
func complaints(err error) []string {
	var names []string
	if invalid, ok := errors.AsType[*iamport.InvalidRequestError](err); ok {
		for _, f := range invalid.Fields {
			names = append(names, f.Field)
		}
	}
	return names
}

// requireComplaint asserts that err names only the slot of a parameter: by the path
// of its Go field, or by the name of the argument.
func requireComplaint(t *testing.T, err error, s slot, p contract.Parameter, text string) {
	t.Helper()
	found := complaints(err)
	require.Len(t, found, 1, "%s: %v", text, err)
	found[0] = strings.TrimSuffix(found[0], "[0]") // the only id of a list
	if _, path, ok := strings.Cut(s.path, "."); ok {
		require.Equal(t, path, found[0], text)
		return
	}
	argument, isList := strings.CutSuffix(p.Field(), "[]")
	if isList {
		argument += "s"
	}
	require.Equal(t, argument, strings.ToLower(found[0]), text)
	require.Regexp(t, "^[A-Z]", found[0])
}

// A missing required parameter is refused here. An optional parameter that is not set
// is not sent.
func TestContractRequired(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o contract.Operation) {
		flat := o.Flat()
		for name, n := range wiring(t, o) {
			p, f := flat[name], fill(o.Op)
			f.slots[n].value.SetZero()
			sent, err := sentBy(t, o, f)
			switch {
			case p.Required || p.Here.WithCard:
				requireComplaint(t, err, f.slots[n], p, "without "+name)
				require.Empty(t, sent)
			case p.Here.Default != "":
				require.Empty(t, complaints(err), "without %s", name)
				require.Contains(t, sent, name)
				if p.Type == "string" {
					require.Equal(t, p.Here.Default, sent[name], name)
				}
			default:
				require.Empty(t, complaints(err), "without %s", name)
				require.NotContains(t, sent, name)
			}
		}
	})
}

// A card is needed where its number is, and a schedule needs an item.
func TestContractRequiredGroups(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o contract.Operation) {
		for n := range fill(o.Op).groups {
			f := fill(o.Op)
			group := f.groups[n]
			group.value.SetZero()
			sent, err := sentBy(t, o, f)
			switch {
			case group.value.Type() != reflect.TypeFor[iamport.Card]():
				require.Equal(t, []string{"Schedules"}, complaints(err))
			case o.Flat()["body card_number"].Required:
				require.ElementsMatch(t, []string{"Card.Number", "Card.Expiry"}, complaints(err))
			default:
				require.Empty(t, complaints(err))
				for _, name := range []string{"card_number", "expiry", "birth", "pwd_2digit", "cvc"} {
					require.NotContains(t, sent, "body "+name)
				}
			}
		}
	})
}

// A text has the maximum length of the API, in characters. A text without a limit
// there has none here.
func TestContractLengths(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o contract.Operation) {
		flat := o.Flat()
		for name, n := range wiring(t, o) {
			p, f := flat[name], fill(o.Op)
			s := f.slots[n]
			if p.Enum != nil || s.owner == reflect.TypeFor[iamport.Card]() || p.Type != "string" && p.Items != "string" {
				continue
			}
			with := func(length int) error {
				text := strings.Repeat("가", length)
				switch {
				case s.tag.Get("form") == "json":
					s.value.SetString(`"` + text + `"`)
				case p.Items == "string":
					s.value.Set(reflect.ValueOf([]string{text}))
				default:
					s.value.SetString(text)
				}
				_, err := sentBy(t, o, f)
				return err
			}
			if p.Max == 0 {
				require.Empty(t, complaints(with(1000)), name)
				continue
			}
			require.Empty(t, complaints(with(p.Max)), name)
			requireComplaint(t, with(p.Max+1), s, p, "too long: "+name)
		}
	})
}

// Only the values of an enum are accepted, and only the enums of the contract are
// checked.
func TestContractEnums(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o contract.Operation) {
		flat := o.Flat()
		for name, n := range wiring(t, o) {
			p, f := flat[name], fill(o.Op)
			s := f.slots[n]
			for _, value := range p.Enum {
				s.value.SetString(value)
				sent, err := sentBy(t, o, f)
				require.Empty(t, complaints(err), "%s in %s", value, name)
				require.Equal(t, value, sent[name])
			}
			if s.value.Kind() == reflect.String && s.value.Type() != reflect.TypeFor[iamport.ScheduleStatus]() {
				values := slices.DeleteFunc(strings.Split(s.tag.Get("enum"), ","), func(value string) bool {
					return value == "" || value == string(iamport.SortScheduledDesc) // the default, which is not sent
				})
				require.ElementsMatch(t, p.Enum, values, name)
			}
			if p.Enum != nil {
				s.value.SetString("other")
				_, err := sentBy(t, o, f)
				requireComplaint(t, err, s, p, name)
			}
		}
	})
}
