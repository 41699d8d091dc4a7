package iamport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ScheduleRequest books charges of a billing key for later. iamport runs them at
// their times and sends webhooks.
type ScheduleRequest struct {
	// CustomerUID is the billing key to charge, at most 80 characters.
	CustomerUID string `json:"customer_uid" required:"true" max:"80"`
	// Card is stored under CustomerUID first, if there is no key yet; leave it zero if
	// there is one. Wallets and some PGs do not accept a card here.
	Card Card `json:"-"`
	// CustomerID is your own id of the buyer. Toss Payments needs it.
	CustomerID string `json:"customer_id,omitzero"`
	// CheckingAmount, in whole won, is charged and refunded at once to test the card.
	// Without it, or with KRW(0), the card is not tested.
	CheckingAmount Amount `json:"checking_amount,omitzero"`
	// ChannelKey selects one channel of a super billing key, or the channel to store
	// Card with. At most 55 characters.
	ChannelKey string `json:"channel_key,omitzero" max:"55"`
	// Schedules are the charges, at least one.
	Schedules []ScheduleItem `json:"schedules" required:"true"`
}

type scheduleFields ScheduleRequest

// Format prints the request under every verb with [card] in place of the card.
func (r ScheduleRequest) Format(f fmt.State, verb rune) {
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), scheduleFields(r))
}

// ScheduleItem is one charge for later. Empty buyer fields are taken from the billing
// key.
type ScheduleItem struct {
	// MerchantUID is your order number, at most 40 characters. An order that was ever
	// scheduled cannot be scheduled again: see Reschedule and RetrySchedule.
	MerchantUID string `json:"merchant_uid" required:"true" max:"40"`
	// ScheduleAt is when to charge, to the second.
	ScheduleAt time.Time `json:"schedule_at" required:"true"`
	// Amount is what to charge, in the major unit of Currency.
	Amount Amount `json:"amount" required:"true"`
	// Currency is an ISO 4217 code. The schema requires it and the guides omit it; if it
	// is empty, KRW is sent. PayPal does not accept KRW.
	Currency string `json:"currency"`
	// Name is what was sold, at most 40 characters. The schema requires it; according to
	// an old guide iamport sets a default title. Send it.
	Name string `json:"name,omitzero" max:"40"`
	// TaxFree and VATAmount are as in [AgainRequest].
	TaxFree   Amount `json:"tax_free,omitzero"`
	VATAmount Amount `json:"vat_amount,omitzero"`
	// BuyerName is at most 16 characters. Smartro and Welcome need it.
	BuyerName     string `json:"buyer_name,omitzero" max:"16"`
	BuyerEmail    string `json:"buyer_email,omitzero" max:"64"`   // At most 64 characters.
	BuyerTel      string `json:"buyer_tel,omitzero" max:"16"`     // At most 16 characters.
	BuyerAddr     string `json:"buyer_addr,omitzero" max:"128"`   // At most 128 characters.
	BuyerPostcode string `json:"buyer_postcode,omitzero" max:"8"` // At most 8 characters.
	// CustomData becomes the custom_data of the payment.
	CustomData string `json:"custom_data,omitzero"`
	// NoticeURL receives the webhook of this charge instead of the console's URL.
	NoticeURL string `json:"notice_url,omitzero"`
	// ProductType is needed by KSNET.
	ProductType ProductType `json:"product_type,omitzero" enum:"real,digital"`
	// CashReceiptType is the kind of cash receipt that Toss Pay issues.
	CashReceiptType CashReceiptType `json:"cash_receipt_type,omitzero" enum:"person,company,anonymous"`
	// CardQuota is the number of monthly instalments, 2 or more and only from 50,000
	// won; 0 is a single payment.
	CardQuota int `json:"card_quota,omitzero"`
	// InterestFreeByMerchant and UseCardPoint are as in [AgainRequest].
	InterestFreeByMerchant bool `json:"interest_free_by_merchant,omitzero"`
	UseCardPoint           bool `json:"use_card_point,omitzero"`
	// ProductCount is the number of items sold; the API's default is 1.
	ProductCount int `json:"product_count,omitzero"`
	// BrowserIP is the buyer's address.
	BrowserIP string `json:"browser_ip,omitzero"`
	// Extra is needed by some contracts with Naver Pay.
	Extra Extra `json:"extra,omitzero"`
	// Bypass is JSON text that is passed to the PG unchanged.
	Bypass string `json:"bypass,omitzero" form:"json"`
	// PromotionID begins with "promotion-id-".
	PromotionID string `json:"promotion_id,omitzero"`
}

