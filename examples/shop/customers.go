package main

import (
	"context"
	"database/sql"

	"github.com/iamport-go/iamport"
)

// The states of a customer.
const (
	stateNew     = "new" // not paid yet
	stateActive  = "active"
	statePastDue = "past due" // a renewal was declined, and is tried again: see dunning.go
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
	// While it is past due: the day of the first decline, and of the next try.
	DeclinedOn, NextTry iamport.Time
}

const customerColumns = `id, key, name, plan, state, cancel_at_end, anchor_day, period_start, period_end, card_number, card_uid, card_label,
	declined_on, next_try`

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
			&c.CardNumber, &c.CardUID, &c.CardLabel, &c.DeclinedOn, &c.NextTry); err != nil {
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
