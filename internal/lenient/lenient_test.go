package lenient_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/lenient"
)

// even is a type with its own decoder, which refuses odd numbers.
type even int

var errOdd = errors.New("odd")

func (e *even) UnmarshalJSON(data []byte) error {
	var n int
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	if n%2 != 0 {
		return errOdd
	}
	*e = even(n)
	return nil
}

type promoted struct {
	Promoted string `json:"promoted"`
}

type inner struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

type document struct {
	promoted
	Text     string          `json:"text"`
	Int      int             `json:"int"`
	Small    int8            `json:"small"`
	Long     int64           `json:"long"`
	Bool     bool            `json:"bool"`
	Float    float64         `json:"float"`
	Even     even            `json:"even"`
	IntP     *int            `json:"int_p"`
	InnerP   *inner          `json:"inner_p"`
	Inner    inner           `json:"inner"`
	List     []inner         `json:"list"`
	Pointers []*inner        `json:"pointers"`
	Texts    []string        `json:"texts"`
	Evens    []even          `json:"evens"`
	Bools    []bool          `json:"bools"`
	Floats   []float64       `json:"floats"`
	Raw      json.RawMessage `json:"raw"`
	Untagged string
	Last     string `json:"last,omitzero"`
}

// broken makes json.Unmarshal fail for every document.
const broken = `"float":"not a number"`

func TestOddTypes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		members string
		want    document
	}{
		"number in quotes":             {`"int":"4"`, document{Int: 4}},
		"negative number in quotes":    {`"int":"-4"`, document{Int: -4}},
		"whole number with a point":    {`"int":4.0`, document{Int: 4}},
		"the same in quotes":           {`"int":"4.000"`, document{Int: 4}},
		"number with a fraction":       {`"int":4.5`, document{}},
		"number with a big exponent":   {`"int":1e999999999`, document{}},
		"text that is no number":       {`"int":"four"`, document{}},
		"empty text for a number":      {`"int":""`, document{}},
		"fraction in quotes":           {`"int":"8/2"`, document{}},
		"hexadecimal in quotes":        {`"int":"0x4"`, document{}},
		"true for a number":            {`"int":true`, document{}},
		"array for a number":           {`"int":[4]`, document{}},
		"overflow of int8":             {`"small":128`, document{}},
		"underflow of int8":            {`"small":"-129"`, document{}},
		"int8 at its bound":            {`"small":"-128"`, document{Small: -128}},
		"overflow of int64":            {`"long":9223372036854775808`, document{}},
		"int64 at its bound":           {`"long":"9223372036854775807"`, document{Long: math.MaxInt64}},
		"not through a float":          {`"long":9007199254740993.0`, document{Long: 9007199254740993}},
		"text with escapes":            {`"text":"a\"b\u0041\n"`, document{Text: "a\"bA\n"}},
		"number for a text":            {`"text":4`, document{Text: "4"}},
		"long number for a text":       {`"text":12345678901234567890.10`, document{Text: "12345678901234567890.10"}},
		"boolean for a text":           {`"text":true`, document{Text: "true"}},
		"object for a text":            {`"text":{"a": [1]}`, document{Text: `{"a": [1]}`}},
		"array for a text":             {`"text":["a"]`, document{Text: `["a"]`}},
		"1 for a boolean":              {`"bool":1`, document{Bool: true}},
		"0 for a boolean":              {`"bool":0`, document{}},
		"true in quotes":               {`"bool":"true"`, document{Bool: true}},
		"false in quotes":              {`"bool":"false"`, document{}},
		"a text that is no boolean":    {`"bool":"yes"`, document{}},
		"2 for a boolean":              {`"bool":2`, document{}},
		"a refused value":              {`"even":3`, document{}},
		"an accepted value":            {`"even":4`, document{Even: 4}},
		"text for a struct":            {`"inner":"x"`, document{}},
		"array for a struct":           {`"inner":[]`, document{}},
		"number for a slice":           {`"list":4`, document{}},
		"text for a slice":             {`"texts":"a"`, document{}},
		"object for a slice":           {`"list":{"name":"a"}`, document{}},
		"odd members of a struct":      {`"inner":{"name":4,"count":"4"}`, document{Inner: inner{"4", 4}}},
		"wrong elements of an array":   {`"list":[{"name":"a"},"b",null,4,{"name":"c","count":"x"}]`, document{List: []inner{{Name: "a"}, {Name: "c"}}}},
		"wrong elements, pointers":     {`"pointers":[{"name":"a"},"b",null]`, document{Pointers: []*inner{{Name: "a"}}}},
		"numbers among texts":          {`"texts":["a",4,null,true]`, document{Texts: []string{"a", "4", "true"}}},
		"refused elements":             {`"evens":[2,3,4]`, document{Evens: []even{2, 4}}},
		"odd booleans":                 {`"bools":["true","yes",0,2]`, document{Bools: []bool{true, false}}},
		"odd fractions":                {`"floats":[1.5,"2.5",{}]`, document{Floats: []float64{1.5}}},
		"empty array":                  {`"list":[]`, document{List: []inner{}}},
		"pointer to a number":          {`"int_p":"4"`, document{IntP: new(4)}},
		"pointer to zero":              {`"int_p":0`, document{IntP: new(0)}},
		"pointer that cannot be read":  {`"int_p":"card"`, document{}},
		"pointer to a struct":          {`"inner_p":{"count":"4"}`, document{InnerP: &inner{Count: 4}}},
		"pointer to a struct, text":    {`"inner_p":"x"`, document{}},
		"null anywhere":                {`"text":null,"int":null,"bool":null,"even":null,"int_p":null,"inner_p":null,"inner":null,"list":null,"texts":null,"promoted":null`, document{}},
		"raw text":                     {`"raw":{"a":1}`, document{Raw: json.RawMessage(`{"a":1}`)}},
		"promoted field":               {`"promoted":4`, document{promoted: promoted{"4"}}},
		"unknown members":              {`"nobody":{"knows":[1,2]},"int":"4"`, document{Int: 4}},
		"a field without a name":       {`"Untagged":"x","":"y"`, document{}},
		"a wrong one spoils no others": {`"text":"a","int":{},"list":"x","bool":"true"`, document{Text: "a", Bool: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := ` {` + broken + `,` + c.members + `,"last":"read"} `
			c.want.Last = "read"
			got := document{Text: "left over", Int: 77, IntP: new(77), List: []inner{{Name: "left over"}}}
			require.NoError(t, lenient.Unmarshal([]byte(text), &got))
			require.Equal(t, c.want, got, text)
		})
	}
}

