package iamporttest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestGetPayment(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	r := s.again("m").okay()
	require.Equal(t, r.raw, s.get("/payments/"+r.text("imp_uid")).raw)
	s.get("/payments/imps_0").refused(404, "-1", "존재하지 않는 결제정보입니다.")
}

func TestGetPayments(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	s.srv.DeclineCustomer("c", "no")
	s.again("a").okay()
	s.srv.DeclineCustomer("c", "")
	a, b := s.again("a").okay().text("imp_uid"), s.again("b").okay().text("imp_uid")
	r := s.get("/payments?merchant_uid[]=a&imp_uid[]=" + b + "&imp_uid[]=" + a).okay()
	require.Equal(t, []string{b, a}, r.column("imp_uid"), "the latest of a, once")
	r = s.get("/payments?imp_uid%5B%5D=" + a + "&merchant_uid%5B%5D=x")
	require.Equal(t, 207, r.status)
	require.Equal(t, []string{a}, r.column("imp_uid"))
	s.get("/payments?imp_uid[]=x").refused(404, "-1", "존재하지 않는 결제정보입니다.")
	s.get("/payments").refused(400, "-1", "missing parameter")
	s.get("/payments?merchant_uid[]="+a+strings.Repeat("&imp_uid[]=x", 99)).refused(404, "-1", "존재하지 않는")
	s.get("/payments?merchant_uid[]="+a+strings.Repeat("&imp_uid[]=x", 100)).refused(400, "-1", "more than 100")
}

func TestFind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		s.srv.DeclineCustomer("c", "no")
		first := s.again("m").okay().text("imp_uid")
		second := s.again("m").okay().text("imp_uid")
		time.Sleep(time.Minute)
		s.srv.DeclineCustomer("c", "")
		paid := s.again("m").okay().text("imp_uid")

		for path, want := range map[string]string{
			"m":                          paid,
			"m?sorting=-started":         paid,
			"m?sorting=started":          first,
			"m?sorting=paid":             first,
			"m?sorting=-paid":            paid,
			"m?sorting=-updated":         paid,
			"m/failed":                   second,
			"m/failed?sorting=updated":   first,
			"m/paid?sorting=started":     paid,
			"m/":                         paid,
			"m/failed/?sorting=-updated": second,
		} {
			require.Equal(t, want, s.get("/payments/find/"+path).okay().text("imp_uid"), path)
			require.Equal(t, want, s.get("/payments/findAll/" + path).okay().column("imp_uid")[0], path)
		}
		for _, op := range []string{"find", "findAll"} {
			s.get("/payments/"+op+"/m/cancelled").refused(404, "-1", "존재하지 않는 결제정보입니다.")
			s.get("/payments/"+op+"/x").refused(404, "-1", "존재하지 않는 결제정보입니다.")
			s.get("/payments/"+op+"/m/canceled").refused(400, "-1", "지원되지 않는 상태값입니다.")
			s.get("/payments/"+op+"/m/all").refused(400, "-1", "지원되지 않는 상태값입니다.")
			s.get("/payments/"+op+"/m?sorting=x").refused(400, "-1", "sorting")
		}
		r := s.get("/payments/findAll/m?limit=2&page=2").okay()
		require.Equal(t, "3 1 0", r.text("total")+" "+r.text("previous")+" "+r.text("next"))
		require.Equal(t, []string{first}, r.column("imp_uid"))
		s.get("/payments/findAll/m?limit=0").refused(400, "-1", "limit")
		s.get("/payments/find/m?limit=1").refused(400, "-1", "unknown parameter limit")
	})
}

func TestPaymentsByStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithTokenLife(365*24*time.Hour))
		s.register("c", anyCard).okay()
		s.again("old").okay()
		time.Sleep(10 * 24 * time.Hour)
		s.again("cancelled").okay()
		time.Sleep(81 * 24 * time.Hour)
		s.post("/payments/cancel", `{"merchant_uid":"cancelled"}`).okay()
		s.again("new").okay()
		s.srv.DeclineCustomer("c", "no")
		s.again("failed").okay()

		now := s.srv.Now().Unix()
		for query, want := range map[string][]string{
			"all":                                 {"failed", "new", "cancelled"},
			"all?sorting=paid":                    {"failed", "cancelled", "new"},
			"paid":                                {"new"},
			"failed":                              {"failed"},
			"ready":                               {},
			"cancelled":                           {"cancelled"},
			fmt.Sprintf("cancelled?to=%d", now-1): {},
			fmt.Sprintf("paid?to=%d", now-86400):  {"old"},
			fmt.Sprintf("all?limit=1&page=3&to=%d", now):                                        {"cancelled"},
			fmt.Sprintf("paid?from=%d&to=%d", now-91*86400, now-86400):                          {"old"},
			fmt.Sprintf("paid?from=%d&to=%d&sorting=-updated", now-90*86400-86400+1, now-86400): {},
		} {
			require.Equal(t, want, s.get("/payments/status/"+query).okay().column("merchant_uid"), query)
		}
		s.get("/payments/status/canceled").refused(400, "-1", "지원되지 않는 상태값입니다.")
		s.get("/payments/status/all?page=2").refused(400, "-1", "범위를 넘어선 page")
		s.get(fmt.Sprintf("/payments/status/all?from=%d", now-90*86400-1)).refused(400, "-1", "90 days")
		s.get(fmt.Sprintf("/payments/status/all?from=%d", now+1)).refused(400, "-1", "90 days")
		s.get("/payments/status/all?from=-9223372036854775807").refused(400, "-1", "from must be from")
	})
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.get("/payments/prepare/m").refused(404, "-1", "사전등록된 결제정보가 존재하지 않습니다.")
	s.do("PUT", "/payments/prepare", `{"merchant_uid":"m","amount":1}`).refused(404, "-1", "사전등록된")
	s.do("PUT", "/payments/prepare", `{"merchant_uid":"m"}`).refused(400, "-1", "missing parameter amount")
	const want = `{"code":0,"message":null,"response":{"merchant_uid":"m","amount":10.25,"currency":"USD"}}`
	require.Equal(t, want, s.post("/payments/prepare", `{"merchant_uid":"m","amount":10.25,"currency":"USD"}`).raw)
	require.Equal(t, want, s.get("/payments/prepare/m").raw)
	s.post("/payments/prepare", `{"merchant_uid":"m","amount":1}`).
		refused(200, "1", "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).")
	require.Equal(t, "3000", s.do("PUT", "/payments/prepare", `{"merchant_uid":"m","amount":3e3}`).okay().text("amount"))
	require.Equal(t, "<nil>", s.get("/payments/prepare/m").okay().text("currency"))
	require.Equal(t, "0", s.post("/payments/prepare", `{"merchant_uid":"card only","amount":0}`).okay().text("amount"))
	require.Equal(t, "0", s.do("PUT", "/payments/prepare", `{"merchant_uid":"m","amount":0}`).okay().text("amount"))
}
