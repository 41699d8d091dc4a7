package iamporttest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestApprovals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithDuplicates(iamporttest.RefuseNone), iamporttest.WithPGTime(250*time.Millisecond))
		s.register("c", anyCard).okay()
		s.schedule("s", 1).okay()
		s.srv.Inject(againPath, iamporttest.Decline("no"))
		s.chargeAs("shop/0", "r0")
		first := s.chargeAs("shop/1", "r1").text("imp_uid")
		second := s.chargeAs("shop/2", "r2").text("imp_uid")
		refund := s.request("POST", "/payments/cancel", `{"imp_uid":"`+second+`","amount":10.5}`)
		refund.Header.Set("X-Request-Id", "r3")
		r, err := s.send(refund)
		require.NoError(t, err)
		r.okay()
		began := time.Unix(946684800, 0)
		want := []iamporttest.Approval{
			{ImpUID: first, MerchantUID: "m", CustomerUID: "c", Currency: "KRW", Amount: "3000", Cancelled: "0",
				At: began.Add(500 * time.Millisecond), UserAgent: "shop/1", RequestID: "r1"},
			{ImpUID: second, MerchantUID: "m", CustomerUID: "c", Currency: "KRW", Amount: "3000", Cancelled: "10.5",
				At: began.Add(750 * time.Millisecond), UserAgent: "shop/2", RequestID: "r2"},
		}
		require.Equal(t, want, s.srv.Approvals("m"))
		require.Empty(t, s.srv.Approvals("nobody's"))
		run := s.srv.Approvals("s")
		require.Equal(t, []iamporttest.Approval{{ImpUID: run[0].ImpUID, MerchantUID: "s", CustomerUID: "c", Currency: "KRW",
			Amount: "5900", Cancelled: "0", At: began.Add(time.Second)}}, run)
		require.Equal(t, append(want, run...), s.srv.AllApprovals())

		require.Equal(t, []iamporttest.Refund{{Amount: "10.5", At: began.Add(time.Second), RequestID: "r3"}}, s.srv.Refunds(second))
		require.Empty(t, s.srv.Refunds(first))
		require.Empty(t, s.srv.Refunds("x"))
	})
}

func TestRefundAtThePG(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		impUID := s.again("m").okay().text("imp_uid")
		s.srv.Inject("POST /payments/cancel", iamporttest.Fault{}.PGTime(2*time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := s.srv.Now()
		_, err := s.send(s.request("POST", "/payments/cancel", `{"imp_uid":"`+impUID+`"}`).WithContext(ctx))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Second - 1)
		require.Empty(t, s.srv.Refunds(impUID))
		require.Equal(t, "paid", s.get("/payments/"+impUID).okay().text("status"))
		time.Sleep(time.Minute)
		got := s.srv.Refunds(impUID)
		require.Len(t, got, 1)
		require.Equal(t, "3000", got[0].Amount)
		require.True(t, began.Add(2*time.Second).Equal(got[0].At))
		require.Equal(t, "946684802", s.get("/payments/"+impUID).okay().text("cancelled_at"))
	})
}

// Two refunds that arrive together with one checksum.
func TestChecksumAtThePG(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options  []iamporttest.Option
		amount   string
		refunded string
		refusal  string
	}{
		"compared again":       {nil, "1000", "1000", "checksum"},
		"compared at arrival":  {[]iamporttest.Option{iamporttest.WithStaleChecksum()}, "1000", "2000", ""},
		"no more than is left": {[]iamporttest.Option{iamporttest.WithStaleChecksum()}, "2000", "2000", "초과"},
		"nothing is left":      {[]iamporttest.Option{iamporttest.WithStaleChecksum()}, "3000", "3000", "이미 전액취소된"},
		"all that is left":     {[]iamporttest.Option{iamporttest.WithStaleChecksum()}, "0", "3000", "이미 전액취소된"},
		"all, compared again":  {nil, "0", "3000", "이미 전액취소된"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, append(test.options, iamporttest.WithPGTime(time.Second))...)
				s.register("c", anyCard).okay()
				s.again("m").okay()
				body := fmt.Sprintf(`{"merchant_uid":"m","amount":%s,"checksum":3000}`, test.amount)
				first := make(chan reply)
				go func() { first <- s.post("/payments/cancel", body) }()
				time.Sleep(time.Millisecond)
				second := s.post("/payments/cancel", body)
				(<-first).okay()
				if test.refusal == "" {
					second.okay()
				} else {
					second.refused(200, "1", test.refusal)
				}
				require.Equal(t, test.refunded, s.srv.Cancelled("m"))
				// At arrival it is compared in any case.
				s.post("/payments/cancel", `{"merchant_uid":"m","amount":1,"checksum":3000}`).refused(200, "1", "")
			})
		})
	}
}

// Actions that are due at the same time run in the order in which they were planned.
func TestOrderOfApprovals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		var want, got []string
		for i := range 20 {
			want = append(want, fmt.Sprint("m", i))
			s.schedule(want[i], 60).okay()
		}
		s.schedule("first", 59).okay()
		time.Sleep(time.Minute)
		for _, a := range s.srv.AllApprovals() {
			got = append(got, a.MerchantUID)
		}
		require.Equal(t, append([]string{"first"}, want...), got)
	})
}
