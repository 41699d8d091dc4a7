package money_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func trace(r *http.Request) *httptrace.ClientTrace { return httptrace.ContextClientTrace(r.Context()) }

// The same record gives the same result: as the direct answer, in the look-up after a
// lost answer, with Settle and with EnsurePaid.
func TestSameFactsSameResult(t *testing.T) {
	t.Parallel()
	const mark = "mark-1"
	for name, test := range map[string]struct{ record, direct, lost, settle, ensure string }{
		"paid":                 {`"status":"paid"`, "paid", "paid", "paid", "paid"},
		"paid, unmarked":       {`"status":"paid","user_agent":null`, "paid", "paid", "paid", "paid"},
		"paid by another":      {`"status":"paid","user_agent":"iamport-go/9 (other)"`, "already", "already", "already", "paid"},
		"another currency":     {`"status":"paid","currency":"USD"`, "unknown", "unknown", "paid", "already"},
		"another amount":       {`"status":"paid","amount":2999`, "unknown", "unknown", "paid", "already"},
		"no amount":            {`"status":"paid","amount":null`, "unknown", "unknown", "paid", "already"},
		"another customer":     {`"status":"paid","customer_uid":"customer_2"`, "unknown", "unknown", "paid", "already"},
		"another order":        {`"status":"paid","merchant_uid":"order_2"`, "unknown", "unknown", "unknown", "unknown"},
		"no identity":          {`"status":"paid","merchant_uid":null,"imp_uid":null`, "unknown", "unknown", "unknown", "unknown"},
		"order told by its id": {`"status":"paid","merchant_uid":null`, "paid", "paid", "paid", "paid"},
		"no currency told":     {`"status":"paid","currency":null`, "paid", "paid", "paid", "paid"},
		"no customer told":     {`"status":"paid","customer_uid":null`, "paid", "paid", "paid", "paid"},
		"cancelled":            {`"status":"cancelled","cancel_amount":3000`, "already", "already", "already", "already"},
		"failed":               {`"status":"failed"`, "declined", "declined", "declined", "charges"},
		"ready":                {`"status":"ready"`, "unknown", "unknown", "unknown", "unknown"},
		"unknown status":       {`"status":"pending"`, "unknown", "unknown", "unknown", "unknown"},
		"no status":            {`"status":null`, "unknown", "unknown", "unknown", "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record := merged(t, fmt.Sprintf(`{"imp_uid":"imps_1","merchant_uid":"order_1","amount":3000,"cancel_amount":0,"currency":"KRW",`+
				`"customer_uid":"customer_1","user_agent":"iamport-go/0.1.0 (%s)"}`, mark), "{"+test.record+"}")
			list := fmt.Sprintf(`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[%s]}}`, record)
			ask := func(charge string, call func(context.Context, *iamport.Client) error) string {
				var word string
				synctest.Test(t, func(t *testing.T) {
					s := newShop(t)
					s.InjectFunc(func(r *http.Request) *iamporttest.Fault {
						switch r.Method + " " + r.URL.Path {
						case "GET /payments/findAll/order_1":
							return new(iamporttest.Answer(200, "application/json", list))
						case "POST /subscribe/payments/again":
							if charge == "" {
								return new(iamporttest.LoseBefore())
							}
							return new(iamporttest.Answer(200, "application/json", charge))
						}
						return nil
					})
					word = wordOf(t, call(t.Context(), s.client()))
				})
				return word
			}
			charge := func(ctx context.Context, c *iamport.Client) error {
				return err2(c.Again(iamport.WithAttempt(ctx, mark), order))
			}
			require.Equal(t, test.direct, ask(`{"code":0,"message":null,"response":`+record+`}`, charge), "direct")
			require.Equal(t, test.lost, ask("", charge), "lost")
			require.Equal(t, test.settle, ask("", func(ctx context.Context, c *iamport.Client) error {
				return err2(c.Settle(ctx, "order_1", mark))
			}), "Settle, which knows no terms")
			ensured := ask(`{"code":-1,"message":"[9999] charged","response":null}`, func(ctx context.Context, c *iamport.Client) error {
				return err2(c.EnsurePaid(ctx, order))
			})
			if test.ensure == "charges" {
				require.Equal(t, "declined", ensured, "it tries again")
			} else {
				require.Equal(t, test.ensure, ensured, "EnsurePaid")
			}
		})
	}
}

// merged returns the members of both objects, those of the second one first.
func merged(t *testing.T, object, changes string) string {
	t.Helper()
	members := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal([]byte(object), &members))
	require.NoError(t, json.Unmarshal([]byte(changes), &members))
	text, err := json.Marshal(members)
	require.NoError(t, err)
	return string(text)
}

func wordOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return "paid"
	}
	if _, ok := errors.AsType[*iamport.DeclinedError](err); ok {
		declined(t, err)
		return "declined"
	}
	if _, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		alreadyPaid(t, err)
		return "already"
	}
	unknown(t, err)
	return "unknown"
}

// A 401 or 429 that holds a payment is an answer, not a refusal.
func TestStatusBesideAPayment(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "declined", 400: "declined", 401: "unknown", 429: "declined", 408: "unknown", 500: "unknown", 302: "unknown"} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			const failed = `{"code":-1,"message":"no","response":{"imp_uid":"imps_1","merchant_uid":"order_1","amount":3000,"status":"failed"}}`
			s.Inject(again, iamporttest.Answer(status, "application/json", failed))
			require.Equal(t, want, wordOf(t, err2(s.client().Again(t.Context(), order))), "failed, HTTP %d", status)
		})
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			const paid = `{"code":-1,"message":"no","response":{"imp_uid":"imps_1","merchant_uid":"order_1","amount":3000,"status":"paid"}}`
			s.Inject(again, iamporttest.Answer(status, "application/json", paid))
			require.Equal(t, "unknown", wordOf(t, err2(s.client().Again(t.Context(), order))), "paid, with a code, HTTP %d", status)
			require.Equal(t, 1, s.sent(again))
		})
	}
}

// Only Onetime and Again send marks.
func TestMarksOnTheWire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		userAgents := map[string][]string{}
		c := s.client(iamport.WithUserAgent("shop/1.0"), iamport.WithHTTPClient(&http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			key := r.Method + " " + r.URL.Path
			userAgents[key] = append(userAgents[key], r.UserAgent())
			return s.RoundTrip(r)
		})}))
		ctx := t.Context()
		_, err := c.Again(iamport.WithAttempt(ctx, "a.1"), order)
		require.NoError(t, err)
		_, err = c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: "order_2", Amount: iamport.KRW(3000), Card: card})
		require.NoError(t, err)
		_, err = c.CancelPayment(iamport.WithAttempt(ctx, "a.2"), iamport.CancelRequest{MerchantUID: "order_2", Full: true})
		require.NoError(t, err)
		s.failedSchedule(c, "order_3")
		_, err = c.RetrySchedule(iamport.WithAttempt(ctx, "a.3"), "order_3")
		require.NoError(t, err)
		_, err = c.Settle(ctx, "order_1", "a.1")
		require.NoError(t, err)

		product := "iamport-go/" + iamport.Version
		require.Equal(t, []string{product + " (a.1) shop/1.0"}, userAgents["POST /subscribe/payments/again"])
		require.Regexp(t, "^"+product+` \([a-z2-7]{26}\) shop/1\.0$`, userAgents["POST /subscribe/payments/onetime"][0])
		for route, sent := range userAgents {
			if route != "POST /subscribe/payments/again" && route != "POST /subscribe/payments/onetime" {
				for _, userAgent := range sent {
					require.Equal(t, product+" shop/1.0", userAgent, route)
				}
			}
		}
	})
}

// Two cases that somebody must check are logged: two payments of one order, and a
// payment of another call while the answer of a charge was lost.
func TestWarnings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, iamporttest.WithDuplicates(iamporttest.RefuseNone))
		var log bytes.Buffer
		c := s.client(iamport.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))))
		_, err := c.Again(t.Context(), order)
		require.NoError(t, err)
		require.Empty(t, log.String())

		s.Inject(again, iamporttest.LoseBefore())
		alreadyPaid(t, err2(c.Again(t.Context(), order)))
		require.Contains(t, log.String(), "level=WARN")
		require.Contains(t, log.String(), "merchant_uid=order_1")
		require.NotContains(t, log.String(), "level=ERROR")

		_, err = c.Again(t.Context(), order)
		require.NoError(t, err)
		_, err = c.Settle(t.Context(), "order_1", "")
		require.Error(t, err)
		require.Contains(t, log.String(), "level=ERROR")
		require.Contains(t, log.String(), "payments=2")
	})
}

// If a journal cannot write an end, the order stays held, and this is logged.
func TestEndThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		var log bytes.Buffer
		c := s.client(iamport.WithJournal(&notes{Journal: iamport.NewMemoryJournal(), noEnds: true}),
			iamport.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		s.Inject(again, iamporttest.Decline("no"))
		declined(t, err2(c.EnsurePaid(t.Context(), order)))
		require.Contains(t, log.String(), "level=WARN")
		require.Positive(t, time.Until(nothingSent(t, err2(c.EnsurePaid(t.Context(), order))).RetryAt))
	})
}
