package iamport

import (
	"context"
	"iter"
	"net/url"
	"time"

	"github.com/iamport-go/iamport/internal/pages"
	"github.com/iamport-go/iamport/internal/redact"
)

// scheduleWindow is the longest period that is within the API's "three months" in
// every case: February to April have 89 days.
const scheduleWindow = 89 * 24 * time.Hour

// CustomerScheduleQuery selects schedules of one customer by their ScheduleAt.
type CustomerScheduleQuery struct {
	// From and To bound the time: From is part of the period, To is not. Both are
	// required.
	From, To time.Time
	// Status selects schedules of this status only.
	Status ScheduleStatus `json:"schedule_status" enum:"scheduled,executed,revoked"`
	// Page counts from 1; 0 is also the first page. CustomerSchedules ignores it.
	Page int
}

// ListCustomerSchedules returns one page of the schedules of a billing key, the
// latest first. A period of more than three months is refused;
// [Client.CustomerSchedules] takes longer ones.
//
// API: GET /subscribe/customers/{customer_uid}/schedules
func (c *Client) ListCustomerSchedules(ctx context.Context, customerUID string, q CustomerScheduleQuery) (*Page[*Schedule], error) {
	p := &problems{op: "ListCustomerSchedules"}
	p.threeMonths(q.From, q.To)
	return c.customerSchedules(ctx, p, customerUID, q)
}

// CustomerSchedules iterates over all schedules of a billing key, the latest first,
// in a period of any length. An error is yielded once and ends the iteration.
//
// API: GET /subscribe/customers/{customer_uid}/schedules
func (c *Client) CustomerSchedules(ctx context.Context, customerUID string, q CustomerScheduleQuery) iter.Seq2[*Schedule, error] {
	const op = "CustomerSchedules"
	p := &problems{op: op}
	p.period(q.From, q.To)
	if err := p.err(); err != nil {
		return pages.Failed[*Schedule](err)
	}
	q.From, q.To = wholeSeconds(q.From, q.To)
	return pages.Chain(func(yield func(iter.Seq2[*Schedule, error]) bool) {
		for from, to := range pages.Windows(q.From, q.To, scheduleWindow, false) {
			part := walk(func(page int) (*Page[*Schedule], error) {
				q := CustomerScheduleQuery{From: from, To: to, Status: q.Status, Page: page}
				return c.customerSchedules(ctx, &problems{op: op}, customerUID, q)
			}, 0, scheduleID)
			if !yield(part) {
				return
			}
		}
	})
}

func (c *Client) customerSchedules(ctx context.Context, p *problems, customerUID string, q CustomerScheduleQuery) (*Page[*Schedule], error) {
	p.pathID("CustomerUID", customerUID, 80)
	p.fields(q)
	p.period(q.From, q.To)
	p.page(q.Page)
	q.From, q.To = wholeSeconds(q.From, q.To)
	query := url.Values{}
	setTime(query, "from", q.From)
	setTime(query, "to", q.To)
	setText(query, "schedule-status", string(q.Status)) // with a hyphen here, an underscore below
	setInt(query, "page", q.Page)
	return fetchPage[*Schedule](ctx, c, endpoint{
		op: p.op, method: "GET", route: "/subscribe/customers/{customer_uid}/schedules", ids: []string{customerUID},
		query: query, invalid: p.err(),
	}, q.Page)
}

// ScheduleQuery selects schedules of all customers by their ScheduleAt.
type ScheduleQuery struct {
	// From and To bound the time: From is part of the period, To is not. Both are
	// required.
	From, To time.Time
	// Status selects schedules of this status only.
	Status ScheduleStatus `json:"schedule_status" enum:"scheduled,executed,revoked"`
	// Sorting is SortScheduledDesc, which is the default, or SortScheduledAsc.
	Sorting Sorting `json:"sorting" enum:"scheduled,-scheduled"`
	// Page counts from 1; 0 is also the first page. Schedules ignores it.
	Page int
	// PageSize is the number of schedules on a page, 1 to 1000; 0 means the API's default
	// of 20.
	PageSize int
}

// ListSchedules returns one page of the schedules of all customers. A period of more
// than three months is refused; [Client.Schedules] takes longer ones.
//
// API: GET /subscribe/payments/schedule
func (c *Client) ListSchedules(ctx context.Context, q ScheduleQuery) (*Page[*Schedule], error) {
	p := &problems{op: "ListSchedules"}
	p.threeMonths(q.From, q.To)
	return c.schedules(ctx, p, q)
}

