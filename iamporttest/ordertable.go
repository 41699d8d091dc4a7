package iamporttest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// maxRows is the number of rows of a table at each end; those between are left out.
const maxRows = 100

// row is one line of the table of an order.
type row struct {
	at                 time.Time
	book, what, result string
}

// table writes the books of one order as a table, oldest first: what was asked for, and what the server executed. It has
// no card and no token, because the books have none.
func (s *Server) table(merchantUID string) string {
	unlock := s.lockBooks()
	rows := s.rows(merchantUID)
	unlock()
	slices.SortStableFunc(rows, func(a, b row) int { return a.at.Compare(b.at) })
	if left := len(rows) - 2*maxRows; left > 0 {
		gap := row{rows[maxRows].at, "...", strconv.Itoa(left) + " more", ""}
		rows = slices.Concat(rows[:maxRows], []row{gap}, rows[len(rows)-maxRows:])
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "time (UTC)\tbook\twhat\tresult")
	for _, r := range rows {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.at.UTC().Format("2006-01-02 15:04:05.000"), r.book, r.what, r.result)
	}
	_ = w.Flush()
	return b.String()
}

// rows lists the books of an order, book by book.
func (s *Server) rows(merchantUID string) []row {
	var all []row
	for _, r := range s.requests {
		if slices.Contains(r.MerchantUIDs, merchantUID) {
			all = append(all, row{r.At, "request", r.Method + " " + r.Path, status(r.Status)})
		}
	}
	if sch := s.scheduleOf[merchantUID]; sch != nil {
		all = append(all, row{time.Unix(sch.at, 0), "schedule", sch.customerUID, sch.status})
	}
	for _, p := range s.byOrder[merchantUID] {
		result := p.status
		if p.reason != "" {
			result += fmt.Sprintf(": %q", p.reason)
		}
		all = append(all, row{p.started, "attempt", p.impUID, result})
	}
	for _, p := range s.approvedOf[merchantUID] {
		all = append(all, row{p.approvedAt, "approval", p.impUID, decimal(p.amount) + " " + p.currency})
		for _, c := range p.cancellations {
			all = append(all, row{c.executed, "refund", p.impUID, decimal(c.amount) + " " + p.currency})
		}
	}
	for _, w := range s.hooks.book {
		if w.MerchantUID != merchantUID {
			continue
		}
		what := w.Status + " " + w.ImpUID
		if w.Dropped {
			all = append(all, row{w.At, "webhook", what, "dropped"})
		}
		for _, a := range w.Attempts {
			all = append(all, row{a.At, "webhook", what, cmp.Or(a.Err, status(a.Status))})
		}
	}
	return all
}

// status writes the HTTP status of an answer.
func status(code int) string {
	if code == 0 {
		return "no answer"
	}
	return strconv.Itoa(code)
}
