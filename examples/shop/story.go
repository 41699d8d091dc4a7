package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// storyStart is the last day of a January before a leap day, at ten in the morning. It is
// far in the future, because the client compares the time of a schedule with the clock of
// the computer, and refuses one in the past.
var storyStart = time.Date(2048, 1, 31, 10, 0, 0, 0, seoul)

const (
	againRoute  = "POST /subscribe/payments/again"
	cancelRoute = "POST /payments/cancel"
)

// story plays fourteen months, one run of the shop a day.
type story struct {
	*shop
	sandbox sandbox
	out     io.Writer
}

// scene is what happens on a day before the run of that day.
type scene struct {
	date, text string
	do         func(context.Context) error
}

func (s *story) scenes() []scene {
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"}
	signUp := func(name string, p plan) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.signUp(ctx, name, name, p, card)
			return err
		}
	}
	withCustomer := func(id int64, do func(context.Context, customer) error) func(context.Context) error {
		return func(ctx context.Context) error {
			c, err := s.customer(ctx, id)
			if err != nil {
				return err
			}
			return do(ctx, c)
		}
	}
	return []scene{
		{"2048-01-31", "Minji (1) takes Basic, which the run of the shop renews", signUp("Minji", basic)},
		{"2048-01-31", "Junho (2) takes Pro, whose renewals are booked at iamport", signUp("Junho", pro)},
		{"2048-02-10", "Seoyeon (3) takes Basic", signUp("Seoyeon", basic)},
		{"2048-02-29", "The answer to Minji's renewal is lost. The client looks it up at once", func(context.Context) error {
			s.sandbox.Inject(againRoute, iamporttest.LoseAfter())
			return nil
		}},
		{"2048-03-30", "The webhook of Junho's next renewal will be lost. The nightly reconciliation finds it", func(context.Context) error {
			s.sandbox.InjectWebhooks("renewal-2-20480331", iamporttest.WebhookFault{Drop: true})
			return nil
		}},
		{"2048-03-31", "Minji's renewal stays unknown: the PG makes it five minutes after the answer was lost", func(context.Context) error {
			s.sandbox.Inject(againRoute, iamporttest.LoseThenExecute(5*time.Minute))
			return nil
		}},
		{"2048-05-20", "Seoyeon changes to Pro", withCustomer(3, func(ctx context.Context, c customer) error { return s.upgrade(ctx, c, pro) })},
		{"2048-06-29", "Junho's card is over its limit. A declined renewal is tried again after 1, 3 and 7 days", func(context.Context) error {
			s.sandbox.DeclineCustomer("customer-2-card-1", "[2116] over the monthly limit")
			return nil
		}},
		{"2048-07-05", "Junho has a new card, which is tried at once", withCustomer(2, func(ctx context.Context, c customer) error {
			return s.changeCard(ctx, c, 2, card)
		})},
		{"2048-07-31", "Somebody sends a webhook that says that Minji has paid", func(context.Context) error {
			s.sandbox.SendWebhook(iamporttest.WebhookBody{ImpUID: "imp_123456789012", MerchantUID: "renewal-1-20480731", Status: "paid"})
			return nil
		}},
		{"2048-08-10", "Minji gets 3,000 won back. That answer is lost too", func(ctx context.Context) error {
			s.sandbox.Inject(cancelRoute, iamporttest.LoseThenExecute(5*time.Minute))
			_, err := s.refund(ctx, "renewal-1-20480731", iamport.KRW(3000), basic.Price, "the service was down")
			return err
		}},
		{"2048-09-12", "A colleague gives Seoyeon 5,000 won back in the console of iamport. Its webhook comes twice", func(context.Context) error {
			s.sandbox.InjectWebhooks("renewal-3-20480910", iamporttest.WebhookFault{Twice: true})
			return s.sandbox.CancelInConsole("renewal-3-20480910", "5000")
		}},
		{"2048-11-01", "Seoyeon cancels at the end of the period, so her next schedule is revoked", withCustomer(3, func(ctx context.Context, c customer) error {
			return s.setCancel(ctx, c, true)
		})},
	}
}

// tell plays the story and returns an error if the books are not equal at its end.
func (s *story) tell(ctx context.Context) error {
	s.say("Sandbox inside this program: no network, no money.\n")
	scenes, entries, states := s.scenes(), 0, map[string]string{}
	end := storyStart.AddDate(0, 14, 0)
	for today := storyStart; !today.After(end); today = today.AddDate(0, 0, 1) {
		s.sandbox.setClock(today)
		if err := s.sandbox.WaitWebhooks(ctx); err != nil { // those of the schedules of this morning
			return err
		}
		for ; len(scenes) > 0 && scenes[0].date == today.Format(time.DateOnly); scenes = scenes[1:] {
			s.say("%s  %s.\n", scenes[0].date, scenes[0].text)
			if err := scenes[0].do(ctx); err != nil {
				return err
			}
		}
		if err := errors.Join(s.sandbox.WaitWebhooks(ctx), s.run(ctx), s.sandbox.WaitWebhooks(ctx)); err != nil {
			return err
		}
		var err error
		if entries, err = s.news(ctx, today, entries, states); err != nil {
			return err
		}
	}
	return s.finish(ctx)
}

// news prints the new entries of the ledger, and what else has changed.
func (s *story) news(ctx context.Context, today time.Time, seen int, states map[string]string) (int, error) {
	entries, err := s.ledger(ctx)
	if err != nil {
		return seen, err
	}
	for _, e := range entries[min(seen, len(entries)):] {
		s.say("%s    %12s  %s\n", today.Format(time.DateOnly), won(e.Amount), e.Entry)
	}
	open, err := orders(ctx, s.db, `state <> ?`, orderPaid)
	if err != nil {
		return seen, err
	}
	all, err := customers(ctx, s.db, `state IN (?, ?)`, statePastDue, stateEnded)
	if err != nil {
		return seen, err
	}
	changed := func(name, state string) {
		if states[name] != state {
			s.say("%s    %s is %s\n", today.Format(time.DateOnly), name, state)
		}
		states[name] = state
	}
	for _, o := range open {
		changed(o.MerchantUID, o.State)
	}
	for _, c := range all {
		changed(c.Name, c.State)
	}
	return len(entries), nil
}

// finish prints the report, and returns an error if anything differs.
func (s *story) finish(ctx context.Context) error {
	return errors.Join(s.report(ctx, s.out, storyStart.Add(-time.Hour)), s.sandbox.checkBooks(ctx, s.shop))
}

func (s *story) say(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }
