package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/contract"
	"github.com/iamport-go/iamport/internal/lenient"
)

// answerTypes are the Go types of the contract's answers.
var answerTypes = map[string]reflect.Type{
	"Customer":         reflect.TypeFor[iamport.Customer](),
	"SucceededChannel": reflect.TypeFor[iamport.SucceededChannel](),
	"FailedChannel":    reflect.TypeFor[iamport.FailedChannel](),
	"Payment":          reflect.TypeFor[iamport.Payment](),
	"PaymentCancel":    reflect.TypeFor[iamport.PaymentCancel](),
	"VbankDeposit":     reflect.TypeFor[iamport.VbankDeposit](),
	"Promotion":        reflect.TypeFor[iamport.Promotion](),
	"Page":             reflect.TypeFor[iamport.Page[*iamport.Payment]](),
	"Schedule":         reflect.TypeFor[iamport.Schedule](),
	"PreparedPayment":  reflect.TypeFor[iamport.PreparedPayment](),
	"Balance":          reflect.TypeFor[iamport.Balance](),
	"BalancePart":      reflect.TypeFor[iamport.BalancePart](),
	"BalanceHistory":   reflect.TypeFor[iamport.BalanceHistory](),
}

func goName(api *contract.API, name string) string {
	if other := api.Types[name].Go; other != "" {
		return other
	}
	return name
}

// sampler writes answers with a different value for every property.
type sampler struct {
	api   *contract.API
	count int
	// leaves are the paths of the values that were written, in Go spelling.
	leaves []string
	// change is the number of the one value to change, -1 for none.
	change int
}

// object writes one object that is of all the types at once.
func (s *sampler) object(path string, types ...string) map[string]any {
	object := make(map[string]any)
	for _, name := range types {
		for _, p := range s.api.Types[name].Properties {
			if _, ok := object[p.Name]; !ok {
				object[p.Name] = s.value(path+"."+contract.Fold(p.Name), p.Type, p.Of)
			}
		}
	}
	return object
}

func (s *sampler) value(path, kind, of string) any {
	switch kind {
	case "object":
		return s.object(path, of)
	case "array":
		if of == "string" {
			return []any{s.value(path+"[0]", "string", "")}
		}
		return []any{s.object(path+"[0]", of)}
	}
	n, changed := s.count, s.count == s.change
	s.count++
	s.leaves = append(s.leaves, path)
	if changed {
		n += 5000
	}
	switch kind {
	case "string":
		return fmt.Sprintf("text %d", n)
	case "integer":
		return 1_700_000_000 + n
	case "number":
		return json.Number(fmt.Sprintf("%d.25", 1000+n))
	case "boolean":
		return !changed
	}
	return fmt.Sprintf("unknown type %q", kind)
}

