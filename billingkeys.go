package iamport

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
)

// GetCustomer returns the billing key stored under customerUID. One that does not
// exist matches [ErrNotFound]: the API answers code 1 with HTTP 200 there, and 404 by
// its schema.
//
// API: GET /subscribe/customers/{customer_uid}
func (c *Client) GetCustomer(ctx context.Context, customerUID string) (*Customer, error) {
	p := &problems{op: "GetCustomer"}
	p.pathID("CustomerUID", customerUID, 80)
	return call[*Customer](ctx, c, endpoint{
		op: p.op, method: "GET", path: []string{"subscribe", "customers", customerUID},
		invalid: p.err(), noneIs200: true,
	})
}

// ListCustomers returns the billing keys stored under the given ids, in the
// API's order, and the ids that have none, in yours. Ids that are missing are no
// error, not even all of them. More than 100 ids take several calls; if one of
// them fails there is no result.
//
// API: GET /subscribe/customers
func (c *Client) ListCustomers(ctx context.Context, customerUIDs ...string) (found []*Customer, missing []string, err error) {
	p := &problems{op: "ListCustomers"}
	if len(customerUIDs) == 0 {
		p.add("CustomerUIDs", "must have at least one id")
	}
	p.listIDs("CustomerUIDs", customerUIDs, 80)
	missing = unique(customerUIDs)
	for ids := range slices.Chunk(missing, maxIDs) {
		page, err := many[*Customer](ctx, c, endpoint{
			op: p.op, method: "GET", path: []string{"subscribe", "customers"},
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

// DeleteCustomerRequest holds what some PGs ask for when a key is deleted.
type DeleteCustomerRequest struct {
	// Reason is needed for Naver Pay, and for easy-pay keys of NICE's new module.
	Reason string `json:"reason"`
	// Requester is needed for Naver Pay.
	Requester Requester `json:"extra[requester]" enum:"customer,admin"`
}

// Requester says who asked for a refund or for the deletion of a key.
type Requester string

// The requesters that Naver Pay knows.
const (
	RequesterCustomer Requester = "customer"
	RequesterAdmin    Requester = "admin" // what the API takes without one
)

// DeleteCustomer deletes the billing key stored under customerUID and returns
// what was deleted. It cannot be undone. Look for pending schedules first: they
// stay, and fail when their time comes.
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
		op: p.op, method: "DELETE", path: []string{"subscribe", "customers", customerUID},
		query: query, changes: true, invalid: p.err(), hint: "GetCustomer tells whether the key is still there",
	})
}

// ListCustomerPayments returns one page, of 20 at most, of the payments that a
// billing key made. Pages count from 1, and 0 is the first too. An unknown
// customerUID has no payments.
//
// API: GET /subscribe/customers/{customer_uid}/payments
func (c *Client) ListCustomerPayments(ctx context.Context, customerUID string, page int) (*Page[*Payment], error) {
	return c.customerPayments(ctx, "ListCustomerPayments", customerUID, page)
}

// CustomerPayments walks all payments that a billing key made, page by page. An
// error is given once and ends it.
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
		op: op, method: "GET", path: []string{"subscribe", "customers", customerUID, "payments"},
		query: query, invalid: p.err(),
	}, page))
}

// maxIDs is how many ids one call looks up.
const maxIDs = 100

// listIDs checks the ids of a list.
func (p *problems) listIDs(field string, ids []string, limit int) {
	for i, id := range ids {
		name := fmt.Sprintf("%s[%d]", field, i)
		if id == "" {
			p.add(name, "must not be empty")
		}
		p.text(name, id, fieldRule{max: limit})
	}
}

// without returns the ids of which nothing was found.
func without[T any](ids []string, found []T, id func(T) string) []string {
	have := make(map[string]bool, len(found))
	for _, item := range found {
		have[id(item)] = true
	}
	return slices.DeleteFunc(ids, func(id string) bool { return have[id] })
}

// unique returns a copy of ids without repetitions.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		defer func() { seen[id] = true }()
		return seen[id]
	})
}
