package iamporttest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func body(impUID, merchantUID, status string) string {
	return fmt.Sprintf(`{"imp_uid":%q,"merchant_uid":%q,"status":%q}`, impUID, merchantUID, status)
}

// attempts lists the times, from the start of the bubble, the statuses and the errors of the attempts of a webhook.
func attempts(w iamporttest.Webhook) []string {
	var all []string
	for _, a := range w.Attempts {
		all = append(all, fmt.Sprint(a.At.Sub(time.Unix(946684800, 0)), " ", a.Status, " ", a.Err))
	}
	return all
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	m, n := body("imps_100000000001", "m", "paid"), body("imps_100000000002", "n", "paid")
	for name, test := range map[string]struct {
		fault iamporttest.WebhookFault
		want  []string
	}{
		"none":                 {iamporttest.WebhookFault{}, []string{m, n}},
		"late":                 {iamporttest.WebhookFault{Delay: time.Hour}, []string{n, m}},
		"twice":                {iamporttest.WebhookFault{Twice: true}, []string{m, m, n}},
		"late and twice":       {iamporttest.WebhookFault{Delay: time.Hour, Twice: true}, []string{n, m, m}},
		"dropped":              {iamporttest.WebhookFault{Drop: true}, []string{n}},
		"id that is unknown":   {iamporttest.WebhookFault{ImpUID: "imp_0"}, []string{body("imp_0", "m", "paid"), n}},
		"id of another order":  {iamporttest.WebhookFault{MerchantUID: "x"}, []string{body("imps_100000000001", "x", "paid"), n}},
		"status that is wrong": {iamporttest.WebhookFault{Status: "cancelled"}, []string{body("imps_100000000001", "m", "cancelled"), n}},
		"form": {iamporttest.WebhookFault{ContentType: iamporttest.WebhookForm},
			[]string{"imp_uid=imps_100000000001&merchant_uid=m&status=paid", n}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for order, pending := range map[string]int{"m": 0, "": 0, "x": 1} {
				synctest.Test(t, func(t *testing.T) {
					s, box := openInbox(t)
					s.srv.InjectWebhooks(order, test.fault)
					s.again("m").okay()
					s.again("n").okay()
					require.Equal(t, pending, s.srv.Pending())
					if order == "x" {
						box.arrived(s, m, n)
						return
					}
					box.arrived(s, test.want...)
					first := s.srv.Webhooks()[0]
					require.Equal(t, test.fault.Drop, first.Dropped)
					if test.fault.Drop {
						require.Empty(t, first.Attempts)
						return
					}
					require.Equal(t, []string{test.fault.Delay.String() + " 200 "}, attempts(first))
				})
			}
		})
	}
	require.Panics(t, func() { iamporttest.NewServer().InjectWebhooks("", iamporttest.WebhookFault{}) })
	require.Panics(t, func() { iamporttest.NewServer().SendTestWebhook() })
}

// The same seed gives the same order, which is not that of the events.
func TestShuffledWebhooks(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (got []string) {
		synctest.Test(t, func(t *testing.T) {
			s, box := openInbox(t, iamporttest.WithShuffledWebhooks(seed, time.Minute))
			for i := range 10 {
				s.again(fmt.Sprint("m", i)).okay()
			}
			require.NoError(t, s.srv.WaitWebhooks(t.Context()))
			require.Less(t, time.Since(time.Unix(946684800, 0)), time.Minute)
			for _, w := range s.srv.Webhooks() {
				require.Contains(t, box.bodies(), w.Body)
			}
			got = box.bodies()
		})
		return got
	}
	first := run(1)
	require.Len(t, first, 10)
	require.Equal(t, first, run(1))
	require.NotEqual(t, first, run(2))
	require.NotContains(t, first[0], "m0")
}

// A webhook is sent again a minute after a network error or 5xx, at most as often as set, and after no other answer.
func TestWebhookRetries(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		retries  int
		answers  []int // 0: panic, 1: end of the goroutine, 2: no answer; the last one repeats
		attempts []string
	}{
		"off":                {0, []int{500}, []string{"0s 500 "}},
		"until 200":          {3, []int{503, 500, 200}, []string{"0s 503 ", "1m0s 500 ", "2m0s 200 "}},
		"as often as set":    {2, []int{500}, []string{"0s 500 ", "1m0s 500 ", "2m0s 500 "}},
		"at most five":       {9, []int{500}, []string{"0s 500 ", "1m0s 500 ", "2m0s 500 ", "3m0s 500 ", "4m0s 500 ", "5m0s 500 "}},
		"not after 400":      {5, []int{400}, []string{"0s 400 "}},
		"not after 302":      {5, []int{302}, []string{"0s 302 "}},
		"not after 204":      {5, []int{204}, []string{"0s 204 "}},
		"panic":              {1, []int{0, 200}, []string{"0s 0 the handler panicked: no", "1m0s 200 "}},
		"end of a goroutine": {1, []int{1, 200}, []string{"0s 0 the handler ended its goroutine", "1m0s 200 "}},
		"no answer":          {1, []int{2}, []string{"0s 0 no answer within 30s", "1m30s 0 no answer within 15s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, box := openInbox(t, iamporttest.WithWebhookRetries(test.retries))
				box.answer = func(w http.ResponseWriter, r *http.Request) {
					status := test.answers[min(len(box.bodies()), len(test.answers))-1]
					switch status {
					case 0:
						panic("no")
					case 1:
						runtime.Goexit()
					case 2:
						<-r.Context().Done()
					default:
						w.Header().Set("Location", "/elsewhere")
						w.WriteHeader(status)
						_, _ = w.Write([]byte("text"))
					}
				}
				s.again("m").okay()
				require.NoError(t, s.srv.WaitWebhooks(t.Context()))
				require.Equal(t, test.attempts, attempts(s.srv.Webhooks()[0]))
				require.Len(t, box.bodies(), len(test.attempts))
			})
		})
	}
}

