package iamporttest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A parameter of the schema's maximum length passes, one character more is answered 400 with its name.
func TestMaximumLengths(t *testing.T) {
	t.Parallel()
	s := open(t)
	order := map[string]int{"merchant_uid": 40, "name": 40, "buyer_name": 16, "buyer_email": 64, "buyer_tel": 16,
		"buyer_addr": 128, "buyer_postcode": 8}
	with := func(more map[string]int) map[string]int {
		all := map[string]int{}
		for _, some := range []map[string]int{order, more} {
			for name, limit := range some {
				all[name] = limit
			}
		}
		return all
	}
	card := map[string]any{"card_number": "1234123412341234", "expiry": "2030-01"}
	item := map[string]any{"merchant_uid": "m", "amount": 1, "schedule_at": s.srv.Now().Add(time.Hour).Unix()}
	for path, test := range map[string]struct {
		body   map[string]any
		limits map[string]int
		item   bool
	}{
		"/subscribe/payments/onetime": {map[string]any{"merchant_uid": "m", "amount": 1, "card_number": "1234123412341234", "expiry": "2030-01"},
			with(map[string]int{"customer_uid": 80, "pg": 80, "channelGroupId": 55}), false},
		"/subscribe/payments/again": {map[string]any{"merchant_uid": "m", "amount": 1, "customer_uid": "c"},
			with(map[string]int{"customer_uid": 80, "channel_key": 55}), false},
		"/subscribe/customers/c": {card, map[string]int{"pg": 80, "channel_key": 55, "channel_group_id": 55, "customer_name": 20,
			"customer_tel": 20, "customer_email": 200, "customer_addr": 200, "customer_postcode": 8}, false},
		"/subscribe/payments/schedule": {map[string]any{"customer_uid": "c", "schedules": []any{item}},
			map[string]int{"customer_uid": 80, "channel_key": 55}, false},
		"/subscribe/payments/schedule/": {item, order, true},
		"/payments/prepare":             {map[string]any{"merchant_uid": "m", "amount": 1}, map[string]int{"merchant_uid": 40}, false},
	} {
		for name, limit := range test.limits {
			send := func(method string, n int) reply {
				body := map[string]any{}
				for k, v := range test.body {
					body[k] = v
				}
				body[name] = strings.Repeat("가", n)
				if test.item {
					body = map[string]any{"customer_uid": "c", "schedules": []any{body}}
				}
				text, err := json.Marshal(body)
				require.NoError(t, err)
				return s.do(method, path, string(text))
			}
			full := name
			if test.item {
				full = "schedules[0]." + name
			}
			message := fmt.Sprintf("parameter %s is longer than %d characters", full, limit)
			send("POST", limit+1).refused(400, "-1", message)
			require.NotEqual(t, 400, send("POST", limit).status, "%s of %s", name, path)
			if path == "/payments/prepare" {
				send("PUT", limit+1).refused(400, "-1", message)
			}
		}
	}
	s.register(url.PathEscape(strings.Repeat("가", 80)), anyCard).okay()
	s.register(url.PathEscape(strings.Repeat("가", 81)), anyCard).refused(400, "-1", "parameter customer_uid is longer than 80 characters")
	s.post("/payments/prepare", `{"merchant_uid":`+strings.Repeat("1", 41)+`,"amount":1}`).refused(400, "-1", "merchant_uid is longer than 40")
	// Refunds and look-ups have no limit in the schema.
	s.post("/payments/cancel", `{"merchant_uid":"`+strings.Repeat("m", 41)+`"}`).refused(200, "1", "취소할 결제건이")
}
