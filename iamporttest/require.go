package iamporttest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// TestingT is what the Require functions need of a *testing.T.
type TestingT interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Sum is an amount for the Require functions: an integer in won, or a decimal such as "3000" or "10.5" in the currency of
// the order.
type Sum interface{ int | int64 | string }

// RequireCharged ends the test unless the order merchantUID was charged exactly once, with this amount. Refunds do not
// count. The failure shows the books of the order: its requests, attempts, approvals, refunds and webhooks.
func RequireCharged[S Sum](t TestingT, srv *Server, merchantUID string, amount S) {
	t.Helper()
	want, valid := sum(t, amount)
	if got := srv.Approvals(merchantUID); valid && (len(got) != 1 || got[0].Amount != want) {
		t.Fatalf("%s", srv.failure(merchantUID, fmt.Sprintf("want one charge of %s, got %s", want, sums(got))))
	}
}

// RequireNotCharged ends the test if the order merchantUID was charged, refunded or not, or if a charge may still be
// approved without a further request: see [Server.AtPG]. The failure shows the books of the order.
func RequireNotCharged(t TestingT, srv *Server, merchantUID string) {
	t.Helper()
	if got := srv.Approvals(merchantUID); len(got) > 0 {
		t.Fatalf("%s", srv.failure(merchantUID, "want no charge, got "+sums(got)))
		return
	}
	if n := srv.AtPG(merchantUID); n > 0 {
		t.Fatalf("%s", srv.failure(merchantUID, fmt.Sprintf("want no charge, and %d may still be approved", n)))
	}
}

// RequireRefunded ends the test unless the refunds of the order merchantUID are this amount in all. With 0, nothing was
// refunded. The failure shows the books of the order.
func RequireRefunded[S Sum](t TestingT, srv *Server, merchantUID string, amount S) {
	t.Helper()
	want, valid := sum(t, amount)
	if got := srv.Cancelled(merchantUID); valid && got != want {
		t.Fatalf("%s", srv.failure(merchantUID, fmt.Sprintf("want refunds of %s, got %s", want, got)))
	}
}

// RequireSettled ends the test unless the server is at rest and nothing was charged twice:
//
//   - no order was charged more than once, refunded or not;
//   - no charge and no refund is at the PG, and no record will change: see [Server.AtPG]. Schedules that have not run do
//     not count;
//   - every fault of [Server.Inject] and [Server.InjectWebhooks] was used;
//   - no webhook waits for its delivery or for a retry: see [Server.WaitWebhooks].
//
// The failure lists what is wrong, and shows the books of at most five orders.
func RequireSettled(t TestingT, srv *Server) {
	t.Helper()
	problems, orders := srv.unsettled()
	if len(problems) == 0 {
		return
	}
	parts := []string{"iamporttest: not settled:\n\t" + strings.Join(problems, "\n\t") + "\n"}
	for _, uid := range orders[:min(5, len(orders))] {
		parts = append(parts, fmt.Sprintf("order %q\n", uid)+srv.table(uid))
	}
	t.Fatalf("%s", strings.Join(parts, "\n"))
}

// unsettled lists what RequireSettled refuses, and the orders that are concerned.
func (s *Server) unsettled() (problems, orders []string) {
	unlock := s.lockBooks()
	defer unlock()
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, uid := range slices.Sorted(maps.Keys(s.byOrder)) {
		if n := len(s.approvedOf[uid]); n > 1 {
			add("order %q was charged %d times", uid, n)
			orders = append(orders, uid)
		}
	}
	open := map[string]int{}
	for _, counts := range []map[string]int{s.atPG, s.changing} {
		for uid, n := range counts {
			open[uid] += n
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(open)) {
		add("order %q: charges that may still be approved: %d", uid, open[uid])
		orders = append(orders, uid)
	}
	if s.refundsAtPG > 0 {
		add("refunds at the PG: %d", s.refundsAtPG)
	}
	for _, f := range s.faults {
		add("a fault was not used: %s", f.pattern)
	}
	for _, f := range s.hooks.faults {
		add("a fault of webhooks was not used: order %q", f.merchantUID)
	}
	if s.hooks.waiting > 0 {
		add("webhooks that are not delivered: %d", s.hooks.waiting)
	}
	return problems, orders
}

// sum writes an amount as the books do.
func sum[S Sum](t TestingT, amount S) (text string, valid bool) {
	t.Helper()
	switch v := any(amount).(type) {
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case string:
		if r, isNumber := parseAmount(v); isNumber {
			return decimal(r), true
		}
	}
	t.Fatalf("iamporttest: %q is not an amount", fmt.Sprint(amount))
	return "", false
}

func sums(all []Approval) string {
	if len(all) == 0 {
		return "none"
	}
	var texts []string
	for _, a := range all {
		texts = append(texts, a.Amount+" "+a.Currency)
	}
	return fmt.Sprintf("%d: %s", len(all), strings.Join(texts, ", "))
}

func (s *Server) failure(merchantUID, problem string) string {
	return fmt.Sprintf("iamporttest: order %q: %s\n", merchantUID, problem) + s.table(merchantUID)
}