// A webhook that is sent by hand has 15 seconds, and is not sent again.
func TestWebhookByHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, box := openInbox(t, iamporttest.WithWebhookRetries(5), iamporttest.WithShuffledWebhooks(1, time.Hour))
		box.answer = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		s.srv.InjectWebhooks("", iamporttest.WebhookFault{Drop: true})
		s.srv.SendTestWebhook()
		box.arrived(s, body("imp_1234567890", "merchant_1234567890", "paid"))
		require.Equal(t, []string{"0s 0 no answer within 15s"}, attempts(s.srv.Webhooks()[0]))
		require.Equal(t, 1, s.srv.Pending())
	})
}

// The answer of a charge does not wait for the handler, and the handler may ask the server.
func TestWebhookHoldsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, box := openInbox(t)
		answered := make(chan struct{})
		box.answer = func(http.ResponseWriter, *http.Request) {
			<-answered
			if s.get("/payments/find/m").text("status") == "paid" && s.srv.Charges("n") == 0 {
				s.again("n")
			}
		}
		s.again("m").okay()
		synctest.Wait()
		require.Len(t, box.bodies(), 1)
		require.Empty(t, s.srv.Webhooks()[0].Attempts)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, s.srv.WaitWebhooks(ctx), context.DeadlineExceeded)
		close(answered)
		box.arrived(s, body("imps_100000000001", "m", "paid"), body("imps_100000000002", "n", "paid"))
	})
}

// A schedule runs at its time without a request, and after a jump of the clock at the next one.
func TestWebhookOfSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, box := openInbox(t)
		s.schedule("o", 86400).okay()
		s.schedule("m", 3600).okay()
		s.schedule("n", 7200).okay()
		time.Sleep(time.Hour - 1)
		synctest.Wait()
		require.Empty(t, box.bodies())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Equal(t, []string{body("imps_100000000001", "m", "paid")}, box.bodies())

		s.srv.SetClockOffset(time.Hour)
		synctest.Wait()
		require.Len(t, box.bodies(), 1)
		s.get("/payments/find/x")
		synctest.Wait()
		require.Equal(t, body("imps_100000000002", "n", "paid"), box.bodies()[1])

		s.srv.SetClockOffset(-time.Hour)
		s.get("/payments/find/x")
		time.Sleep(24*time.Hour - 1)
		synctest.Wait()
		require.Len(t, box.bodies(), 2)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Equal(t, body("imps_100000000003", "o", "paid"), box.bodies()[2])
		s.srv.Inject(againPath, iamporttest.LoseThenExecute(0))
		_, err := s.send(s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"p","amount":1}`))
		require.Error(t, err)
		synctest.Wait()
		require.Equal(t, body("imps_100000000004", "p", "paid"), box.bodies()[3], "planned for the time of the last one")
		w := s.srv.Webhooks()[2]
		require.True(t, w.At.Equal(time.Unix(946684800+86400, 0)), w.At)
		require.True(t, w.Attempts[0].At.Equal(w.At))
	})
}

// What waits for its time leaves no goroutine behind: the bubble ends.
func TestWebhooksMayBeLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, box := openInbox(t, iamporttest.WithWebhookRetries(5))
		box.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
		s.srv.InjectWebhooks("n", iamporttest.WebhookFault{Delay: time.Hour})
		s.schedule("o", 3600).okay()
		s.again("m").okay()
		s.again("n").okay()
	})
}

func TestWebhooksOverTheNetwork(t *testing.T) {
	t.Parallel()
	box := &inbox{answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }}
	ts := httptest.NewServer(box)
	defer ts.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	s := open(t, iamporttest.WithWebhookURL(ts.URL), iamporttest.WithCustomers("c"))
	notice := func(merchantUID, url string) {
		s.post("/subscribe/payments/again",
			fmt.Sprintf(`{"customer_uid":"c","merchant_uid":%q,"amount":1,"notice_url":%q}`, merchantUID, url)).okay()
	}
	s.again("m").okay()
	notice("closed", closed.URL)
	notice("other", "https://shop.example/hook")
	notice("none", "hook")
	box.arrived(s, body("imps_100000000001", "m", "paid"))
	all := s.srv.Webhooks()
	require.Equal(t, 302, all[0].Attempts[0].Status)
	require.Contains(t, all[1].Attempts[0].Err, "refused")
	require.Equal(t, "not sent: the host is neither that of WithWebhookURL nor a loopback address", all[2].Attempts[0].Err)
	require.Equal(t, "not a URL", all[3].Attempts[0].Err)
	for _, bad := range []string{"shop.example", "ftp://shop.example", "/hook", "http://%"} {
		require.Panics(t, func() { iamporttest.WithWebhookURL(bad) }, bad)
	}
	require.Panics(t, func() { iamporttest.WithWebhooks(nil) })
}
