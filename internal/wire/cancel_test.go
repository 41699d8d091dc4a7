package wire_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestCancelPaymentOnTheWire(t *testing.T) {
	t.Parallel()
	cancel := func(r iamport.CancelRequest) func(context.Context, *iamport.Client) (*iamport.Payment, error) {
		return func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) { return c.CancelPayment(ctx, r) }
	}
	partial := wireTest(t, "cancel_full", cancel(iamport.CancelRequest{
		ImpUID: "imps_1", MerchantUID: "m-1", Amount: clienttest.Amount("0.25"), Checksum: clienttest.Amount("10.50"),
		TaxFree: clienttest.Amount("0.1"), VATAmount: clienttest.Amount("0.02"), Reason: `단순 변심: a&b="c"`,
		RefundHolder: "홍길동", RefundBank: "004", RefundAccount: "110-123-456789", RefundTel: "010-0000-0000",
		RetainPromotion: true, EnableWebhook: true, Extra: iamport.CancelExtra{Requester: iamport.RequesterCustomer},
	}))
	want := fullPayment()
	want.Status = iamport.StatusCancelled
	require.Equal(t, want, partial)
	require.Equal(t, clienttest.Amount("10.25"), partial.Remaining(), "cancelled is also what a partial refund says")

	whole := wireTest(t, "cancel_all", cancel(iamport.CancelRequest{ImpUID: "imps_1", Full: true}))
	require.Equal(t, clienttest.Amount("0"), whole.Remaining())
	require.True(t, whole.Remaining().IsSet())

	wireTest(t, "cancel_zeros", cancel(iamport.CancelRequest{
		MerchantUID: "m-1", Amount: iamport.KRW(100),
		Checksum: iamport.KRW(0), TaxFree: iamport.KRW(0), VATAmount: iamport.KRW(0),
	}))
}

func TestFullRefundSendsNoAmount(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, refundedJSON(3000)))
	p, err := clienttest.NewClient(t, s).CancelPayment(t.Context(), iamport.CancelRequest{MerchantUID: "order-1", Full: true})
	require.NoError(t, err)
	require.Equal(t, iamport.KRW(0), p.Remaining())
	require.Equal(t, []clienttest.Request{{Method: "POST", URI: "/payments/cancel", Body: `{"merchant_uid":"order-1"}`}}, s.Requests())
}

func TestRefundsThatWouldTakeTheWrongSum(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.NoCall(t))
	for name, test := range map[string]struct {
		r     iamport.CancelRequest
		field string
	}{
		"the zero value":              {iamport.CancelRequest{}, "ImpUID"},
		"no amount":                   {iamport.CancelRequest{ImpUID: "imp_1"}, "Amount"},
		"an amount of 0":              {iamport.CancelRequest{ImpUID: "imp_1", Amount: iamport.KRW(0)}, "Amount"},
		"an amount of 0.00":           {iamport.CancelRequest{ImpUID: "imp_1", Amount: clienttest.Amount("0.00")}, "Amount"},
		"a negative amount":           {iamport.CancelRequest{ImpUID: "imp_1", Amount: iamport.KRW(-1)}, "Amount"},
		"both an amount and all":      {iamport.CancelRequest{ImpUID: "imp_1", Amount: iamport.KRW(1), Full: true}, "Amount"},
		"both 0 and all":              {iamport.CancelRequest{ImpUID: "imp_1", Amount: iamport.KRW(0), Full: true}, "Amount"},
		"no id":                       {iamport.CancelRequest{Amount: iamport.KRW(1)}, "ImpUID"},
		"a negative checksum":         {iamport.CancelRequest{ImpUID: "imp_1", Full: true, Checksum: iamport.KRW(-1)}, "Checksum"},
		"a negative tax-free part":    {iamport.CancelRequest{ImpUID: "imp_1", Full: true, TaxFree: iamport.KRW(-1)}, "TaxFree"},
		"a negative VAT":              {iamport.CancelRequest{ImpUID: "imp_1", Full: true, VATAmount: iamport.KRW(-1)}, "VATAmount"},
		"a requester nobody knows of": {iamport.CancelRequest{ImpUID: "imp_1", Full: true, Extra: iamport.CancelExtra{Requester: "me"}}, "Extra.Requester"},
	} {
		p, err := client.CancelPayment(t.Context(), test.r)
		require.Nil(t, p, name)
		require.ErrorIs(t, err, iamport.ErrNotCharged, name)
		require.Contains(t, clienttest.Invalid(t, err), test.field, name)
		require.Equal(t, "CancelPayment", clienttest.InvalidRequest(t, err).Op, name)
	}
}

// refundedJSON is the payment of order-1 with so much of it refunded.
func refundedJSON(won int) string {
	return strings.NewReplacer(`"cancel_amount":0`, fmt.Sprintf(`"cancel_amount":%d`, won), `"paid"`, `"cancelled"`).Replace(clienttest.PaidJSON)
}

