package iamportriver

import (
	"fmt"
	"strings"
	"time"
)

// Dunning decides when a declined order is tried again, and under which merchant_uid. It must
// depend on its argument alone: it is called again if the transaction fails.
type Dunning func(Decline) Next

// Decline is a try that was declined. Nothing was charged.
type Decline struct {
	Args ChargeArgs
	// Err is an [*iamport.DeclinedError], or an [*iamport.Error] for a refusal without a PG code,
	// such as an unknown customer_uid. If an earlier run could not store the end, it is a
	// DeclinedError with the reason and the code of the decline, for a refusal too.
	Err error
	// At is the time of the decline.
	At time.Time
}

// Next is the next try. The zero value means that there is none. One that cannot be stored is
// logged and not made.
type Next struct {
	// At is the time of the next try; it is made at once if that has passed.
	At time.Time
	// MerchantUID is the order number of the next try, a new one: iamport keeps one record for
	// each. Default: that of the first try, a hyphen and the number of the try ("order-2").
	MerchantUID string
}

// DunningWaits returns a Dunning that waits between the tries: DunningWaits(24*time.Hour,
// 48*time.Hour) tries again a day after the first decline and two days after the second. The
// order numbers of the first tries must leave room for the hyphen and the number within 40
// characters. Smartro accepts no hyphen, so its shops need a Dunning of their own.
func DunningWaits(waits ...time.Duration) Dunning {
	return func(d Decline) Next {
		try := max(d.Args.Try, 1)
		if try > len(waits) {
			return Next{}
		}
		return Next{At: d.At.Add(waits[try-1])}
	}
}

// next returns the arguments of the next try.
func (a ChargeArgs) next(n Next) ChargeArgs {
	next := a.withDefaults()
	next.Try++
	next.First = false
	next.MerchantUID = n.MerchantUID
	if next.MerchantUID == "" {
		first := a.MerchantUID
		if a.Try > 1 {
			first = strings.TrimSuffix(first, fmt.Sprintf("-%d", a.Try))
		}
		next.MerchantUID = fmt.Sprintf("%s-%d", first, next.Try)
	}
	return next
}
