package page

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

// paymentTable is a table of payments with a caption.
type paymentTable struct {
	*view
	Rows    []iamporttest.PaymentState
	Caption string
}

// paymentFilter is what the form above the payments asks for. Days are in Korea, and To is the last one.
type paymentFilter struct {
	Search, Status, Customer string
	From, To                 string
}

// statuses are the values of the filter.
var statuses = []string{"paid", "failed", "cancelled", "ready"}

func readPaymentFilter(q url.Values) paymentFilter {
	return paymentFilter{Search: strings.TrimSpace(q.Get("q")), Status: q.Get("status"),
		Customer: strings.TrimSpace(q.Get("customer")), From: day(q.Get("from")), To: day(q.Get("to"))}
}

// Set reports whether the filter leaves something out.
func (f paymentFilter) Set() bool { return f != paymentFilter{} }

// day returns a date as it is written in a form, "" if it is none.
func day(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}

// matches reports whether the form asks for p.
func (f paymentFilter) matches(p iamporttest.PaymentState) bool {
	date := p.StartedAt.In(seoul).Format(time.DateOnly)
	return (f.Status == "" || f.Status == p.Status) && (f.Customer == "" || f.Customer == p.CustomerUID) &&
		(f.From == "" || f.From <= date) && (f.To == "" || date <= f.To) && found(f.Search, p.MerchantUID, p.ImpUID)
}

// found reports whether one of the texts contains search, without regard to case.
func found(search string, texts ...string) bool {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), strings.ToLower(search)) {
			return true
		}
	}
	return false
}

// payments lists the payments that match the form.
func (p *Page) payments(v *view, r *http.Request) (screen, error) {
	filter := readPaymentFilter(r.URL.Query())
	state := p.box.Server.Snapshot(maxLoaded)
	var matching []iamporttest.PaymentState
	for _, payment := range state.Payments {
		if filter.matches(payment) {
			matching = append(matching, payment)
		}
	}
	shown, pages := cut(v, matching, r)
	return screen{"payments", struct {
		*view
		Filter   paymentFilter
		Statuses []string
		Payments paymentTable
		Paging   paging
		Loaded   int
		All      int
	}{v, filter, statuses, paymentTable{v, shown, "payments.caption"}, pages, len(state.Payments), state.TotalPayments}}, nil
}

// paging is a part of a list.
type paging struct {
	*view
	From, To, Sum int
	// Previous and Next are addresses, "" at an end of the list.
	Previous, Next string
}

// cut returns the part of list that the parameter page asks for. The first page is 1.
func cut[T any](v *view, list []T, r *http.Request) ([]T, paging) {
	last := max(1, (len(list)+pageSize-1)/pageSize)
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		n = 1
	}
	n = max(1, min(n, last))
	from, to := (n-1)*pageSize, min(n*pageSize, len(list))
	p := paging{view: v, From: min(from+1, to), To: to, Sum: len(list)}
	if n > 1 {
		p.Previous = v.with("page", strconv.Itoa(n-1))
	}
	if n < last {
		p.Next = v.with("page", strconv.Itoa(n+1))
	}
	return list[from:to], p
}
