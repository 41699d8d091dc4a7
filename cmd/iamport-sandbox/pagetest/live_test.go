package pagetest

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/page"
)

func (b *box) charge(uid string) {
	b.t.Helper()
	require.Contains(b.t, b.post("/subscribe/payments/onetime", fmt.Sprintf(`{"merchant_uid":%q,"amount":3000,CARD}`, uid)),
		`"status":"paid"`)
}

// chargeByCurl charges as a person at a terminal does.
func (b *box) chargeByCurl(uid string) {
	b.t.Helper()
	body := fmt.Sprintf(`{"merchant_uid":%q,"card_number":"1234-1234-1234-1234","expiry":"2030-12","birth":"820213","amount":3000}`, uid)
	out, err := exec.CommandContext(b.t.Context(), "curl", "-sS", "-H", "Content-Type: application/json", "-d", body,
		b.url+"/subscribe/payments/onetime").CombinedOutput()
	require.NoError(b.t, err, string(out))
	require.Contains(b.t, string(out), `"status":"paid"`)
}

func TestChargeAppears(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	tab := newTab(t)
	tab.open(b.url + "/")
	evaluate[bool](tab, "window.loadedOnce = true")
	tab.see("h2", "Make the first charge")
	b.chargeByCurl("live_1")
	tab.see("#overview td, #overview th", "live_1")
	tab.see("#announce", "The page was updated.")
	b.chargeByCurl("live_2")
	tab.see("#overview td, #overview th", "live_2")
	require.True(t, evaluate[bool](tab, "window.loadedOnce"))
	require.Equal(t, "2 paid, 0 cancelled, 0 ready and 0 failed", evaluate[string](tab,
		`document.querySelector("#chart-text").textContent.split(",").slice(0, 3).join(",")`))
}

// A change elsewhere leaves the focus, the text that is being entered and open details alone.
func TestInputIsKept(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.post("/subscribe/customers/member_1", `{CARD}`)
	tab := newTab(t)
	tab.open(b.url + "/_/page/customers")
	const input = `[name=customer_uid][value=member_1] ~ [name=reason]`
	tab.run(chromedp.Focus(chromedp.CSS(input)), chromedp.KeyEvent(" 더"), chromedp.KeyEvent(kb.ArrowLeft))
	entered := fmt.Sprintf(`[document.activeElement.value, document.activeElement.selectionStart, document.activeElement === document.querySelector(%q)].join()`, input)
	before := evaluate[string](tab, entered)
	require.Contains(t, before, " 더")
	require.Contains(t, before, "true")
	b.post("/subscribe/customers/member_2", `{CARD}`)
	tab.see("#customers th", "member_2")
	require.Equal(t, before, evaluate[string](tab, entered))

	b.charge("order_1")
	tab.open(b.url + "/_/page/requests")
	tab.run(chromedp.Focus(chromedp.CSS("details summary")), chromedp.KeyEvent(kb.Enter))
	b.charge("order_2")
	tab.wait(`document.querySelectorAll("details").length === 4`)
	require.Equal(t, "true,false,true", evaluate[string](tab, `[document.querySelectorAll("details")[1].open,
		document.querySelectorAll("details")[0].open, document.activeElement.parentElement.open].join()`))
}

func TestWebhookIsSentAgain(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.charge("order_1")
	tab := newTab(t)
	tab.open(b.url + "/_/page/webhooks")
	tab.see("#webhooks .badge", "HTTP 200")
	b.broken.Store(true)
	tab.click("#webhooks form button")
	tab.see("main", "The webhook is sent again.")
	tab.see("#webhooks .badge", "HTTP 500")
	require.Equal(t, 2, evaluate[int](tab, `document.querySelectorAll("#webhooks tbody tr").length`))
	b.broken.Store(false)
	tab.click("section form button")
	tab.see("#webhooks th", "merchant_1234567890")
	tab.open(b.url + "/_/page/order?merchant_uid=order_1")
	tab.see(".history .bad", "HTTP 500")
	tab.click("#order form button")
	require.Equal(t, b.url+"/_/page/order?done=sent&merchant_uid=order_1", evaluate[string](tab, "location.href"))
}

