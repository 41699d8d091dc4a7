package canary_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

const quotedNumber = "5409-2600-1234-5678"

var quotedCard = iamport.Card{Number: quotedNumber, Expiry: "2031-07", Birth: "910817", Pwd2Digit: "73", CVC: "481"}

// The text of a PG is without the card in every field.
func TestWordsThatQuoteTheCard(t *testing.T) {
	t.Parallel()
	answer := func(response string) *iamport.Client {
		return clienttest.NewClient(t, clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(response))))
	}
	customer, err := answer(`{"customer_uid":"cu-1","channelGroupId":"g","failedChannels":[{"type":"PG_PROVIDER","message":"[F112] `+quotedNumber+`\nline 2"}]}`).
		RegisterCustomer(t.Context(), "cu-1", iamport.RegisterCustomerRequest{Card: quotedCard, ChannelGroupID: "g"})
	require.NoError(t, err)
	require.Equal(t, "[F112] [hidden] line 2", customer.FailedChannels[0].Message)

	schedules, err := answer(`[{"merchant_uid":"a","fail_reason":"[F112] `+quotedNumber+`"}]`).Schedule(t.Context(), iamport.ScheduleRequest{
		CustomerUID: "cu-1", Card: quotedCard,
		Schedules: []iamport.ScheduleItem{{MerchantUID: "a", ScheduleAt: time.Now().Add(time.Hour), Amount: iamport.KRW(1)}},
	})
	require.NoError(t, err)
	require.Equal(t, "[F112] [hidden]", schedules[0].FailReason)

	payment, err := answer(`{"imp_uid":"imp_1","status":"failed","fail_reason":"expiry=2031-07\u202e"}`).GetPayment(t.Context(), "imp_1")
	require.NoError(t, err)
	require.Equal(t, "expiry=[hidden]", payment.FailReason)
}

// An id, a status and a message may quote the request too.
func TestErrorsThatQuoteMore(t *testing.T) {
	t.Parallel()
	onetime := iamport.OnetimeRequest{MerchantUID: "order-1", Amount: iamport.KRW(3000), Card: quotedCard}
	refused := func(message string, records ...string) *clienttest.Shop {
		return &clienttest.Shop{
			Charge: clienttest.AnsweringJSON(200, `{"code":-1,"message":"`+message+`","response":null}`), LookUp: clienttest.Listing(records...),
		}
	}
	_, err := clienttest.NewClient(t, refused("dup", clienttest.RecordOf(quotedNumber, "paid", "other"))).Onetime(t.Context(), onetime)
	require.ErrorAs(t, err, new(*iamport.AlreadyPaidError))
	require.NotContains(t, err.Error(), quotedNumber)

	token := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		return clienttest.JSON(200, clienttest.Envelope(clienttest.RecordOf("imps_1", r.Header.Get("Authorization"), ""))), nil
	})
	_, err = clienttest.NewClient(t, clienttest.Always(token)).EnsureRefunded(t.Context(),
		iamport.CancelRequest{ImpUID: "imps_1", Full: true, Checksum: iamport.KRW(3000)})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "a0b1c2d3")

	_, err = clienttest.NewClient(t, refused("shop test-secret is blocked")).Again(t.Context(), clienttest.Order)
	require.ErrorContains(t, err, "shop [hidden] is blocked")

	err = clienttest.NewClient(t, refused("[F112] "+quotedNumber+" of 110234567890")).Call(t.Context(), "POST", []string{"x"}, nil,
		map[string]string{"account": "110-234-567890", "card_number": quotedNumber}, nil)
	require.ErrorContains(t, err, "[F112] [hidden] of [hidden]")

	_, err = clienttest.NewClient(t, refused("account 110234567890 is closed")).CancelPayment(t.Context(),
		iamport.CancelRequest{ImpUID: "imps_1", Full: true, RefundAccount: "110-234-567890"})
	require.ErrorContains(t, err, "account [hidden] is closed")
}

// panicking is a log handler that panics with its record.
type panicking struct{ slog.Handler }

func (panicking) Handle(_ context.Context, r slog.Record) error { panic(r.Message) }

// A logger that panics changes no outcome.
func TestLoggerThatPanics(t *testing.T) {
	t.Parallel()
	_, client := clienttest.Sandbox(t, iamport.WithLogger(slog.New(panicking{slog.Default().Handler()})))
	p, err := client.Again(t.Context(), clienttest.Order)
	require.NoError(t, err)
	require.Equal(t, iamport.StatusPaid, p.Status)
}
