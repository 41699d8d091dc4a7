package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/iamport-go/iamport"
)

// The states of a customer.
const (
	stateNew     = "new" // not paid yet
	stateActive  = "active"
	statePastDue = "past due" // a renewal was declined, and is tried again
	stateEnded   = "ended"
)

// customer is a customer with the subscription.
type customer struct {
	ID                     int64
	Key, Name, Plan, State string
	CancelAtEnd            bool
	AnchorDay              int
	PeriodStart, PeriodEnd iamport.Time
	CardNumber             int // counts the cards
	CardUID, CardLabel     string
}

const customerColumns = `id, key, name, plan, state, cancel_at_end, anchor_day, period_start, period_end, card_number, card_uid, card_label`

// customers returns the customers that the SQL condition selects.
func customers(ctx context.Context, db queryer, condition string, args ...any) ([]customer, error) {
	rows, err := db.QueryContext(ctx, `SELECT `+customerColumns+` FROM customers WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	defer closeRows(rows)
	var all []customer
	for rows.Next() {
		var c customer
		if err := rows.Scan(&c.ID, &c.Key, &c.Name, &c.Plan, &c.State, &c.CancelAtEnd, &c.AnchorDay, &c.PeriodStart, &c.PeriodEnd,
			&c.CardNumber, &c.CardUID, &c.CardLabel); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// one returns the only element of a list, or sql.ErrNoRows.
func one[T any](all []T, err error) (T, error) {
	if err == nil && len(all) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return *new(T), err
	}
	return all[0], nil
}

func (s *shop) customer(ctx context.Context, id int64) (customer, error) {
	return one(customers(ctx, s.db, `id = ?`, id))
}

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
	merchantUID := fmt.Sprintf("signup-%d", c.ID)
	if err := s.planOrder(ctx, order{
		MerchantUID: merchantUID, CustomerID: c.ID, Kind: kindSignUp, Plan: c.Plan, Amount: p.Price,
		PeriodStart: iamport.UnixTime(start), PeriodEnd: iamport.UnixTime(nextPeriod(start, start.Day())),
	}); err != nil {
		return c, err
	}
	if err := s.charge(ctx, merchantUID); err != nil {
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
	declined, err := orders(ctx, s.db, `customer_id = ? AND state = ? AND kind <> ?`, c.ID, orderDeclined, kindUpgrade)
	if err != nil {
		return err
	}
	for _, o := range declined {
		if err := s.charge(ctx, o.MerchantUID); err != nil {
			return err
		}
	}
	return nil
}

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
	_, err = s.db.ExecContext(ctx, `UPDATE customers SET card_number = ?, card_uid = ?, card_label = ? WHERE id = ?`,
		number, uid, card.Masked(), c.ID)
	return err
}

// setCancel ends the subscription at the end of its period, or takes that back.
func (s *shop) setCancel(ctx context.Context, c customer, cancel bool) error {
	_, err := s.db.ExecContext(ctx, `UPDATE customers SET cancel_at_end = ? WHERE id = ? AND state IN (?, ?)`,
		cancel, c.ID, stateActive, statePastDue)
	return err
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
	merchantUID := fmt.Sprintf("upgrade-%d-%s", c.ID, day(c.PeriodStart))
	if err := s.planOrder(ctx, order{
		MerchantUID: merchantUID, CustomerID: c.ID, Kind: kindUpgrade, Plan: to.ID, Amount: price,
		PeriodStart: c.PeriodStart, PeriodEnd: c.PeriodEnd,
	}); err != nil {
		return err
	}
	return s.charge(ctx, merchantUID)
}