// valuesOf lists the values in a decoded answer by their paths. Fields of an embedded
// struct belong to the outer one, as in JSON.
func valuesOf(all map[string]string, path string, v reflect.Value) {
	switch v.Type() {
	case reflect.TypeFor[iamport.Amount](), reflect.TypeFor[iamport.Time]():
		all[path] = fmt.Sprint(v.Interface())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			all[path] = "nil"
			return
		}
		valuesOf(all, path, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			switch {
			case f.Anonymous:
				valuesOf(all, path, v.Field(i))
			case f.IsExported():
				valuesOf(all, path+"."+strings.ToLower(f.Name), v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Len() == 0 {
			all[path] = "empty"
		}
		for i := range v.Len() {
			valuesOf(all, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	default:
		all[path] = fmt.Sprint(v.Interface())
	}
}

func decoded(t *testing.T, goType reflect.Type, object map[string]any) map[string]string {
	t.Helper()
	data, err := json.Marshal(object)
	require.NoError(t, err)
	v := reflect.New(goType)
	require.NoError(t, json.Unmarshal(data, v.Interface()), "a type of the schema that Go does not take")
	lenientValue := reflect.New(goType)
	require.NoError(t, lenient.Unmarshal(data, lenientValue.Interface()))
	require.Equal(t, v.Interface(), lenientValue.Interface())
	all := make(map[string]string)
	valuesOf(all, "", v.Elem())
	return all
}

// Every property of every answer sets exactly the field of its name, and every field
// has a property.
func TestContractAnswers(t *testing.T) {
	t.Parallel()
	api, err := contract.Load()
	require.NoError(t, err)
	schemas := make(map[string][]string) // several types of the schema can be one in Go
	for name := range api.Types {
		schemas[goName(api, name)] = append(schemas[goName(api, name)], name)
	}
	delete(schemas, "Token") // read by the client alone: TestContractTokenResult, and the tests of internal/token
	require.ElementsMatch(t, slices.Collect(maps.Keys(answerTypes)), slices.Collect(maps.Keys(schemas)))

	for name, types := range schemas {
		slices.Sort(types)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &sampler{api: api, change: -1}
			before := decoded(t, answerTypes[name], s.object("", types...))
			require.ElementsMatch(t, s.leaves, slices.Collect(maps.Keys(before)), "properties and fields")
			for n, path := range s.leaves {
				changed := &sampler{api: api, change: n}
				after := decoded(t, answerTypes[name], changed.object("", types...))
				for field, value := range after {
					require.Equal(t, field == path, value != before[field], "%s when %s changes", field, path)
				}
			}
		})
	}
}

// A property that the schema spells in two ways is read in both.
func TestContractAliases(t *testing.T) {
	t.Parallel()
	api, err := contract.Load()
	require.NoError(t, err)
	for name, typ := range api.Types {
		for _, p := range typ.Properties {
			for _, alias := range p.Here.Aliases {
				s := &sampler{api: api, change: -1}
				object := s.object("", name)
				want := decoded(t, answerTypes[name], object)
				object[alias] = object[p.Name]
				delete(object, p.Name)
				require.Equal(t, want, decoded(t, answerTypes[name], object), "%s in place of %s", alias, p.Name)
			}
		}
	}
}

// Every method returns the answer of its operation, in each shape that it may have.
func TestContractResults(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o contract.Operation) {
		if o.Op == "Token" {
			return // below
		}
		api, err := contract.Load()
		require.NoError(t, err)
		types := o.Answer.Types
		if o.Answer.Here.Types != nil {
			types = o.Answer.Here.Types
		}
		s := &sampler{api: api, change: -1}
		object := s.object("", types...)
		if goName(api, types[0]) == "Payment" {
			object["status"], object["merchant_uid"] = "paid", orderOf(fill(o.Op))
		}
		if slices.Contains([]string{"Onetime", "Again", "CancelPayment"}, o.Op) {
			showsWhatWasAsked(object, fill(o.Op))
		}
		want := decoded(t, answerTypes[goName(api, types[0])], object)
		for _, shape := range []string{o.Answer.Shape, o.Answer.Here.Shape} {
			if shape == "" {
				continue
			}
			var response any = object
			switch shape {
			case "array":
				response = []any{object}
			case "page":
				response = map[string]any{"total": 1, "previous": 0, "next": 0, "list": []any{object}}
			}
			data, err := json.Marshal(response)
			require.NoError(t, err)
			out, _, err := fill(o.Op).call(t, o.Op, func(*http.Request) (int, string) { return 200, string(data) })
			require.NoError(t, err)
			got := make(map[string]string)
			valuesOf(got, "", single(t, out[0]))
			require.Equal(t, want, got, "as %s", shape)
		}
	})
}

// showsWhatWasAsked makes object a payment on the terms of a charge, or a payment
// that shows a refund.
func showsWhatWasAsked(object map[string]any, f filled) {
	for _, s := range f.slots {
		switch s.field {
		case "ImpUID":
			object["imp_uid"] = s.value.String()
		case "Currency":
			object["currency"] = s.value.String()
		case "CustomerUID":
			object["customer_uid"] = s.value.String()
		case "Amount":
			object["amount"] = json.Number(fmt.Sprint(s.value.Interface()))
			object["cancel_amount"] = object["amount"]
		}
	}
}

// orderOf returns the order number that a call is about, "" for none.
func orderOf(f filled) string {
	for _, s := range f.slots {
		if s.field == "MerchantUID" || s.field == "" && s.value.Kind() == reflect.String {
			return s.value.String()
		}
	}
	return ""
}

// single returns the one object in a result.
func single(t *testing.T, v reflect.Value) reflect.Value {
	t.Helper()
	v = reflect.Indirect(v)
	if v.Kind() == reflect.Struct && strings.HasPrefix(v.Type().Name(), "Page[") {
		v = v.FieldByName("List")
	}
	if v.Kind() == reflect.Slice {
		require.Equal(t, 1, v.Len())
		v = reflect.Indirect(v.Index(0))
	}
	return v
}

func TestContractTokenResult(t *testing.T) {
	t.Parallel()
	out, sent, err := fill("Token").call(t, "Token", refuse)
	require.NoError(t, err)
	require.JSONEq(t, `{"imp_key":"test-key","imp_secret":"test-secret"}`, string(sent[0].body))
	token, ok := reflect.TypeAssert[iamport.Token](out[0])
	require.True(t, ok)
	require.Equal(t, "a0b1c2d3e4f5", token.AccessToken())
	require.WithinDuration(t, time.Now().Add(30*time.Minute), token.ExpiredAt.Time, time.Minute)
}
