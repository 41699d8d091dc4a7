package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/iamport-go/iamport"
)

// signUp makes a customer, stores the card and charges the first month. The key is the
// token of one form: with the same key any number of calls make one customer and charge
// once. The error is a refusal if no card was stored.
func (s *shop) signUp(ctx context.Context, key, name string, p plan, card iamport.Card) (customer, error) {
	if _, err := s.db.ExecContext(ctx, `INSERT INTO customers (key, name, plan, state) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		key, name, p.ID, stateNew); err != nil {
		return customer{}, err
	}
	c, err := one(customers(ctx, s.db, `key = ?`, key))
	if err != nil || c.State != stateNew {
		return c, err
	}
	if err := s.storeCard(ctx, c, 1, card); err != nil {
		return c, err
	}
	start := dateOf(s.now())
	merchantUID := signUpOrder(c.ID)
	if err := planOrder(ctx, s.db, order{
		MerchantUID: merchantUID, CustomerID: c.ID, Kind: kindSignUp, Plan: c.Plan, Amount: p.Price,
		PeriodStart: iamport.UnixTime(start), PeriodEnd: iamport.UnixTime(nextPeriod(start, start.Day())), State: orderOpen,
	}); err != nil {
		return c, err
	}
	if err := errors.Join(s.charge(ctx, merchantUID), s.book(ctx, c.ID)); err != nil {
		return c, err
	}
	return s.customer(ctx, c.ID)
}

// changeCard stores a new card, and tries a declined charge again with it. number is
// the count of the customer's cards with this one: a form that is sent twice stores one.
func (s *shop) changeCard(ctx context.Context, c customer, number int, card iamport.Card) error {
	if c.State == stateEnded {
		return refusal("the subscription has ended")
	}
	if number != c.CardNumber && number != c.CardNumber+1 {
		return refusal("this form is too old: open the page again")
	}
	if err := s.storeCard(ctx, c, number, card); err != nil {
		return err
	}
	err := s.retry(ctx, c.ID)
	if c.State == stateNew {
		err = s.charge(ctx, signUpOrder(c.ID))
	}
	return errors.Join(err, s.book(ctx, c.ID))
}

func signUpOrder(customerID int64) string { return fmt.Sprintf("signup-%d", customerID) }

// storeCard stores a card at the PG under a customer_uid of its own. The shop keeps
// only the last four digits.
func (s *shop) storeCard(ctx context.Context, c customer, number int, card iamport.Card) error {
	uid := fmt.Sprintf("customer-%d-card-%d", c.ID, number)
	_, err := s.client.RegisterCustomer(ctx, uid, iamport.RegisterCustomerRequest{Card: card, CustomerName: c.Name})
	if invalid, ok := errors.AsType[*iamport.InvalidRequestError](err); ok {
		return refusal(invalid.Error())
	}
	if refused, ok := errors.AsType[*iamport.Error](err); ok && refused.Refused() {
		return refusal("the card was refused: " + refused.Message)
	}
	if _, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		return refusal("the card company did not answer: send the form again") // safe with the same customer_uid
	}
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if uid != c.CardUID {
			if err := revokeLater(ctx, tx, c.ID); err != nil { // it has the old card
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE customers SET card_number = ?, card_uid = ?, card_label = ? WHERE id = ?`,
			number, uid, card.Masked(), c.ID)
		return err
	})
}

// setCancel ends the subscription at the end of its period, or takes that back.
func (s *shop) setCancel(ctx context.Context, c customer, cancel bool) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if cancel {
			if err := revokeLater(ctx, tx, c.ID); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE customers SET cancel_at_end = ? WHERE id = ? AND state IN (?, ?)`,
			cancel, c.ID, stateActive, statePastDue)
		return err
	})
	if err != nil {
		return err
	}
	return s.book(ctx, c.ID)
}

// upgrade charges the prorated difference to another plan for the rest of the period.
func (s *shop) upgrade(ctx context.Context, c customer, to plan) error {
	from, _ := planOf(c.Plan)
	if c.State != stateActive || to.Price.Cmp(from.Price) <= 0 {
		return refusal("only an active subscription can change to a plan of a higher price")
	}
	price, err := prorated(from, to, c.PeriodStart.Time, c.PeriodEnd.Time, dateOf(s.now()))
	if err != nil {
		return err
	}
	if price.Sign() <= 0 {
		return refusal("the period is over: try again after the renewal")
	}
	merchantUID := fmt.Sprintf("upgrade-%d-%s-%s", c.ID, day(c.PeriodStart), to.ID)
	if err := s.inTx(ctx, func(tx *sql.Tx) error {
		if others, err := orders(ctx, tx, unsettled+` AND kind = ? AND customer_id = ? AND merchant_uid <> ?`, kindUpgrade, c.ID, merchantUID); err != nil {
			return err
		} else if len(others) > 0 {
			return refusal("another change of the plan is under way: try again tomorrow")
		}
		return planOrder(ctx, tx, order{
			MerchantUID: merchantUID, CustomerID: c.ID, Kind: kindUpgrade, Plan: to.ID, Amount: price,
			PeriodStart: c.PeriodStart, PeriodEnd: c.PeriodEnd, State: orderOpen,
		})
	}); err != nil {
		return err
	}
	return errors.Join(s.charge(ctx, merchantUID), s.book(ctx, c.ID))
}
