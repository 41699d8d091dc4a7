package iamport

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"

	"github.com/iamport-go/iamport/internal/lenient"
	"github.com/iamport-go/iamport/internal/redact"
)

// RegisterCustomerRequest stores a card as a billing key. Only Card is required;
// which other fields a PG needs depends on the contract.
type RegisterCustomerRequest struct {
	// Card is the card to store. The PG checks and keeps it; iamport keeps a key.
	Card Card `json:"-"`
	// ChannelKey names the channel to store the key with, at most 55 characters. It is
	// required in the schema since 2026-05, and the guides send none. A shop with one
	// channel can try without it. A shop with several channels must send it.
	ChannelKey string `json:"channel_key,omitzero" max:"55"`
	// PG selects the gateway, or one shop id at it ([PG.MID]), if several are set up. If
	// it is not set up, the API uses the default without an error.
	PG PG `json:"pg,omitzero" max:"80"`
	// CustomerID is your own id of the buyer. Toss Payments needs it.
	CustomerID string `json:"customer_id,omitzero"`
	// CustomerName is the holder's name, at most 20 characters. Welcome needs it.
	CustomerName     string `json:"customer_name,omitzero" max:"20"`
	CustomerTel      string `json:"customer_tel,omitzero" max:"20"`     // At most 20 characters.
	CustomerEmail    string `json:"customer_email,omitzero" max:"200"`  // At most 200 characters.
	CustomerAddr     string `json:"customer_addr,omitzero" max:"200"`   // At most 200 characters.
	CustomerPostcode string `json:"customer_postcode,omitzero" max:"8"` // At most 8 characters.
	// ChannelGroupID stores a key with every channel of a smart-routing group (a super
	// billing key), at most 55 characters. PG is then ignored.
	ChannelGroupID string `json:"channel_group_id,omitzero" max:"55"`
}

type registerFields RegisterCustomerRequest

// Format prints the request under every verb with [card] in place of the card.
func (r RegisterCustomerRequest) Format(f fmt.State, verb rune) {
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), registerFields(r))
}

// Customer is a billing key: one card stored under one customer_uid. A super billing
// key, which holds keys of several channels, is also a Customer: then IsSuper returns
// true, and the fields of the single key are empty.
type Customer struct {
	CustomerUID string `json:"customer_uid"`
	// PGProvider and PGID are the gateway that keeps the key and the shop id there.
	PGProvider PG     `json:"pg_provider"`
	PGID       string `json:"pg_id"`
	// Sandbox reports whether the key is of a test channel.
	Sandbox    bool   `json:"sandbox"`
	CustomerID string `json:"customer_id"`
	CardInfo
	CustomerName     string `json:"customer_name"`
	CustomerTel      string `json:"customer_tel"`
	CustomerEmail    string `json:"customer_email"`
	CustomerAddr     string `json:"customer_addr"`
	CustomerPostcode string `json:"customer_postcode"`
	// Inserted is when the key was first stored, Updated when it was last replaced.
	// They are equal for a new key.
	Inserted Time `json:"inserted"`
	Updated  Time `json:"updated"`

	// ChannelGroupID, SucceededChannels and FailedChannels are those of a super billing
	// key. If only some channels of a group fail, there is no error: check
	// FailedChannels.
	ChannelGroupID    string             `json:"channelGroupId,omitzero"`
	SucceededChannels []SucceededChannel `json:"succeededChannels,omitzero"`
	FailedChannels    []FailedChannel    `json:"failedChannels,omitzero"`
}

// IsSuper reports whether this is a super billing key.
func (c *Customer) IsSuper() bool {
	return c.ChannelGroupID != "" || len(c.SucceededChannels)+len(c.FailedChannels) > 0
}

func (c *Customer) hideSecrets(secrets []string) {
	for i, failed := range c.FailedChannels {
		c.FailedChannels[i].Message = redact.Text(failed.Message, secrets)
	}
}

// SucceededChannel is one key of a super billing key.
type SucceededChannel struct {
	PGProvider PG     `json:"pg_provider"`
	PGID       string `json:"pg_id"`
	CardInfo
	Inserted Time `json:"inserted"`
	Updated  Time `json:"updated"`
}

// UnmarshalJSON also reads "update" as "updated": the schema uses both names.
func (s *SucceededChannel) UnmarshalJSON(data []byte) error {
	type plain SucceededChannel
	var v struct {
		plain
		Update Time `json:"update"`
	}
	if err := lenient.Unmarshal(data, &v); err != nil {
		return err
	}
	*s = SucceededChannel(v.plain)
	if s.Updated.IsZero() {
		s.Updated = v.Update
	}
	return nil
}

// FailedChannel is a channel of the group that could not store the key.
type FailedChannel struct {
	// Type is FailedInvalidRequest, FailedPGProvider or FailedDB.
	Type       string `json:"type"`
	Message    string `json:"message"`
	PGProvider PG     `json:"pg_provider"`
	PGID       string `json:"pg_id"`
}

// Why a channel could not store a key.
const (
	FailedInvalidRequest = "INVALID_REQUEST" // the request cannot be right
	FailedPGProvider     = "PG_PROVIDER"     // the PG refused it
	FailedDB             = "DB_FAILED"       // iamport could not store it
)

