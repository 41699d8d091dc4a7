package pagetest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// axe is axe-core, which .ci/chromium fetches.
func axe(t *testing.T) string {
	t.Helper()
	pinned, err := os.ReadFile("testdata/axe-core.txt")
	require.NoError(t, err)
	version, sum, _ := strings.Cut(strings.TrimSpace(string(pinned)), " ")
	folder, err := os.UserCacheDir()
	require.NoError(t, err)
	script, err := os.ReadFile(filepath.Join(folder, "iamport-test", "axe-core-"+version+".js"))
	require.NoError(t, err, "this test needs axe-core, which .ci/chromium fetches")
	found := sha256.Sum256(script)
	require.Equal(t, sum, hex.EncodeToString(found[:]))
	return string(script)
}

// violations runs axe-core and returns each rule and element that it reports.
const violations = `axe.run(document, {resultTypes: ["violations"], preload: false}).then(result => result.violations.flatMap(
	rule => rule.nodes.map(node => rule.id + ": " + node.html + " " + node.failureSummary)))`

// overflowing returns the elements that reach out of their panel or the window, but for those that scroll or are only for
// screen readers.
const overflowing = `[...document.querySelectorAll("body *")].filter(e => {
	const box = e.getBoundingClientRect(), around = e.parentElement.closest(".panel")?.getBoundingClientRect();
	return e.getClientRects().length > 0 && !e.closest(".scroll, .hidden, .skip, svg, thead, option") &&
		(box.right > (around?.right ?? innerWidth) + 0.5 || box.left < (around?.left ?? 0) - 0.5);
}).map(e => e.outerHTML.slice(0, 200))`

// Every page passes axe-core in both languages and themes, wide and narrow, and is not wider than 360 pixels.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	script := axe(t)
	b := newBox(t)
	empty := newBox(t)
	b.fill(4)
	pages := []string{empty.url + "/", empty.url + "/_/page/payments", empty.url + "/_/page/customers", empty.url + "/_/page/webhooks"}
	for _, path := range paths {
		pages = append(pages, b.url+path)
	}
	for lang, themes := range map[string][2]string{"en": {"light", "dark"}, "ko": {"dark", "light"}} { // wide and narrow
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			tab := newTab(t)
			tab.ignored = "status of 404"
			tab.open(b.url + "/?lang=" + lang)
			for _, page := range pages {
				tab.show(themes[0], 1280, 800)
				tab.open(page)
				require.Equal(t, lang, evaluate[string](tab, "document.documentElement.lang"))
				evaluate[bool](tab, script+`; document.querySelectorAll("details").forEach(e => e.open = true); true`)
				require.Empty(t, evaluate[[]string](tab, violations), page)
				tab.show(themes[1], 360, 800)
				require.Empty(t, evaluate[[]string](tab, violations), page)
				require.Empty(t, evaluate[[]string](tab, overflowing), page)
				require.LessOrEqual(t, evaluate[int](tab, "document.documentElement.scrollWidth"), 360, page)
			}
		})
	}
}
