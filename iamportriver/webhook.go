package iamportriver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/riverqueue/river"

	"github.com/iamport-go/iamport"
)

// webhookArgs is what a webhook says, which nobody may believe: the worker looks it up.
type webhookArgs struct {
	ImpUID      string `json:"imp_uid"`
	MerchantUID string `json:"merchant_uid,omitzero"`
	Status      string `json:"status,omitzero"`
}

func (webhookArgs) Kind() string { return "iamport_webhook" }

func (webhookArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueWebhooks, MaxAttempts: maxAttempts}
}

// WebhookHandler returns the handler of the webhook URL: it stores the event as a job and
// answers 200, so that no event is lost while the API or this program is busy. The worker looks
// the payment up and calls OnPayment, once for each of its states. 400 answers what is not an
// event, 405 what is not a POST, and 500 an event that could not be stored, which iamport sends
// again where that is enabled. The time to read a slow body is that of the [http.Server].
//
// Everybody can send events, and each is a job and up to six look-ups. Let only the addresses
// [iamport.WebhookIP1] and its neighbours through, at the proxy in front of the program.
func (b *Billing[TTx]) WebhookHandler(client *river.Client[TTx]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		event, err := iamport.ParseEvent(r)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		args := webhookArgs{ImpUID: event.ImpUID, MerchantUID: event.MerchantUID, Status: string(event.Status)}
		// A sender that leaves does not take its event along, and may never send it again.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), b.finishTimeout)
		defer cancel()
		if _, err := client.Insert(ctx, args, nil); err != nil {
			b.Logger.ErrorContext(ctx, "iamport: a webhook is not stored", slog.Any("error", explain(err)))
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
}

// maxUnseen is how often a payment is looked up that the API does not show: a webhook may be
// faster than the record.
const maxUnseen = 5

type webhookWorker[TTx any] struct{ worker[TTx, webhookArgs] }

func (w *webhookWorker[TTx]) Work(ctx context.Context, job *river.Job[webhookArgs]) error {
	b, a := w.billing, job.Args
	if b.OnPayment == nil {
		return errors.New("iamportriver: OnPayment of the Config is required for webhooks")
	}
	p, err := b.Client.GetPayment(ctx, a.ImpUID)
	if _, invalid := errors.AsType[*iamport.InvalidRequestError](err); invalid {
		return river.JobCancel(err)
	}
	switch count := snoozes(job.Metadata); {
	case errors.Is(err, iamport.ErrNotFound) && count >= maxUnseen:
		return river.JobCancel(errors.New("iamportriver: the webhook is forged: there is no such payment"))
	case err != nil:
		return river.JobSnooze(b.wait(count))
	case a.MerchantUID != "" && a.MerchantUID != p.MerchantUID:
		return river.JobCancel(errors.New("iamportriver: the webhook is forged: the payment is of another merchant_uid"))
	}
	return b.Database.inTx(ctx, func(tx TTx) error {
		cancelled := "0"
		if p.CancelAmount.IsSet() {
			cancelled = p.CancelAmount.String()
		}
		n, err := b.Database.conn(tx).exec(ctx, b.queries.insertEvent, p.ImpUID, string(p.Status), cancelled)
		if err != nil {
			return err
		}
		if n == 1 {
			if err := b.OnPayment(ctx, tx, p); err != nil {
				return fmt.Errorf("iamportriver: OnPayment: %w", err)
			}
		}
		_, err = complete(ctx, tx, job, nil)
		return err
	})
}
