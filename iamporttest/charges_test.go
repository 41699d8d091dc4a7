package iamporttest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestOnetimeWireForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		r := s.post("/subscribe/payments/onetime", `{"customer_uid":"c","merchant_uid":"order/1","amount":10.50,"currency":"USD",
			"card_number":"1234-1234-1234-5678","expiry":"2019-01","birth":"123456","pwd_2digit":"00","cvc":"123",
			"name":"정기","card_quota":3,"buyer_name":"홍길동","buyer_email":"a+b@x.com","buyer_tel":"010","buyer_addr":"서울",
			"buyer_postcode":"12345","custom_data":"{\"a\":1}","vat_amount":0,"tax_free":0,"promotion_id":"promotion-id-1",
			"notice_url":"https://x/y","bypass":"{}","use_card_point":true,"interest_free_by_merchant":false,"vat":0}`)
		require.Equal(t, `{"code":0,"message":null,"response":{"imp_uid":"imps_100000000001","merchant_uid":"order\/1",`+
			`"pay_method":"card","channel":"api","pg_provider":"daou","emb_pg_provider":null,"pg_tid":"CTS166280000000001",`+
			`"pg_id":"CTS16628","sandbox":false,"escrow":false,"apply_num":"30000001","bank_code":null,"bank_name":null,`+
			`"card_code":"361","card_name":"BC\uce74\ub4dc","card_issuer_code":null,"card_issuer_name":null,`+
			`"card_publisher_code":null,"card_publisher_name":null,"card_quota":3,"card_number":"1234-12**-****-5678",`+
			`"card_type":0,"vbank_code":null,"vbank_name":null,"vbank_num":null,"vbank_holder":null,"vbank_date":0,`+
			`"vbank_issued_at":0,"name":"\uc815\uae30","amount":10.5,"cancel_amount":0,"currency":"USD",`+
			`"buyer_name":"\ud64d\uae38\ub3d9","buyer_email":"a+b@x.com","buyer_tel":"010","buyer_addr":"\uc11c\uc6b8",`+
			`"buyer_postcode":"12345","custom_data":"{\"a\":1}","user_agent":"Go-http-client\/1.1","status":"paid",`+
			`"started_at":946684800,"paid_at":946684800,"failed_at":0,"cancelled_at":0,"fail_reason":null,`+
			`"cancel_reason":null,"receipt_url":"https:\/\/receipt.iamport.invalid\/imps_100000000001","cancel_history":[],`+
			`"deposit_history":[],"cancel_receipt_urls":[],"cash_receipt_issued":false,"customer_uid":"c",`+
			`"customer_uid_usage":"issue","promotion":{"id":"promotion-id-1","discount":0}}}`, r.raw)

		k := s.get("/subscribe/customers/c").okay()
		require.Equal(t, "홍길동", k.text("customer_name"))
		require.Equal(t, "a+b@x.com", k.text("customer_email"))
		require.Equal(t, "1234-12**-****-5678", k.text("card_number"))
	})
}

func TestOnetimeWithoutKey(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := s.post("/subscribe/payments/onetime",
		`{"merchant_uid":"m","amount":3000,"card_number":"3782 822463 10005","expiry":"2019-01","custom_data":{"a":[1]}}`).okay()
	for name, want := range map[string]string{
		"amount": "3000", "currency": "KRW", "card_number": "3782-82**-***0-005", "name": "<nil>", "custom_data": `{"a":[1]}`,
		"customer_uid": "<nil>", "customer_uid_usage": "<nil>", "promotion": "<nil>", "card_quota": "0",
	} {
		require.Equal(t, want, r.text(name), name)
	}
}

func TestOnetimeNeeds(t *testing.T) {
	t.Parallel()
	s := open(t)
	all := []string{`"merchant_uid":"m"`, `"amount":1`, `"card_number":"1234123412341234"`, `"expiry":"2030-01"`}
	for i, name := range []string{"merchant_uid", "amount", "card_number", "expiry"} {
		rest := append(append([]string{}, all[:i]...), all[i+1:]...)
		s.post("/subscribe/payments/onetime", "{"+strings.Join(rest, ",")+"}").refused(400, "-1", "missing parameter "+name)
	}
	for _, expiry := range []string{"01/30", "2030-13", "2030-00", "203001", "20a0-01"} {
		s.post("/subscribe/payments/onetime", "{"+strings.Join(all[:3], ",")+`,"expiry":"`+expiry+`"}`).
			refused(400, "-1", "expiry must be YYYY-MM")
	}
	s.post("/subscribe/payments/onetime", "{"+strings.Join(all, ",")+`,"amount":0}`).refused(400, "-1", "amount must be above 0")
	s.post("/subscribe/payments/onetime", `{"merchant_uid":"m","amount":1,"card_number":"12","expiry":"2030-01"}`).
		refused(200, "-1", "카드정보 인증에 실패하였습니다. [F112]")
	require.Zero(t, s.srv.TotalCharges())
}

func TestAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.again("m").refused(200, "1", "등록되지 않은 구매자입니다.")
	s.register("c", anyCard).okay()
	s.post("/subscribe/payments/again", `{"merchant_uid":"m","amount":1}`).refused(400, "-1", "missing parameter customer_uid")
	s.post("/subscribe/payments/again", `{"customer_uid":"c","amount":1}`).refused(400, "-1", "missing parameter merchant_uid")
	s.post("/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":{"total":8900}}`).
		refused(400, "-1", "amount must be a number")
	r := s.post("/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":"3000","channel_key":"k",
		"product_count":2,"cash_receipt_type":"anonymous","extra":{"naverUseCfm":"20300101"}}`).okay()
	require.Equal(t, "3000", r.text("amount"))
	require.Equal(t, "payment", r.text("customer_uid_usage"))
	require.Equal(t, "1234-12**-****-1234", r.text("card_number"))
	s.again("m").refused(200, "1", "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)")
	require.Equal(t, 1, s.srv.Charges("m"))
}

func TestDuplicateMerchantUID(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	s.srv.DeclineCustomer("c", "[51]잔액부족")
	r := s.again("m").okay()
	require.Equal(t, "failed", r.text("status"))
	require.Equal(t, "[51]잔액부족", r.text("fail_reason"))
	require.Equal(t, "0", r.text("paid_at"))
	require.NotEqual(t, "0", r.text("failed_at"))
	require.Equal(t, "<nil>", r.text("apply_num"))
	s.srv.DeclineCustomer("c", "")
	require.Equal(t, "paid", s.again("m").okay().text("status"), "a failed id may be used again")
	s.post("/payments/cancel", `{"merchant_uid":"m"}`).okay()
	s.again("m").refused(200, "1", "이미 주문이")
	s.post("/subscribe/payments/onetime", `{"merchant_uid":"m","amount":1,"card_number":"1234123412341234","expiry":"2030-01"}`).
		refused(200, "1", "이미 주문이")
	require.Equal(t, []string{"cancelled", "failed"}, s.get("/payments/findAll/m").okay().column("status"))
	require.Equal(t, 1, s.srv.Charges("m"))
}

func TestSandboxCards(t *testing.T) {
	t.Parallel()
	s := open(t)
	onetime := func(merchantUID, number string) reply {
		return s.post("/subscribe/payments/onetime", `{"customer_uid":"o","merchant_uid":"`+merchantUID+
			`","amount":1000,"card_number":"`+number+`","expiry":"2030-01"}`)
	}
	r := onetime("limit", "4000-0000-0000-0002").okay()
	require.Equal(t, "failed", r.text("status"))
	require.Contains(t, r.text("fail_reason"), "[2116]")
	s.get("/subscribe/customers/o").refused(200, "1", "customer_uid(o)")

	onetime("number", "4000000000000010").refused(200, "-1", "카드정보 인증에 실패하였습니다. [F113]")
	s.get("/payments/find/number").refused(404, "-1", "존재하지 않는 결제정보입니다.")
	s.register("c", "4000-0000-0000-0010").refused(200, "-1", "카드정보 인증 및 빌키 발급에 실패하였습니다. [F113]")

	require.Equal(t, "paid", onetime("later", "4000-0000-0000-0028").okay().text("status"))
	s.register("c", "4000-0000-0000-0028").okay()
	r = s.again("again").okay()
	require.Equal(t, "failed", r.text("status"))
	require.Contains(t, r.text("fail_reason"), "[2116]")
	require.Equal(t, []string{"later"}, s.srv.ChargedUIDs())
}

func TestTestChannel(t *testing.T) {
	t.Parallel()
	s := open(t, iamporttest.WithTestChannel())
	require.Equal(t, "true", s.register("c", anyCard).okay().text("sandbox"))
	r := s.again("m").okay()
	require.Equal(t, "true", r.text("sandbox"))
	path := "/payments/" + r.text("imp_uid")
	s.get(path).refused(404, "-1", "존재하지 않는 결제정보입니다.")
	s.get(path+"?include_sandbox=false").refused(404, "-1", "존재하지 않는 결제정보입니다.")
	s.get(path+"?include_sandbox=yes").refused(400, "-1", "include_sandbox")
	s.get(path + "?include_sandbox=true").okay()
	s.get("/payments/find/m").okay()
}

func TestDeclineCustomerIsOfNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		s.schedule("m", 60).okay()
		time.Sleep(time.Minute)
		s.srv.DeclineCustomer("c", "late")
		require.Equal(t, "paid", s.get("/subscribe/payments/schedule/m").text("payment_status"))
	})
}
