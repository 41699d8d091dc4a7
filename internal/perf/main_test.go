package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) != "" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// The quick form fails if, and only if, a call is over its bound.
func TestQuick(t *testing.T) {
	t.Parallel()
	few := comparing{rounds: 1, goroutines: 1, calls: 10}
	high := make(map[string]bound)
	for name := range bounds {
		high[name] = bound{1e6, 1e9}
	}
	var out bytes.Buffer
	require.NoError(t, quick(t.Context(), &out, few, high))
	require.Equal(t, len(bounds), strings.Count(out.String(), "\n"), "each call has a bound:\n%s", &out)

	high["GetPayment HTTP/2"] = bound{1e6, 0}
	require.EqualError(t, quick(t.Context(), io.Discard, few, high), "GetPayment HTTP/2 is over its bound")
	high["GetPayment HTTP/2"], high[memoryName] = bound{1e6, 1e9}, bound{1, 1e9}
	require.EqualError(t, quick(t.Context(), io.Discard, few, high), memoryName+" is over its bound")
}

// request is what is compared of a request.
type request struct {
	method, url, body string
	names             []string // of the headers, without those of net/http
	agent             int      // the length of the user agent
}

// By hand the same bytes are sent, except for the mark in the user agent.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	var sent []request
	memory := newMemory()
	record := roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return memory.RoundTrip(r)
		}
		got := request{method: r.Method, url: r.URL.String(), agent: len(r.UserAgent())}
		for name := range r.Header {
			got.names = append(got.names, name)
		}
		slices.Sort(got.names)
		require.Equal(t, "Bearer "+token, r.Header.Get("Authorization"))
		var body []byte
		if r.Body != nil {
			var err error
			body, err = io.ReadAll(r.Body)
			require.NoError(t, err)
			got.body = string(body)
		}
		sent = append(sent, got)
		text := answerOf(r, body)
		return respond(r, io.NopCloser(bytes.NewReader(text)), len(text)), nil
	})
	p, err := newWithPackage("", record)
	require.NoError(t, err)
	h := newByHand(iamport.DefaultBaseURL, record)
	for _, c := range calls(h, p) {
		require.NoError(t, c.floor(t.Context(), "order_1"))
		require.NoError(t, c.own(t.Context(), "order_1"))
	}
	require.NoError(t, h.listPayments(t.Context(), 3))
	require.NoError(t, p.listPayments(t.Context(), 3))
	require.Len(t, sent, 10)
	for i := 0; i < len(sent); i += 2 {
		require.Equal(t, sent[i], sent[i+1])
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	wait := func(d time.Duration) side {
		return func(context.Context, string) error {
			time.Sleep(d)
			return nil
		}
	}
	c, err := compare(t.Context(), wait(time.Millisecond), wait(5*time.Millisecond), comparing{rounds: 3, goroutines: 1, slice: 10 * time.Millisecond})
	require.NoError(t, err)
	require.Greater(t, c.time.median, 1.5)
	require.LessOrEqual(t, c.time.low, c.time.median)
	require.LessOrEqual(t, c.time.median, c.time.high)
	require.Equal(t, ratio{2.5, 1, 4}, ratioOf([]float64{4, 1, 3, 2}))
	require.Equal(t, ratio{3, 1, 4}, ratioOf([]float64{4, 1, 3}))
}

func TestLockWaits(t *testing.T) { //nolint:paralleltest // the profile is of the process
	var mu sync.Mutex
	locked := func(context.Context, string) error {
		mu.Lock()
		defer mu.Unlock()
		time.Sleep(time.Microsecond)
		return nil
	}
	_, waits, err := warmToken(t.Context(), locked, 8, 1, 100)
	require.NoError(t, err)
	require.Positive(t, waits)
	_, waits, err = warmToken(t.Context(), func(context.Context, string) error { return nil }, 8, 1, 100)
	require.NoError(t, err)
	require.Zero(t, waits)
}

func TestWalk(t *testing.T) {
	t.Parallel()
	for _, total := range []int{1, paymentsPage, 2*paymentsPage + 1} {
		_, _, err := walk(t.Context(), total)
		require.NoError(t, err, total)
	}
}