func TestHonestDocumentsAreReadAsUsual(t *testing.T) {
	t.Parallel()
	const text = `{"text":"a","TEXT":"b","int":4,"small":-128,"bool":true,"float":1.5,"even":2,"int_p":0,"inner_p":{"name":"n"},
		"inner":{"count":1},"list":[{"name":"x"},null],"texts":["a"],"raw":null,"Untagged":"u","new_member":[{}]}`
	var want, got document
	require.NoError(t, json.Unmarshal([]byte(text), &want))
	require.NoError(t, lenient.Unmarshal([]byte(text), &got))
	require.Equal(t, want, got)
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `{`, `{"text":"a"`, `{"text":"a"}x`, `{'text':'a'}`, `{"text":}`, `[1,]`, `<html>`, "\xff", `{"int":04}`, `nul`,
	} {
		var d document
		var syntax *json.SyntaxError
		require.ErrorAs(t, lenient.Unmarshal([]byte(text), &d), &syntax, text)
	}
	for text, kind := range map[string]string{`"a"`: "string", `[]`: "array", ` 4 `: "number", `-4`: "number", `true`: "boolean", `false`: "boolean"} {
		var d document
		require.ErrorContains(t, lenient.Unmarshal([]byte(text), &d), kind)
		p := &inner{Name: "before"}
		require.ErrorContains(t, lenient.Unmarshal([]byte(text), &p), kind)
		require.Nil(t, p, "a document that cannot be read leaves no pointer")
	}
	var list []inner
	require.ErrorContains(t, lenient.Unmarshal([]byte(`{"name":"a"}`), &list), "object")
	require.NoError(t, lenient.Unmarshal([]byte(`[{"name":4},"x"]`), &list))
	require.Equal(t, []inner{{Name: "4"}}, list)
	require.NoError(t, lenient.Unmarshal([]byte(`null`), &list))
	require.Nil(t, list)
}

// The error holds only the kind of JSON, never the document.
func TestErrorQuotesNothing(t *testing.T) {
	t.Parallel()
	var d document
	require.NotContains(t, lenient.Unmarshal([]byte(`"canary"`), &d).Error(), "canary")
}

func FuzzUnmarshal(f *testing.F) {
	for _, s := range []string{
		``, `null`, `{}`, `[]`, `4`, `"a"`, `{"int":"4","list":[{"name":4},"x"],"inner_p":[],"texts":[1,{}]}`, `{"even":3,"int_p":"x"}`,
		`{"text":"a","int":4,"bool":true,"raw":{},"promoted":"p","inner":{"name":"a","count":1}}`, `{"small":128,"long":1e400,"float":1e400}`,
		`{"text":"\ud800","texts":"\u0000"}`, `{"inner":{"inner":{}},"list":[[[[]]]]}`, `{"int":1e1000000000}`, `{"":0}`, "{\"text\":\"\xff\",\"int\":\"\xff\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want, got document
		plain := json.Unmarshal(data, &want)
		err := lenient.Unmarshal(data, &got)
		if plain == nil {
			require.NoError(t, err)
			require.Equal(t, want, got)
			return
		}
		if !json.Valid(data) {
			require.Error(t, err, "not JSON, and accepted")
		}
		var list []*inner
		_ = lenient.Unmarshal(data, &list)
	})
}
