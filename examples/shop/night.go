package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/iamport-go/iamport"
)

// night is the nightly reconciliation: the first run of a day reads every payment that
// has changed since the day before the last one, and records what no webhook and no call
// has brought. One transaction is enough, because the payments are read again if it fails.
func (s *shop) night(ctx context.Context) error {
	began := s.now()
	today := day(iamport.UnixTime(began))
	var last string
	from := iamport.UnixTime(began.AddDate(0, 0, -30)) // the first time
	err := s.db.QueryRowContext(ctx, `SELECT day, began FROM nights ORDER BY day DESC LIMIT 1`).Scan(&last, &from)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || last == today {
		return err
	}
	since := from.AddDate(0, 0, -1)
	known, err := s.recordedStates(ctx, since)
	if err != nil {
		return err
	}
	// To is not part of the period.
	query := iamport.PaymentQuery{From: since, To: began.Add(time.Second), PageSize: 1000}
	var payments []*iamport.Payment
	for p, err := range s.client.Payments(ctx, query) {
		if err != nil {
			return err
		}
		if !known[stateKey(p)] {
			payments = append(payments, p)
		}
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		found := 0
		for _, p := range payments {
			outcome, err := s.record(ctx, tx, fromNight, p)
			if err != nil {
				return err
			}
			if outcome == outcomeRecorded {
				found++
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO nights (day, began, found) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			today, iamport.UnixTime(began), found)
		return err
	})
}

// paymentState is the unique key of the payments that were recorded.
type paymentState struct {
	impUID    string
	status    iamport.Status
	cancelled iamport.Amount
}

func stateKey(p *iamport.Payment) paymentState {
	return paymentState{p.ImpUID, p.Status, p.CancelAmount}
}

// recordedStates returns the states of payments that were recorded since then.
func (s *shop) recordedStates(ctx context.Context, since time.Time) (map[paymentState]bool, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT imp_uid, status, cancelled FROM payments WHERE at >= ?`, iamport.UnixTime(since))
	if err != nil {
		return nil, err
	}
	defer closeRows(rows)
	all := map[paymentState]bool{}
	for rows.Next() {
		var p paymentState
		if err := rows.Scan(&p.impUID, &p.status, &p.cancelled); err != nil {
			return nil, err
		}
		all[p] = true
	}
	return all, rows.Err()
}