func TestLanguageIsKept(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	tab := newTab(t)
	tab.open(b.url + "/_/page/payments?q=a")
	tab.click(".langs a[hreflang=ko]")
	require.Equal(t, "ko,결제 · iamport sandbox,a", evaluate[string](tab,
		`[document.documentElement.lang, document.title, document.querySelector("[name=q]").value].join()`))
	tab.click(`.sections a[href="/_/page/clock"]`)
	tab.see("h1", "시계")
	tab.click(".langs a[hreflang=en]")
	tab.see("h1", "Clock")
}

func TestJumpRunsSchedule(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.post("/subscribe/customers/member_1", `{CARD}`)
	at := b.Clock.Now().Add(20 * time.Hour).Unix()
	require.Contains(t, b.post("/subscribe/payments/schedule", fmt.Sprintf(
		`{"customer_uid":"member_1","schedules":[{"merchant_uid":"next_1","schedule_at":%d,"amount":9900}]}`, at)), `"code":0`)
	watching, clock := newTab(t), newTab(t)
	watching.open(b.url + "/_/page/order?merchant_uid=next_1")
	watching.see("h2 .badge", "scheduled")
	clock.open(b.url + "/_/page/clock")
	clock.click("button[value='1d']")
	clock.see("main", "The clock was moved.")
	clock.see("#clock", "1 days")
	watching.see("h2 .badge", "executed")
	watching.see("h2 .badge", "paid")
	watching.see(".history li", "The schedule ran.")
	shown := evaluate[string](clock, `document.querySelector("#clock time").textContent`)
	clock.wait(fmt.Sprintf(`document.querySelector("#clock time").textContent > %q`, shown)) // it goes on
}

func TestKeyboard(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	tab := newTab(t)
	tab.open(b.url + "/_/page/clock")
	tab.run(chromedp.KeyEvent(kb.Tab))
	require.Equal(t, "skip", evaluate[string](tab, "document.activeElement.className"))
	tab.run(chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	require.Equal(t, "1h", evaluate[string](tab, "document.activeElement.value"))
	tab.run(chromedp.Focus(chromedp.CSS("input[name=by]")), chromedp.KeyEvent("2d"))
	evaluate[bool](tab, `document.body.dataset.live = "left", true`)
	tab.run(chromedp.KeyEvent(kb.Enter), chromedp.WaitReady(chromedp.CSS("body[data-live=on]")))
	tab.see("#clock", "2 days")
}

func TestWithoutJavaScript(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	tab := newTab(t)
	off := command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	tab.run(off, chromedp.Navigate(b.url+"/_/page/faults"),
		chromedp.SendKeys(chromedp.CSS("input[name=rule]"), "/payments/=status:503;times=2"),
		chromedp.Submit(chromedp.CSS("input[name=rule]")), chromedp.WaitReady(chromedp.CSS("#rules tbody code")))
	require.Len(t, b.Faults.List(), 1)
	require.Equal(t, "/payments/=status:503;times=2", b.Faults.List()[0].Text)
	tab.run(chromedp.Click(chromedp.CSS("#rules form button")), chromedp.WaitReady(chromedp.CSS("#rules .empty")))
	require.Empty(t, b.Faults.List())
}

// A page follows a sandbox that was restarted, and its forms still work.
func TestRestart(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	tab := newTab(t)
	tab.open(b.url + "/_/page/clock")
	token := evaluate[string](tab, `document.querySelector("[name=token]").value`)
	b.web.Swap(page.New(b.Sandbox, "")).Close()
	tab.see("#lost", "No connection to the sandbox")
	tab.wait(`document.querySelector("#lost").textContent === ""`)
	tab.wait(fmt.Sprintf(`document.querySelector("[name=token]").value !== %q`, token))
	tab.click("button[value='1d']")
	tab.see("main", "The clock was moved.")
}
