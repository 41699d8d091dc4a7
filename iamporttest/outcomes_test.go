package iamporttest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// require checks some values of a reply.
func (r reply) require(want map[string]string) {
	r.t.Helper()
	for name, value := range want {
		require.Equal(r.t, value, r.text(name), name)
	}
}

func TestPending(t *testing.T) {
	t.Parallel()
	for paid, end := range map[bool]map[string]string{
		true: {"status": "paid", "paid_at": "946684801", "failed_at": "0", "fail_reason": "<nil>"},
		false: {"status": "failed", "paid_at": "0", "failed_at": "946684801", "apply_num": "<nil>",
			"fail_reason": "결제승인에 실패하였습니다."},
	} {
		for name, charge := range chargesOfM {
			t.Run(fmt.Sprint(name, paid), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := openFailed(t)
					s.srv.SetClockOffset(-time.Second)
					s.srv.Inject("POST "+charge[0], iamporttest.Pending(1200*time.Millisecond, paid))
					r := s.post(charge[0], charge[1]).okay()
					ready := map[string]string{"status": "ready", "paid_at": "0", "failed_at": "0", "apply_num": "<nil>",
						"receipt_url": "<nil>", "fail_reason": "<nil>"}
					r.require(ready)
					path := "/payments/" + r.text("imp_uid")
					began := s.srv.Now()
					time.Sleep(1200*time.Millisecond - 1)
					s.get(path).okay().require(ready)
					require.Equal(t, []string{"m"}, s.get("/payments/status/ready").okay().column("merchant_uid"))
					require.Equal(t, "0 1", fmt.Sprint(s.srv.Charges("m"), s.srv.AtPG("m")))
					s.post("/payments/cancel", `{"merchant_uid":"m"}`).refused(200, "1", "취소할 결제건이")
					time.Sleep(time.Hour)
					s.signIn() // the token is older than its lifetime
					s.get(path).okay().require(end)
					require.Zero(t, s.srv.AtPG("m"))
					if !paid {
						require.Zero(t, s.srv.Charges("m"))
						return
					}
					require.Equal(t, 1, s.srv.Charges("m"))
					require.True(t, began.Add(1200*time.Millisecond).Equal(s.srv.Approvals("m")[0].At))
				})
			})
		}
	}
}

func TestFailThenPay(t *testing.T) {
	t.Parallel()
	for name, charge := range chargesOfM {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := openFailed(t)
				s.srv.SetClockOffset(-time.Second)
				s.srv.Inject("POST "+charge[0], iamporttest.FailThenPay(5*time.Second, "(PG사 결제 장애) Internal error"))
				r := s.post(charge[0], charge[1]).okay()
				failed := map[string]string{"status": "failed", "paid_at": "0", "failed_at": "946684800", "apply_num": "<nil>",
					"fail_reason": "(PG사 결제 장애) Internal error", "pg_provider": "paymentwall"}
				r.require(failed)
				path := "/payments/" + r.text("imp_uid")
				time.Sleep(5*time.Second - 1)
				s.get(path).okay().require(failed)
				require.Equal(t, "0 1", fmt.Sprint(s.srv.Charges("m"), s.srv.AtPG("m")))
				time.Sleep(time.Nanosecond)
				require.Equal(t, "1 0", fmt.Sprint(s.srv.Charges("m"), s.srv.AtPG("m")))
				s.get(path).okay().require(map[string]string{"status": "paid", "paid_at": "946684805", "failed_at": "0",
					"fail_reason": "<nil>", "pg_provider": "paymentwall"})
				if name == "retry" {
					s.scheduled("m").require(map[string]string{"payment_status": "paid", "fail_reason": "<nil>", "pg_provider": "paymentwall"})
				}
				s.post("/payments/cancel", `{"merchant_uid":"m"}`).okay()
			})
		})
	}
}

// The approval also stores a key.
func TestKeyOfAChangingCharge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithPGTime(time.Second))
		for i, fault := range []iamporttest.Fault{
			iamporttest.Pending(time.Second, true), iamporttest.FailThenPay(time.Second, "no"),
		} {
			s.srv.Inject("POST /subscribe/payments/onetime", fault)
			s.post("/subscribe/payments/onetime", fmt.Sprintf(`{"customer_uid":"o%d","merchant_uid":"m%d","amount":1,
				"card_number":"1234123412341234","expiry":"2030-01"}`, i, i)).okay()
			s.get(fmt.Sprintf("/subscribe/customers/o%d", i)).refused(200, "1", "찾을 수 없습니다")
			time.Sleep(time.Second)
			provider := []string{"daou", "paymentwall"}[i]
			s.get(fmt.Sprintf("/subscribe/customers/o%d", i)).okay().require(map[string]string{"pg_provider": provider})
		}
	})
}

func TestDeclinedCardStaysDeclined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		s.srv.DeclineCustomer("c", "no")
		s.srv.Inject(againPath, iamporttest.Pending(time.Second, true), iamporttest.FailThenPay(time.Second, "x"))
		for range 2 {
			s.again("m").okay().require(map[string]string{"status": "failed", "fail_reason": "no"})
		}
		time.Sleep(time.Minute)
		require.Zero(t, s.srv.Charges("m"))
	})
}

func TestRefuseAfter(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	s.srv.Inject(againPath, iamporttest.RefuseAfter("결제에 실패하였습니다."))
	r := s.again("m")
	require.Equal(t, 200, r.status)
	require.Equal(t, `{"code":-1,"message":"\uacb0\uc81c\uc5d0 \uc2e4\ud328\ud558\uc600\uc2b5\ub2c8\ub2e4.","response":null}`, r.raw)
	require.Equal(t, "application/json; charset=UTF-8", r.header.Get("Content-Type"))
	require.Equal(t, "paid", s.get("/payments/find/m").okay().text("status"))
	require.Equal(t, 1, s.srv.Charges("m"))

	s.srv.Inject("POST /payments/cancel", iamporttest.RefuseAfter("no"))
	s.post("/payments/cancel", `{"merchant_uid":"m"}`).refused(200, "-1", "no")
	require.Equal(t, "3000", s.srv.Cancelled("m"))
}

// A checking_amount is decided at once and is not pending.
func TestCheckingAmountIsDecidedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithPGTime(time.Hour))
		s.srv.Inject("POST /subscribe/payments/schedule", iamporttest.Pending(time.Hour, false))
		began := time.Now()
		s.post("/subscribe/payments/schedule", `{"customer_uid":"c","card_number":"1234123412341234","expiry":"2030-01",
			"checking_amount":100,"schedules":[{"merchant_uid":"m","amount":1,"schedule_at":946684860}]}`).okay()
		require.Zero(t, time.Since(began))
		require.Equal(t, 1, s.srv.TotalCharges())
		all := s.srv.AllApprovals()
		require.Equal(t, "100 100", all[0].Amount+" "+all[0].Cancelled)
		time.Sleep(time.Minute)
		require.Equal(t, 1, s.srv.Charges("m"), "a schedule is decided when it runs")
	})
}