// scheduleItemWire is an item with its time in Unix seconds.
type scheduleItemWire struct {
	ScheduleItem
	ScheduleAt Time `json:"schedule_at"`
}

func (item ScheduleItem) wire() scheduleItemWire {
	if item.Currency == "" {
		item.Currency = "KRW"
	}
	return scheduleItemWire{ScheduleItem: item, ScheduleAt: UnixTime(item.ScheduleAt)}
}

// Schedule books charges of a billing key for later and returns the booked ones: an
// order that is not in the list was not booked. A time in the past is an
// [*InvalidRequestError]. With Card or CheckingAmount the card is checked at once.
//
// An answer that is lost, or from which schedules may be missing, is an
// [*OutcomeUnknownError], and nothing is sent twice: call [Client.GetSchedule] for
// each order. Do not call Schedule again to find out: a merchant_uid that is booked
// already is refused, and a refusal does not mean that nothing is booked.
//
// API: POST /subscribe/payments/schedule
func (c *Client) Schedule(ctx context.Context, r ScheduleRequest) ([]*Schedule, error) {
	p := &problems{op: "Schedule"}
	p.fields(r)
	var card cardWire
	if r.Card != (Card{}) {
		card = r.Card.wire()
		r.Card.check(p)
	}
	if r.CheckingAmount.Sign() < 0 || r.CheckingAmount.scale != 0 {
		p.add("CheckingAmount", "must be whole won, 0 or more")
	}
	items := make([]scheduleItemWire, len(r.Schedules))
	seen := make(map[string]bool, len(r.Schedules))
	for i, item := range r.Schedules {
		prefix := fmt.Sprintf("Schedules[%d].", i)
		p.order(prefix+"MerchantUID", item.MerchantUID)
		p.scheduledOrder(prefix+"MerchantUID", item.MerchantUID)
		if seen[item.MerchantUID] && item.MerchantUID != "" {
			p.add(prefix+"MerchantUID", "must not be that of another schedule of this request")
		}
		seen[item.MerchantUID] = true
		if !item.ScheduleAt.IsZero() {
			p.future(prefix+"ScheduleAt", item.ScheduleAt)
		}
		c.names(p, prefix, item.Name, item.BuyerName)
		p.money(prefix, item.Amount, item.TaxFree, item.VATAmount, item.Currency, item.CardQuota)
		if item.ProductCount < 0 {
			p.add(prefix+"ProductCount", "must be 1 or more, or 0 to leave it out")
		}
		items[i] = item.wire()
	}
	return list[*Schedule](ctx, c, endpoint{
		op: p.op, method: "POST", route: "/subscribe/payments/schedule",
		body: struct {
			scheduleFields
			cardWire
			Schedules []scheduleItemWire `json:"schedules"`
		}{scheduleFields(r), card, items},
		changes: true, invalid: p.err(), secrets: r.Card.secrets(),
		hint: "call GetSchedule for each merchant_uid to find out whether it is booked",
	})
}

// scheduledOrder refuses the order number that collides with a path of the schedules.
func (p *problems) scheduledOrder(field, merchantUID string) {
	if merchantUID == "customers" {
		p.add(field, "must not be \"customers\", which is a path of the API")
	}
}

// future refuses a time in the past.
func (p *problems) future(field string, at time.Time) {
	switch now := time.Now(); {
	case at.IsZero():
		p.add(field, "is required")
	case !at.After(now):
		p.add(field, "must be in the future")
	case at.Unix() > maxUnix:
		p.add(field, "must be before the year 10000")
	}
}

// UnscheduleRequest revokes schedules: those of MerchantUIDs, or all of a customer.
type UnscheduleRequest struct {
	// CustomerUID limits MerchantUIDs to one customer; with All it is required.
	CustomerUID string `json:"customer_uid,omitzero" max:"80"`
	// MerchantUIDs are the orders to revoke.
	MerchantUIDs []string `json:"merchant_uid,omitempty"`
	// All revokes every schedule of CustomerUID. It must be set explicitly, because the
	// API treats an empty list as all.
	All bool `json:"-"`
}

