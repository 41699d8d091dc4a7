package iamport

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMarkOfARecord(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	for userAgent, want := range map[string]string{
		"iamport-go/0.1.0 (abc)":                    "abc",
		"iamport-go/0.1.0 (abc) shop/1.0":           "abc",
		"IAMPORT-GO/0.1.0 (ABC-1._x)":               "abc-1._x",
		"iamport-go/1.2.3-rc.1+build (abc)":         "abc",
		"iamport-go/0.1.0 (" + long + ")":           long,
		"":                                          "",
		"Go-http-client/1.1":                        "",
		"iamport-go/0.1.0":                          "",
		"iamport-go/0.1.0 shop/1.0":                 "",
		"iamport-go/0.1.0 (abc":                     "", // cut
		"iamport-go/0.1.0 (a":                       "",
		"iamport-go/0.1.0 (":                        "",
		"iamport-go/0.1.0 ()":                       "",
		"iamport-go/0.1.0 (" + long + "a)":          "",
		"iamport-go/0.1.0 (a b)":                    "",
		"iamport-go/0.1.0 (a/b)":                    "",
		"iamport-go/0.1.0 ((abc))":                  "",
		"iamport-go/0.1.0 shop (abc)":               "", // not at the start
		"shop iamport-go/0.1.0 (abc)":               "",
		" iamport-go/0.1.0 (abc)":                   "",
		"Mozilla/5.0 (Windows; iamport-go/1 (abc))": "",
		"other-go/0.1.0 (abc)":                      "",
		"iamport-go (abc)":                          "",
		"iamport-go/0.1.0  (abc)":                   "",
	} {
		require.Equal(t, want, markOf(&Payment{UserAgent: userAgent}), userAgent)
	}
}

// A client reads back the mark that it sent, with any added text.
func TestMarkIsReadBack(t *testing.T) {
	t.Parallel()
	for _, options := range [][]Option{nil, {WithUserAgent("shop/1.0 iamport-go/9.9.9")}} {
		c, err := NewClient("key", "secret", options...)
		require.NoError(t, err)
		id := randomID()
		require.True(t, isAttemptID(id), id)
		require.Equal(t, id, markOf(&Payment{UserAgent: c.userAgent(id)}))
		require.Empty(t, markOf(&Payment{UserAgent: c.userAgent("")}), "other calls have no mark")
		require.NotContains(t, c.userAgent(""), "(")
	}
	first, second := randomID(), randomID()
	require.NotEqual(t, first, second)
}

func TestAttemptIDs(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "0", ".", "a-b_c.d", strings.Repeat("z", 64)} {
		require.True(t, isAttemptID(good), good)
	}
	for _, bad := range []string{"", strings.Repeat("z", 65), "A", "a b", "a)", "(a", "a/b", "ä", "a\n", "a\x00"} {
		require.False(t, isAttemptID(bad), "%q", bad)
	}
}
