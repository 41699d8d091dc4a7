package iamporttest_test

import (
	"context"
	"fmt"

	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

const pgTime = 1500 * time.Millisecond

// chargesOfM are the three charges of the order m by a customer c whose schedule m has failed.
var chargesOfM = map[string][2]string{
	"onetime": {"/subscribe/payments/onetime",
		`{"merchant_uid":"m","amount":3000,"card_number":"1234123412341234","expiry":"2030-01"}`},
	"again": {"/subscribe/payments/again", `{"merchant_uid":"m","amount":3000,"customer_uid":"c"}`},
	"retry": {"/subscribe/payments/schedule/m/retry", ``},
}

// openFailed opens a shop in which the schedule m of the customer c has failed.
func openFailed(t *testing.T, opts ...iamporttest.Option) *shop {
	t.Helper()
	s := open(t, opts...)
	s.register("c", anyCard).okay()
	s.srv.DeclineCustomer("c", "no")
	s.schedule("m", 1).okay()
	time.Sleep(time.Second)
	s.srv.DeclineCustomer("c", "")
	return s
}

func TestPGTime(t *testing.T) {
	t.Parallel()
	for name, charge := range chargesOfM {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := openFailed(t, iamporttest.WithPGTime(pgTime))
				began := s.srv.Now()
				r := s.post(charge[0], charge[1]).okay()
				require.Equal(t, pgTime, s.srv.Now().Sub(began))
				require.Equal(t, "paid", r.text("status"))
				require.Equal(t, fmt.Sprint(began.Unix()), r.text("started_at"))
				require.Equal(t, fmt.Sprint(began.Add(pgTime).Unix()), r.text("paid_at"))
				require.True(t, began.Add(pgTime).Equal(s.srv.Approvals("m")[0].At))
			})
		})
	}
}

func TestPGDecidesForAClientThatGaveUp(t *testing.T) {
	t.Parallel()
	for name, charge := range chargesOfM {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := openFailed(t, iamporttest.WithPGTime(pgTime))
				began := s.srv.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := s.send(s.request("POST", charge[0], charge[1]).WithContext(ctx))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, "0 1", fmt.Sprint(s.srv.Charges("m"), s.srv.AtPG("m")))
				s.get("/payments/find/m/paid").refused(404, "-1", "존재하지 않는")
				time.Sleep(pgTime - time.Second - 1)
				require.Equal(t, "0 1", fmt.Sprint(s.srv.Charges("m"), s.srv.AtPG("m")))
				time.Sleep(time.Hour)
				require.Equal(t, "0", fmt.Sprint(s.srv.AtPG("m")))
				got := s.srv.Approvals("m")
				require.Len(t, got, 1)
				require.True(t, began.Add(pgTime).Equal(got[0].At), "decided when it was due")
			})
		})
	}
}

func TestPGTimeWithOtherFaults(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for name, test := range map[string]struct {
		fault   iamporttest.Fault
		answer  int           // 0: none
		took    time.Duration // until the answer
		decided time.Duration // 0: never
	}{
		"none":                      {iamporttest.Fault{}, 200, pgTime, pgTime},
		"LoseBefore":                {iamporttest.LoseBefore(), 0, 0, 0},
		"Refuse":                    {iamporttest.Refuse(), 0, 0, 0},
		"LoseAfter":                 {iamporttest.LoseAfter(), 0, pgTime, pgTime},
		"Slow":                      {iamporttest.Fault{}.Slow(second), 200, pgTime + second, pgTime},
		"Delay":                     {iamporttest.Delay(second), 200, pgTime + second, pgTime + second},
		"AnswerAfter":               {iamporttest.AnswerAfter(401, "text/plain", ""), 401, pgTime, pgTime},
		"RefuseAfter":               {iamporttest.RefuseAfter("no"), 200, pgTime, pgTime},
		"CutAfter":                  {iamporttest.CutAfter(3), 0, pgTime, pgTime},
		"LoseThenExecute":           {iamporttest.LoseThenExecute(second), 0, 0, pgTime + second},
		"Answer":                    {iamporttest.Answer(401, "text/plain", "").Slow(second), 401, second, 0},
		"Decline":                   {iamporttest.Decline("no"), 200, pgTime, 0},
		"LoseThenExecute, own time": {iamporttest.LoseThenExecute(second).PGTime(second), 0, 0, 2 * second},
		"own time":                  {iamporttest.Fault{}.PGTime(2 * second), 200, 2 * second, 2 * second},
		"own time, lost":            {iamporttest.LoseAfter().PGTime(2 * second), 0, 2 * second, 2 * second},
		"at once":                   {iamporttest.LoseAfter().PGTime(0), 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, iamporttest.WithPGTime(pgTime))
				s.register("c", anyCard).okay()
				s.srv.Inject(againPath, test.fault)
				began := time.Now()
				r, err := s.chargeM(t.Context())
				require.Equal(t, test.took, time.Since(began))
				require.Equal(t, test.answer == 0, err != nil, err)
				if err == nil {
					require.Equal(t, test.answer, r.status)
				}
				if test.decided > test.took+1 {
					require.Equal(t, "0 1", fmt.Sprint(s.srv.Charges("m"), s.srv.AtPG("m")))
				}
				time.Sleep(time.Hour)
				got := s.srv.Approvals("m")
				require.Zero(t, s.srv.AtPG("m"))
				if test.decided == 0 {
					require.Empty(t, got)
					return
				}
				require.Len(t, got, 1)
				require.WithinDuration(t, began.Add(test.decided), got[0].At, 1)
			})
		})
	}
}

