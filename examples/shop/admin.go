package main

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/iamport-go/iamport"
)

// The admin pages have no login: the program is for one person on a loopback address.

type adminPage struct {
	Now            iamport.Time
	Customers      []customer
	Orders         []order
	Refunds        []refund
	Remaining      map[string]iamport.Amount // by merchant_uid
	Entries        []entry
	Webhooks       []tally
	Reconciliation *reconciliation
	Problem        string
}

func (s *site) admin(w http.ResponseWriter, r *http.Request) { s.showAdmin(w, r, http.StatusOK, "") }

func (s *site) showAdmin(w http.ResponseWriter, r *http.Request, status int, problem string) {
	ctx := r.Context()
	page := adminPage{Now: iamport.UnixTime(s.now()), Problem: problem, Remaining: map[string]iamport.Amount{}}
	var errs [6]error
	page.Customers, errs[0] = customers(ctx, s.db, `TRUE ORDER BY id`)
	page.Orders, errs[1] = orders(ctx, s.db, `TRUE`)
	page.Refunds, errs[2] = refunds(ctx, s.db, `TRUE`)
	page.Entries, errs[3] = s.ledger(ctx)
	page.Reconciliation, errs[4] = s.reconcile(ctx, s.since)
	page.Webhooks, errs[5] = s.webhookCounts(ctx)
	for _, e := range page.Entries {
		remaining, err := page.Remaining[e.MerchantUID].Add(e.Amount)
		errs[0] = errors.Join(errs[0], err)
		page.Remaining[e.MerchantUID] = remaining
	}
	if err := errors.Join(errs[:]...); err != nil {
		s.fail(w, err)
		return
	}
	s.show(w, status, "admin.html", page)
}

func (s *site) postRefund(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := charging(r)
	defer cancel()
	amount, err := iamport.ParseAmount(r.PostFormValue("amount"))
	checksum, err2 := iamport.ParseAmount(r.PostFormValue("checksum"))
	_, err3 := amount.Int64() // whole won
	if err := errors.Join(err, err2, err3); err != nil {
		s.showAdmin(w, r, http.StatusUnprocessableEntity, "the sum must be in whole won, without separators")
		return
	}
	_, err = s.refund(ctx, r.PostFormValue("order"), amount, checksum, r.PostFormValue("why"))
	if refused, ok := errors.AsType[refusal](err); ok {
		s.showAdmin(w, r, http.StatusUnprocessableEntity, refused.Error())
	} else if err != nil {
		s.fail(w, err)
	} else {
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
	}
}

// postRun moves the clock of the sandbox and does what is due, day by day.
func (s *site) postRun(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := charging(r)
	defer cancel()
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil || days < 0 || days > 31 {
		s.showAdmin(w, r, http.StatusUnprocessableEntity, "0 to 31 days")
		return
	}
	err = s.run(ctx)
	for range days {
		err = errors.Join(err, s.forward(ctx, 1), s.run(ctx))
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	http.Redirect(w, r, "/admin", http.StatusSeeOther)
}
