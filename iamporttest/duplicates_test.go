package iamporttest_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// Two charges of one order arrive 100 ms apart, and a third one 600 ms after the PG approved the first.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options                     []iamporttest.Option
		charges                     int
		secondRefused, thirdRefused bool
	}{
		"booked": {[]iamporttest.Option{iamporttest.WithDuplicates(iamporttest.RefuseBooked),
			iamporttest.WithLateRecords(time.Second)}, 1, true, true},
		"default":      {nil, 1, true, true},
		"visible":      {[]iamporttest.Option{iamporttest.WithDuplicates(iamporttest.RefuseVisible)}, 2, false, true},
		"visible late": {[]iamporttest.Option{iamporttest.WithDuplicates(iamporttest.RefuseVisible), iamporttest.WithLateRecords(time.Second)}, 3, false, false},
		"visible, late enough": {[]iamporttest.Option{iamporttest.WithDuplicates(iamporttest.RefuseVisible),
			iamporttest.WithLateRecords(600 * time.Millisecond)}, 2, false, true},
		"visible stale": {[]iamporttest.Option{iamporttest.WithDuplicates(iamporttest.RefuseVisible), iamporttest.WithStaleLookups(time.Second)}, 2, false, true},
		"none":          {[]iamporttest.Option{iamporttest.WithDuplicates(iamporttest.RefuseNone)}, 3, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, append(test.options, iamporttest.WithPGTime(time.Second))...)
				s.register("c", anyCard).okay()
				var wg sync.WaitGroup
				wg.Go(func() { s.again("m").okay() })
				wg.Go(func() {
					time.Sleep(100 * time.Millisecond)
					if r := s.again("m"); test.secondRefused {
						r.refused(200, "1", "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)")
					} else {
						r.okay()
					}
				})
				time.Sleep(1600 * time.Millisecond)
				if r := s.again("m"); test.thirdRefused {
					r.refused(200, "1", "이미 주문이")
				} else {
					r.okay()
				}
				wg.Wait()
				require.Equal(t, test.charges, s.srv.Charges("m"))
			})
		})
	}
}

// The lock of an order ends when the PG declines.
func TestDuplicateOfADeclinedCharge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithPGTime(time.Second))
		s.register("c", anyCard).okay()
		s.srv.Inject(againPath, iamporttest.Decline("no"))
		require.Equal(t, "failed", s.again("m").okay().text("status"))
		require.Equal(t, "paid", s.again("m").okay().text("status"))
	})
}

func TestRefundOfAnOrderWithSeveralApprovals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithDuplicates(iamporttest.RefuseNone))
		s.register("c", anyCard).okay()
		// The record that was made first is approved last.
		s.srv.Inject(againPath, iamporttest.Pending(time.Second, true))
		newest := s.again("m").okay().text("imp_uid")
		older := s.again("m").okay().text("imp_uid")
		time.Sleep(time.Second)
		require.Equal(t, newest, s.post("/payments/cancel", `{"merchant_uid":"m","amount":1000}`).okay().text("imp_uid"))
		require.Equal(t, older, s.post("/payments/cancel", `{"imp_uid":"`+older+`","amount":500}`).okay().text("imp_uid"))
		require.Equal(t, "1500", s.srv.Cancelled("m"))
		require.Equal(t, []string{newest, older}, impUIDs(s.srv.Approvals("m"), true))
	})
}

// impUIDs lists the imp_uids of approvals, newest first if reversed.
func impUIDs(list []iamporttest.Approval, reversed bool) []string {
	var all []string
	for _, a := range list {
		if reversed {
			all = append([]string{a.ImpUID}, all...)
		} else {
			all = append(all, a.ImpUID)
		}
	}
	return all
}
