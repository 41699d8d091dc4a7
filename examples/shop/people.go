package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strings"
	"time"

	"github.com/iamport-go/iamport"
)

// people are the customers and the operator of a shop. What they do follows from the names
// of things, so that it is the same in every run.
type people struct {
	*shop
	card iamport.Card // the new card of a customer
}

func newPeople(s *shop) people {
	return people{s, iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2051-12", Birth: "820213", Pwd2Digit: "00"}}
}

// dice returns a number from 0 to 1 that depends on the words alone.
func dice(words ...string) float64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, strings.Join(words, " "))
	x := h.Sum64() // whose high bits hardly depend on the last letters
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// act does what people do on a day.
func (p *people) act(ctx context.Context, today time.Time) error {
	return errors.Join(
		p.forEach(ctx, p.refunds, `period_start = ?`, daysBefore(today, 2)),
		p.forEach(ctx, p.changes, `state = ? AND period_start = ?`, stateActive, daysBefore(today, 10)),
		p.forEach(ctx, p.secondThoughts, `cancel_at_end AND state = ? AND period_start = ?`, stateActive, daysBefore(today, 13)),
		p.forEach(ctx, p.newCards, `state = ? AND declined_on = ?`, statePastDue, daysBefore(today, 2)),
		p.forEach(ctx, p.newCards, `state = ?`, stateNew),
	)
}

// daysBefore is the beginning of the day some days before t.
func daysBefore(t time.Time, days int) iamport.Time {
	return iamport.UnixTime(dateOf(t).AddDate(0, 0, -days))
}

// forEach calls do for the customers that the condition selects.
func (p *people) forEach(ctx context.Context, do func(context.Context, customer) error, condition string, args ...any) error {
	all, err := customers(ctx, p.db, condition, args...)
	for _, c := range all {
		if failed := do(ctx, c); failed != nil {
			err = errors.Join(err, fmt.Errorf("customer %d: %w", c.ID, failed))
		}
	}
	return err
}

// lately returns the paid orders of the present month of a customer.
func (p *people) lately(ctx context.Context, c customer) ([]order, error) {
	return orders(ctx, p.db, `customer_id = ? AND state = ? AND period_start = ?`, c.ID, orderPaid, c.PeriodStart)
}

// refunds gives one customer of a hundred a part of the last payment back.
func (p *people) refunds(ctx context.Context, c customer) error {
	if dice("refund", c.Key, day(c.PeriodStart)) > 0.01 {
		return nil
	}
	paid, err := p.lately(ctx, c)
	for _, o := range paid {
		_, failed := p.refund(ctx, o.MerchantUID, iamport.KRW(3000), o.Amount, "the service was down")
		err = errors.Join(err, failed)
	}
	return err
}

// changes makes a few customers change their card, cancel, or upgrade.
func (p *people) changes(ctx context.Context, c customer) error {
	month := day(c.PeriodStart)
	switch x := dice("change", c.Key, month); {
	case x < 0.02:
		return p.newCard(ctx, c)
	case x < 0.035:
		return p.setCancel(ctx, c, true)
	case x < 0.045:
		if next, more := nextPlan(c.Plan); more {
			return ignoreRefusal(p.upgrade(ctx, c, next))
		}
	}
	return nil
}

// secondThoughts takes half of the cancellations back.
func (p *people) secondThoughts(ctx context.Context, c customer) error {
	if dice("keep", c.Key, day(c.PeriodStart)) < 0.5 {
		return p.setCancel(ctx, c, false)
	}
	return nil
}

// newCards gives every third customer whose charge was declined a new card.
func (p *people) newCards(ctx context.Context, c customer) error {
	if c.State == statePastDue && dice("new card", c.Key, day(c.PeriodEnd)) > 0.33 {
		return nil
	}
	return p.newCard(ctx, c)
}

// newCard sends the form once more if the answer was lost.
func (p *people) newCard(ctx context.Context, c customer) error {
	return ignoreRefusal(p.changeCard(ctx, c, c.CardNumber+1, p.card))
}

func ignoreRefusal(err error) error {
	if _, refused := errors.AsType[refusal](err); refused {
		return nil
	}
	return err
}
