package iamport

import (
	"context"
	"fmt"

	"github.com/iamport-go/iamport/internal/lenient"
)

// RegisterCustomerRequest stores a card as a billing key. Only Card is required;
// which other fields a PG needs depends on the contract.
type RegisterCustomerRequest struct {
	// Card is the card to store. The PG checks it and keeps it; iamport keeps a key.
	Card Card `json:"-"`
	// ChannelKey names the channel to store the key with, at most 55 characters. The
	// schema calls it required since 2026-05 and the guides send none. A shop with
	// one channel can try without; where there are several, send it.
	ChannelKey string `json:"channel_key,omitzero" max:"55"`
	// PG picks the gateway, or one shop id at it ([PG.MID]), where several are set
	// up. One that is not set up is not an error: the API then takes the default.
	PG PG `json:"pg,omitzero" max:"80"`
	// CustomerID is your own id of the buyer, which Toss Payments needs.
	CustomerID string `json:"customer_id,omitzero"`
	// CustomerName is the holder's name, at most 20 characters. Welcome needs it.
	CustomerName     string `json:"customer_name,omitzero" max:"20"`
	CustomerTel      string `json:"customer_tel,omitzero" max:"20"`     // At most 20 characters.
	CustomerEmail    string `json:"customer_email,omitzero" max:"200"`  // At most 200 characters.
	CustomerAddr     string `json:"customer_addr,omitzero" max:"200"`   // At most 200 characters.
	CustomerPostcode string `json:"customer_postcode,omitzero" max:"8"` // At most 8 characters.
	// ChannelGroupID stores a key with every channel of a smart-routing group, at
	// most 55 characters: a super billing key. PG is then ignored.
	ChannelGroupID string `json:"channel_group_id,omitzero" max:"55"`
}

type registerFields RegisterCustomerRequest

// Format prints the request under every verb with [card] in place of the card.
func (r RegisterCustomerRequest) Format(f fmt.State, verb rune) {
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), registerFields(r))
}

// Customer is a billing key: one card stored under one customer_uid. A super
// billing key, which holds keys of several channels, is a Customer too: then
// IsSuper reports true, and the fields of the single key are empty.
type Customer struct {
	CustomerUID string `json:"customer_uid"`
	// PGProvider and PGID are the gateway that keeps the key and the shop id there.
	PGProvider PG     `json:"pg_provider"`
	PGID       string `json:"pg_id"`
	// Sandbox reports a key of a test channel.
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

	// ChannelGroupID, SucceededChannels and FailedChannels are those of a super
	// billing key. A group of which some channels failed is not an error: look.
	ChannelGroupID    string             `json:"channelGroupId,omitzero"`
	SucceededChannels []SucceededChannel `json:"succeededChannels,omitzero"`
	FailedChannels    []FailedChannel    `json:"failedChannels,omitzero"`
}

// IsSuper reports whether this is a super billing key.
func (c *Customer) IsSuper() bool {
	return c.ChannelGroupID != "" || len(c.SucceededChannels)+len(c.FailedChannels) > 0
}

// CardInfo is what the API tells of a stored card. All of it may be empty:
// PayPal has no card, and some PGs tell little.
type CardInfo struct {
	CardName string `json:"card_name"`
	CardCode string `json:"card_code"` // the standard code of the Korea Financial Telecommunications institute, such as "361"
	// The issuer and publisher are told by some PGs only.
	CardIssuerCode    string `json:"card_issuer_code"`
	CardIssuerName    string `json:"card_issuer_name"`
	CardPublisherCode string `json:"card_publisher_code"`
	CardPublisherName string `json:"card_publisher_name"`
	// CardNumber is masked.
	CardNumber string `json:"card_number"`
	// CardType is nil where the PG does not tell.
	CardType *CardType `json:"card_type"`
}

// CardType tells credit cards from debit cards.
type CardType int

// The card types.
const (
	CardCredit CardType = 0
	CardDebit  CardType = 1
)

// SucceededChannel is one key of a super billing key.
type SucceededChannel struct {
	PGProvider PG     `json:"pg_provider"`
	PGID       string `json:"pg_id"`
	CardInfo
	Inserted Time `json:"inserted"`
	Updated  Time `json:"updated"`
}

// UnmarshalJSON also takes "update" for "updated": the schema uses both names.
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
	// Type is INVALID_REQUEST, PG_PROVIDER or DB_FAILED.
	Type       string `json:"type"`
	Message    string `json:"message"`
	PGProvider PG     `json:"pg_provider"`
	PGID       string `json:"pg_id"`
}

// RegisterCustomer stores a card under customerUID, which you choose: at most 80
// characters, one for each card, not for each person. No money moves. A
// customerUID that is in use gets the new key in place of the old one, which the
// PG keeps.
//
// A card that the PG refuses is an [*Error] with its message and PGCode. An error
// without an answer leaves open whether the key was stored; calling again with the
// same customerUID is safe.
//
// API: POST /subscribe/customers/{customer_uid}
func (c *Client) RegisterCustomer(ctx context.Context, customerUID string, r RegisterCustomerRequest) (*Customer, error) {
	p := &problems{op: "RegisterCustomer"}
	p.pathID("CustomerUID", customerUID, 80)
	p.fields(r)
	r.Card.check(p)

	return call[*Customer](ctx, c, endpoint{
		op: p.op, method: "POST", path: []string{"subscribe", "customers", customerUID},
		body: struct {
			registerFields
			cardWire
		}{registerFields(r), r.Card.wire()},
		changes: true, invalid: p.err(), secrets: r.Card.secrets(),
		hint: "GetCustomer tells whether the key is stored, and registering it again is safe",
	})
}