// Schedules iterates over the schedules of all customers in a period of any length.
// An error is yielded once and ends the iteration.
//
// API: GET /subscribe/payments/schedule
func (c *Client) Schedules(ctx context.Context, q ScheduleQuery) iter.Seq2[*Schedule, error] {
	const op = "Schedules"
	p := &problems{op: op}
	p.period(q.From, q.To)
	if err := p.err(); err != nil {
		return pages.Failed[*Schedule](err)
	}
	q.From, q.To = wholeSeconds(q.From, q.To)
	return pages.Chain(func(yield func(iter.Seq2[*Schedule, error]) bool) {
		for from, to := range pages.Windows(q.From, q.To, scheduleWindow, q.Sorting.ascends()) {
			part := walk(func(page int) (*Page[*Schedule], error) {
				q := q
				q.From, q.To, q.Page = from, to, page
				return c.schedules(ctx, &problems{op: op}, q)
			}, q.PageSize, scheduleID)
			if !yield(part) {
				return
			}
		}
	})
}

func (c *Client) schedules(ctx context.Context, p *problems, q ScheduleQuery) (*Page[*Schedule], error) {
	p.fields(q)
	p.period(q.From, q.To)
	p.page(q.Page)
	p.pageSize(q.PageSize)
	q.From, q.To = wholeSeconds(q.From, q.To)
	query := url.Values{}
	setTime(query, "schedule_from", q.From)
	setTime(query, "schedule_to", q.To)
	setText(query, "schedule_status", string(q.Status))
	setInt(query, "page", q.Page)
	setInt(query, "limit", q.PageSize)
	if q.Sorting.ascends() {
		query.Set("sorting", string(q.Sorting))
	}
	return fetchPage[*Schedule](ctx, c, endpoint{
		op: p.op, method: "GET", route: "/subscribe/payments/schedule", query: query, invalid: p.err(),
	}, q.Page)
}

func scheduleID(s *Schedule) string { return s.MerchantUID }

// period checks two required times.
func (p *problems) period(from, to time.Time) {
	if from.IsZero() {
		p.add("From", "is required")
	}
	if to.IsZero() {
		p.add("To", "is required")
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		p.add("To", "must be a time after From")
	}
}

// threeMonths refuses a period that the API refuses. One extra second is allowed, for
// callers who read the clock once for each end.
func (p *problems) threeMonths(from, to time.Time) {
	if !from.IsZero() && to.Unix() > from.AddDate(0, 3, 0).Unix()+1 {
		p.add("To", "must be at most three months after From; the iterator walks longer periods")
	}
}

// Schedule is one booked charge, before or after it ran.
type Schedule struct {
	CustomerUID string `json:"customer_uid"`
	MerchantUID string `json:"merchant_uid"`
	// ImpUID is the payment that it made, "" before it ran.
	ImpUID string `json:"imp_uid"`
	// PGProvider and PGID are the channel that a super billing key used.
	PGProvider PG     `json:"pg_provider"`
	PGID       string `json:"pg_id"`
	CustomerID string `json:"customer_id"`
	// ScheduleAt is when it runs; ExecutedAt and RevokedAt are zero until then.
	ScheduleAt Time `json:"schedule_at"`
	ExecutedAt Time `json:"executed_at"`
	RevokedAt  Time `json:"revoked_at"`

	Amount        Amount `json:"amount"`
	Currency      string `json:"currency"`
	Name          string `json:"name"`
	BuyerName     string `json:"buyer_name"`
	BuyerEmail    string `json:"buyer_email"`
	BuyerTel      string `json:"buyer_tel"`
	BuyerAddr     string `json:"buyer_addr"`
	BuyerPostcode string `json:"buyer_postcode"`
	CustomData    string `json:"custom_data"`

	// ScheduleStatus shows whether it ran. Executed does not mean paid.
	ScheduleStatus ScheduleStatus `json:"schedule_status"`
	// PaymentStatus is "" before it ran, then paid, failed or cancelled.
	PaymentStatus Status `json:"payment_status"`
	// FailReason is the text of the PG or card issuer if it failed.
	FailReason  string `json:"fail_reason"`
	PromotionID string `json:"promotion_id"`
}

// Paid reports whether the schedule ran and its payment is paid.
func (s *Schedule) Paid() bool { return s.PaymentStatus == StatusPaid }

// ScheduleStatus is the state of a schedule. An unknown value passes through.
type ScheduleStatus string

// The states of a schedule.
const (
	ScheduleScheduled ScheduleStatus = "scheduled" // its time has not come
	ScheduleExecuted  ScheduleStatus = "executed"  // it ran: see PaymentStatus
	ScheduleRevoked   ScheduleStatus = "revoked"   // it will not run: see Unschedule
)

func (s *Schedule) hideSecrets(secrets []string) { s.FailReason = redact.Text(s.FailReason, secrets) }
