package onepass

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type inner struct {
	Name  string `json:"name"`
	Count int8   `json:"count"`
}

type kept struct {
	Kept string `json:"kept"`
}

// odd reads every value.
type odd struct{ raw string }

func (o *odd) UnmarshalJSON(data []byte) error {
	o.raw = string(data)
	return nil
}

type sample struct {
	Text    string          `json:"text"`
	Number  int64           `json:"number"`
	Flag    bool            `json:"flag,omitzero"`
	Pointer *inner          `json:"pointer"`
	Inner   inner           `json:"inner"`
	List    []inner         `json:"list"`
	Refs    []*inner        `json:"refs"`
	Texts   []string        `json:"texts"`
	Code    *int            `json:"code"`
	Raw     json.RawMessage `json:"raw"`
	Odd     odd             `json:"odd"`
	Hidden  string          `json:"-"`
	kept2   string          //nolint:unused // encoding/json leaves it out
	kept
}

// agree decodes data in both ways, and reports whether this package could.
func agree(t *testing.T, data string) bool {
	t.Helper()
	var ours, theirs sample
	if !Unmarshal([]byte(data), &ours) {
		return false
	}
	require.NoError(t, json.Unmarshal([]byte(data), &theirs), data)
	require.Equal(t, theirs, ours, data)
	return true
}

func TestOrdinary(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`{}`, ` { } `, `null`,
		`{"text":"a","number":-12,"flag":true,"code":0,"kept":"k"}`,
		`{"text":"\uacb0\uc81c \ud83d\ude00 \"\\\/\b\f\n\r\t","number":0,"flag":false}`,
		"{\"text\":\"결제 \U0001F600\"}",
		`{"pointer":{"name":"n","count":127},"inner":{"name":"m"}}`,
		`{"pointer":null,"list":null,"text":null,"number":null,"flag":null,"inner":null,"code":null,"raw":null,"odd":null}`,
		`{"list":[],"refs":[],"texts":[]}`,
		`{"list":[{"name":"a"},null,{"count":3}],"refs":[null,{"name":"b"}],"texts":["x",null,""]}`,
		`{"unknown":{"a":[1,2.5e-3,-0,1E+9,{"b":"\u0041"}],"c":"\udead"},"raw":[1, {"x":null}],"odd":{"y":[]}}`,
		"\t{\r\n\"text\" : \"a\" ,\n\"number\" : 1 }\n",
	} {
		require.True(t, agree(t, data), data)
	}
}

// What is not ordinary is left to encoding/json.
func TestNotOrdinary(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		``, ` `, `{`, `}`, `[]`, `"a"`, `1`, `{"text"}`, `{"text":}`, `{"text":"a",}`, `{"text":"a" "number":1}`, `{"text":"a"}x`,
		`{"text":1}`, `{"text":"a`, `{"text":"\x"}`, `{"text":"\u12g4"}`, `{"text":"\ud83d"}`, `{"text":"\ud83dx"}`, `{"text":"\ud83d\u0041"}`,
		"{\"text\":\"a\nb\"}", "{\"text\":\"\xff\"}",
		`{"number":1.0}`, `{"number":1e3}`, `{"number":01}`, `{"number":-}`, `{"number":"1"}`, `{"number":9223372036854775808}`,
		`{"flag":tru}`, `{"flag":1}`, `{"inner":{"count":128}}`, `{"inner":[]}`, `{"list":{}}`, `{"list":[`, `{"list":[{}`, `{"list":[{},]}`,
		`{"Text":"a"}`, `{"TEXT":"a"}`, `{"te\u0078t":"a"}`, "{\"te\u017ft\":\"a\"}",
		`{"list":[],"list":[]}`, `{"pointer":{},"pointer":{}}`, `{"x":nul}`, `{"x":+1}`, `{"x":.5}`, `{"x":1.}`, `{"x":1e}`, `{"x":[1 2]}`, `{"x":{"a" 1}}`, `{"x":{1:2}}`,
		`{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
	} {
		require.False(t, agree(t, data), data)
	}
}

func TestTypesThatAreLeft(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		new(map[string]int), new([]byte), new(float64), new(uint), new(any), new(chan int), new([2]int),
		new(struct{ Untagged string }), new(struct {
			Quoted int `json:"quoted,string"`
		}), new(struct {
			*inner
		}),
	} {
		require.False(t, Unmarshal([]byte(`{}`), v), "%T", v)
		require.False(t, Unmarshal([]byte(`1`), v), "%T", v)
	}
	require.False(t, Unmarshal([]byte(`{}`), sample{}))
	require.False(t, Unmarshal([]byte(`{}`), (*sample)(nil)))
	type shadowing struct {
		kept
		Outer string `json:"kept"`
	}
	require.False(t, Unmarshal([]byte(`{"kept":"x"}`), new(shadowing)))
	type node struct {
		Next *node `json:"next"`
	}
	require.False(t, Unmarshal([]byte(`{"next":{"next":{}}}`), new(node)))
}

// An interface that holds a pointer is decoded through it, as encoding/json does.
func TestHolder(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"response":{"name":"a"}}`, `{"response":null}`, `{}`} {
		var ours, theirs *inner
		a := struct {
			Response any `json:"response"`
		}{&ours}
		b := struct {
			Response any `json:"response"`
		}{&theirs}
		require.True(t, Unmarshal([]byte(data), &a), data)
		require.NoError(t, json.Unmarshal([]byte(data), &b))
		require.Equal(t, theirs, ours)
		require.Equal(t, b.Response == nil, a.Response == nil)
	}
	var empty struct {
		Response any `json:"response"`
	}
	require.False(t, Unmarshal([]byte(`{"response":{}}`), &empty))
}

func FuzzAgrees(f *testing.F) {
	f.Add(`{"text":"a","number":-12,"flag":true,"list":[{"name":"\ud83d\ude00"}],"refs":[null],"raw":{"a":[1.5e3]},"kept":""}`)
	f.Add(`{"Text":"a"}`)
	f.Fuzz(func(t *testing.T, data string) { agree(t, data) })
}

var benchText = []byte(`{"text":"order_id_8237352","number":3000,"flag":true,"inner":{"name":"\uacb0\uc81c","count":3},"list":[{"name":"a"},{"name":"b"}],"unknown":null}`)

func BenchmarkUnmarshal(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var v sample
		if !Unmarshal(benchText, &v) {
			b.Fatal("not ordinary")
		}
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var v sample
		if err := json.Unmarshal(benchText, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func TestPlanIsMadeOnce(t *testing.T) {
	t.Parallel()
	first := planOf(reflect.TypeFor[inner]())
	require.Same(t, first, planOf(reflect.TypeFor[inner]()))
}

// A word of the API takes no memory of its own.
func TestWords(t *testing.T) {
	var v inner
	data := []byte(`{"name":"payment.scheduled"}`)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		v = inner{}
		if !Unmarshal(data, &v) {
			t.Error("not ordinary")
		}
	}))
	require.Equal(t, "payment.scheduled", v.Name)
	for word := range words {
		require.LessOrEqual(t, len(word), longestWord)
	}
}
