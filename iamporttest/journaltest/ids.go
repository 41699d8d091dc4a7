package journaltest

import (
	"fmt"
	"strings"
)

func idOnce(e *env) {
	e.begin("open", "a", quietHour)
	e.used("open", "a")

	e.begin("unknown", "a", quietHour)
	e.end("unknown", "a", false)
	e.used("unknown", "a")

	e.begin("notCharged", "a", quietHour)
	e.end("notCharged", "a", true)
	e.used("notCharged", "a")
	began := e.begin("notCharged", "b", quietHour)
	e.used("notCharged", "a") // and not held by b, which would be tried again later
	e.held("notCharged", began)

	e.begin("old", "a", 0)
	e.begin("old", "b", 0)
	e.used("old", "a")
	e.used("old", "b")
}

func idOfAnotherOrder(e *env) {
	began := e.begin("order-1", "a", quietHour)
	e.begin("order-2", "a", quietHour)
	e.end("order-2", "a", true)
	e.held("order-1", began)
	e.used("order-2", "a")
	e.free("order-2")
}

// long is one byte shorter than the longest id.
var long = strings.Repeat("0123456789abcdef", 4)[:63]

// similar are pairs of texts that collations, normal forms, patterns, fixed widths or
// escapes confuse.
var similar = [][2]string{
	{"order", "Order"},
	{"order", "order "},
	{"order", " order"},
	{"order-\u00e9", "order-e\u0301"},
	{"order-\uac00", "order-\u1100\u1161"},
	{"order-e", "order-\u00e9"},
	{"order-a", "order-\uff41"},
	{"order-ss", "order-\u00df"},
	{"order-fi", "order-\ufb01"},
	{"order-k", "order-\u212a"},
	{"order", "order\u200b"},
	{"order%", "orders"},
	{"order_", "orders"},
	{"order*", "orders"},
	{`order\`, `order\\`},
	{"order'", "order''"},
	{long + "0", long + "1"},
}

func idsByteByByte(e *env) {
	for i, pair := range similar {
		for _, turned := range [][2]string{pair, {pair[1], pair[0]}} {
			a, b := turned[0], turned[1]
			order := fmt.Sprintf("%d-%s", i, turned[0])
			e.begin(order, a, 0)
			began := e.begin(order, b, 0)
			e.used(order, a)
			e.used(order, b)
			e.end(order, a, true)
			e.held(order, began)
			e.end(order, b, true)
			e.free(order)
		}
	}
}

func ordersByteByByte(e *env) {
	for i, pair := range similar {
		a, b := fmt.Sprintf("%d-%s", i, pair[0]), fmt.Sprintf("%d-%s", i, pair[1])
		e.begin(a, "a", quietHour)
		began := e.begin(b, "a", quietHour)
		e.held(b, began)
		e.end(a, "a", true)
		e.held(b, began)
		e.free(a)
		e.held(b, began)
	}
}

// notRunTogether has attempts that have one key if order and id are joined.
func notRunTogether(e *env) {
	for i, sep := range []string{"", ".", "_", "-"} {
		order := fmt.Sprintf("order%d", i)
		e.begin(order, "a"+sep+"b", quietHour)
		began := e.begin(order+sep+"a", "b", quietHour)
		e.end(order, "a"+sep+"b", true)
		e.held(order+sep+"a", began)
		e.free(order)
	}
}

func unusualOrders(e *env) {
	for _, order := range []string{
		"refund:imps_1", "refund:", "'", "''", `"`, "`", `\`, "%", "_", "*", "?", "$1", ":a", "@a", "{order}", "[a-z]", "--",
		"'; DELETE FROM attempts; --", "a/b", "a|b", "a:b", "a,b;c", "<&>", "#", "0", "-1", "1e3", "null", "NULL", "true",
		"\U0001F600", "\U0001F468\u200d\U0001F469\u200d\U0001F467", "주문 2026년 11월 #1", "\u202eorder",
		strings.Repeat("한", 40), strings.Repeat("o", 200),
	} {
		began := e.begin(order, "a", quietHour)
		e.held(order, began)
		e.used(order, "a")
		e.held(order, e.end(order, "a", false))
		e.end(order, "a", true)
		e.used(order, "a")
		e.held(order, e.free(order))
	}
}
