package iamporttest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// outcome is a short form of what a request led to: its status, or its code and message, or "lost", and how long it took.
func (s *shop) outcome(path, body string) string {
	s.t.Helper()
	began := time.Now()
	r, err := s.send(s.request("POST", path, body))
	took := time.Since(began)
	if err != nil {
		return fmt.Sprint("lost ", took)
	}
	if w := r.envelope(); w.Code.String() != "0" {
		return fmt.Sprint(r.status, " ", w.Code, " ", *w.Message, " ", took)
	}
	if r.object()["status"] == "failed" {
		return fmt.Sprint("failed ", r.text("fail_reason"), " ", took)
	}
	return fmt.Sprint(r.object()["status"], " ", took)
}

func TestTestCards(t *testing.T) {
	t.Parallel()
	const (
		limit  = "결제승인에 실패하였습니다. [2116]개인 월 한도금액 초과"
		kcp    = "결제승인에 실패하였습니다. [CC67]카드사 승인 거절"
		window = "결제승인에 실패하였습니다. [코드: V023] 카드사 승인 거절"
		closed = "결제에 실패하였습니다. [8901] 미등록PG업체/거래정지업체"
		toss   = "결제에 실패하였습니다. [PAY_PROCESS_ABORTED] 결제가 중단되었습니다."
		expiry = "결제승인에 실패하였습니다. 유효기간 오류"
	)
	type row struct{ number, expiry, onetime, again, schedule, refund string }
	declined := func(number, reason string) row {
		f := "failed " + reason + " 0s"
		return row{number, "2030-12", f, f, "failed " + reason, "200 1 취소할 결제건이 존재하지 않습니다. 0s"}
	}
	noRefund := func(number, message string) row {
		return row{number, "2030-12", "paid 0s", "paid 0s", "paid", "200 -1 " + message + " 0s"}
	}
	const none = "200 1 취소할 결제건이 존재하지 않습니다. 0s"
	for _, test := range []row{
		declined("4000-0000-0000-0002", limit),
		declined("4000-0000-0000-0044", kcp),
		declined("4000-0000-0000-0051", window),
		declined("4000-0000-0000-0069", closed),
		declined("4000-0000-0000-0077", toss),
		declined("4000-0000-0000-0085", "잔액부족"),
		declined("4000-0000-0000-0150", expiry),
		{"4000-0000-0000-0150", "2031-07", "paid 0s", "paid 0s", "paid", "cancelled 0s"},
		{"4000-0000-0000-0028", "2030-12", "paid 0s", "failed " + limit + " 0s", "failed " + limit, none},
		{"4000-0000-0000-0036", "2030-12", "200 -1 " + limit + " 0s", "200 -1 " + limit + " 0s", "failed " + limit, none},
		noRefund("4000-0000-0000-0093", "[8178] 취소 금액보다 상계가능 정산금액 부족"),
		noRefund("4000-0000-0000-0101", "[9029] 상점의 취소가능 금액이 부족합니다."),
		{"4000-0000-0000-0127", "2030-12", "paid 5s", "paid 5s", "paid", "cancelled 0s"},
		{"4000-0000-0000-0135", "2030-12", "lost 0s", "lost 0s", "paid", none},
		{"4000-0000-0000-0143", "2030-12", "lost 0s", "lost 0s", "paid", "cancelled 0s"},
		{"4000 0000 0000 0127", "2030-12", "paid 5s", "paid 5s", "paid", "cancelled 0s"},
		{"4000-0012-3456-0002", "2030-12", "paid 0s", "paid 0s", "paid", "cancelled 0s"},
		{anyCard, "2019-01", "paid 0s", "paid 0s", "paid", "cancelled 0s"},
	} {
		t.Run(test.number+" "+test.expiry, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t)
				card := fmt.Sprintf(`"card_number":%q,"expiry":%q`, test.number, test.expiry)
				s.post("/subscribe/customers/c", "{"+card+"}").okay()
				require.Equal(t, test.onetime, s.outcome("/subscribe/payments/onetime", `{"merchant_uid":"o","amount":3000,`+card+"}"))
				require.Equal(t, test.again, s.outcome("/subscribe/payments/again", againOfM))
				s.schedule("s", 60).okay()
				time.Sleep(time.Minute)
				r := s.scheduled("s").okay()
				got := r.text("payment_status")
				if got == "failed" {
					got += " " + r.text("fail_reason")
				}
				require.Equal(t, test.schedule, got)
				require.Equal(t, test.refund, s.outcome("/payments/cancel", `{"merchant_uid":"m"}`))
				for order, outcome := range map[string]string{"o": test.onetime, "m": test.again} {
					approved := outcome[:4] == "paid" || test.number[15:] == "0143"
					require.Equal(t, approved, s.srv.Charges(order) == 1, order)
					refused := outcome[:4] == "200 " || test.number[15:] == "0135"
					require.Equal(t, refused, s.get("/payments/find/"+order).status == 404, order)
				}
			})
		})
	}
}

