package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

var quotedCard = iamport.Card{Number: "5409 2600 1234 5678", Expiry: "2031-07", Birth: "910817", Pwd2Digit: "73", CVC: "481"}

// neverQuoted is what of the card no text may hold. Two and three digits alone are in
// every time stamp, so they are looked for behind their names.
var neverQuoted = regexp.MustCompile(`5409.{0,3}2600|1234.{0,3}5678|2031.07|910817|(?i)pwd_2digit([^a-z0-9]|%[0-9a-f]{2})*73|cvc([^a-z0-9]|%[0-9a-f]{2})*481`)

// quotes are the ways in which a server quotes a request that it does not like.
func quotes(body []byte) map[string]string {
	var fields map[string]any
	_ = json.Unmarshal(body, &fields)
	form := url.Values{}
	prose := ""
	for name, value := range fields {
		form.Set(name, fmt.Sprint(value))
		prose += fmt.Sprintf(" %s: %v,", name, value)
	}
	var escaped strings.Builder
	for _, r := range string(body) {
		fmt.Fprintf(&escaped, `\u%04x`, r)
	}
	return map[string]string{
		"as it is": string(body), "form": form.Encode(), "escaped form": url.QueryEscape(form.Encode()), "prose": prose,
		"quoted": fmt.Sprintf("%q", body), "quoted twice": fmt.Sprintf("%q", fmt.Sprintf("%q", body)), "escaped": escaped.String(),
		"spaced number": strings.ReplaceAll(string(body), "-", " "), "dotted number": strings.ReplaceAll(string(body), "-", "."),
		"full width": strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '０'
			}
			return r
		}, string(body)),
	}
}

// A server that quotes the request shows nothing of the card: not in an error, its
// parts, a log, or a payment.
func TestServerThatQuotesTheRequest(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *iamport.Client) (*iamport.Payment, error){
		"Onetime": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
			return c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: "o", Amount: iamport.KRW(3000), Card: quotedCard})
		},
		"EnsurePaid": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
			return c.EnsurePaid(ctx, iamport.OnetimeRequest{MerchantUID: "o", Amount: iamport.KRW(3000), Card: quotedCard})
		},
		"RegisterCustomer": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
			_, err := c.RegisterCustomer(ctx, "c", iamport.RegisterCustomerRequest{Card: quotedCard})
			return nil, err
		},
		"Schedule": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
			_, err := c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "c", Card: quotedCard, Schedules: []iamport.ScheduleItem{
				{MerchantUID: "o", ScheduleAt: time.Now().Add(time.Hour), Amount: iamport.KRW(3000)},
			}})
			return nil, err
		},
	}
	places := map[string]func(text string) string{
		"message":     func(text string) string { return fmt.Sprintf(`{"code":-1,"message":%s,"response":null}`, text) },
		"message 500": func(text string) string { return fmt.Sprintf(`{"code":-1,"message":%s,"response":null}`, text) },
		"fail_reason": func(text string) string {
			return fmt.Sprintf(`{"code":0,"message":null,"response":{"imp_uid":"i","merchant_uid":"o","amount":3000,"status":"failed","fail_reason":%s}}`, text)
		},
		"fail_reason of an open payment": func(text string) string {
			return fmt.Sprintf(`{"code":0,"message":null,"response":{"imp_uid":"i","merchant_uid":"o","amount":3000,"status":"ready","fail_reason":%s}}`, text)
		},
	}
	for op, call := range calls {
		for place, answer := range places {
			if strings.HasPrefix(place, "fail_reason") && op != "Onetime" && op != "EnsurePaid" {
				continue // their answers hold no payment
			}
			t.Run(op+", "+place, func(t *testing.T) {
				t.Parallel()
				for way := range maps.Keys(quotes(nil)) {
					var log bytes.Buffer
					var sent atomic.Bool
					c := serve(t, func(w http.ResponseWriter, r *http.Request) {
						body, _ := io.ReadAll(r.Body)
						if r.Method == http.MethodGet {
							_, _ = io.WriteString(w, `{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":[]}}`)
							return
						}
						if bytes.Contains(body, []byte("5409-2600-1234-5678")) {
							sent.Store(true)
						}
						text, _ := json.Marshal(quotes(body)[way])
						if place == "message 500" {
							w.WriteHeader(http.StatusInternalServerError)
						}
						_, _ = io.WriteString(w, answer(string(text)))
					}, iamport.WithTimeout(10*time.Second), iamport.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
					_, err := call(t.Context(), c)
					require.Error(t, err)
					require.True(t, sent.Load())
					texts := []string{err.Error(), fmt.Sprintf("%v %+v %#v", err, err, err), log.String()}
					if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok && lost.Payment != nil {
						texts = append(texts, fmt.Sprintf("%+v", *lost.Payment))
					}
					if decline, ok := errors.AsType[*iamport.DeclinedError](err); ok {
						texts = append(texts, decline.Reason, fmt.Sprintf("%+v", *decline.Payment))
					}
					if api, ok := errors.AsType[*iamport.Error](err); ok {
						texts = append(texts, api.Message, fmt.Sprintf("%+v", *api))
					}
					for _, text := range texts {
						require.NotRegexp(t, neverQuoted, text, way)
					}
				}
			})
		}
	}
}
