package page

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// built are the begins of keys that Go builds from values.
var built = []string{"nav.", "status.", "schedule.", "jump.", "done.", "problem.", "history.", "rule.", "fault.", "day.",
	"error.", "webhook.noanswer", "payments.newest", "payments.caption"}

func TestTextsAreComplete(t *testing.T) {
	t.Parallel()
	verbs := regexp.MustCompile(`%(\[\d\])?[sd]`)
	used := usedTexts(t)
	for key, text := range texts {
		for _, l := range []lang{english, korean} {
			require.NotEmpty(t, strings.TrimSpace(text[l]), "%s in %s", key, l)
		}
		require.False(t, strings.ContainsFunc(text[english], isHangul), key)
		require.True(t, key == "grammar.fault" || strings.ContainsFunc(text[korean], isHangul), "%s: %s", key, text[korean])
		require.Len(t, verbs.FindAllString(text[korean], -1), len(verbs.FindAllString(text[english], -1)), key)
		fromGo := false
		for _, begin := range built {
			fromGo = fromGo || strings.HasPrefix(key, begin)
		}
		require.True(t, used[key] || fromGo, "the text %q is not used", key)
	}
	for key := range used {
		require.Contains(t, texts, key)
	}
}

// usedTexts returns the keys in the templates.
func usedTexts(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	names, err := fs.Glob(files, "templates/*.html")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	hangul := regexp.MustCompile(`\p{Hangul}`)
	for _, name := range names {
		text, err := files.ReadFile(name)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`\.T "([^"]+)"`).FindAllSubmatch(text, -1) {
			used[string(found[1])] = true
		}
		require.Empty(t, hangul.FindAll([]byte(strings.Replace(string(text), ">한국어<", "", 1)), -1), name)
	}
	return used
}

func isHangul(r rune) bool { return unicode.Is(unicode.Hangul, r) }

func TestLanguage(t *testing.T) {
	t.Parallel()
	for header, lang := range map[string]string{"": "en", "ko": "ko", "ko-KR,ko;q=0.9,en-US;q=0.8": "ko", "en-US,ko;q=0.9": "en",
		"en;q=0.3, ko;q=0.7": "ko", "fr, ko;q=0.1": "ko", "fr": "en", "ko;q=0": "en", "ko;q=x,en;q=0.1": "en", "korean": "en"} {
		b := open(t)
		b.accept = header
		require.Contains(t, b.get("/"), `<html lang="`+lang+`">`, header)
	}
	b := open(t)
	b.accept = "ko"
	body := b.get("/_/page/payments?q=a%26b&lang=en")
	require.Contains(t, body, `<html lang="en">`)
	require.Contains(t, body, `href="/_/page/payments?lang=ko&amp;q=a%26b"`)
	require.Contains(t, b.get("/"), `<html lang="en">`, "the cookie keeps it")
	require.Contains(t, b.get("/?lang=ko"), "첫 결제를 해 보세요")
	w := b.do(request(t, http.MethodGet, "/_/page/nothing", ""))
	require.Contains(t, w.Body.String(), "페이지나 대상을 찾을 수 없습니다")
	require.Equal(t, "ko", w.Header().Get("Content-Language"))
}
