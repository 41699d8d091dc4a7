package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// trouble is a world in which everything goes wrong that can: declines, lost answers,
// lost, late, double and forged webhooks, refunds in the console.
type trouble struct {
	people
	sandbox sandbox
	// On later days: a card is approved again, a webhook that was lost is sent after all.
	approve, resend map[string][]string

	mu   sync.Mutex
	sent map[string]int // requests of an order
}

func newTrouble(s *shop, box sandbox) *trouble {
	t := &trouble{people: newPeople(s), sandbox: box, approve: map[string][]string{}, resend: map[string][]string{}, sent: map[string]int{}}
	box.InjectFunc(t.lose)
	return t
}

var merchantUIDs = regexp.MustCompile(`"merchant_uid":\[?"([^"]+)"|"imp_uid":"([^"]+)"`)

// lose loses the answers of some requests that change something, and the requests of
// others, each the first time only.
func (t *trouble) lose(r *http.Request) *iamporttest.Fault {
	if r.Method != http.MethodPost || r.URL.Path == "/users/getToken" || strings.HasPrefix(r.URL.Path, "/subscribe/customers/") {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	name := r.URL.Path + " " + string(merchantUIDs.Find(body))
	t.mu.Lock()
	t.sent[name]++
	first := t.sent[name] == 1
	t.mu.Unlock()
	switch x := dice("lose", name); {
	case !first || x >= 0.04:
		return nil
	case x < 0.02:
		return new(iamporttest.LoseAfter())
	case x < 0.03:
		return new(iamporttest.LoseBefore())
	default:
		return new(iamporttest.LoseThenExecute(5 * time.Minute))
	}
}

// morning decides what happens to the renewals of today, and moves the clock.
func (t *trouble) morning(ctx context.Context, today time.Time) error {
	for _, card := range t.approve[day(iamport.UnixTime(today))] {
		t.sandbox.DeclineCustomer(card, "")
	}
	due, err := customers(ctx, t.db, `state = ? AND period_end <= ?`, stateActive, iamport.UnixTime(today))
	if err != nil {
		return err
	}
	booked, err := orders(ctx, t.db, `state = ? AND run_at <= ?`, orderBooked, iamport.UnixTime(today))
	if err != nil {
		return err
	}
	byCustomer := map[int64]string{}
	for _, o := range booked {
		byCustomer[o.CustomerID] = o.MerchantUID
	}
	for _, c := range due {
		t.decide(cmp.Or(byCustomer[c.ID], renewalOrder(c)), c.CardUID, today)
	}
	t.sandbox.setClock(today)
	return t.wait(ctx)
}

// decide decides what happens to the charge of an order and to its webhook.
func (t *trouble) decide(merchantUID, cardUID string, today time.Time) {
	if dice("decline", merchantUID) < 0.06 {
		t.sandbox.DeclineCustomer(cardUID, "[2116] over the monthly limit")
		until := day(iamport.UnixTime(today.AddDate(0, 0, 1+int(10*dice("until", merchantUID)))))
		t.approve[until] = append(t.approve[until], cardUID)
	}
	switch x := dice("webhook", merchantUID); {
	case x < 0.03:
		t.sandbox.InjectWebhooks(merchantUID, iamporttest.WebhookFault{Drop: true})
	case x < 0.06: // too late, after the night has found the payment
		t.sandbox.InjectWebhooks(merchantUID, iamporttest.WebhookFault{Drop: true})
		late := day(iamport.UnixTime(today.AddDate(0, 0, 2)))
		t.resend[late] = append(t.resend[late], merchantUID)
	case x < 0.09:
		t.sandbox.InjectWebhooks(merchantUID, iamporttest.WebhookFault{Twice: true})
	}
}

// events are also what colleagues and strangers do.
func (t *trouble) events(ctx context.Context, today time.Time) error {
	date := day(iamport.UnixTime(today))
	for _, merchantUID := range t.resend[date] {
		for _, a := range t.sandbox.Approvals(merchantUID) { // none if it was declined
			t.sandbox.SendWebhook(iamporttest.WebhookBody{ImpUID: a.ImpUID, MerchantUID: merchantUID, Status: "paid"})
		}
	}
	t.sandbox.SendWebhook(iamporttest.WebhookBody{ImpUID: "imp_" + date, MerchantUID: "signup-1", Status: "paid"}) // no such payment
	return errors.Join(t.act(ctx, today), t.forEach(ctx, t.console, `period_start = ?`, daysBefore(today, 3)))
}

// console refunds one customer of fifty in the console, in part or whole.
func (t *trouble) console(ctx context.Context, c customer) error {
	x := dice("console", c.Key, day(c.PeriodStart))
	if x > 0.03 {
		return nil
	}
	paid, err := t.lately(ctx, c)
	for _, o := range paid {
		if x > 0.02 { // forged: this payment is of another order
			t.sandbox.SendWebhook(iamporttest.WebhookBody{ImpUID: o.ImpUID, MerchantUID: "another", Status: "cancelled"})
			continue
		}
		amount := "" // all that is left
		if x < 0.01 {
			amount = "5000"
		}
		switch x := dice("webhook of the console", o.MerchantUID); {
		case x < 0.2:
			t.sandbox.InjectWebhooks(o.MerchantUID, iamporttest.WebhookFault{Drop: true})
		case x < 0.4:
			t.sandbox.InjectWebhooks(o.MerchantUID, iamporttest.WebhookFault{Twice: true})
		}
		err = errors.Join(err, t.sandbox.CancelInConsole(o.ImpUID, amount))
	}
	return err
}

func (t *trouble) wait(ctx context.Context) error { return t.sandbox.WaitWebhooks(ctx) }

func (t *trouble) finish(ctx context.Context) error { return t.sandbox.checkBooks(ctx, t.shop) }
