package page

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/iamport-go/iamport/iamporttest"
)

// webhookTable is a table of webhooks. Back is the order whose page shows it, "" on the page of all webhooks.
type webhookTable struct {
	*view
	Rows []webhookRow
	Back string
}

type webhookRow struct {
	*view
	iamporttest.Webhook
}

// Answer describes the answer to one request of the webhook.
func (w webhookRow) Answer(a iamporttest.WebhookAttempt) string { return answerText(w.view, a) }

func answerText(v *view, a iamporttest.WebhookAttempt) string {
	if a.Err != "" {
		return v.Word("webhook", "noanswer") + ": " + a.Err
	}
	return "HTTP " + strconv.Itoa(a.Status)
}

// sent returns the webhooks of which keep reports true, the newest first.
func (p *Page) sent(v *view, keep func(iamporttest.Webhook) bool, back string) webhookTable {
	table := webhookTable{view: v, Back: back}
	for _, w := range slices.Backward(p.box.Server.Webhooks()) {
		if keep(w) {
			table.Rows = append(table.Rows, webhookRow{v, w})
		}
	}
	return table
}

// webhooks lists the webhooks that were sent.
func (p *Page) webhooks(v *view, r *http.Request) (screen, error) {
	table := p.sent(v, func(iamporttest.Webhook) bool { return true }, "")
	shown, pages := cut(v, table.Rows, r)
	table.Rows = shown
	return screen{"webhooks", struct {
		*view
		Table  webhookTable
		Paging paging
	}{v, table, pages}}, nil
}

// send sends a webhook again, or the one of the console's test call if action is test.
func (p *Page) send(r *http.Request) (string, error) {
	if p.webhook == "" {
		return "", errNotFound
	}
	if r.PostFormValue("action") == "test" {
		p.box.Server.SendTestWebhook()
		return "tested", nil
	}
	p.box.Server.SendWebhook(iamporttest.WebhookBody{ImpUID: r.PostFormValue("imp_uid"),
		MerchantUID: r.PostFormValue("merchant_uid"), Status: r.PostFormValue("status"),
		CancellationID: r.PostFormValue("cancellation_id")})
	return "sent", nil
}