// A refund counts only if its answer shows it.
func TestRefundThatDoesNotShowIsUnknown(t *testing.T) {
	t.Parallel()
	part := iamport.CancelRequest{MerchantUID: "order-1", Amount: iamport.KRW(1000)}
	full := iamport.CancelRequest{MerchantUID: "order-1", Full: true}
	virtual := strings.Replace(clienttest.PaidJSON, `"amount"`, `"pay_method":"vbank","amount"`, 1)
	for name, test := range map[string]struct {
		r      iamport.CancelRequest
		answer string
		shown  bool
	}{
		"part, nothing refunded":       {part, clienttest.PaidJSON, false},
		"part, less refunded":          {part, refundedJSON(999), false},
		"part, refunded":               {part, refundedJSON(1000), true},
		"part, and an earlier part":    {part, refundedJSON(1500), true},
		"full, nothing refunded":       {full, clienttest.PaidJSON, false},
		"full, a part refunded":        {full, refundedJSON(2999), false},
		"full, refunded":               {full, refundedJSON(3000), true},
		"full, of an unknown amount":   {full, strings.Replace(refundedJSON(3000), `"amount":3000,`, "", 1), false},
		"a virtual account, days from": {full, virtual, true},
	} {
		s := clienttest.Always(clienttest.AnsweringJSON(200, test.answer))
		p, err := clienttest.NewClient(t, s).CancelPayment(t.Context(), test.r)
		require.Len(t, s.Requests(), 1, name)
		if test.shown {
			require.NoError(t, err, name)
			require.Equal(t, "imps_1", p.ImpUID)
			continue
		}
		require.Nil(t, p, name)
		require.Equal(t, "imps_1", clienttest.OutcomeUnknown(t, err).Payment.ImpUID, name)
	}
}

// refundByMerchantUID and refundByImpUID give back part of a payment.
var (
	refundByMerchantUID = iamport.CancelRequest{MerchantUID: "order-1", Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000)}
	refundByImpUID      = iamport.CancelRequest{ImpUID: "imps_1", Amount: iamport.KRW(1000), RefundAccount: "110123456789"}
)

func TestRefundWithoutAnAnswerIsUnknownAndSentOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"reset":                    clienttest.Failing(syscall.ECONNRESET),
		"timed out":                clienttest.Failing(context.DeadlineExceeded),
		"HTTP 302":                 clienttest.Answering(302, "text/html", ""),
		"HTTP 500 with a message":  clienttest.AnsweringJSON(500, `{"code":-1,"message":"error","response":null}`),
		"HTTP 502":                 clienttest.Answering(502, "text/html", "<html>secret-host</html>"),
		"HTTP 409 without a code":  clienttest.AnsweringJSON(409, `{"message":"conflict"}`),
		"HTTP 401 with HTML":       clienttest.Answering(401, "text/html", "<html>secret-host</html>"),
		"HTTP 401, empty":          clienttest.Answering(401, "text/html", ""),
		"HTTP 429 with HTML":       clienttest.Answering(429, "text/html", "<html>secret-host</html>"),
		"a code and a payment":     clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"code":0`, `"code":1`, 1)),
		"HTTP 403 with HTML":       clienttest.Answering(403, "text/html", "<html>secret-host</html>"),
		"empty":                    clienttest.AnsweringJSON(200, ""),
		"cut at the start":         clienttest.Cut(""),
		"cut in the middle":        clienttest.Cut(clienttest.PaidJSON[:60]),
		"cut before the end":       clienttest.Cut(clienttest.PaidJSON[:len(clienttest.PaidJSON)-1]),
		"response null":            clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":null}`),
		"response missing":         clienttest.AnsweringJSON(200, `{"code":0,"message":null}`),
		"response of another kind": clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":"ok"}`),
		"no code":                  clienttest.AnsweringJSON(200, strings.Replace(clienttest.PaidJSON, `"code":0,`, "", 1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []iamport.CancelRequest{refundByMerchantUID, refundByImpUID} {
				s := clienttest.Always(answer)
				p, err := clienttest.NewClient(t, s).CancelPayment(t.Context(), r)
				require.Nil(t, p)
				lost := clienttest.OutcomeUnknown(t, err)
				require.Equal(t, "CancelPayment", lost.Op)
				require.Equal(t, r.MerchantUID, lost.MerchantUID)
				require.Equal(t, r.ImpUID, lost.ImpUID)
				require.Empty(t, lost.Attempt)
				require.Zero(t, lost.RetryAt, "CancelPayment takes no part in the journal")
				require.ErrorContains(t, err, "cancel_amount shows whether the refund was made")
				require.NotContains(t, err.Error(), "secret-host")
				require.Len(t, s.Requests(), 1)
			}
		})
	}
}

