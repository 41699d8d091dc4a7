package iamportriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/iamport-go/iamport"
)

// queries are the statements about orders, refunds and events, for one kind of database.
type queries struct {
	insertOrders, removeOrder, order, unknown, decline, end, accept string
	insertRefund, refund, unknownRefund, endRefund                  string
	insertEvent                                                     string
}

// queriesOf returns the statements for a database with these expressions.
func queriesOf(rows, clock string) queries {
	at := func(query string) string { return strings.ReplaceAll(query, "NOW", clock) }
	return queries{
		insertOrders: `INSERT INTO iamport_orders (merchant_uid, period, try, customer_uid, amount, currency)
			SELECT merchant_uid, period, try, customer_uid, amount, currency FROM ` + rows + `
			WHERE try = 1 OR EXISTS (SELECT 1 FROM iamport_orders AS o WHERE o.period = x.period AND o.try = x.try - 1
				AND o.ended_at IS NOT NULL AND o.state IN ('declined', 'invalid'))
			ON CONFLICT DO NOTHING RETURNING merchant_uid`,
		removeOrder: `DELETE FROM iamport_orders WHERE merchant_uid = $1`, // within the transaction that stored it
		order: `SELECT period, try, customer_uid, CAST(amount AS text), currency, state, reason, pg_code,
			ended_at IS NOT NULL FROM iamport_orders WHERE merchant_uid = $1`,
		unknown: at(`UPDATE iamport_orders SET unknown_since = coalesce(unknown_since, NOW), reason = $2
			WHERE merchant_uid = $1 AND ended_at IS NULL`),
		decline: `UPDATE iamport_orders SET state = 'declined', imp_uid = coalesce(nullif($2, ''), imp_uid), reason = $3, pg_code = $4
			WHERE merchant_uid = $1 AND ended_at IS NULL`,
		// A decline that is ended later does not name its record, but the row does.
		end: at(`UPDATE iamport_orders SET state = $2, imp_uid = coalesce(nullif($3, ''), imp_uid), reason = $4, pg_code = $5,
			unknown_since = NULL, ended_at = NOW WHERE merchant_uid = $1 AND ended_at IS NULL`),
		accept:       `UPDATE iamport_orders SET state = 'paid', reason = '' WHERE merchant_uid = $1`,
		insertRefund: `INSERT INTO iamport_refunds (imp_uid, checksum, amount) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		refund: `SELECT CAST(amount AS text), state, reason, ended_at IS NOT NULL FROM iamport_refunds
			WHERE imp_uid = $1 AND checksum = $2`,
		unknownRefund: at(`UPDATE iamport_refunds SET unknown_since = coalesce(unknown_since, NOW), reason = $3
			WHERE imp_uid = $1 AND checksum = $2 AND ended_at IS NULL`),
		endRefund: at(`UPDATE iamport_refunds SET state = $3, reason = $4, unknown_since = NULL, ended_at = NOW
			WHERE imp_uid = $1 AND checksum = $2 AND ended_at IS NULL`),
		insertEvent: `INSERT INTO iamport_events (imp_uid, status, cancelled) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
	}
}

// errBadOrder marks an order that cannot be stored, however often it is tried.
var errBadOrder = errors.New("the order is refused")

// orderRow is a row of iamport_orders, as an element of the JSON text of insertOrders. Amounts
// are text, because SQLite reads a JSON number as a float.
type orderRow struct {
	MerchantUID string `json:"merchant_uid"`
	Period      string `json:"period"`
	Try         int    `json:"try"`
	CustomerUID string `json:"customer_uid"`
	Amount      string `json:"amount"`
	Currency    string `json:"currency"`
}

// rowOf returns the row of an order. a has its defaults.
func rowOf(a ChargeArgs) orderRow {
	return orderRow{a.MerchantUID, a.Period, a.Try, a.CustomerUID, a.Amount.String(), a.Currency}
}

// insertAll stores the orders that are not in the table, if neither is another order of their
// period and try, and nothing was charged by the try before. It returns the merchant_uids of those.
func (q queries) insertAll(ctx context.Context, c conn, orders []ChargeArgs) (map[string]bool, error) {
	rows := make([]orderRow, len(orders))
	for i, a := range orders {
		rows[i] = rowOf(a)
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	stored, err := c.texts(ctx, q.insertOrders, string(text))
	if err != nil {
		return nil, err
	}
	set := make(map[string]bool, len(stored))
	for _, uid := range stored {
		set[uid] = true
	}
	return set, nil
}

// order is what the table knows of an order.
type order struct {
	orderRow
	state, reason, pgCode string
	ended                 bool
}

// find returns the order, or errNoRow.
func (q queries) find(ctx context.Context, c conn, merchantUID string) (o order, err error) {
	o.MerchantUID = merchantUID
	err = c.row(ctx, q.order, []any{merchantUID}, &o.Period, &o.Try, &o.CustomerUID, &o.Amount, &o.Currency,
		&o.state, &o.reason, &o.pgCode, &o.ended)
	return o, err
}

// differs returns an error if the table has the order with other terms than a.
func (o order) differs(a ChargeArgs) error {
	if o.orderRow != rowOf(a) {
		return fmt.Errorf("%w: %q is in the table already, with another period, try, customer, amount or currency", errBadOrder, a.MerchantUID)
	}
	return nil
}

// declined returns the decline that the table holds.
func (o order) declined() error {
	return &iamport.DeclinedError{Op: "EnsurePaid", MerchantUID: o.MerchantUID, Reason: o.reason, PGCode: o.pgCode}
}