// RegisterCustomer stores a card under customerUID. You choose customerUID: at most
// 80 characters, one for each card, not for each person. No money moves. If
// customerUID is in use, the new key replaces the old one, which the PG keeps. Delete
// the key of a card that is charged no more with [Client.DeleteCustomer].
//
// A card that the PG refuses is an [*Error] with its message and PGCode. A lost
// answer is an [*OutcomeUnknownError]: the key may be stored, and calling again with
// the same customerUID is safe.
//
// API: POST /subscribe/customers/{customer_uid}
func (c *Client) RegisterCustomer(ctx context.Context, customerUID string, r RegisterCustomerRequest) (*Customer, error) {
	p := &problems{op: "RegisterCustomer"}
	p.pathID("CustomerUID", customerUID, 80)
	p.fields(r)
	r.Card.check(p)

	return call[*Customer](ctx, c, endpoint{
		op: p.op, method: "POST", route: "/subscribe/customers/{customer_uid}", ids: []string{customerUID},
		body: struct {
			registerFields
			cardWire
		}{registerFields(r), r.Card.wire()},
		changes: true, invalid: p.err(), secrets: r.Card.secrets(),
		hint: "call GetCustomer to find out whether the key is stored; registering it again is safe",
	})
}

// GetCustomer returns the billing key stored under customerUID. If there is none, the
// error matches [ErrNotFound]: the API then answers HTTP 200 with code 1, or 404 by
// its schema.
//
// API: GET /subscribe/customers/{customer_uid}
func (c *Client) GetCustomer(ctx context.Context, customerUID string) (*Customer, error) {
	p := &problems{op: "GetCustomer"}
	p.pathID("CustomerUID", customerUID, 80)
	return call[*Customer](ctx, c, endpoint{
		op: p.op, method: "GET", route: "/subscribe/customers/{customer_uid}", ids: []string{customerUID},
		invalid: p.err(), noneIs200: true,
	})
}

// GetCustomers returns the billing keys stored under the given ids, in the API's
// order, and the ids without a key, in the given order. Missing ids are not an error,
// even if all are missing. More than 100 ids take several calls; if one of them
// fails, only the error is returned.
//
// API: GET /subscribe/customers
func (c *Client) GetCustomers(ctx context.Context, customerUIDs ...string) (found []*Customer, missing []string, err error) {
	p := &problems{op: "GetCustomers"}
	if len(customerUIDs) == 0 {
		p.add("CustomerUIDs", "must have at least one id")
	}
	p.listIDs("CustomerUIDs", customerUIDs, 80)
	missing = unique(customerUIDs)
	for ids := range slices.Chunk(missing, maxIDs) {
		page, err := many[*Customer](ctx, c, endpoint{
			op: p.op, method: "GET", route: "/subscribe/customers",
			query: url.Values{"customer_uid[]": ids}, invalid: p.err(),
		})
		if err != nil {
			return nil, nil, err
		}
		found = append(found, page...)
	}
	if err := p.err(); err != nil {
		return nil, nil, err
	}
	return found, without(missing, found, func(c *Customer) string { return c.CustomerUID }), nil
}

// DeleteCustomerRequest holds what some PGs need to delete a key.
type DeleteCustomerRequest struct {
	// Reason is needed for Naver Pay, and for easy-pay keys of NICE's new module.
	Reason string `json:"reason"`
	// Requester is needed for Naver Pay.
	Requester Requester `json:"extra[requester]" enum:"customer,admin"`
}

// Requester says who asked for a refund or for the deletion of a key.
type Requester string

// The requesters of Naver Pay.
const (
	RequesterCustomer Requester = "customer"
	RequesterAdmin    Requester = "admin" // the API's default
)

// DeleteCustomer deletes the billing key stored under customerUID and returns the
// deleted key. It cannot be undone. Check for pending schedules first: they remain,
// and fail at their times.
//
// API: DELETE /subscribe/customers/{customer_uid}
func (c *Client) DeleteCustomer(ctx context.Context, customerUID string, r DeleteCustomerRequest) (*Customer, error) {
	p := &problems{op: "DeleteCustomer"}
	p.pathID("CustomerUID", customerUID, 80)
	p.fields(r)
	query := url.Values{}
	setText(query, "reason", r.Reason)
	setText(query, "extra[requester]", string(r.Requester))
	return call[*Customer](ctx, c, endpoint{
		op: p.op, method: "DELETE", route: "/subscribe/customers/{customer_uid}", ids: []string{customerUID},
		query: query, changes: true, invalid: p.err(), hint: "call GetCustomer to find out whether the key still exists",
	})
}

// ListCustomerPayments returns one page, at most 20 payments, of the payments of a
// billing key. Pages count from 1; 0 is also the first page. An unknown customerUID
// has no payments.
//
// API: GET /subscribe/customers/{customer_uid}/payments
func (c *Client) ListCustomerPayments(ctx context.Context, customerUID string, page int) (*Page[*Payment], error) {
	return c.customerPayments(ctx, "ListCustomerPayments", customerUID, page)
}

// CustomerPayments iterates over all payments of a billing key, page by page. An
// error is yielded once and ends the iteration.
//
// API: GET /subscribe/customers/{customer_uid}/payments
func (c *Client) CustomerPayments(ctx context.Context, customerUID string) iter.Seq2[*Payment, error] {
	return walk(func(page int) (*Page[*Payment], error) {
		return c.customerPayments(ctx, "CustomerPayments", customerUID, page)
	}, 0, impUID)
}

func (c *Client) customerPayments(ctx context.Context, op, customerUID string, page int) (*Page[*Payment], error) {
	p := &problems{op: op}
	p.pathID("CustomerUID", customerUID, 80)
	p.page(page)
	query := url.Values{}
	setInt(query, "page", page)
	return noneIsEmpty(fetchPage[*Payment](ctx, c, endpoint{
		op: op, method: "GET", route: "/subscribe/customers/{customer_uid}/payments", ids: []string{customerUID},
		query: query, invalid: p.err(),
	}, page))
}
