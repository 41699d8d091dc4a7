package iamporttest

import (
	"encoding/json"
	"math/big"
	"time"
)

// The kinds of documents.
const (
	kindPayment   = "payment"   // by imp_uid
	kindKey       = "key"       // by customer_uid
	kindSchedule  = "schedule"  // by merchant_uid
	kindPrepared  = "prepared"  // by merchant_uid
	kindDeclining = "declining" // by customer_uid
	kindToken     = "token"     // by the hash of the token
	kindServer    = "server"
	keySequence   = "sequence"
)

type savedOrder struct {
	MerchantUID   string    `json:"merchant_uid"`
	Name          string    `json:"name,omitempty"`
	Currency      string    `json:"currency,omitempty"`
	Amount        savedRat  `json:"amount"`
	TaxFree       *savedRat `json:"tax_free,omitempty"`
	VAT           *savedRat `json:"vat_amount,omitempty"`
	Quota         int64     `json:"card_quota,omitempty"`
	BuyerName     string    `json:"buyer_name,omitempty"`
	BuyerEmail    string    `json:"buyer_email,omitempty"`
	BuyerTel      string    `json:"buyer_tel,omitempty"`
	BuyerAddr     string    `json:"buyer_addr,omitempty"`
	BuyerPostcode string    `json:"buyer_postcode,omitempty"`
	CustomData    string    `json:"custom_data,omitempty"`
	PromotionID   string    `json:"promotion_id,omitempty"`
	NoticeURL     string    `json:"notice_url,omitempty"`
}

type savedCard struct {
	Masked string `json:"masked"`
	Test   string `json:"test,omitempty"` // the last four digits of a test card
}

type savedPayment struct {
	savedOrder
	ImpUID        string              `json:"imp_uid"`
	Sequence      int64               `json:"sequence"`
	Approval      int                 `json:"approval,omitempty"`
	Started       time.Time           `json:"started"`
	CustomerUID   string              `json:"customer_uid,omitempty"`
	Usage         string              `json:"usage,omitempty"`
	Card          *savedCard          `json:"card,omitempty"`
	UserAgent     string              `json:"user_agent,omitempty"`
	ShownAgent    string              `json:"shown_agent,omitempty"`
	RequestID     string              `json:"request_id,omitempty"`
	PGTID         string              `json:"pg_tid,omitempty"`
	ApplyNum      string              `json:"apply_num,omitempty"`
	ReceiptURL    string              `json:"receipt_url,omitempty"`
	Provider      string              `json:"provider,omitempty"`
	Status        string              `json:"status"`
	FailReason    string              `json:"fail_reason,omitempty"`
	Sandbox       bool                `json:"sandbox,omitempty"`
	StartedAt     int64               `json:"started_at,omitempty"`
	PaidAt        int64               `json:"paid_at,omitempty"`
	FailedAt      int64               `json:"failed_at,omitempty"`
	CancelledAt   int64               `json:"cancelled_at,omitempty"`
	Updated       int64               `json:"updated,omitempty"`
	ApprovedAt    time.Time           `json:"approved_at,omitzero"`
	Visible       time.Time           `json:"visible,omitzero"`
	CancelAmount  savedRat            `json:"cancel_amount"`
	CancelReason  string              `json:"cancel_reason,omitempty"`
	Cancellations []savedCancellation `json:"cancellations,omitempty"`
	// Change is what the record becomes, and when.
	Change *savedChange `json:"change,omitempty"`
}

type savedCancellation struct {
	Amount    savedRat  `json:"amount"`
	TaxFree   *savedRat `json:"tax_free,omitempty"`
	VAT       *savedRat `json:"vat_amount,omitempty"`
	At        int64     `json:"at"`
	Executed  time.Time `json:"executed"`
	RequestID string    `json:"request_id,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	PGTID     string    `json:"pg_tid"`
	ID        string    `json:"id"`
}

type savedChange struct {
	At   time.Time `json:"at"`
	Paid bool      `json:"paid"`
}

type savedKey struct {
	UID        string    `json:"customer_uid"`
	Group      string    `json:"group,omitempty"`
	CustomerID string    `json:"customer_id,omitempty"`
	Name       string    `json:"name,omitempty"`
	Tel        string    `json:"tel,omitempty"`
	Email      string    `json:"email,omitempty"`
	Addr       string    `json:"addr,omitempty"`
	Postcode   string    `json:"postcode,omitempty"`
	Card       savedCard `json:"card"`
	Provider   string    `json:"provider,omitempty"`
	Sandbox    bool      `json:"sandbox,omitempty"`
	Inserted   int64     `json:"inserted"`
	Updated    int64     `json:"updated"`
}

type savedSchedule struct {
	savedOrder
	Number      int    `json:"number"`
	CustomerUID string `json:"customer_uid"`
	CustomerID  string `json:"customer_id,omitempty"`
	At          int64  `json:"schedule_at"`
	Status      string `json:"status"`
	ExecutedAt  int64  `json:"executed_at,omitempty"`
	RevokedAt   int64  `json:"revoked_at,omitempty"`
	ImpUID      string `json:"imp_uid,omitempty"` // of the last attempt
}

type savedPreparation struct {
	MerchantUID string   `json:"merchant_uid"`
	Currency    string   `json:"currency,omitempty"`
	Amount      savedRat `json:"amount"`
}

// savedRat is an exact decimal, as a JSON string.
type savedRat struct{ *big.Rat }

// MarshalText implements encoding.TextMarshaler.
func (r savedRat) MarshalText() ([]byte, error) { return []byte(decimal(r.Rat)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *savedRat) UnmarshalText(text []byte) error {
	r.Rat = new(big.Rat)
	return r.Rat.UnmarshalText(text)
}

func saveRat(r *big.Rat) *savedRat {
	if r == nil {
		return nil
	}
	return &savedRat{r}
}

func (r *savedRat) value() *big.Rat {
	if r == nil {
		return nil
	}
	return r.Rat
}

// document returns the JSON of an object, nil if it does not exist.
func (s *Server) document(at place) []byte {
	var v any
	switch at.kind {
	case kindPayment:
		if p := s.byImpUID[at.key]; p != nil {
			v = p.saved()
		}
	case kindKey:
		if k := s.keys[at.key]; k != nil {
			v = k.saved()
		}
	case kindSchedule:
		if sch := s.scheduleOf[at.key]; sch != nil {
			v = sch.saved()
		}
	case kindPrepared:
		if p := s.prepared[at.key]; p != nil {
			v = savedPreparation{p.merchantUID, p.currency, savedRat{p.amount}}
		}
	case kindDeclining:
		if reason, is := s.declining[at.key]; is {
			v = reason
		}
	case kindToken:
		if expiry, is := s.tokens[at.key]; is {
			v = expiry
		}
	case kindServer:
		v = s.sequence
	}
	if v == nil {
		return nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic("iamporttest: " + err.Error()) // These types have no value that JSON cannot hold.
	}
	return data
}
