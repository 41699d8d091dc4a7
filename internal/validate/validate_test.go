package validate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type item struct {
	ID   string `json:"id" required:"true" max:"3"`
	Kind string `json:"kind" enum:"a,b"`
}

// opaque has no field that anybody can set.
type opaque struct{ text string }

type request struct {
	Name   string    `json:"name,omitzero" max:"4"`
	Data   string    `json:"data" form:"json"`
	At     time.Time `json:"at" required:"true"`
	Number int       `json:"number" required:"true"`
	Count  int       `json:"count"`
	Item   item      `json:"item"`
	Items  []item    `json:"items" required:"true"`
	Sum    opaque    `json:"sum"`
	Skip   string    `json:"-" max:"1"`
	Names  []string  `json:"names" max:"1"`
}

func problems(check func(Report)) map[string]string {
	found := map[string]string{}
	check(func(field, problem string) { found[field] += problem })
	return found
}

func TestFields(t *testing.T) {
	t.Parallel()
	good := request{At: time.Unix(1, 0), Number: 1, Item: item{ID: "가나다"}, Items: []item{{ID: "1", Kind: "b"}}}
	for name, test := range map[string]struct {
		change func(*request)
		want   map[string]string
	}{
		"nothing wrong":                    {func(*request) {}, map[string]string{}},
		"as long as may be, in characters": {func(r *request) { r.Name, r.Data = "가나다라", `{"a":[1]}` }, map[string]string{}},
		"one too long":                     {func(r *request) { r.Name = "가나다라마" }, map[string]string{"Name": "must be at most 4 characters, not 5"}},
		"no JSON":                          {func(r *request) { r.Data = "{" }, map[string]string{"Data": `must be JSON text, such as {"key":"value"}`}},
		"no UTF-8":                         {func(r *request) { r.Name = "abcde\xff" }, map[string]string{"Name": "must be valid UTF-8"}},
		"nested":                           {func(r *request) { r.Item.ID = "" }, map[string]string{"Item.ID": "is required"}},
		"in a list": {
			func(r *request) { r.Items = []item{{ID: "1"}, {ID: "2", Kind: "c"}} },
			map[string]string{"Items[1].Kind": "must be one of a, b, or empty"},
		},
		"an empty list":               {func(r *request) { r.Items = []item{} }, map[string]string{"Items": "is required"}},
		"no number":                   {func(r *request) { r.Number = 0 }, map[string]string{"Number": "is required"}},
		"the zero time, elsewhere":    {func(r *request) { r.At = time.Time{}.In(time.FixedZone("KST", 9*60*60)) }, map[string]string{"At": "is required"}},
		"what is not sent or no text": {func(r *request) { r.Skip, r.Sum.text, r.Names, r.Count = "too long", "\xff", []string{"long"}, -1 }, map[string]string{}},
	} {
		r := good
		test.change(&r)
		require.Equal(t, test.want, problems(func(report Report) { Fields(r, report) }), name)
	}
}

func TestPathID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"order/1?":              "",
		strings.Repeat("가", 40): "",
		strings.Repeat("가", 41): "must be at most 40 characters, not 41",
		"":                      "is required",
		"\xff":                  "must be valid UTF-8",
		".":                     `must not be "." or "..", which a path does not carry`,
		"..":                    `must not be "." or "..", which a path does not carry`,
		"...":                   "",
	} {
		require.Equal(t, want, problems(func(report Report) { PathID("ID", id, 40, report) })["ID"], id)
	}
	require.Empty(t, problems(func(report Report) { PathID("ID", strings.Repeat("a", 1000), 0, report) }))
}
