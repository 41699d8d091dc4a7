package iamporttest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestMoveAndReschedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		s.schedule("m", 60).okay()
		const path = "/subscribe/payments/schedule/m"
		at := func(in int64) string { return fmt.Sprintf(`{"schedule_at":%d}`, s.srv.Now().Unix()+in) }
		s.do("PUT", path, "{}").refused(400, "-1", "missing parameter schedule_at")
		s.do("PUT", path, at(0)).refused(400, "-1", "예약시각")
		s.do("PUT", path+"x", at(9)).refused(404, "-1", "존재하지 않는")
		s.post(path+"/reschedule", at(9)).refused(400, "-1", "실패하거나")
		require.Equal(t, "946684920", s.do("PUT", path, at(120)).okay().text("schedule_at"))

		time.Sleep(time.Minute)
		require.Equal(t, "scheduled", s.scheduled("m").text("schedule_status"))
		s.srv.DeclineCustomer("c", "no")
		time.Sleep(time.Minute)
		s.do("PUT", path, at(9)).refused(400, "-1", "이미 실행되었거나")
		s.post(path+"/reschedule", at(-1)).refused(400, "-1", "예약시각")
		s.post("/subscribe/payments/schedule/x/reschedule", at(9)).refused(404, "-1", "존재하지 않는")
		r := s.post(path+"/reschedule", at(60)).okay()
		for name, want := range map[string]string{"schedule_status": "scheduled", "payment_status": "<nil>", "executed_at": "0",
			"imp_uid": "<nil>", "fail_reason": "<nil>"} {
			require.Equal(t, want, r.text(name), name)
		}
		s.srv.DeclineCustomer("c", "")
		time.Sleep(time.Minute)
		require.Equal(t, "paid", s.scheduled("m").text("payment_status"))
		s.post(path+"/reschedule", at(9)).refused(400, "-1", "실패하거나")

		s.schedule("r", 60).okay()
		s.post("/subscribe/payments/unschedule", `{"merchant_uid":["r"]}`).okay()
		s.do("PUT", "/subscribe/payments/schedule/r", at(9)).refused(400, "-1", "이미 실행되었거나")
		r = s.post("/subscribe/payments/schedule/r/reschedule", at(9)).okay()
		require.Equal(t, "0", r.text("revoked_at"))
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", "4000-0000-0000-0028").okay()
		s.schedule("m", 60).okay()
		const path = "/subscribe/payments/schedule/m/retry"
		s.post("/subscribe/payments/schedule/x/retry", "").refused(404, "-1", "존재하지 않는")
		s.post(path, "").refused(400, "-1", "실패하거나")
		time.Sleep(time.Minute)
		r := s.post(path, "{}").okay()
		require.Equal(t, "failed", r.text("status"))
		require.Equal(t, "payment.scheduled", r.text("customer_uid_usage"))

		s.do("DELETE", "/subscribe/customers/c", "").okay()
		s.post(path, "").refused(404, "-1", "등록되지 않은 구매자입니다.")
		s.register("c", anyCard).okay()
		s.srv.Inject("POST "+path, iamporttest.Decline("once"))
		require.Equal(t, "once", s.post(path, "").okay().text("fail_reason"))
		time.Sleep(time.Minute)
		r = s.post(path, "").okay()
		require.Equal(t, "paid", r.text("status"))
		require.Equal(t, "Go-http-client/1.1", r.text("user_agent"))
		got := s.scheduled("m")
		require.Equal(t, r.text("imp_uid"), got.text("imp_uid"))
		require.Equal(t, "paid", got.text("payment_status"))
		require.Equal(t, "946684920", got.text("executed_at"))
		s.post(path, "").refused(400, "-1", "실패하거나")

		s.schedule("u", 60).okay()
		s.post("/subscribe/payments/unschedule", `{"merchant_uid":"u"}`).okay()
		s.again("u").okay()
		s.post("/subscribe/payments/schedule/u/retry", "").refused(200, "1", "이미 주문이")
	})
}

