package faulttest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/iamport-go/iamport"
)

// outcome is the result of one charge, or a set of allowed results.
type outcome int

const (
	paid outcome = 1 << iota
	notCharged
	alreadyPaid
	unknown
	contradictory // more or fewer than one of the four
)

// said returns the outcome of a charge for amount.
func said(merchantUID string, amount iamport.Amount, p *iamport.Payment, err error) outcome {
	var o outcome
	if err == nil {
		if p == nil || p.Status != iamport.StatusPaid || p.MerchantUID != merchantUID || p.Amount != amount || p.ImpUID == "" {
			return contradictory
		}
		return paid
	}
	if errors.Is(err, iamport.ErrNotCharged) {
		o |= notCharged
	}
	if _, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		o |= alreadyPaid
	}
	if _, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		o |= unknown
	}
	switch {
	case p != nil:
		return contradictory
	case o == notCharged, o == alreadyPaid, o == unknown:
		return o
	}
	return contradictory
}

// row is one line of the report.
type row struct {
	fault, proto, call          string
	charges, executed           int
	paid, not, already, unknown int
	wrong                       int
	why                         []string // the first few errors
}

func (r *row) add(o outcome) {
	switch o {
	case paid:
		r.paid++
	case notCharged:
		r.not++
	case alreadyPaid:
		r.already++
	case unknown:
		r.unknown++
	default:
		r.blame("neither one nor another of the four outcomes")
	}
}

func (r *row) blame(format string, args ...any) {
	r.wrong++
	if len(r.why) < 5 {
		r.why = append(r.why, fmt.Sprintf(format, args...))
	}
}

// report collects the rows of parallel tests.
type report struct {
	mu   sync.Mutex
	rows []*row
}

func (r *report) add(one *row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, one)
}

func (r *report) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortFunc(r.rows, func(a, b *row) int {
		return strings.Compare(a.fault+"\x00"+a.proto+"\x00"+a.call, b.fault+"\x00"+b.proto+"\x00"+b.call)
	})
	var b strings.Builder
	line := func(cells ...any) { fmt.Fprintf(&b, "%-44s %-16s %-13s %7v %8v %6v %8v %8v %8v %6v\n", cells...) }
	line("fault", "proto", "call", "charges", "executed", "paid", "not chg.", "already", "unknown", "wrong")
	var sum row
	for _, o := range r.rows {
		line(o.fault, o.proto, o.call, o.charges, o.executed, o.paid, o.not, o.already, o.unknown, o.wrong)
		sum.charges += o.charges
		sum.executed += o.executed
		sum.paid += o.paid
		sum.not += o.not
		sum.already += o.already
		sum.unknown += o.unknown
		sum.wrong += o.wrong
	}
	line("all", "", "", sum.charges, sum.executed, sum.paid, sum.not, sum.already, sum.unknown, sum.wrong)
	return b.String()
}
