package iamporttest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// shown lists which look-ups show the payment impUID of the order m by the customer c. Lists without it are empty or answered with 404.
func (s *shop) shown(impUID string) map[string]bool {
	s.t.Helper()
	seen := map[string]bool{}
	for _, path := range []string{
		"/payments/" + impUID, "/payments/" + impUID + "/balance", "/payments?imp_uid[]=" + impUID,
		"/payments?merchant_uid[]=m", "/payments/find/m", "/payments/findAll/m", "/payments/find/m/paid",
		"/payments/findAll/m/paid", "/payments/status/all", "/payments/status/paid", "/subscribe/customers/c/payments",
	} {
		r := s.get(path)
		require.Contains(s.t, []int{200, 404}, r.status, r.raw)
		seen[path] = r.status == 200 && r.raw != `{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":[]}}`
	}
	return seen
}

func (s *shop) requireShown(impUID string, want bool) {
	s.t.Helper()
	for path, is := range s.shown(impUID) {
		require.Equal(s.t, want, is, path)
	}
}

func TestLateRecords(t *testing.T) {
	t.Parallel()
	const late = 1300 * time.Millisecond
	for name, open := range map[string]func(t *testing.T) *shop{
		"option": func(t *testing.T) *shop { return open(t, iamporttest.WithLateRecords(late)) },
		"fault": func(t *testing.T) *shop {
			s := open(t)
			s.srv.Inject(againPath, iamporttest.Fault{}.Late(late))
			return s
		},
		"both": func(t *testing.T) *shop {
			s := open(t, iamporttest.WithLateRecords(time.Hour), iamporttest.WithPGTime(time.Second))
			s.srv.Inject(againPath, iamporttest.Fault{}.Late(late))
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t)
				s.register("c", anyCard).okay()
				r := s.again("m").okay()
				require.Equal(t, "paid", r.text("status"), "the answer shows it")
				s.requireShown(r.text("imp_uid"), false)
				time.Sleep(late - 1)
				s.requireShown(r.text("imp_uid"), false)
				time.Sleep(time.Nanosecond)
				s.requireShown(r.text("imp_uid"), true)
			})
		})
	}
}

func TestNotLateAfterAll(t *testing.T) {
	t.Parallel()
	s := open(t, iamporttest.WithLateRecords(time.Hour))
	s.register("c", anyCard).okay()
	s.srv.Inject(againPath, iamporttest.Fault{}.Late(0))
	s.requireShown(s.again("m").okay().text("imp_uid"), true)
}

func TestLateRecordsInTheBooks(t *testing.T) {
	t.Parallel()
	s := open(t, iamporttest.WithLateRecords(time.Hour))
	s.register("c", anyCard).okay()
	impUID := s.again("m").okay().text("imp_uid")
	require.Equal(t, 1, s.srv.Charges("m"))
	s.post("/payments/cancel", `{"imp_uid":"`+impUID+`","amount":1}`).okay()
	s.post("/payments/cancel", `{"merchant_uid":"m"}`).okay()
	require.Equal(t, "3000", s.srv.Cancelled("m"))
	s.requireShown(impUID, false)
}

func TestStaleLookups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const stale = 700 * time.Millisecond
		s := open(t, iamporttest.WithStaleLookups(stale))
		s.register("c", anyCard).okay()
		impUID := s.again("m").okay().text("imp_uid")
		time.Sleep(stale - 1)
		s.requireShown(impUID, false)
		time.Sleep(time.Nanosecond)
		s.requireShown(impUID, true)

		cancel := func(amount int, remains string) {
			r := s.post("/payments/cancel", fmt.Sprintf(`{"imp_uid":%q,"amount":%d}`, impUID, amount)).okay()
			require.Equal(t, remains, r.text("cancel_amount"), "the answer shows it")
		}
		states := func() []string {
			var all []string
			for _, path := range []string{"/payments/" + impUID, "/payments/find/m"} {
				r := s.get(path).okay()
				all = append(all, r.text("status")+" "+r.text("cancel_amount")+" "+r.text("cancelled_at"))
			}
			for _, path := range []string{"/payments?imp_uid[]=" + impUID, "/payments/findAll/m", "/payments/status/all", "/subscribe/customers/c/payments"} {
				r := s.get(path).okay()
				all = append(all, r.column("status")[0]+" "+r.column("cancel_amount")[0])
			}
			return append(all, fmt.Sprint(s.get("/payments/find/m/cancelled").status, len(s.get("/payments/"+impUID+"/balance").raw)))
		}
		never := states()
		require.Contains(t, never[0], "paid 0 0")
		cancel(1000, "1000")
		require.Equal(t, never, states())
		time.Sleep(stale / 2)
		cancel(500, "1500")
		require.Equal(t, never, states())
		time.Sleep(stale - stale/2 - 1)
		require.Equal(t, never, states())
		time.Sleep(time.Nanosecond)
		require.Contains(t, states()[0], "cancelled 1000")
		require.Equal(t, "cancelled 1000", states()[2])
		time.Sleep(stale / 2)
		require.Contains(t, states()[0], "cancelled 1500")
		require.Contains(t, states()[6], "200 ")
	})
}

func TestStaleAndLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithStaleLookups(time.Second), iamporttest.WithLateRecords(time.Second))
		s.register("c", anyCard).okay()
		s.srv.Inject(againPath, iamporttest.FailThenPay(1500*time.Millisecond, "no"))
		impUID := s.again("m").okay().text("imp_uid")
		time.Sleep(2*time.Second - 1)
		s.get("/payments/"+impUID).refused(404, "-1", "존재하지 않는")
		time.Sleep(time.Nanosecond)
		require.Equal(t, "failed no", s.get("/payments/"+impUID).okay().text("status")+" "+s.get("/payments/"+impUID).text("fail_reason"))
		require.Equal(t, 1, s.srv.Charges("m"))
		time.Sleep(500 * time.Millisecond)
		require.Equal(t, "paid <nil>", s.get("/payments/"+impUID).okay().text("status")+" "+s.get("/payments/"+impUID).text("fail_reason"))
	})
}
