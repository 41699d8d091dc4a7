package iamporttest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// schedule plans a charge on customer c, in seconds from now.
func (s *shop) schedule(merchantUID string, in int64) reply {
	s.t.Helper()
	return s.post("/subscribe/payments/schedule", fmt.Sprintf(
		`{"customer_uid":"c","schedules":[{"merchant_uid":%q,"schedule_at":%d,"currency":"KRW","amount":5900,"name":"n"}]}`,
		merchantUID, s.srv.Now().Unix()+in))
}

func (s *shop) scheduled(merchantUID string) reply {
	s.t.Helper()
	return s.get("/subscribe/payments/schedule/" + merchantUID)
}

func TestScheduleRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithTokenLife(24*time.Hour))
		s.post("/subscribe/customers/c", `{"card_number":"1234123412341234","expiry":"2030-12","customer_name":"k","customer_tel":"t",
			"customer_email":"e","customer_addr":"a","customer_postcode":"p"}`).okay()
		r := s.post("/subscribe/payments/schedule", `{"customer_uid":"c","customer_id":"i","channel_key":"k","schedules":[
			{"merchant_uid":"m2","schedule_at":946688400,"amount":5900,"buyer_name":"b","custom_data":"d","promotion_id":"p"},
			{"merchant_uid":"m1","schedule_at":946684860,"amount":10.5,"currency":"USD","name":"n"}]}`)
		item := func(merchantUID, rest string) string {
			return `{"customer_uid":"c","merchant_uid":"` + merchantUID + `","imp_uid":null,"pg_provider":null,"pg_id":null,` +
				`"customer_id":"i",` + rest + `}`
		}
		require.Equal(t, `{"code":0,"message":null,"response":[`+
			item("m2", `"schedule_at":946688400,"executed_at":0,"revoked_at":0,"amount":5900,"currency":"KRW","name":null,`+
				`"buyer_name":"b","buyer_email":null,"buyer_tel":null,"buyer_addr":null,"buyer_postcode":null,"custom_data":"d",`+
				`"schedule_status":"scheduled","payment_status":null,"fail_reason":null,"promotion_id":"p"`)+","+
			item("m1", `"schedule_at":946684860,"executed_at":0,"revoked_at":0,"amount":10.5,"currency":"USD","name":"n",`+
				`"buyer_name":null,"buyer_email":null,"buyer_tel":null,"buyer_addr":null,"buyer_postcode":null,"custom_data":null,`+
				`"schedule_status":"scheduled","payment_status":null,"fail_reason":null,"promotion_id":null`)+`]}`, r.raw)

		time.Sleep(time.Minute)
		require.Equal(t, []string{"m1"}, s.srv.ChargedUIDs())
		time.Sleep(2 * time.Hour)
		require.Equal(t, 2, s.srv.TotalCharges())
		r = s.scheduled("m2").okay()
		for name, want := range map[string]string{"schedule_status": "executed", "payment_status": "paid",
			"executed_at": "946688400", "pg_provider": "daou", "pg_id": "CTS16628", "fail_reason": "<nil>"} {
			require.Equal(t, want, r.text(name), name)
		}
		p := s.get("/payments/" + r.text("imp_uid")).okay()
		for name, want := range map[string]string{"merchant_uid": "m2", "paid_at": "946688400", "user_agent": "<nil>",
			"customer_uid_usage": "payment.scheduled", "buyer_name": "b", "buyer_email": "e", "buyer_tel": "t",
			"buyer_addr": "a", "buyer_postcode": "p", "custom_data": "d"} {
			require.Equal(t, want, p.text(name), name)
		}
		require.Equal(t, []string{"m2", "m1"}, s.get("/subscribe/customers/c/payments").column("merchant_uid"))

		s.post("/payments/cancel", `{"merchant_uid":"m2"}`).okay()
		require.Equal(t, "cancelled", s.scheduled("m2").text("payment_status"))
	})
}

func TestScheduleFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		s.schedule("declined", 60).okay()
		s.schedule("paid", 120).okay()
		s.schedule("keyless", 180).okay()
		s.srv.DeclineCustomer("c", "[51]")
		time.Sleep(time.Minute)
		r := s.scheduled("declined")
		require.Equal(t, "executed failed [51]", r.text("schedule_status")+" "+r.text("payment_status")+" "+r.text("fail_reason"))

		s.srv.DeclineCustomer("c", "")
		s.again("paid").okay()
		s.do("DELETE", "/subscribe/customers/c", "").okay()
		time.Sleep(2 * time.Minute)
		require.Contains(t, s.scheduled("paid").text("fail_reason"), "이미 주문이")
		r = s.scheduled("keyless")
		require.Equal(t, "등록되지 않은 구매자입니다.", r.text("fail_reason"))
		require.Equal(t, "<nil>", s.get("/payments/"+r.text("imp_uid")).okay().text("card_number"))
		require.Equal(t, []string{"paid"}, s.srv.ChargedUIDs())
	})
}

