package money_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func TestRefusedInWordsAndExecuted(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"no", "[2116] limit", "already paid"} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.Inject(again, iamporttest.RefuseAfter(message))
			p, err := s.client().Again(t.Context(), order)
			require.NoError(t, err)
			require.Equal(t, iamport.StatusPaid, p.Status)
		})
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, iamporttest.WithUserAgentLimit(0))
			s.Inject(again, iamporttest.RefuseAfter(message))
			alreadyPaid(t, err2(s.client().Again(t.Context(), order)))
			s.Inject(again, iamporttest.RefuseAfter(message))
			next := order
			next.MerchantUID = "order_2"
			_, err := s.client().EnsurePaid(t.Context(), next)
			require.NoError(t, err)
		})
	}
}

func TestRefusedAndBlind(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 404, 409, 429} {
		for _, after := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				const body = `{"code":-1,"message":"no","response":null}`
				refusal := iamporttest.Answer(status, "application/json", body)
				if after {
					refusal = iamporttest.AnswerAfter(status, "application/json", body)
				}
				s.Inject(again, refusal)
				s.InjectFunc(func(r *http.Request) *iamporttest.Fault {
					if r.Method == http.MethodGet {
						return new(iamporttest.Answer(503, "text/html", "<html>"))
					}
					return nil
				})
				began := time.Now()
				lost := unknown(t, err2(s.client().Again(t.Context(), order)))
				require.Greater(t, time.Since(began), 45*time.Second, "repeated for a time-out")
				require.LessOrEqual(t, time.Since(began), time.Minute, "and no longer")
				require.ErrorContains(t, lost, "no (HTTP ", "the refusal is told")

				s.InjectFunc(nil)
				next := order
				next.MerchantUID = "order_2"
				s.Inject(again, refusal)
				_, err := s.client().Again(t.Context(), next)
				if after {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, iamport.ErrNotCharged)
				}
			})
		}
	}
}

func TestRefusedBesideAPendingRecord(t *testing.T) {
	t.Parallel()
	for paid, pending := range map[bool]time.Duration{true: 30 * time.Second, false: 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			s.Inject(onetime, iamporttest.Pending(pending, paid))
			unknown(t, err2(s.client().Onetime(within(t, time.Second), iamport.OnetimeRequest{MerchantUID: "order_1", Amount: iamport.KRW(3000), Card: card})))
			s.Inject(again, iamporttest.DeclineCode("no"))
			_, err := s.client().Again(t.Context(), order)
			if paid {
				alreadyPaid(t, err)
			} else {
				require.ErrorIs(t, err, iamport.ErrNotCharged)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(onetime, iamporttest.Pending(time.Hour, true))
		unknown(t, err2(s.client().Onetime(within(t, time.Second), iamport.OnetimeRequest{MerchantUID: "order_1", Amount: iamport.KRW(3000), Card: card})))
		s.Inject(again, iamporttest.DeclineCode("no"))
		require.Equal(t, iamport.StatusReady, unknown(t, err2(s.client().Again(t.Context(), order))).Payment.Status)
		require.Equal(t, iamport.StatusReady, nothingSent(t, err2(s.client().EnsurePaid(t.Context(), order))).Payment.Status)
		require.Equal(t, 1, s.sent(again))
	})
}

func TestFailedAndThenPaid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server []iamporttest.Option
		client []iamport.Option
		lost   bool
	}{
		"the record names the PG":          {},
		"the record names it, answer lost": {lost: true},
		"WithPG names it, the record none": {server: []iamporttest.Option{iamporttest.WithoutPGProvider()}, client: []iamport.Option{iamport.WithPG(iamport.PGPaymentwall)}},
		"WithPG names it, and answer lost": {server: []iamporttest.Option{iamporttest.WithoutPGProvider()}, client: []iamport.Option{iamport.WithPG(iamport.PGPaymentwall)}, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, test.server...)
				c := s.client(test.client...)
				fault := iamporttest.FailThenPay(3*time.Minute, "(PG) Internal error")
				if test.lost {
					fault = fault.Slow(2 * time.Minute)
				}
				s.Inject(again, fault)
				lost := unknown(t, err2(c.EnsurePaid(t.Context(), order)))
				require.NotEmpty(t, lost.Attempt)
				unknown(t, err2(c.Settle(t.Context(), "order_1", lost.Attempt)))
				nothingSent(t, err2(c.EnsurePaid(t.Context(), order)))
				time.Sleep(3 * time.Minute)
				p, err := c.EnsurePaid(t.Context(), order)
				require.NoError(t, err)
				require.Equal(t, iamport.StatusPaid, p.Status)
				require.Equal(t, 1, s.Charges("order_1"))

				next := order
				next.MerchantUID = "order_2"
				s.Inject(again, fault)
				unknown(t, err2(c.Again(t.Context(), next)))
			})
		})
	}
	// A refusal of Paymentwall with a message decides nothing either.
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(again, iamporttest.DeclineCode("[1234] no"))
		unknown(t, err2(s.client(iamport.WithPG(iamport.PGPaymentwall)).Again(t.Context(), order)))
		s.Inject(onetime, iamporttest.DeclineCode("[1234] no"), iamporttest.DeclineCode("[1234] no"))
		byCard := iamport.OnetimeRequest{MerchantUID: "order_2", Amount: iamport.KRW(3000), Card: card}
		unknown(t, err2(s.client(iamport.WithPG(iamport.PGPaymentwall)).Onetime(t.Context(), byCard)))
		byCard.PG = iamport.PGPaymentwall.MID("shop")
		unknown(t, err2(s.client().Onetime(t.Context(), byCard)))
	})
	// If the record names another PG, WithPG is ignored: the order is declined and free.
	for _, options := range [][]iamporttest.Option{nil, {iamporttest.WithUserAgentLimit(0)}} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, options...)
			journal := newNotes()
			c := s.client(iamport.WithPG(iamport.PGPaymentwall), iamport.WithJournal(journal))
			s.Inject(again, iamporttest.Decline("[2116] limit"))
			declined(t, err2(c.EnsurePaid(t.Context(), order)))
			require.Equal(t, []bool{true}, journal.noted)
		})
	}
	// WithPG also applies to RetrySchedule.
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithoutPGProvider())
		c := s.client(iamport.WithPG(iamport.PGPaymentwall))
		s.failedSchedule(c, "order_3")
		s.Inject(retry, iamporttest.DeclineCode("[1234] no"))
		unknown(t, err2(c.RetrySchedule(t.Context(), "order_3")))
	})
	// A failure whose hold has ended is final.
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client()
		s.Inject(again, iamporttest.FailThenPay(24*time.Hour, "no"))
		lost := unknown(t, err2(c.EnsurePaid(t.Context(), order)))
		time.Sleep(time.Until(lost.RetryAt))
		_, err := c.EnsurePaid(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, 2, s.sent(again))
	})
}