func TestRefundThatIsRefusedIsAnErrorWithTheMessage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status  int
		body    string
		code    int
		message string
		pgCode  string
	}{
		{200, `{"code":1,"message":"\ucde8\uc18c\ud560 \uacb0\uc81c\uac74\uc774 \uc874\uc7ac\ud558\uc9c0 \uc54a\uc2b5\ub2c8\ub2e4.","response":null}`, 1, "취소할 결제건이 존재하지 않습니다.", ""},
		{200, `{"code":1,"message":"\uc774\ubbf8 \uc804\uc561\ucde8\uc18c\ub41c \uc8fc\ubb38\uc785\ub2c8\ub2e4.","response":null}`, 1, "이미 전액취소된 주문입니다.", ""},
		{200, `{"code":-1,"message":"[8178] \ucde8\uc18c \uae08\uc561\ubcf4\ub2e4 \uc0c1\uacc4\uac00\ub2a5 \uc815\uc0b0\uae08\uc561 \ubd80\uc871","response":null}`, -1, "[8178] 취소 금액보다 상계가능 정산금액 부족", "8178"},
		{400, `{"code":-1,"message":"\uc9c0\uc815\ud574\uc8fc\uc154\uc57c\ud569\ub2c8\ub2e4.","response":null}`, -1, "지정해주셔야합니다.", ""},
		{404, `{"code":1,"message":"\uc874\uc7ac\ud558\uc9c0 \uc54a\uc2b5\ub2c8\ub2e4.","response":null}`, 1, "존재하지 않습니다.", ""},
		{409, `{"code":-1,"message":"conflict","response":null}`, -1, "conflict", ""},
		{429, `{"code":-1,"message":"slow down","response":null}`, -1, "slow down", ""},
	} {
		s := clienttest.Always(clienttest.Answering(test.status, "application/json", test.body))
		p, err := clienttest.NewClient(t, s).CancelPayment(t.Context(), refundByMerchantUID)
		require.Nil(t, p)
		api := clienttest.APIError(t, err)
		require.Equal(t, []any{"CancelPayment", test.status, test.code, test.message, test.pgCode},
			[]any{api.Op, api.StatusCode, api.Code, api.Message, api.PGCode})
		require.NotErrorAs(t, err, new(*iamport.OutcomeUnknownError))
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.ErrorContains(t, err, test.message)
		require.Len(t, s.Requests(), 1)
	}
}

func TestRefundAfter401IsSentOnceMore(t *testing.T) {
	t.Parallel()
	s := &clienttest.Stub{Answer: func(n int, r *http.Request) (*http.Response, error) {
		if n == 1 {
			return clienttest.AnsweringJSON(401, `{"code":-1,"message":"Unauthorized","response":null}`)(r)
		}
		return clienttest.AnsweringJSON(200, refundedJSON(1000))(r)
	}}
	_, err := clienttest.NewClient(t, s).CancelPayment(t.Context(), refundByMerchantUID)
	require.NoError(t, err)
	require.Len(t, s.Requests(), 2)

	refused := clienttest.Always(clienttest.AnsweringJSON(401, `{"code":-1,"message":"Unauthorized","response":null}`))
	_, err = clienttest.NewClient(t, refused).CancelPayment(t.Context(), refundByMerchantUID)
	require.ErrorIs(t, err, iamport.ErrUnauthorized)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	require.NotErrorAs(t, err, new(*iamport.OutcomeUnknownError))
	require.Len(t, refused.Requests(), 2)
}

func TestRefundErrorsDoNotQuoteTheAccount(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, `{"code":-1,"message":"\ud658\ubd88\uacc4\uc88c(110123456789) \uc624\ub958","response":null}`))
	_, err := clienttest.NewClient(t, s).CancelPayment(t.Context(), refundByImpUID)
	require.Equal(t, "환불계좌([hidden]) 오류", clienttest.APIError(t, err).Message)
	require.Contains(t, s.Requests()[0].Body, `"refund_account":"110123456789"`)
}

// EnsureRefunded names the payment that it looked up, and both sums.
func TestEnsureRefundedOnTheWire(t *testing.T) {
	t.Parallel()
	for _, r := range []iamport.CancelRequest{
		{ImpUID: "imps_1", MerchantUID: "order-1", Full: true, Checksum: iamport.KRW(3000)},
		{ImpUID: "imps_1", Amount: iamport.KRW(3000), Checksum: iamport.KRW(3000)},
	} {
		s := &clienttest.Stub{Answer: func(n int, q *http.Request) (*http.Response, error) {
			return clienttest.AnsweringJSON(200, []string{clienttest.PaidJSON, refundedJSON(3000)}[n-1])(q)
		}}
		p, err := clienttest.NewClient(t, s).EnsureRefunded(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, iamport.KRW(0), p.Remaining())
		require.Equal(t, []clienttest.Request{
			{Method: "GET", URI: "/payments/imps_1"},
			{Method: "POST", URI: "/payments/cancel", Body: `{"imp_uid":"imps_1","amount":3000,"checksum":3000}`},
		}, s.Requests())
	}
}
