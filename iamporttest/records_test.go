package iamporttest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// chargeAs charges the order m with additional headers.
func (s *shop) chargeAs(userAgent, requestID string) reply {
	s.t.Helper()
	r := s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":3000}`)
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("X-Request-Id", requestID)
	answer, err := s.send(r)
	require.NoError(s.t, err)
	return answer.okay()
}

func TestUserAgentLimit(t *testing.T) {
	t.Parallel()
	const whole = "iamport-go/1 (a1b2) 가"
	for limit, want := range map[int]string{
		-1: "<nil>", 0: "<nil>", 1: "i", 15: "iamport-go/1 (a", len(whole) - 1: "iamport-go/1 (a1b2) ", len(whole): whole, 100: whole,
	} {
		s := open(t, iamporttest.WithUserAgentLimit(limit))
		s.register("c", anyCard).okay()
		require.Equal(t, want, s.chargeAs(whole, "").text("user_agent"), limit)
		require.Equal(t, want, s.get("/payments/find/m").okay().text("user_agent"), limit)
		require.Equal(t, whole, s.srv.Approvals("m")[0].UserAgent, "the books keep it whole")
	}
}

func TestRecordClock(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{time.Hour, -1500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, iamporttest.WithRecordClock(offset), iamporttest.WithPGTime(time.Second))
			shifted := func(d time.Duration) string {
				return time.Unix(946684800, 0).Add(d + offset).UTC().Format(time.DateTime)
			}
			at := func(r reply, name string) string {
				n, err := time.ParseDuration(r.text(name) + "s")
				require.NoError(t, err)
				return time.Unix(0, 0).Add(n).UTC().Format(time.DateTime)
			}
			s.register("c", anyCard).okay()
			r := s.again("m").okay()
			require.Equal(t, shifted(0), at(r, "started_at"))
			require.Equal(t, shifted(time.Second), at(r, "paid_at"))
			require.Equal(t, "Sat, 01 Jan 2000 00:00:01 GMT", r.header.Get("Date"))
			require.Equal(t, "946684801", s.signIn().text("now"))
			require.Equal(t, int64(946684801), s.srv.Approvals("m")[0].At.Unix())

			r = s.post("/payments/cancel", `{"merchant_uid":"m"}`).okay()
			require.Equal(t, shifted(2*time.Second), at(r, "cancelled_at"))
			require.Equal(t, int64(946684802), s.srv.Refunds(r.text("imp_uid"))[0].At.Unix())
			require.Equal(t, []string{"m"}, s.get("/payments/status/all").okay().column("merchant_uid"), "searched by the same clock")

			s.srv.Inject(againPath, iamporttest.Decline("no"))
			require.Equal(t, shifted(3*time.Second), at(s.again("n").okay(), "failed_at"))
		})
	}
}

func TestPGProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithPGProvider("nice_v2"))
		require.Equal(t, "nice_v2", s.register("c", anyCard).okay().text("pg_provider"))
		s.srv.Inject(againPath, iamporttest.FailThenPay(time.Second, "no"))
		require.Equal(t, "nice_v2", s.again("m").okay().text("pg_provider"))
		s.schedule("s", 1).okay()
		time.Sleep(time.Second)
		require.Equal(t, "nice_v2", s.scheduled("s").okay().text("pg_provider"))
		require.Contains(t, s.post("/subscribe/customers/super",
			`{"card_number":"1234123412341234","expiry":"2030-12","channel_group_id":"g"}`).okay().raw, `[{"pg_provider":"nice_v2"`)
	})
}

func TestWithoutRequestLog(t *testing.T) {
	t.Parallel()
	s := open(t, iamporttest.WithoutRequestLog())
	s.register("c", anyCard).okay()
	s.again("m").okay()
	require.Equal(t, http.StatusNotFound, s.get("/nothing").status)
	require.Nil(t, s.srv.Requests())
	require.Equal(t, 1, s.srv.Charges("m"))
}
