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

// storyStart is the last day of a January before a leap day, at ten in the morning.
var storyStart = time.Date(2024, 1, 31, 10, 0, 0, 0, seoul)

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
		{"2024-01-31", "Minji (1) takes Basic", signUp("Minji", basic)},
		{"2024-01-31", "Junho (2) takes Pro", signUp("Junho", pro)},
		{"2024-02-10", "Seoyeon (3) takes Basic", signUp("Seoyeon", basic)},
		{"2024-02-29", "The answer to Minji's renewal is lost. The client looks it up at once", func(context.Context) error {
			s.sandbox.Inject(againRoute, iamporttest.LoseAfter())
			return nil
		}},
		{"2024-03-31", "Junho's renewal stays unknown: the PG makes it five minutes after the answer was lost", func(context.Context) error {
			s.sandbox.Inject(againRoute, iamporttest.Fault{}, iamporttest.LoseThenExecute(5*time.Minute))
			return nil
		}},
		{"2024-05-20", "Seoyeon changes to Pro", withCustomer(3, func(ctx context.Context, c customer) error { return s.upgrade(ctx, c, pro) })},
		{"2024-06-30", "Junho's card is over its limit", func(context.Context) error {
			s.sandbox.DeclineCustomer("customer-2-card-1", "[2116] over the monthly limit")
			return nil
		}},
		{"2024-07-05", "Junho has a new card", withCustomer(2, func(ctx context.Context, c customer) error {
			return s.changeCard(ctx, c, 2, card)
		})},
		{"2024-08-10", "Minji gets 3,000 won back. That answer is lost too", func(ctx context.Context) error {
			s.sandbox.Inject(cancelRoute, iamporttest.LoseThenExecute(5*time.Minute))
			_, err := s.refund(ctx, "renewal-1-20240731", iamport.KRW(3000), basic.Price, "the service was down")
			return err
		}},
		{"2024-11-01", "Seoyeon cancels at the end of the period", withCustomer(3, func(ctx context.Context, c customer) error {
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
		for ; len(scenes) > 0 && scenes[0].date == today.Format(time.DateOnly); scenes = scenes[1:] {
			s.say("%s  %s.\n", scenes[0].date, scenes[0].text)
			if err := scenes[0].do(ctx); err != nil {
				return err
			}
		}
		if err := s.run(ctx); err != nil {
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

// finish prints the ledger and compares it with iamport and with the books of the
// sandbox.
func (s *story) finish(ctx context.Context) error {
	r, err := s.reconcile(ctx, storyStart.Add(-time.Hour))
	if err != nil {
		return err
	}
	entries, err := s.ledger(ctx)
	if err != nil {
		return err
	}
	s.say("\nLedger:  %s, %d entries\nIamport: %s\n", r.Ledger, len(entries), r.Iamport)
	for _, difference := range r.Differences {
		s.say("%s\n", difference)
	}
	for _, uid := range s.sandbox.ChargedUIDs() {
		if n := s.sandbox.Charges(uid); n != 1 {
			return fmt.Errorf("%s was charged %d times", uid, n)
		}
	}
	open, err := orders(ctx, s.db, unsettled)
	if err != nil {
		return err
	}
	if len(r.Differences) > 0 || len(open) > 0 || s.sandbox.Pending() > 0 {
		return errors.New("the ledger and iamport differ, or something is still unknown")
	}
	s.say("Ledger = iamport to the won, and every order was charged once.\n")
	return nil
}

func (s *story) say(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }
