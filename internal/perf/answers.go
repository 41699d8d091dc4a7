package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The answers, as iamport writes them. paymentText is that of the guide of Kiwoompay, which is
// mostly null; listedText is a payment with all fields, of which pages are made.
var (
	//go:embed testdata/payment.json
	paymentText string
	//go:embed testdata/customer.json
	customerText string
	//go:embed testdata/listed.json
	listedText string
)

const (
	token      = "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1"
	signInText = `{"code":0,"message":null,"response":{"access_token":"` + token + `","now":1512446940,"expired_at":1512448740}}`

	// What the payment has in place of the values of a call.
	someOrder    = "order_id_8237352"
	someAgent    = "iamport-go"
	someCustomer = "your-customer-unique-id"
	somePayment  = "imps_157956638714"
	someAmount   = 3000
)

var chargedParts = sync.OnceValue(func() [3]string {
	before, rest, _ := strings.Cut(paymentText, someOrder)
	between, after, _ := strings.Cut(rest, `"`+someAgent+`"`)
	return [3]string{before, between + `"`, `"` + after}
})

// chargedText appends the payment of a charge with this body to text: its order number is that of
// the body, and its user agent that of the call.
func chargedText(text, body []byte, userAgent string) []byte {
	parts := chargedParts()
	_, order, _ := bytes.Cut(body, []byte(`"merchant_uid":"`))
	order, _, _ = bytes.Cut(order, []byte(`"`))
	text = append(append(text, parts[0]...), order...)
	text = append(append(text, parts[1]...), userAgent...)
	return append(text, parts[2]...)
}

// listedID and listedOrder are the ids of listedText, which each payment of a page replaces.
const (
	listedID    = "imps_100000000000"
	listedOrder = "order_1000000000"
)

// payments is the list of n payments that begins with number first.
func payments(first, n int) []byte {
	before, rest, _ := strings.Cut(strings.TrimSpace(listedText), listedID)
	between, after, _ := strings.Cut(rest, listedOrder)
	list := make([]byte, 0, n*(len(listedText)+1))
	for i := range n {
		if i > 0 {
			list = append(list, ',')
		}
		list = fmt.Appendf(list, "%simps_%d%sorder_%d%s", before, 100_000_000_000+first+i, between, 1_000_000_000+first+i, after)
	}
	return list
}

// pageHead is the beginning of the text of a page, before its payments.
func pageHead(total, previous, next int) string {
	return fmt.Sprintf(`{"code":0,"message":null,"response":{"total":%d,"previous":%d,"next":%d,"list":[`, total, previous, next)
}

const pageTail = `]}}`

// page returns the text of the only page of n payments.
func page(n int) []byte {
	return slices.Concat([]byte(pageHead(n, 0, 0)), payments(0, n), []byte(pageTail))
}

var pages sync.Map // []byte by limit

func pageText(limit string) []byte {
	if text, ok := pages.Load(limit); ok {
		return text.([]byte)
	}
	n, _ := strconv.Atoi(limit)
	text := page(n)
	pages.Store(limit, text)
	return text
}
