package iamporttest

import "slices"

// A request in the books names at most so many orders, and none with a longer id.
const (
	maxOrders  = 100
	maxOrderID = 255
)

// orders returns the orders that a request names: by merchant_uid or imp_uid, in its path, query or body.
func (s *Server) orders(in incoming) []string {
	if in.route == nil {
		return nil
	}
	var uids []string
	add := func(uid string) {
		if uid != "" && len(uid) <= maxOrderID && len(uids) < maxOrders && !slices.Contains(uids, uid) {
			uids = append(uids, uid)
		}
	}
	ofPayment := func(impUID string) {
		if p := s.byImpUID[impUID]; p != nil {
			add(p.merchantUID)
		}
	}
	each := func(v any, do func(string)) {
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, item := range list {
			if uid, isText := item.(string); isText {
				do(uid)
			}
		}
	}
	for i, segment := range in.route.segments {
		switch segment {
		case "{merchant_uid}":
			add(in.path[i])
		case "{imp_uid}":
			ofPayment(in.path[i])
		}
	}
	query := in.URL.Query()
	for _, uid := range query["merchant_uid[]"] {
		add(uid)
	}
	for _, uid := range query["imp_uid[]"] {
		ofPayment(uid)
	}
	each(in.params.values["merchant_uid"], add)
	each(in.params.values["imp_uid"], ofPayment)
	items, _ := in.params.values["schedules"].([]any)
	for _, item := range items {
		values, _ := item.(map[string]any)
		each(values["merchant_uid"], add)
	}
	return uids
}
