package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/contract"
)

var loadContract = sync.OnceValues(contract.Load)

// conforms checks an answer of HTTP 2xx against the official schema, as internal/contract has it: the properties of its
// type and no others, each of its type or null.
func conforms(t testing.TB, method, path string, answer []byte) {
	t.Helper()
	require.NoError(t, conformance(method, path, answer), "%s %s: %s", method, path, answer)
}

func conformance(method, path string, answer []byte) error {
	api, err := loadContract()
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	var e map[string]any
	if err := decoder.Decode(&e); err != nil {
		return err
	}
	for _, name := range []string{"code", "message", "response"} {
		if _, has := e[name]; !has || len(e) != 3 {
			return fmt.Errorf("the envelope is not code, message and response")
		}
	}
	code, isNumber := e["code"].(json.Number)
	_, isText := e["message"].(string)
	switch {
	case !isNumber:
		return fmt.Errorf("code is not a number")
	case code != "0" && (!isText || e["response"] != nil), code == "0" && e["message"] != nil:
		return fmt.Errorf("a refusal must have a message and no response, and a result the opposite")
	case code != "0":
		return nil
	}
	o := operation(api, method, path)
	if o == nil {
		return fmt.Errorf("no such operation in the schema")
	}
	types := append(slices.Clone(o.Answer.Types), o.Answer.Here.Types...)
	return shape(api, []string{o.Answer.Shape, o.Answer.Here.Shape}, types, e["response"])
}

// operation returns the operation of a path; one with fixed segments comes before one with names.
func operation(api *contract.API, method, path string) *contract.Operation {
	path, _, _ = strings.Cut(path, "?")
	segments := strings.Split(strings.Trim(path, "/"), "/")
	var best *contract.Operation
	names := 0
	for i, o := range api.Operations {
		pattern := strings.Split(strings.Trim(o.Path, "/"), "/")
		n := strings.Count(o.Path, "{")
		if last := len(pattern) - 1; pattern[last] == "{payment_status}" && len(segments) == last {
			pattern = pattern[:last] // an empty status
		}
		fits := slices.EqualFunc(pattern, segments, func(p, s string) bool { return p == s || strings.HasPrefix(p, "{") })
		if fits && o.Method == method && (best == nil || n < names) {
			best, names = &api.Operations[i], n
		}
	}
	return best
}

func shape(api *contract.API, shapes, types []string, response any) error {
	switch v := response.(type) {
	case []any:
		if !slices.Contains(shapes, "array") {
			return fmt.Errorf("an array is not one of the shapes %v", shapes)
		}
		return items(api, types, v)
	case map[string]any:
		if list, is := v["list"].([]any); is && slices.Contains(shapes, "page") {
			return items(api, types, list)
		}
		if !slices.Contains(shapes, "object") {
			return fmt.Errorf("an object is not one of the shapes %v", shapes)
		}
		return object(api, types, v)
	}
	return fmt.Errorf("the response is neither an object nor an array")
}

func items(api *contract.API, types []string, list []any) error {
	for i, v := range list {
		item, is := v.(map[string]any)
		if !is {
			return fmt.Errorf("item %d is not an object", i)
		}
		if err := object(api, types, item); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	return nil
}

// object checks v against the first type that fits.
func object(api *contract.API, types []string, v map[string]any) error {
	var err error
	for _, name := range types {
		if err = properties(api, api.Types[name].Properties, v); err == nil {
			return nil
		}
	}
	return err
}

func properties(api *contract.API, list []contract.Property, v map[string]any) error {
	known := map[string]bool{}
	for _, p := range list {
		known[p.Name] = true
		inner, has := v[p.Name]
		if !has {
			return fmt.Errorf("%s is missing", p.Name)
		}
		if err := property(api, p, inner); err != nil {
			return err
		}
	}
	for name := range v {
		if !known[name] {
			return fmt.Errorf("%s is not in the schema", name)
		}
	}
	return nil
}

func property(api *contract.API, p contract.Property, v any) error {
	valid := v == nil
	switch v := v.(type) {
	case string:
		valid = p.Type == "string"
	case bool:
		valid = p.Type == "boolean"
	case json.Number:
		valid = p.Type == "number" || p.Type == "integer" && !strings.ContainsAny(v.String(), ".eE")
	case map[string]any:
		return object(api, []string{p.Of}, v)
	case []any:
		if valid = p.Type == "array"; valid && p.Of != "string" {
			return items(api, []string{p.Of}, v)
		}
	}
	if !valid {
		return fmt.Errorf("%s is %T, not %s", p.Name, v, p.Type)
	}
	return nil
}

// checked is a transport that checks each answer of 2xx.
type checked struct {
	t testing.TB
}

func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err == nil && answer.StatusCode < 300 {
		conforms(c.t, r.Method, r.URL.EscapedPath(), body)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, err
}

// The check itself finds what does not conform.
func TestConformance(t *testing.T) {
	t.Parallel()
	good := `{"merchant_uid":"m","amount":3000,"currency":"KRW"}`
	const path = "/payments/prepare/m"
	require.NoError(t, conformance("GET", path, []byte(`{"code":0,"message":null,"response":`+good+`}`)))
	require.NoError(t, conformance("GET", path, []byte(`{"code":-1,"message":"no","response":null}`)))
	for _, bad := range []string{
		`[]`, `{"code":0,"message":null}`, `{"code":"0","message":null,"response":` + good + `}`,
		`{"code":1,"message":null,"response":null}`, `{"code":0,"message":"x","response":` + good + `}`,
		`{"code":0,"message":null,"response":[` + good + `]}`, `{"code":0,"message":null,"response":null}`,
		`{"code":0,"message":null,"response":{"merchant_uid":"m","amount":3000}}`,
		`{"code":0,"message":null,"response":{"merchant_uid":"m","amount":"3000","currency":"KRW"}}`,
		`{"code":0,"message":null,"response":{"merchant_uid":1,"amount":3000,"currency":"KRW"}}`,
		`{"code":0,"message":null,"response":{"merchant_uid":"m","amount":3000,"currency":"KRW","more":1}}`,
	} {
		require.Error(t, conformance("GET", path, []byte(bad)), bad)
	}
	require.Error(t, conformance("GET", "/nowhere", []byte(`{"code":0,"message":null,"response":`+good+`}`)))
}
