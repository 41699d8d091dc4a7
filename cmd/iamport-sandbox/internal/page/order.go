package page

import (
	"net/http"
	"slices"
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

// maxExchanges is how many requests of an order its page shows, the newest.
const maxExchanges = 100

// attempt is a payment of an order with its refunds.
type attempt struct {
	iamporttest.PaymentState
	Refunds []iamporttest.Refund
}

// happening is one line of the history of an order. Text is a key of the texts.
type happening struct {
	At     time.Time
	Text   string
	Args   []any
	Status string // colours the line
}

// order shows all that happened under one merchant_uid.
func (p *Page) order(v *view, r *http.Request) (screen, error) {
	uid := r.URL.Query().Get("merchant_uid")
	state := p.box.Server.SnapshotOrder(uid)
	exchanges, err := p.box.Exchanges(r.Context(), uid, 0, maxExchanges)
	if err != nil {
		return screen{}, err
	}
	sent := p.sent(v, func(w iamporttest.Webhook) bool { return w.MerchantUID == uid }, uid)
	if uid == "" || len(state.Payments)+len(state.Schedules)+len(exchanges)+len(sent.Rows) == 0 {
		return screen{}, errNotFound
	}
	attempts := make([]attempt, 0, len(state.Payments))
	for _, payment := range state.Payments {
		attempts = append(attempts, attempt{payment, p.box.Server.Refunds(payment.ImpUID)})
	}
	return screen{"order", struct {
		*view
		UID       string
		Schedules []iamporttest.ScheduleState
		Attempts  []attempt
		History   []happening
		Webhooks  webhookTable
		Exchanges exchangeList
	}{v, uid, state.Schedules, attempts, history(v, state.Schedules, attempts, sent.Rows), sent,
		exchangeList{v, exchanges, false}}}, nil
}

// history returns what happened to an order, the oldest first.
func history(v *view, schedules []iamporttest.ScheduleState, attempts []attempt, sent []webhookRow) []happening {
	var all []happening
	add := func(at time.Time, status, text string, args ...any) {
		if !at.IsZero() {
			all = append(all, happening{at, "history." + text, args, status})
		}
	}
	for _, s := range schedules {
		add(s.ExecutedAt, "plain", "executed")
		add(s.RevokedAt, "plain", "revoked")
	}
	for _, a := range attempts {
		add(a.StartedAt, "plain", "started", a.ImpUID, v.Money(a.Amount, a.Currency))
		add(a.ApprovedAt, "good", "approved", a.ImpUID)
		if a.Status == "failed" {
			add(a.StartedAt, "bad", "failed", a.ImpUID, a.FailReason)
		}
		for _, refund := range a.Refunds {
			add(refund.At, "plain", "refunded", a.ImpUID, v.Money(refund.Amount, a.Currency))
		}
		add(a.ChangesAt, "open", "changes", a.ImpUID)
	}
	for _, w := range sent {
		for _, t := range w.Attempts {
			status := "good"
			if t.Status != http.StatusOK {
				status = "bad"
			}
			add(t.At, status, "webhook", w.Status, w.URL, answerText(v, t))
		}
	}
	slices.SortStableFunc(all, func(a, b happening) int { return a.At.Compare(b.At) })
	return all
}

// Line returns the text of a line of the history.
func (v *view) Line(h happening) (string, error) { return v.T(h.Text, h.Args...) }