func TestPGTimeOverAPort(t *testing.T) {
	t.Parallel()
	srv := iamporttest.NewServer(iamporttest.WithPGTime(time.Hour), iamporttest.WithTokenLife(24*time.Hour))
	ts := httptest.NewServer(srv)
	s := &shop{t: t, srv: srv, http: ts.Client(), base: ts.URL}
	s.signIn().okay()
	s.register("c", anyCard).okay()
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := s.chargeM(ctx)
		failed <- err
	}()
	require.Eventually(t, func() bool { return srv.AtPG("m") == 1 }, time.Minute, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	ts.Close() // waits for the requests to end
	require.Zero(t, srv.Charges("m"))
	srv.SetClockOffset(time.Hour)
	require.Equal(t, "1 0", fmt.Sprint(srv.Charges("m"), srv.AtPG("m")))
}

func TestPGTimeAndAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithPGTime(pgTime))
		s.register("c", anyCard).okay()
		time.AfterFunc(time.Second, func() { s.srv.SetClockOffset(-time.Hour) })
		began := time.Now()
		require.Equal(t, "paid", s.again("m").okay().text("status"))
		require.Equal(t, pgTime, time.Since(began))
		s.srv.SetClockOffset(0)
		require.Equal(t, "1 0", fmt.Sprint(s.srv.Charges("m"), s.srv.AtPG("m")))
	})
}

// A schedule whose retry is at the PG is running.
func TestRetryAtThePG(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openFailed(t, iamporttest.WithPGTime(pgTime))
		s.srv.Inject("POST /subscribe/payments/schedule/m/retry", iamporttest.Decline("again no"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.send(s.request("POST", "/subscribe/payments/schedule/m/retry", "").WithContext(ctx))
		require.Error(t, err)
		s.post("/subscribe/payments/schedule/m/retry", "").refused(200, "1", "이미 주문이")
		s.post("/subscribe/payments/schedule/m/reschedule", `{"schedule_at":946685000}`).refused(400, "-1", "실행 중인")
		time.Sleep(time.Second)
		require.Equal(t, "again no", s.scheduled("m").text("fail_reason"))
		s.post("/subscribe/payments/schedule/m/reschedule", `{"schedule_at":946685000}`).okay()
	})
}

// A schedule is paid if one of two retries at the same time was.
func TestTwoRetriesAtThePG(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openFailed(t, iamporttest.WithDuplicates(iamporttest.RefuseNone))
		const retry = "POST /subscribe/payments/schedule/m/retry"
		s.srv.Inject(retry, iamporttest.Fault{}.PGTime(time.Second), iamporttest.Decline("late no").PGTime(2*time.Second))
		paid := make(chan reply)
		go func() { paid <- s.post("/subscribe/payments/schedule/m/retry", "") }()
		time.Sleep(time.Millisecond)
		require.Equal(t, "late no", s.post("/subscribe/payments/schedule/m/retry", "").okay().text("fail_reason"))
		s.scheduled("m").require(map[string]string{"payment_status": "paid", "imp_uid": (<-paid).okay().text("imp_uid")})
	})
}
