package bounds

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func list(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestRead(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat(" ", small+1)
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"empty":                 {"", nil},
		"too short to do harm":  {nested(Depth + 1), nil},
		"the longest of those":  {nested(Depth+1) + pad[:small-2*Depth-2], nil},
		"one byte longer":       {nested(Depth+1) + pad[:small-2*Depth-1], ErrDepth},
		"an envelope":           {`{"code":0,"message":null,"response":{"a":[1,2,{"b":"c"}]}}` + pad, nil},
		"size":                  {strings.Repeat(" ", Size), nil},
		"more":                  {strings.Repeat(" ", Size+1), ErrSize},
		"size without UTF-8":    {strings.Repeat("\xff", 1000) + strings.Repeat(" ", Size-3000), nil},
		"more without UTF-8":    {strings.Repeat("\xff", 1000) + strings.Repeat(" ", Size-2999), ErrSize},
		"size in Korean":        {strings.Repeat("가", (Size-1)/3) + " ", nil},
		"depth":                 {pad + nested(Depth), nil},
		"deeper":                {pad + nested(Depth+1), ErrDepth},
		"objects too":           {pad + strings.Repeat(`{"a":`, Depth+1), ErrDepth},
		"deep one after other":  {pad + list(5, nested(Depth-1)), nil},
		"items":                 {list(Items, "1"), nil},
		"more items":            {list(Items+1, "1"), ErrItems},
		"members":               {"{" + strings.TrimSuffix(strings.Repeat(`"a":1,`, Items+1), ",") + "}", ErrItems},
		"items of each list":    {list(5, list(Items-1, "1")), nil},
		"values":                {list(Values/Items, list(Items-1, "1")), nil},
		"more values":           {list(Values/Items, list(Items, "1")), ErrValues},
		"empty lists":           {list(Items, list(40, "[]")), ErrValues},
		"names":                 {list(Values/4, `{"a":1}`)[:0] + list(Items/2, "{"+strings.TrimSuffix(strings.Repeat(`"a":1,`, 31), ",")+"}"), ErrValues},
		"text":                  {`"` + strings.Repeat("a", Text-2) + `"`, nil},
		"longer text":           {`"` + strings.Repeat("a", Text-1) + `"`, ErrText},
		"text without an end":   {`["` + strings.Repeat("a", Text), ErrText},
		"escapes":               {pad + `["\"[[[[\\",` + nested(Depth-1) + `]`, nil},
		"brackets in texts":     {pad + `"` + strings.Repeat("[", 1000) + strings.Repeat(",", Items+1) + `"`, nil},
		"more ends than begins": {pad + "]]]]" + nested(Depth), nil},
		"a lone backslash":      {pad + `"\`, nil},
	} {
		for length, r := range map[int64]io.Reader{
			0:                     strings.NewReader(test.text),
			int64(len(test.text)): strings.NewReader(test.text),
			-1:                    iotest.DataErrReader(strings.NewReader(test.text)),
			1 << 40:               iotest.HalfReader(strings.NewReader(test.text)),
		} {
			got, err := Read(r, length, nil)
			require.ErrorIs(t, err, test.want, name)
			if test.want == nil {
				require.True(t, test.text == string(got), name) // Equal would print megabytes
			} else {
				require.Nil(t, got, name)
			}
		}
	}
}

// A text that exceeds a bound is not read to its end.
func TestReadStopsWhereItLeavesTheBounds(t *testing.T) {
	t.Parallel()
	for unit, want := range map[string]error{"[": ErrDepth, "1,": ErrItems, `{"a":"`: ErrDepth, `"`: ErrSize, "a\"": ErrSize} {
		endless := &counted{Reader: endlessReader(unit)}
		_, err := Read(endless, 0, nil)
		require.ErrorIs(t, err, want, unit)
		if want != ErrSize { //nolint:errorlint // It is the very error.
			require.Less(t, endless.bytes, 100<<10, unit)
		}
		require.LessOrEqual(t, endless.bytes, Size+block+small, unit)
	}
}

// endlessReader repeats a text without end.
type endlessReader string

func (r endlessReader) Read(p []byte) (int, error) {
	n := 0
	for n+len(r) <= len(p) {
		n += copy(p[n:], r)
	}
	if n == 0 {
		n = copy(p, r)
	}
	return n, nil
}

type counted struct {
	io.Reader
	bytes int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += n
	return n, err
}

// The error of a broken connection is returned, with the text before it.
func TestReadOfABrokenConnection(t *testing.T) {
	t.Parallel()
	broken := errors.New("reset")
	for _, n := range []int{0, 10, small, small + 1, block * 3} {
		got, err := Read(io.MultiReader(strings.NewReader(strings.Repeat(" ", n)), iotest.ErrReader(broken)), 0, nil)
		require.ErrorIs(t, err, broken)
		require.Len(t, got, n)
	}
}

func BenchmarkRead(b *testing.B) {
	text := list(1000, `{"imp_uid":"imps_100000000001","amount":3000,"cancel_history":[]}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		_, _ = Read(strings.NewReader(text), int64(len(text)), nil)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	require.Equal(t, []int{4 << 20, 32, 10_000, 200_000, 1 << 20}, []int{Size, Depth, Items, Values, Text})
	require.Equal(t, []int{8 << 10, 64 << 10, 100}, []int{small, block, maxNothing})
}

// idle reads nothing n times, and then a text.
type idle struct {
	n int
	io.Reader
}

func (r *idle) Read(p []byte) (int, error) {
	if r.n--; r.n >= 0 {
		return 0, nil
	}
	return r.Reader.Read(p)
}

// Read ends even if its reader never returns anything.
func TestReaderThatReadsNothing(t *testing.T) {
	t.Parallel()
	text, err := Read(&idle{99, strings.NewReader("[]")}, 0, nil)
	require.NoError(t, err)
	require.Equal(t, "[]", string(text))
	_, err = Read(&idle{100, strings.NewReader("[]")}, 0, nil)
	require.ErrorIs(t, err, io.ErrNoProgress)
}