func TestUnschedule(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	for _, uid := range []string{"a", "b", "d", "e"} {
		s.schedule(uid, 60).okay()
	}
	const path = "/subscribe/payments/unschedule"
	s.post(path, `{}`).refused(400, "-1", "missing parameter")
	s.post(path, `{"merchant_uid":[]}`).refused(400, "-1", "missing parameter")
	s.post(path, `{"merchant_uid":[""],"customer_uid":"c"}`).refused(400, "-1", "missing parameter merchant_uid")
	s.post(path, `{"customer_uid":"x","merchant_uid":["a"]}`).refused(200, "1", "취소할 예약결제 기록이 존재하지 않습니다.")
	r := s.post(path, `{"merchant_uid":["a"]}`).okay()
	require.Equal(t, []string{"revoked"}, r.column("schedule_status"))
	require.NotEqual(t, []string{"0"}, r.column("revoked_at"))
	s.post(path, `{"merchant_uid":["a"]}`).refused(200, "1", "취소할 예약결제")
	require.Equal(t, []string{"b"}, s.post(path, `{"customer_uid":"c","merchant_uid":"b"}`).okay().column("merchant_uid"))
	require.Equal(t, []string{"d", "e"}, s.post(path, `{"customer_uid":"c","merchant_uid":[]}`).okay().column("merchant_uid"))
	s.post(path, `{"customer_uid":"c"}`).refused(200, "1", "취소할 예약결제")
}

func TestScheduleLists(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		for i := range 22 {
			s.schedule(fmt.Sprintf("m%02d", i), int64(i)+60).okay()
		}
		time.Sleep(time.Minute)
		s.post("/subscribe/payments/unschedule", `{"merchant_uid":"m01"}`).okay()

		const path = "/subscribe/payments/schedule?schedule_from=946684800&schedule_to="
		r := s.get(path + "946684881").okay()
		require.Equal(t, "21 0 2", r.text("total")+" "+r.text("previous")+" "+r.text("next"), "to is exclusive")
		require.Equal(t, "m20", r.column("merchant_uid")[0], "newest first")
		require.Equal(t, []string{"m00", "m01"}, s.get(path+"946684881&sorting=scheduled&limit=2").column("merchant_uid"))
		require.Equal(t, []string{"m02"}, s.get(path + "946684881&sorting=scheduled&limit=2&page=2").column("merchant_uid")[:1])
		require.Equal(t, []string{"m00"}, s.get(path+"946684881&schedule_status=executed").column("merchant_uid"))
		require.Equal(t, []string{"m01"}, s.get(path+"946684881&schedule_status=revoked").column("merchant_uid"))
		s.get(path+"946684881&schedule_status=canceled").refused(400, "-1", "상태값")
		s.get(path+"946684881&sorting=started").refused(400, "-1", "sorting")
		s.get(path+"946684881&limit=1001").refused(400, "-1", "limit must be from 1 to 1000")
		s.get(path).refused(400, "-1", "schedule_to must be an integer")
		s.get("/subscribe/payments/schedule").refused(400, "-1", "missing parameter schedule_from")
		s.get(path+"946684799").refused(400, "-1", "period")
		s.get(path + fmt.Sprint(946684800+93*86400)).okay()
		s.get(path+fmt.Sprint(946684801+93*86400)).refused(400, "-1", "period")

		for _, path := range []string{"/subscribe/customers/c/schedules", "/subscribe/payments/schedule/customers/c"} {
			s.get(path).refused(400, "-1", "missing parameter from")
			s.get(path+"?schedule_status=x").refused(400, "-1", "unknown parameter schedule_status")
			path += "?from=946684860&to=946684890"
			r := s.get(path + "&page=2").okay()
			require.Equal(t, "22 1 0", r.text("total")+" "+r.text("previous")+" "+r.text("next"))
			require.Equal(t, []string{"m01", "m00"}, r.column("merchant_uid"))
			require.Equal(t, []string{"m01"}, s.get(path+"&schedule-status=revoked").column("merchant_uid"))
		}
		require.Equal(t, `{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":[]}}`,
			s.get("/subscribe/customers/x/schedules?from=0&to=1").raw)
	})
}

func TestArrayList(t *testing.T) {
	t.Parallel()
	s := open(t, iamporttest.WithListShape(iamporttest.ArrayList))
	s.register("c", anyCard).okay()
	s.schedule("a", 60).okay()
	s.schedule("b", 61).okay()
	span := fmt.Sprintf("%d&%%s=%d", s.srv.Now().Unix(), s.srv.Now().Unix()+3600)
	r := s.get("/subscribe/payments/schedule?limit=1&page=2&schedule_from=" + fmt.Sprintf(span, "schedule_to"))
	require.Equal(t, byte('['), r.okay().envelope().Response[0])
	require.Equal(t, []string{"a"}, r.column("merchant_uid"))
	r = s.get("/subscribe/customers/x/schedules?from=" + fmt.Sprintf(span, "to"))
	require.Equal(t, `{"code":0,"message":null,"response":[]}`, r.raw)
}
