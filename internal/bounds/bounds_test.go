package bounds

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func list(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"empty":                 {"", nil},
		"too short to do harm":  {nested(Depth + 1), nil},
		"an envelope":           {`{"code":0,"message":null,"response":{"a":[1,2,{"b":"c"}]}}`, nil},
		"size":                  {strings.Repeat(" ", Size), nil},
		"more":                  {strings.Repeat(" ", Size+1), ErrSize},
		"depth":                 {nested(Depth) + strings.Repeat(" ", small), nil},
		"deeper":                {nested(Depth+1) + strings.Repeat(" ", small), ErrDepth},
		"objects too":           {strings.Repeat(`{"a":`, Depth+1), ErrDepth},
		"deep one after other":  {list(5, nested(Depth-1)), nil},
		"items":                 {list(Items, "1"), nil},
		"more items":            {list(Items+1, "1"), ErrItems},
		"members":               {"{" + strings.TrimSuffix(strings.Repeat(`"a":1,`, Items+1), ",") + "}", ErrItems},
		"items of each list":    {list(5, list(Items-1, "1")), nil},
		"values":                {list(Values/Items-1, list(Items, "1")), nil},
		"more values":           {list(Values/Items, list(Items, "1")), ErrValues},
		"empty lists":           {list(Items, list(40, "[]")), ErrValues},
		"text":                  {`"` + strings.Repeat("a", Text-1) + `"`, nil},
		"longer text":           {`"` + strings.Repeat("a", Text) + `"`, ErrText},
		"text without an end":   {`["` + strings.Repeat("a", Text+1), ErrText},
		"escapes":               {`["\"[[[[\\",` + nested(Depth-1) + `]`, nil},
		"brackets in texts":     {`"` + strings.Repeat("[", 1000) + strings.Repeat(",", Items+1) + `"`, nil},
		"more ends than begins": {"]]]]" + nested(Depth) + strings.Repeat(" ", small), nil},
		"a lone backslash":      {strings.Repeat(" ", small) + `"\`, nil},
	} {
		text := test.text
		if test.want != nil {
			text += strings.Repeat(" ", max(0, small-len(text)+1))
		}
		require.ErrorIs(t, Check([]byte(text)), test.want, name)
	}
}

func TestCheckAllocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun must be alone.
	text := []byte(list(1000, `{"a":[1,2,3]}`))
	require.Zero(t, testing.AllocsPerRun(10, func() { _ = Check(text) }))
}

func BenchmarkCheck(b *testing.B) {
	text := []byte(list(1000, `{"imp_uid":"imps_100000000001","amount":3000,"cancel_history":[]}`))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		_ = Check(text)
	}
}
