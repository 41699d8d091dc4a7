package iamporttest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestCustomerWireForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		r := s.post("/subscribe/customers/a%2Fb", `{"channel_key":"k","pg":"daou","customer_id":"i","card_number":"1234-1234-1234-1234",
			"expiry":"2030-12","birth":"820213","pwd_2digit":"00","cvc":"123","customer_name":"김","customer_tel":"02",
			"customer_email":"e","customer_addr":"a","customer_postcode":"p"}`)
		want := `{"code":0,"message":null,"response":{"customer_uid":"a\/b","pg_provider":"daou","pg_id":"CTS16628",` +
			`"sandbox":false,"customer_id":"i","card_name":"BC\uce74\ub4dc","card_code":"361","card_issuer_code":null,` +
			`"card_issuer_name":null,"card_publisher_code":null,"card_publisher_name":null,` +
			`"card_number":"1234-12**-****-1234","card_type":0,"customer_name":"\uae40","customer_tel":"02",` +
			`"customer_email":"e","customer_addr":"a","customer_postcode":"p","inserted":946684800,"updated":946684800}}`
		require.Equal(t, want, r.raw)
		require.Equal(t, want, s.get("/subscribe/customers/a%2Fb").raw)

		time.Sleep(time.Hour)
		s.signIn()
		r = s.register("a%2Fb", "9999-9999-9999-9999").okay()
		require.Equal(t, "946684800", r.text("inserted"))
		require.Equal(t, "946688400", r.text("updated"))
		require.Equal(t, "<nil>", r.text("customer_name"))

		deleted := s.do("DELETE", "/subscribe/customers/a%2Fb?reason=r&extra%5Brequester%5D=admin", "").okay()
		require.Equal(t, r.raw, deleted.raw)
		for _, method := range []string{"GET", "DELETE"} {
			s.do(method, "/subscribe/customers/a%2Fb", "").
				refused(200, "1", "요청하신 customer_uid(a/b)로 등록된 정보를 찾을 수 없습니다.")
		}
	})
}

// A customer of the option is one that registered the dummy card, whatever the order of the options.
func TestWithCustomers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithCustomers("a", "b"), iamporttest.WithCustomers("c"), iamporttest.WithPGProvider("nice"))
		other := open(t, iamporttest.WithPGProvider("nice"))
		for _, uid := range []string{"a", "b", "c"} {
			other.register(uid, "1234-1234-1234-1234").okay()
			require.Equal(t, other.get("/subscribe/customers/"+uid).okay().raw, s.get("/subscribe/customers/"+uid).okay().raw)
		}
		require.Equal(t, "paid", s.again("m").okay().text("status"))
	})
}

func TestRegisterNeeds(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.post("/subscribe/customers/c", `{"expiry":"2030-12"}`).refused(400, "-1", "missing parameter card_number")
	s.post("/subscribe/customers/c", `{"card_number":"1234123412341234"}`).refused(400, "-1", "missing parameter expiry")
	s.register("c", "1234").refused(200, "-1", "카드정보 인증 및 빌키 발급에 실패하였습니다. [F112]")
}

func TestSuperBillingKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		r := s.post("/subscribe/customers/c", `{"channel_group_id":"g","card_number":"1234-1234-1234-1234","expiry":"2030-12"}`)
		channel := func(provider, id string) string {
			return `{"pg_provider":"` + provider + `","pg_id":"` + id + `","card_name":"BC\uce74\ub4dc","card_code":"361",` +
				`"card_issuer_code":null,"card_issuer_name":null,"card_publisher_code":null,"card_publisher_name":null,` +
				`"card_number":"1234-12**-****-1234","card_type":0,"inserted":946684800,"updated":946684800}`
		}
		require.Equal(t, `{"code":0,"message":null,"response":{"customer_uid":"c","channelGroupId":"g","customer_id":null,`+
			`"customer_name":null,"customer_tel":null,"customer_email":null,"customer_addr":null,"customer_postcode":null,`+
			`"succeededChannels":[`+channel("daou", "CTS16628")+","+channel("nice", "iamport01m")+`],"failedChannels":[]}}`, r.raw)
		require.Equal(t, r.raw, s.get("/subscribe/customers/c").raw)
		require.Equal(t, "daou", s.again("m").okay().text("pg_provider"))
	})
}

func TestGetCustomers(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("a", anyCard).okay()
	s.register("b", anyCard).okay()
	const path = "/subscribe/customers?customer_uid%5B%5D="
	require.Equal(t, []string{"a", "b"}, s.get(path+"b&customer_uid[]=a&customer_uid[]=b").okay().column("customer_uid"))
	r := s.get(path + "b&customer_uid[]=x")
	require.Equal(t, 207, r.status)
	require.Equal(t, "0", r.envelope().Code.String())
	require.Equal(t, []string{"b"}, r.column("customer_uid"))
	s.get(path+"x").refused(404, "-1", "customer_uid")
	s.get("/subscribe/customers").refused(400, "-1", "missing parameter customer_uid[]")
	s.get(path).refused(400, "-1", "missing parameter customer_uid[]")
}

func TestCustomerPayments(t *testing.T) {
	t.Parallel()
	s := open(t)
	require.Equal(t, `{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":[]}}`,
		s.get("/subscribe/customers/c/payments").raw)
	s.register("c", anyCard).okay()
	for i := range 21 {
		s.again(fmt.Sprintf("m%02d", i)).okay()
	}
	r := s.get("/subscribe/customers/c/payments").okay()
	require.Equal(t, "21 0 2", r.text("total")+" "+r.text("previous")+" "+r.text("next"))
	uids := r.column("merchant_uid")
	require.Len(t, uids, 20)
	require.Equal(t, "m20", uids[0], "newest first")
	r = s.get("/subscribe/customers/c/payments?page=2").okay()
	require.Equal(t, "21 1 0", r.text("total")+" "+r.text("previous")+" "+r.text("next"))
	require.Equal(t, []string{"m00"}, r.column("merchant_uid"))
	require.Empty(t, s.get("/subscribe/customers/c/payments?page=3").okay().column("merchant_uid"))
	s.get("/subscribe/customers/c/payments?page=0").refused(400, "-1", "page must be from 1")
	s.get("/subscribe/customers/c/payments?page=x").refused(400, "-1", "page must be an integer")
}
