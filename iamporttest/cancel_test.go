package iamporttest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestCancelWireForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		s.again("m").okay()
		time.Sleep(time.Minute)
		r := s.post("/payments/cancel", `{"merchant_uid":"m","amount":1000.5,"reason":"단순","tax_free":0,"vat_amount":90,
			"checksum":3000,"refund_holder":"h","refund_bank":"004","refund_account":"1","refund_tel":"2","retain_promotion":false,
			"enable_webhook":"true","extra":{"requester":"admin"}}`).okay()
		require.Contains(t, r.raw, `"cancel_amount":1000.5,`)
		require.Contains(t, r.raw, `"status":"cancelled","started_at":946684800,"paid_at":946684800,"failed_at":0,"cancelled_at":946684860,`)
		require.Contains(t, r.raw, `"cancel_reason":"\ub2e8\uc21c"`)
		require.Contains(t, r.raw, `"cancel_history":[{"pg_tid":"CTS166280000000002","amount":1000.5,"cancelled_at":946684860,`+
			`"reason":"\ub2e8\uc21c","cancellation_id":"cancellation-000000000002",`+
			`"receipt_url":"https:\/\/receipt.iamport.invalid\/cancellation-000000000002"}],"deposit_history":[],`+
			`"cancel_receipt_urls":["https:\/\/receipt.iamport.invalid\/cancellation-000000000002"]`)
		require.Equal(t, "1000.5", s.srv.Cancelled("m"))
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	cancel := func(body string, args ...any) reply { return s.post("/payments/cancel", fmt.Sprintf(body, args...)) }
	cancel(`{}`).refused(200, "1", "지정해주셔야합니다")
	cancel(`{"merchant_uid":"m"}`).refused(200, "1", "취소할 결제건이 존재하지 않습니다.")
	s.srv.DeclineCustomer("c", "no")
	failed := s.again("m").okay().text("imp_uid")
	cancel(`{"imp_uid":%q}`, failed).refused(200, "1", "취소할 결제건이 존재하지 않습니다.")
	cancel(`{"merchant_uid":"m"}`).refused(200, "1", "취소할 결제건이 존재하지 않습니다.")
	s.srv.DeclineCustomer("c", "")
	paid := s.again("m").okay().text("imp_uid")
	s.again("other").okay()

	cancel(`{"imp_uid":"x","merchant_uid":"m"}`).refused(200, "1", "취소할 결제건이 존재하지 않습니다.")
	cancel(`{"imp_uid":%q,"amount":-1}`, paid).refused(400, "-1", "amount must not be negative")
	cancel(`{"imp_uid":%q,"amount":3000.01}`, paid).refused(200, "1", "초과")
	cancel(`{"imp_uid":%q,"checksum":0}`, paid).refused(200, "1", "checksum")
	r := cancel(`{"imp_uid":%q,"merchant_uid":"other","amount":"1000","checksum":null}`, paid).okay()
	require.Equal(t, "m", r.text("merchant_uid"), "imp_uid wins")
	require.Equal(t, "cancelled 1000", r.text("status")+" "+r.text("cancel_amount"))
	cancel(`{"imp_uid":%q,"amount":2001}`, paid).refused(200, "1", "초과")
	cancel(`{"imp_uid":%q,"checksum":3000}`, paid).refused(200, "1", "checksum")
	require.Equal(t, "3000", cancel(`{"merchant_uid":"m","amount":0,"checksum":2000.00}`).okay().text("cancel_amount"))
	cancel(`{"merchant_uid":"m"}`).refused(200, "1", "이미 전액취소된 주문입니다.")
	cancel(`{"merchant_uid":"m","amount":1}`).refused(200, "1", "이미 전액취소된 주문입니다.")
	require.Equal(t, "3000 0", s.srv.Cancelled("m")+" "+s.srv.Cancelled("other"))
	require.Equal(t, "3000", cancel(`{"merchant_uid":"other"}`).okay().text("cancel_amount"))
	require.Equal(t, 1, s.srv.Charges("m"))
}

func TestBalance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		charge := func(more string) string {
			return "/payments/" + s.post("/subscribe/payments/again", `{"customer_uid":"c",`+more+`}`).okay().text("imp_uid")
		}
		part := func(taxFree, supply, vat string) string {
			return `{"tax_free":` + taxFree + `,"supply":` + supply + `,"vat":` + vat + `,"service":0}`
		}
		none := part("0", "0", "0")
		state := func(primary string) string {
			return `"cash_receipt":` + none + `,"primary":` + primary + `,"secondary":` + none + `,"discount":` + none
		}
		plain := charge(`"merchant_uid":"plain","amount":1000`)
		require.Equal(t, `{"code":0,"message":null,"response":{"amount":1000,`+state(part("0", "909", "91"))+
			`,"histories":[{`+state(part("0", "909", "91"))+`,"created":946684800}]}}`, s.get(plain+"/balance").raw)

		s.post("/payments/cancel", `{"merchant_uid":"plain"}`).okay()
		require.Equal(t, `{"code":0,"message":null,"response":{"amount":1000,`+state(none)+
			`,"histories":[{`+state(part("0", "909", "91"))+`,"created":946684800},{`+state(none)+
			`,"created":946684800}]}}`, s.get(plain+"/balance").raw)

		for more, primary := range map[string]string{
			`"merchant_uid":"free","amount":3000,"tax_free":3000`:              part("3000", "0", "0"),
			`"merchant_uid":"zero","amount":3000,"vat_amount":0`:               part("0", "3000", "0"),
			`"merchant_uid":"mixed","amount":3000,"tax_free":800`:              part("800", "2000", "200"),
			`"merchant_uid":"dollars","amount":10.5,"currency":"USD"`:          part("0", "9.55", "0.95"),
			`"merchant_uid":"given","amount":3000,"vat_amount":1,"tax_free":0`: part("0", "2999", "1"),
		} {
			require.Contains(t, s.get(charge(more)+"/balance").raw, `"primary":`+primary, more)
		}
		s.srv.DeclineCustomer("c", "no")
		s.get(charge(`"merchant_uid":"no","amount":1`)+"/balance").refused(404, "-1", "존재하지 않는 결제정보입니다.")
	})
}

func TestCancelInConsole(t *testing.T) {
	t.Parallel()
	s := open(t, iamporttest.WithCustomers("c"))
	uid := s.again("m").okay().text("imp_uid")
	for amount, problem := range map[string]string{
		"3000.5": `only 3000 of "m" can be refunded`, "0": `"0" is not an amount above 0`, "-1": `"-1" is not an amount above 0`,
		"x": `"x" is not an amount above 0`,
	} {
		require.EqualError(t, s.srv.CancelInConsole("m", amount), "iamporttest: "+problem)
	}
	require.EqualError(t, s.srv.CancelInConsole("n", ""), `iamporttest: no payment of "n" was approved`)
	require.NoError(t, s.srv.CancelInConsole(uid, "0.5"))
	require.NoError(t, s.srv.CancelInConsole("m", ""))
	require.Equal(t, "3000", s.srv.Cancelled("m"))
	require.Len(t, s.srv.Refunds(uid), 2)
	require.EqualError(t, s.srv.CancelInConsole(uid, ""), fmt.Sprintf("iamporttest: only 0 of %q can be refunded", uid))
	s.get("/payments/" + uid).okay().require(map[string]string{"status": "cancelled", "cancel_amount": "3000"})
}
