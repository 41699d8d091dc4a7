package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/iamport-go/iamport"
)

// lister is a transport that makes the pages of a list of total payments, in one text, so
// it allocates almost nothing.
type lister struct {
	total int
	list  []byte // the payments of a full page
	size  int    // bytes of one payment, with its comma
	ids   []int  // where the numbers of a payment are in it
}

// serialDigits is the length of the number of a payment, the last digits of its ids.
const serialDigits = 9

func newLister(total int) *lister {
	l := &lister{total: total, list: payments(0, paymentsPage)}
	l.size = (len(l.list) + 1) / paymentsPage
	for _, id := range []string{listedID, listedOrder} {
		l.ids = append(l.ids, bytes.Index(l.list, []byte(id))+len(id)-serialDigits)
	}
	return l
}

// RoundTrip answers a sign-in, or a page.
func (l *lister) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/users/getToken" {
		return respond(r, io.NopCloser(bytes.NewReader([]byte(signInText))), len(signInText)), nil
	}
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return nil, err
	}
	first := (number - 1) * paymentsPage
	n := min(paymentsPage, l.total-first)
	for i := range n {
		for _, at := range l.ids {
			digits := l.list[i*l.size+at:][:serialDigits]
			for serial, d := first+i, serialDigits-1; d >= 0; d-- {
				digits[d] = byte('0' + serial%10)
				serial /= 10
			}
		}
	}
	next := number + 1
	if first+n == l.total {
		next = 0
	}
	head, items := pageHead(l.total, number-1, next), l.list[:n*l.size-1]
	body := io.MultiReader(bytes.NewReader([]byte(head)), bytes.NewReader(items), bytes.NewReader([]byte(pageTail)))
	return respond(r, io.NopCloser(body), len(head)+len(items)+len(pageTail)), nil
}

// heap returns the bytes of all objects, garbage included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watchHeap looks at the heap each millisecond until stop is called, which returns by how much it
// grew at most.
func watchHeap() (stop func() float64) {
	runtime.GC()
	before := heap()
	largest := before
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for ticks := time.NewTicker(time.Millisecond); ; {
			select {
			case <-ticks.C:
				largest = max(largest, heap())
			case <-end:
				return
			}
		}
	}()
	return func() float64 {
		close(end)
		<-ended
		return float64(max(largest, heap()) - before)
	}
}

// walk iterates over total payments.
func walk(ctx context.Context, total int) (took time.Duration, growth float64, err error) {
	l := newLister(total)
	p, err := newWithPackage("", l)
	if err != nil {
		return 0, 0, err
	}
	stop := watchHeap()
	defer func() { growth = stop() }()
	start, n := time.Now(), 0
	for payment, err := range p.client.Payments(ctx, iamport.PaymentQuery{From: listFrom, To: listTo, PageSize: paymentsPage}) {
		if err != nil {
			return 0, 0, err
		}
		if n++; !payment.Amount.IsSet() {
			return 0, 0, fmt.Errorf("payment %d has no amount", n)
		}
	}
	if took = time.Since(start); n != total {
		return 0, 0, fmt.Errorf("%d of %d payments", n, total)
	}
	return took, 0, nil
}

const maxGrowth = 16 << 20

// plotWalks walks lists of up to a million payments; the last one is also a figure.
func plotWalks(ctx context.Context, r *report) error {
	if _, _, err := walk(ctx, 1); err != nil { // the first one works out how to decode
		return err
	}
	ofTime, ofHeap := series{name: "time of a payment"}, series{name: "growth of the heap"}
	for total := 1; total <= 1_000_000; total *= 10 {
		took, growth, err := walk(ctx, total)
		if err != nil {
			return err
		}
		ofTime.add(total, float64(took)/float64(total)/1000)
		ofHeap.add(total, growth/(1<<20))
		if total == 1_000_000 {
			r.figures = append(r.figures, figure{
				"walking 1,000,000 payments: growth of the heap", "", fmt.Sprintf("%.1f MiB", growth/(1<<20)),
				"time " + took.Round(100*time.Millisecond).String(), "16.0 MiB", growth <= maxGrowth,
			})
		}
	}
	r.charts = append(r.charts,
		chart{title: "a walk of Payments: µs for each payment", x: "payments", series: []series{ofTime}},
		chart{title: "a walk of Payments: growth of the heap, MiB", x: "payments", series: []series{ofHeap}, linear: true})
	return nil
}