func TestMostInASecond(t *testing.T) {
	t.Parallel()
	var times []time.Time
	for _, ms := range []int{0, 400, 900, 1000, 1001, 1399, 2500} {
		times = append(times, time.UnixMilli(int64(ms)))
	}
	require.Equal(t, 5, mostInASecond(times)) // 400 to 1399
	require.Equal(t, 101*time.Millisecond, shortest(times, 3))
}

func TestSizesByPackage(t *testing.T) {
	t.Parallel()
	plain := functionsOf("  401000  100 T net/http.(*Client).Do\n  402000   50 t runtime.main\n  403000 9 R runtime.types\n")
	require.Equal(t, map[string]int64{"net/http.(*Client).Do": 100, "runtime.main": 50}, plain)
	importing := functionsOf(`  401000  100 T net/http.(*Client).Do
  402000   70 t runtime.main
  404000 2048 T github.com/iamport-go/iamport.(*Client).Again
  405000  512 T github.com/iamport-go/iamport.KRW
  406000  512 T type:.eq.github.com/iamport-go/iamport.Card
  407000   10 T slices.Index[go.shape.[]string,go.shape.string] dupok
`)
	require.Equal(t, []size{
		{"github.com/iamport-go/iamport", 3072, "(*Client).Again, 2.0 KiB"},
		{"runtime", 20, "main, 0.0 KiB"},
		{"slices", 10, "Index[go.shape.[]string,go.shape.string] dupok, 0.0 KiB"},
	}, sizesByPackage(plain, importing))

	many := make(map[string]int64)
	for i := range 20 {
		many[string(rune('a'+i))+".F"] = 100
	}
	sizes := sizesByPackage(nil, many)
	require.Len(t, sizes, maxParts+1)
	require.Equal(t, size{"other packages", 500, ""}, sizes[maxParts])
	require.Contains(t, korean.Replace("| golang.org/x/time/rate | 1 |"), "golang.org/x/time/rate")
}

func TestDecodersAgree(t *testing.T) {
	t.Parallel()
	require.NoError(t, plainly[plainPayment]([]byte(paymentText))(t.Context(), ""))
	require.NoError(t, asThePackage[iamport.Payment]([]byte(paymentText))(t.Context(), ""))
	require.NoError(t, plainly[plainPage](page(10))(t.Context(), ""))
	require.NoError(t, asThePackage[iamport.Page[*iamport.Payment]](page(10))(t.Context(), ""))
}

// The documents have marks, and the tables of the Korean one are those of the English one.
func TestDocuments(t *testing.T) {
	t.Parallel()
	var tables []string
	for _, name := range []string{"docs/performance.md", "docs/performance.ko.md"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		require.NoError(t, err)
		_, table, _, err := between(string(text))
		require.NoError(t, err, name)
		tables = append(tables, table)
	}
	require.Equal(t, documents["docs/performance.ko.md"].Replace(tables[0]), tables[1])
	require.Equal(t, len(bounds)-1, strings.Count(tables[0], "/1.1 | 1 |")+strings.Count(tables[0], "/2 | 1 |"), "each call with one goroutine")

	_, _, _, err := between("no marks")
	require.Error(t, err)
	_, _, _, err = between(beginMark)
	require.Error(t, err)
}

func TestPictures(t *testing.T) {
	t.Parallel()
	s := series{name: "a & b"}
	for _, x := range []int{1, 10, 1000} {
		s.add(x, float64(x)/2)
	}
	graph := flame{title: "f"}
	graph.root.add([]string{"a.F", "b.(*T[...]).G"}, 3)
	graph.root.add([]string{"a.F"}, 1)
	for _, picture := range []string{
		plot([]chart{{title: "<t>", x: "x", series: []series{s, s}}, {title: "u", series: []series{s}, linear: true}}), graph.svg(),
	} {
		for d := xml.NewDecoder(strings.NewReader(picture)); ; {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, picture)
		}
		require.NotContains(t, picture, "NaN")
	}
	require.EqualValues(t, 4, graph.root.called["a.F"].value)
}

func TestReadProfile(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&text, 0))
	samples, err := readProfile(text.Bytes())
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(samples, func(s sample) bool {
		return slices.ContainsFunc(s.stack, func(name string) bool { return strings.HasSuffix(name, ".TestReadProfile") })
	}))
	_, err = readProfile([]byte("not a profile"))
	require.Error(t, err)
	require.ErrorIs(t, message([]byte{0x12, 0x7f}, func(int, uint64, []byte) {}), errProfile)
}
