package iamporttest_test

import (
	"fmt"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestBooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		time.Sleep(time.Second)
		s.again("a/b").okay()
		s.again("A").okay()
		s.get("/payments/find/a%2Fb?sorting=paid&card_number=1234")
		s.srv.Inject("/payments/x", iamporttest.LoseBefore())
		_, err := s.send(s.request("GET", "/payments/x", ""))
		require.Error(t, err)

		require.Equal(t, 2, s.srv.TotalCharges())
		require.Equal(t, []string{"A", "a/b"}, s.srv.ChargedUIDs())
		require.Equal(t, "0", s.srv.Cancelled("A"))
		require.Equal(t, "0", s.srv.Cancelled("nobody's"))
		require.Equal(t, 1, s.srv.SignIns())
		at := time.Unix(946684800, 0)
		book := s.srv.Requests()
		for i := range book {
			require.WithinDuration(t, at, book[i].At, time.Second)
			book[i].At = time.Time{}
		}
		require.Equal(t, []iamporttest.Request{
			{Method: "POST", Path: "/users/getToken", Query: url.Values{}, Status: 200},
			{Method: "POST", Path: "/subscribe/customers/c", Query: url.Values{}, Status: 200},
			{Method: "POST", Path: "/subscribe/payments/again", Query: url.Values{}, MerchantUIDs: []string{"a/b"}, Status: 200},
			{Method: "POST", Path: "/subscribe/payments/again", Query: url.Values{}, MerchantUIDs: []string{"A"}, Status: 200},
			{Method: "GET", Path: "/payments/find/a%2Fb", Query: url.Values{"sorting": {"paid"}, "card_number": {""}},
				MerchantUIDs: []string{"a/b"}, Status: 400},
			{Method: "GET", Path: "/payments/x", Query: url.Values{}, Status: 0},
		}, book)
		book[4].Query["sorting"][0] = "changed"
		require.Equal(t, "paid", s.srv.Requests()[4].Query.Get("sorting"))
	})
}

func TestOneChargeHoweverManyAskAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			_, err := s.send(s.request("POST", "/subscribe/payments/again",
				fmt.Sprintf(`{"customer_uid":"c","merchant_uid":"m%d","amount":1}`, i%4)))
			if err != nil {
				t.Error(err)
			}
			s.srv.Requests()
			s.srv.TotalCharges()
		})
	}
	wg.Wait()
	require.Equal(t, []string{"m0", "m1", "m2", "m3"}, s.srv.ChargedUIDs())
	require.Equal(t, 4, s.srv.TotalCharges())
}

func TestPendingFaults(t *testing.T) {
	t.Parallel()
	srv := iamporttest.NewServer()
	require.Zero(t, srv.Pending())
	srv.Inject("POST /users/getToken", iamporttest.Answer(500, "", ""), iamporttest.Answer(502, "", ""))
	require.Equal(t, 2, srv.Pending())
	res, err := srv.Client().Post("https://api.iamport.kr/users/getToken", "application/json", nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 1, srv.Pending())
}
