package pagetest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var (
	screenshots = flag.Bool("screenshots", false, "write docs/sandbox.en.png and docs/sandbox.ko.png")
	pictures    = flag.String("pictures", "", "write pictures of every page into this folder")
)

// paths are all pages of a sandbox that was filled.
var paths = []string{"/", "/_/page/payments", "/_/page/payments?q=nothing",
	"/_/page/order?merchant_uid=sub_04_1", "/_/page/order?merchant_uid=next_01", "/_/page/customers", "/_/page/schedules",
	"/_/page/webhooks", "/_/page/requests", "/_/page/faults", "/_/page/clock", "/_/page/nothing"}

func TestScreenshots(t *testing.T) {
	if !*screenshots {
		t.Skip("only with -screenshots")
	}
	b := newBox(t)
	b.fill(24)
	tab := newTab(t)
	tab.show("light", 1280, 800)
	for _, lang := range []string{"en", "ko"} {
		tab.open(b.url + "/?lang=" + lang)
		tab.picture("../../../docs/sandbox."+lang+".png", false)
	}
}

func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("only with -pictures")
	}
	b := newBox(t)
	tab := newTab(t)
	tab.show("light", 1280, 800)
	tab.open(b.url + "/")
	tab.picture(filepath.Join(*pictures, "begin.png"), true)
	b.fill(24)
	for _, look := range []struct {
		name, theme, lang string
		width             int64
	}{{"wide", "light", "en", 1280}, {"dark", "dark", "ko", 1280}, {"narrow", "light", "ko", 360}} {
		tab.show(look.theme, look.width, 800)
		for _, path := range paths[:len(paths)-1] {
			tab.open(b.url + path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "lang=" + look.lang)
			name := strings.NewReplacer("/_/page/", "", "/", "overview", "?", "-", "=", "-").Replace(path)
			tab.picture(filepath.Join(*pictures, look.name+"-"+name+".png"), true)
		}
	}
}

// picture writes a picture of the window, or of the whole page.
func (b *tab) picture(file string, whole bool) {
	b.t.Helper()
	shoot := chromedp.CaptureScreenshot()
	if whole {
		shoot = chromedp.FullScreenshot(100)
	}
	png, err := chromedp.Run(b.ctx, shoot)
	require.NoError(b.t, err)
	require.True(b.t, whole || len(png) < 200_000, len(png))
	require.NoError(b.t, os.WriteFile(file, png, 0o600))
}
