package iamporttest

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"
)

// longest holds the maximum lengths of the schema, in characters, for the operations that charge, schedule, prepare or
// store a card. Look-ups, refunds and revocations have none.
var longest = map[string]int{
	"merchant_uid": 40, "customer_uid": 80, "name": 40, "pg": 80,
	"channel_key": 55, "channelGroupId": 55, "channel_group_id": 55,
	"buyer_name": 16, "buyer_email": 64, "buyer_tel": 16, "buyer_addr": 128, "buyer_postcode": 8,
	"customer_name": 20, "customer_tel": 20, "customer_email": 200, "customer_addr": 200, "customer_postcode": 8,
}

// fit refuses a parameter that is longer than the schema allows.
func (p params) fit() {
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		limit, has := longest[name]
		if !has {
			continue
		}
		var text string
		switch v := p.values[name].(type) {
		case string:
			text = v
		case json.Number:
			text = v.String()
		}
		if utf8.RuneCountInString(text) > limit {
			p.failf("parameter %s%s is longer than %d characters", p.prefix, name, limit)
		}
	}
}
