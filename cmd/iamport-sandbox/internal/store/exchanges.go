package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/exchange"
)

// maxExchanges is how many exchanges the file keeps, the newest.
const maxExchanges = 10_000

// maxPending is how many exchanges wait for the next transaction; the oldest of more are dropped.
const maxPending = 10_000

// Record adds an exchange, which the next transaction writes.
func (s *Store) Record(e exchange.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == maxPending {
		s.pending = s.pending[1:]
	}
	s.pending = append(s.pending, e)
}

func (s *Store) takePending() []exchange.Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.pending
	s.pending = nil
	return taken
}

// Flush writes the pending exchanges and the offset of the clock, and deletes exchanges beyond the limit. If nothing has
// changed, it does nothing.
func (s *Store) Flush() error {
	exchanges := s.takePending()
	if len(exchanges) == 0 && !s.offsetChanged() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), saveTime)
	defer cancel()
	return s.write(ctx, func(tx *sql.Tx) error {
		if err := insertExchanges(ctx, tx, exchanges); err != nil {
			return err
		}
		for _, query := range []string{
			"DELETE FROM exchange_orders WHERE exchange <= (SELECT max(id) FROM exchanges) - ?",
			"DELETE FROM exchanges WHERE id <= (SELECT max(id) FROM exchanges) - ?",
		} {
			if _, err := tx.ExecContext(ctx, query, s.Limit); err != nil {
				return err
			}
		}
		return nil
	})
}

func insertExchanges(ctx context.Context, tx *sql.Tx, list []exchange.Exchange) error {
	for _, e := range list {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, "INSERT INTO exchanges (json) VALUES (?)", data)
		if err != nil {
			return err
		}
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		for _, uid := range e.Orders {
			if _, err := tx.ExecContext(ctx, "INSERT INTO exchange_orders (merchant_uid, exchange) VALUES (?, ?)",
				uid, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// Exchanges returns the newest exchanges, the newest first: those of merchantUID, or all if it is empty. With before,
// only those with a smaller ID.
func (s *Store) Exchanges(ctx context.Context, merchantUID string, before int64, limit int) ([]exchange.Exchange, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	query, args := "SELECT id, json FROM exchanges WHERE (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?",
		[]any{before, before, limit}
	if merchantUID != "" {
		query, args = "SELECT e.id, e.json FROM exchange_orders o JOIN exchanges e ON e.id = o.exchange "+
			"WHERE o.merchant_uid = ? AND (? = 0 OR e.id < ?) ORDER BY e.id DESC LIMIT ?",
			[]any{merchantUID, before, before, limit}
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has reported what matters.
	list := []exchange.Exchange{}
	for rows.Next() {
		var e exchange.Exchange
		var id int64
		var data []byte
		if err := rows.Scan(&id, &data); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &e); err != nil {
			return nil, fmt.Errorf("exchange %d: %w", id, err)
		}
		e.ID = id
		list = append(list, e)
	}
	return list, rows.Err()
}
