package clienttest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// Routes of iamporttest.Server.Inject.
const (
	AgainRoute   = "POST /subscribe/payments/again"
	FindAllRoute = "GET /payments/findAll/{merchant_uid}"
)

// Order is a charge of 3,000 won for order-1.
var Order = iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: "order-1", Amount: iamport.KRW(3000)}

// Charges are the calls that charge a card, each 3,000 won for order-1, except the
// schedule, whose amount only the API has.
var Charges = map[string]func(context.Context, *iamport.Client) (*iamport.Payment, error){
	"Onetime": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.Onetime(ctx, iamport.OnetimeRequest{
			MerchantUID: "order-1", Amount: iamport.KRW(3000),
			Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
		})
	},
	"Again": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) { return c.Again(ctx, Order) },
	"RetrySchedule": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
		return c.RetrySchedule(ctx, "order-1")
	},
}

// Outcome is one of the four results of a charge.
type Outcome string

// The four results of a charge.
const (
	Paid        Outcome = "paid"
	NotCharged  Outcome = "not charged"
	AlreadyPaid Outcome = "already paid"
	Unknown     Outcome = "unknown"
)

// OutcomeOf classifies the result of a charge for order-1. It fails the test if the
// result is none or more than one of the four.
func OutcomeOf(t *testing.T, p *iamport.Payment, err error) Outcome {
	t.Helper()
	if err == nil {
		require.NotNil(t, p)
		require.Equal(t, iamport.StatusPaid, p.Status)
		return Paid
	}
	require.Nil(t, p)
	var found []Outcome
	if errors.Is(err, iamport.ErrNotCharged) {
		found = append(found, NotCharged)
	}
	if _, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		found = append(found, AlreadyPaid)
	}
	if _, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		require.Equal(t, "order-1", OutcomeUnknown(t, err).MerchantUID)
		found = append(found, Unknown)
	}
	require.Len(t, found, 1, "%#v", err)
	return found[0]
}

// Shop is a transport that signs in, answers every charge with one answer and every
// look-up with another, and counts what was sent.
type Shop struct {
	Charge func(*http.Request) (*http.Response, error)
	LookUp func(*http.Request) (*http.Response, error)

	Charges, LookUps atomic.Int64
}

// RoundTrip counts the request and answers it.
func (s *Shop) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.URL.Path == signInPath:
		now := time.Now().Unix()
		return JSON(200, Grant("a0b1c2d3", now, now+1800)), nil
	case r.Method == http.MethodGet:
		s.LookUps.Add(1)
		return s.LookUp(r)
	default:
		s.Charges.Add(1)
		return s.Charge(r)
	}
}

// Grant answers a sign-in with a token.
func Grant(token string, now, expiredAt int64) string {
	return Envelope(fmt.Sprintf(`{"access_token":"%s","now":%d,"expired_at":%d}`, token, now, expiredAt))
}
