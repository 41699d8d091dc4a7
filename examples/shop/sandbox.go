package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// sandbox is the iamport server inside this program. Its clock is also that of the shop.
type sandbox struct {
	*iamporttest.Server
	hook *atomic.Pointer[http.Handler]
}

// newSandbox returns a sandbox that sends its webhooks to the shop that it opens: in the
// process, or to a URL if there is one.
func newSandbox(start time.Time, webhookURL string, opts ...iamporttest.Option) sandbox {
	s := sandbox{hook: new(atomic.Pointer[http.Handler])}
	hook := iamporttest.WithWebhooks(http.HandlerFunc(s.deliver))
	if webhookURL != "" {
		hook = iamporttest.WithWebhookURL(webhookURL)
	}
	s.Server = iamporttest.NewServer(append(opts, hook, iamporttest.WithClockOffset(time.Until(start)), iamporttest.WithoutRequestLog())...)
	return s
}

// deliver passes a webhook to the shop.
func (s sandbox) deliver(w http.ResponseWriter, r *http.Request) { (*s.hook.Load()).ServeHTTP(w, r) }

// setClock moves the clock to t, from where it goes on, and runs the schedules until then.
func (s sandbox) setClock(t time.Time) {
	s.SetClockOffset(time.Until(t))
	_, _ = s.Sync() // there is no Store that could fail
}

// forward moves the clock by some days.
func (s sandbox) forward(days int) { s.setClock(s.Now().AddDate(0, 0, days)) }

// openShop opens a shop with an account at the sandbox. The sandbox starts without
// cards and payments, so the file must not have the customers of another one.
func (s sandbox) openShop(ctx context.Context, d database, log *slog.Logger, opts ...iamport.Option) (*shop, error) {
	a := account{key: iamporttest.Key, secret: iamporttest.Secret, http: s.Client()}
	shop, err := openShop(ctx, d, a, s.Now, log, opts...)
	if err != nil {
		return nil, err
	}
	if all, err := customers(ctx, shop.db, `TRUE`); err != nil || len(all) > 0 {
		return nil, errors.Join(err, errors.New("the file has customers already, and a new sandbox does not know their cards"), shop.close())
	}
	hook := shop.webhook(iamport.WithWebhookLimit(1e6, 16)) // a year takes some seconds here
	s.hook.Store(&hook)
	return shop, nil
}

// checkBooks compares the ledger with what the sandbox really charged and refunded, and
// that every order was charged once.
func (s sandbox) checkBooks(ctx context.Context, shop *shop) error {
	ours, err := shop.ledgerBooks(ctx)
	if err != nil {
		return err
	}
	theirs := newBooks()
	for _, a := range s.AllApprovals() {
		if _, twice := theirs.orders[a.MerchantUID]; twice {
			return fmt.Errorf("%s was charged twice", a.MerchantUID)
		}
		in, err := iamport.ParseAmount(a.Amount)
		out, err2 := iamport.ParseAmount(a.Cancelled)
		if err := errors.Join(err, err2, theirs.add(a.MerchantUID, in, out)); err != nil {
			return err
		}
	}
	if !maps.Equal(ours.orders, theirs.orders) {
		return fmt.Errorf("the ledger has %v, and the sandbox %v", ours.total, theirs.total)
	}
	return nil
}