// A refused card is not stored.
func TestUnknownCards(t *testing.T) {
	t.Parallel()
	s := open(t)
	for number, reason := range map[string]string{
		"4000-0000-0000-0010": "[F113]거래거절 카드번호틀림", "4000-0000-0000-0119": "[F112]유효하지않은 카드번호를 입력하셨습니다.",
	} {
		s.register("c", number).refused(200, "-1", "카드정보 인증 및 빌키 발급에 실패하였습니다. "+reason)
		s.post("/subscribe/payments/onetime", fmt.Sprintf(`{"merchant_uid":"m","amount":1,"card_number":%q,"expiry":"2030-12"}`, number)).
			refused(200, "-1", "카드정보 인증에 실패하였습니다. "+reason)
		s.post("/subscribe/payments/schedule", fmt.Sprintf(`{"customer_uid":"c","card_number":%q,"expiry":"2030-12",
			"schedules":[{"merchant_uid":"m","schedule_at":%d,"amount":1}]}`, number, s.srv.Now().Unix()+60)).
			refused(200, "1", "카드정보 확인에 실패하였습니다. "+reason)
		s.get("/subscribe/customers/c").refused(200, "1", "customer_uid(c)")
		s.get("/payments/find/m").refused(404, "-1", "존재하지 않는")
	}
}

// An injected fault comes before the card, PG time adds to it, and a retry of a schedule is a charge on the card too.
func TestTestCardsWithFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithPGTime(2*time.Second))
		again := func(number string, f iamporttest.Fault) string {
			s.register("c", number).okay()
			s.srv.Inject(againPath, f)
			return s.outcome("/subscribe/payments/again", againOfM)
		}
		require.Equal(t, "failed x 2s", again("4000-0000-0000-0143", iamporttest.Decline("x")))
		require.Equal(t, "failed x 2s", again("4000-0000-0000-0036", iamporttest.Decline("x")))
		require.Equal(t, "failed x 2s", again("4000-0000-0000-0135", iamporttest.Decline("x")))
		require.Equal(t, "lost 2s", again("4000-0000-0000-0036", iamporttest.LoseAfter()))
		require.Equal(t, "200 -1 결제승인에 실패하였습니다. [2116]개인 월 한도금액 초과 2s", again("4000-0000-0000-0036", iamporttest.Fault{}))
		require.Equal(t, 0, s.srv.Charges("m"))
		require.Equal(t, "paid 8s", again("4000-0000-0000-0127", iamporttest.Delay(time.Second)))

		s.register("c", "4000-0000-0000-0002").okay()
		s.schedule("s", 60).okay()
		time.Sleep(time.Minute)
		for number, want := range map[string]string{"4000-0000-0000-0135": "lost 0s",
			"4000-0000-0000-0036": "200 -1 결제승인에 실패하였습니다. [2116]개인 월 한도금액 초과 2s"} {
			s.register("c", number).okay()
			require.Equal(t, want, s.outcome("/subscribe/payments/schedule/s/retry", ""))
		}
		s.post("/subscribe/payments/schedule/s/reschedule", fmt.Sprintf(`{"schedule_at":%d}`, s.srv.Now().Unix()+60)).okay()
		s.register("c", "4000-0000-0000-0093").okay()
		time.Sleep(time.Minute)
		require.EqualError(t, s.srv.CancelInConsole("s", ""),
			"iamporttest: the PG refuses the refund: [8178] 취소 금액보다 상계가능 정산금액 부족")
	})
}
