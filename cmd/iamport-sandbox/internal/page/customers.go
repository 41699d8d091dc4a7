package page

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/iamport-go/iamport/iamporttest"
)

// defaultReason is the reason that the form of a billing key suggests, one of those that PGs send.
const defaultReason = "[2116]개인 월 한도금액 초과"

const longestReason = 200 // characters

// customers lists the billing keys whose customer_uid contains the parameter q.
func (p *Page) customers(v *view, r *http.Request) (screen, error) {
	search := strings.TrimSpace(r.URL.Query().Get("q"))
	state := p.box.Server.Snapshot(maxLoaded)
	var matching []iamporttest.CustomerState
	for _, c := range state.Customers {
		if found(search, c.CustomerUID, c.Name) {
			matching = append(matching, c)
		}
	}
	shown, pages := cut(v, matching, r)
	return screen{"customers", struct {
		*view
		Search  string
		Rows    []iamporttest.CustomerState
		Paging  paging
		Loaded  int
		All     int
		Reason  string
		Longest int
	}{v, search, shown, pages, len(state.Customers), state.TotalCustomers, defaultReason, longestReason}}, nil
}

// decline declines all charges of a customer with a reason, or no longer if action is accept.
func (p *Page) decline(r *http.Request) (string, error) {
	uid, reason := r.PostFormValue("customer_uid"), strings.TrimSpace(r.PostFormValue("reason"))
	done := "declined"
	switch {
	case uid == "":
		return "", errNotFound
	case r.PostFormValue("action") == "accept":
		reason, done = "", "accepted"
	case reason == "" || hasControl(reason) || utf8.RuneCountInString(reason) > longestReason:
		return "", problem{errors.New("reason")}
	}
	p.box.Server.DeclineCustomer(uid, reason)
	if _, err := p.box.Server.Sync(); err != nil {
		return "", errSave
	}
	return done, nil
}
