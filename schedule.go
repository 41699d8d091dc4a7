package iamport

// Schedule is one charge for later, or one that was run.
type Schedule struct {
	CustomerUID string `json:"customer_uid"`
	MerchantUID string `json:"merchant_uid"`
	// ImpUID is the payment that came of it, "" before it ran.
	ImpUID string `json:"imp_uid"`
	// PGProvider and PGID are the route that a super billing key took.
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

	// ScheduleStatus tells whether it ran. Executed does not mean paid.
	ScheduleStatus ScheduleStatus `json:"schedule_status"`
	// PaymentStatus is nil until it ran, then paid, failed or cancelled.
	PaymentStatus *Status `json:"payment_status"`
	// FailReason is the text of the PG or card issuer if it failed.
	FailReason  string `json:"fail_reason"`
	PromotionID string `json:"promotion_id"`
}

// Paid reports whether the schedule ran and its charge stands.
func (s *Schedule) Paid() bool { return s.PaymentStatus != nil && *s.PaymentStatus == StatusPaid }

// ScheduleStatus is the state of a schedule. An unknown value passes through.
type ScheduleStatus string

// The states of a schedule.
const (
	ScheduleScheduled ScheduleStatus = "scheduled" // its time has not come
	ScheduleExecuted  ScheduleStatus = "executed"  // it ran: PaymentStatus tells how
	ScheduleRevoked   ScheduleStatus = "revoked"   // it was taken back
)