func TestUnauthorizedByAGateway(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"html": "<html>401</html>", "empty": "", "cut": `{"code":-1,"mess`, "no code": `{"message":"Unauthorized","response":null}`,
		"code 0":         `{"code":0,"message":"Unauthorized","response":null}`,
		"gRPC gateway":   `{"code":16,"message":"Unauthenticated","details":[]}`,
		"no response":    `{"code":401,"message":"Unauthorized"}`,
		"a code alone":   `{"code":-1}`,
		"with {}":        `{"code":-1,"message":"Unauthorized","response":{}}`,
		"with a text":    `{"code":-1,"message":"Unauthorized","response":"no"}`,
		"with a list":    `{"code":-1,"message":"Unauthorized","response":[{"imp_uid":"imps_9","merchant_uid":"order_1","status":"paid"}]}`,
		"with a payment": `{"code":-1,"message":"Unauthorized","response":{"imp_uid":"imps_9","merchant_uid":"order_1","amount":3000,"status":"paid"}}`,
		"with a failure": `{"code":-1,"message":"Unauthorized","response":{"imp_uid":"imps_9","merchant_uid":"order_1","amount":3000,"status":"failed"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, iamporttest.WithDuplicates(iamporttest.RefuseNone))
				s.Inject(again, iamporttest.AnswerAfter(401, "application/json", body))
				_, err := s.client().Again(t.Context(), order)
				require.NoError(t, err, "the look-up finds its payment")
				require.Equal(t, 1, s.sent(again))

				s.Inject(again, iamporttest.Answer(401, "application/json", body))
				next := order
				next.MerchantUID = "order_2"
				unknown(t, err2(s.client().Again(t.Context(), next)))
				require.Equal(t, 2, s.sent(again))
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		refusal := iamporttest.Answer(401, "application/json", unauthorizedJSON)
		s.Inject(again, refusal, refusal)
		_, err := s.client().Again(t.Context(), order)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.ErrorIs(t, err, iamport.ErrUnauthorized)
		require.Equal(t, 2, s.sent(again))
		require.Zero(t, s.sent("GET /order_1"), "a second 401 is not looked up")
	})
}

// A look-up that the end of the window stops does not count; the one before it does.
func TestLookCutByTheEndOfTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		c := s.client(iamport.WithTimeout(10 * time.Second))
		s.Inject(again, iamporttest.DeclineCode("no"))
		s.Inject(findAll, iamporttest.Fault{}, iamporttest.Fault{}) // before the charge, and after the refusal
		s.InjectFunc(func(r *http.Request) *iamporttest.Fault {
			if r.Method == http.MethodGet {
				return new(iamporttest.Delay(time.Hour))
			}
			return nil
		})
		_, err := c.EnsurePaid(t.Context(), order)
		require.ErrorIs(t, err, iamport.ErrNotCharged, "one whole look has shown nothing paid")
	})
	// The end of the caller's context is not the end of the window.
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.Inject(again, iamporttest.DeclineCode("no"))
		unknown(t, err2(s.client().EnsurePaid(within(t, 5*time.Second), order)))
	})
}

// A record that is visible right before the end of the window decides the charge.
func TestLastLookOfTheWindow(t *testing.T) {
	t.Parallel()
	for range 20 { // the waits are random
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, iamporttest.WithLateRecords(9900*time.Millisecond))
			s.Inject(again, iamporttest.LoseAfter())
			_, err := s.client().Again(t.Context(), order)
			require.NoError(t, err)
		})
	}
}

// An answer that is not final decides nothing, and the call still ends.
func TestAnswerThatIsNotFinal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		endless, _ := io.Pipe()
		c := s.client(iamport.WithHTTPClient(&http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/again") {
				return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: endless, Header: http.Header{}, Request: r}, nil
			}
			return s.RoundTrip(r)
		})}))
		unknown(t, err2(c.Again(t.Context(), order)))
		require.Zero(t, s.sent(again))
	})
}