// Unschedule revokes schedules that have not run, and returns them: an order that is
// not in the list was not revoked, and may still be charged. If none matches, the
// API's refusal is an [*Error].
//
// API: POST /subscribe/payments/unschedule
func (c *Client) Unschedule(ctx context.Context, r UnscheduleRequest) ([]*Schedule, error) {
	p := &problems{op: "Unschedule"}
	p.fields(r)
	switch {
	case r.All && r.CustomerUID == "":
		p.add("CustomerUID", "is required with All")
	case r.All && len(r.MerchantUIDs) > 0:
		p.add("MerchantUIDs", "must not be given together with All")
	case !r.All && len(r.MerchantUIDs) == 0:
		p.add("MerchantUIDs", "must have at least one order number, or All must be set for all of a customer")
	}
	p.listIDs("MerchantUIDs", r.MerchantUIDs, 40)
	return list[*Schedule](ctx, c, endpoint{
		op: p.op, method: "POST", route: "/subscribe/payments/unschedule",
		body: r, changes: true, invalid: p.err(),
		hint: "call GetSchedule: schedule_status shows whether it was revoked",
	})
}

// GetSchedule returns the schedule of an order. If there is none, the error matches
// [ErrNotFound].
//
// API: GET /subscribe/payments/schedule/{merchant_uid}
func (c *Client) GetSchedule(ctx context.Context, merchantUID string) (*Schedule, error) {
	return call[*Schedule](ctx, c, scheduleEndpoint("GetSchedule", "GET", "", merchantUID))
}

// UpdateSchedule moves a schedule that has not run to another time. A schedule that
// ran or was revoked is refused: see Reschedule.
//
// API: PUT /subscribe/payments/schedule/{merchant_uid}
func (c *Client) UpdateSchedule(ctx context.Context, merchantUID string, at time.Time) (*Schedule, error) {
	return call[*Schedule](ctx, c, scheduleEndpoint("UpdateSchedule", "PUT", "", merchantUID).at(at))
}

// Reschedule books a failed or revoked schedule again, under the same order number.
//
// API: POST /subscribe/payments/schedule/{merchant_uid}/reschedule
func (c *Client) Reschedule(ctx context.Context, merchantUID string, at time.Time) (*Schedule, error) {
	return call[*Schedule](ctx, c, scheduleEndpoint("Reschedule", "POST", "/reschedule", merchantUID).at(at))
}

// RetrySchedule charges a failed or revoked schedule at once, under the same order
// number. It is a charge: a nil error means paid. The package comment describes the
// other outcomes.
//
// API: POST /subscribe/payments/schedule/{merchant_uid}/retry
func (c *Client) RetrySchedule(ctx context.Context, merchantUID string) (*Payment, error) {
	e := scheduleEndpoint("RetrySchedule", "POST", "/retry", merchantUID).charging()
	e.claim.paymentwall = c.pg.isPaymentwall()
	return reported(ctx, c, e, func(e endpoint) (*Payment, error) {
		return c.charge(ctx, e, c.newHold(merchantUID, randomID(), time.Time{}))
	})
}

func scheduleEndpoint(op, method, action, merchantUID string) endpoint {
	p := &problems{op: op}
	p.pathID("MerchantUID", merchantUID, 40)
	p.scheduledOrder("MerchantUID", merchantUID)
	return endpoint{
		op: op, method: method, route: "/subscribe/payments/schedule/{merchant_uid}" + action, ids: []string{merchantUID},
		changes: method != http.MethodGet, invalid: p.err(), merchantUID: merchantUID,
		hint: "call GetSchedule: schedule_at shows whether it was changed",
	}
}

type scheduleTime struct {
	ScheduleAt Time `json:"schedule_at"`
}

// at sets the new time of the schedule.
func (e endpoint) at(at time.Time) endpoint {
	p := &problems{op: e.op}
	if invalid, ok := errors.AsType[*InvalidRequestError](e.invalid); ok {
		p.fieldErrors = invalid.Fields
	}
	p.future("ScheduleAt", at)
	e.invalid, e.body = p.err(), scheduleTime{UnixTime(at)}
	return e
}