func TestScheduleRefusals(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.schedule("m", 60).refused(200, "1", "등록된 고객정보가 없습니다.")
	s.register("c", anyCard).okay()
	s.schedule("m", 0).refused(200, "1", "예약시각")
	s.schedule("m", 60).okay()
	s.schedule("m", 60).refused(200, "1", "이미 등록된 merchant_uid입니다.")
	s.post("/subscribe/payments/unschedule", `{"merchant_uid":"m"}`).okay()
	s.schedule("m", 60).refused(200, "1", "이미 등록된 merchant_uid입니다.")
	s.again("used").okay()
	s.schedule("used", 60).refused(200, "1", "이미 등록된 merchant_uid입니다.")
	s.post("/subscribe/payments/schedule", `{"customer_uid":"c"}`).refused(400, "-1", "missing parameter schedules")
	s.post("/subscribe/payments/schedule", `{"schedules":[{"merchant_uid":"x","amount":1,"schedule_at":1}]}`).
		refused(400, "-1", "missing parameter customer_uid")
	for item, message := range map[string]string{
		`{"merchant_uid":"x","amount":1}`:                             "missing parameter schedules[1].schedule_at",
		`{"merchant_uid":"x","schedule_at":1}`:                        "missing parameter schedules[1].amount",
		`{"amount":1,"schedule_at":1}`:                                "missing parameter schedules[1].merchant_uid",
		`{"merchant_uid":"x","amount":1,"schedule_at":1700000000000}`: "schedules[1].schedule_at must be in unix seconds",
		`{"merchant_uid":"x","amount":{},"schedule_at":1}`:            "schedules[1].amount must be a number",
		`7`: "schedules[1] must be an object",
	} {
		s.post("/subscribe/payments/schedule", `{"customer_uid":"c","schedules":[{"merchant_uid":"ok","amount":1,"schedule_at":9999999999},`+item+`]}`).
			refused(400, "-1", message)
	}
	twice := `{"merchant_uid":"t","amount":1,"schedule_at":9999999999}`
	s.post("/subscribe/payments/schedule", `{"customer_uid":"c","schedules":[`+twice+","+twice+`]}`).
		refused(200, "1", "이미 등록된 merchant_uid입니다. (t)")
	s.scheduled("t").refused(404, "-1", "존재하지 않는 예약결제입니다.")
}

func TestScheduleIssuesTheKey(t *testing.T) {
	t.Parallel()
	s := open(t)
	plan := func(number, merchantUID, more string) reply {
		return s.post("/subscribe/payments/schedule", fmt.Sprintf(`{"customer_uid":"c","card_number":%q,"expiry":"2030-12"%s,
			"schedules":[{"merchant_uid":%q,"schedule_at":%d,"amount":1}]}`, number, more, merchantUID, s.srv.Now().Unix()+60))
	}
	plan("4000-0000-0000-0010", "m", "").refused(200, "1", "카드정보 확인에 실패하였습니다. [F113]")
	plan("4000-0000-0000-0002", "m", `,"checking_amount":1000`).refused(200, "1", "[2116]")
	plan(anyCard, "m", `,"checking_amount":-1`).refused(400, "-1", "checking_amount")
	s.get("/subscribe/customers/c").refused(200, "1", "customer_uid(c)")
	s.scheduled("m").refused(404, "-1", "존재하지 않는")

	plan(anyCard, "m", `,"checking_amount":1000,"customer_id":"i"`).okay()
	require.Equal(t, "i", s.get("/subscribe/customers/c").okay().text("customer_id"))
	require.Zero(t, s.srv.Charges("m"))
	uids := s.srv.ChargedUIDs()
	require.Len(t, uids, 1)
	require.Regexp(t, `^checking_\d{12}$`, uids[0])
	require.Equal(t, "1000", s.srv.Cancelled(uids[0]))
	require.Equal(t, "cancelled", s.get("/payments/find/"+uids[0]).okay().text("status"))

	plan("9999-9999-9999-9999", "m2", "").okay()
	require.Equal(t, "1234-12**-****-1234", s.get("/subscribe/customers/c").text("card_number"), "the key that is there is used")
	s.srv.Inject("POST /subscribe/payments/schedule", iamporttest.Decline("[X]"))
	plan(anyCard, "m3", `,"checking_amount":1000`).refused(200, "1", "[X]")
}
