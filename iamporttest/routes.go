package iamporttest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// route is one operation: its path, its parameters and its handler.
type route struct {
	method   string
	segments []string
	query    []string
	body     []string
	open     bool // needs no token
	charges  bool
	limited  bool // the schema gives maximum lengths
	run      func(*Server, *call) answer
}

// call is one accepted request.
type call struct {
	route     *route
	now       time.Time // by the server's clock: the arrival, or when a postponed request is executed
	path      map[string]string
	query     params
	params    params
	userAgent string
	requestID string
	fault     Fault
	ticket    *ticket // of what waits for the PG
}

// at is now as the API writes it.
func (c *call) at() int64 { return c.now.Unix() }

// routed is a request with its route; path holds the unescaped segments.
type routed struct {
	route *route
	path  []string
	// allow are the methods of the path if the request has another one.
	allow []string
}

const (
	cardParams  = "card_number expiry birth pwd_2digit cvc"
	buyerParams = "buyer_name buyer_email buyer_tel buyer_addr buyer_postcode"
	orderParams = "merchant_uid currency amount tax_free vat_amount name card_quota interest_free_by_merchant " +
		"use_card_point custom_data notice_url browser_ip product_type bypass promotion_id " + buyerParams
	onetimeParams = orderParams + " vat secure_3d_charge_id secure_3d_token customer_uid pg channelGroupId " + cardParams
	againParams   = orderParams + " vat customer_uid product_count cash_receipt_type extra channel_key"
	itemParams    = orderParams + " schedule_at product_count cash_receipt_type extra"
	schedParams   = "customer_uid customer_id checking_amount channel_key schedules " + cardParams
	keyParams     = "channel_key pg customer_id customer_name customer_tel customer_email customer_addr " +
		"customer_postcode channel_group_id " + cardParams
	cancelParams = "imp_uid merchant_uid amount tax_free vat_amount checksum reason refund_holder refund_bank " +
		"refund_account refund_tel retain_promotion enable_webhook extra"
)

// newRoutes lists the operations. If two match a request, the first is used, so fixed segments come before names.
func newRoutes() []route {
	op := func(pattern, query, body string, run func(*Server, *call) answer) route {
		method, path, _ := strings.Cut(pattern, " ")
		return route{method: method, segments: strings.Split(path[1:], "/"), query: strings.Fields(query),
			body: strings.Fields(body), run: run}
	}
	charge := func(r route) route {
		r.charges = true
		return r
	}
	limited := func(r route) route {
		r.limited = true
		return r
	}
	signIn := op("POST /users/getToken", "", "imp_key imp_secret", (*Server).signIn)
	signIn.open = true
	const (
		sorted = "sorting"
		pages  = "page limit sorting"
	)
	return []route{
		signIn,
		op("GET /subscribe/customers", "customer_uid[]", "", (*Server).getCustomers),
		op("GET /subscribe/customers/{customer_uid}", "", "", (*Server).getCustomer),
		limited(op("POST /subscribe/customers/{customer_uid}", "", keyParams, (*Server).saveCustomer)),
		op("DELETE /subscribe/customers/{customer_uid}", "reason extra[requester]", "", (*Server).deleteCustomer),
		op("GET /subscribe/customers/{customer_uid}/payments", "page", "", (*Server).getCustomerPayments),
		op("GET /subscribe/customers/{customer_uid}/schedules", "page from to schedule-status", "",
			(*Server).getCustomerSchedules),
		limited(charge(op("POST /subscribe/payments/onetime", "", onetimeParams, (*Server).onetime))),
		limited(charge(op("POST /subscribe/payments/again", "", againParams, (*Server).again))),
		op("GET /subscribe/payments/schedule", "schedule_from schedule_to schedule_status page limit sorting", "",
			(*Server).getSchedules),
		limited(charge(op("POST /subscribe/payments/schedule", "", schedParams, (*Server).saveSchedules))),
		op("POST /subscribe/payments/unschedule", "", "customer_uid merchant_uid", (*Server).unschedule),
		op("GET /subscribe/payments/schedule/{merchant_uid}", "", "", (*Server).getSchedule),
		op("PUT /subscribe/payments/schedule/{merchant_uid}", "", "schedule_at", (*Server).moveSchedule),
		op("GET /subscribe/payments/schedule/customers/{customer_uid}", "page from to schedule-status", "",
			(*Server).getCustomerSchedules),
		op("POST /subscribe/payments/schedule/{merchant_uid}/reschedule", "", "schedule_at", (*Server).reschedule),
		charge(op("POST /subscribe/payments/schedule/{merchant_uid}/retry", "", "", (*Server).retrySchedule)),
		op("GET /payments", "imp_uid[] merchant_uid[]", "", (*Server).getPayments),
		op("GET /payments/status/{payment_status}", pages+" from to", "", (*Server).getPaymentsByStatus),
		op("GET /payments/find/{merchant_uid}", sorted, "", (*Server).findPayment),
		op("GET /payments/find/{merchant_uid}/{payment_status}", sorted, "", (*Server).findPayment),
		op("GET /payments/findAll/{merchant_uid}", pages, "", (*Server).findPayments),
		op("GET /payments/findAll/{merchant_uid}/{payment_status}", pages, "", (*Server).findPayments),
		op("POST /payments/cancel", "", cancelParams, (*Server).cancel),
		limited(op("POST /payments/prepare", "", "merchant_uid amount currency", (*Server).prepare)),
		limited(op("PUT /payments/prepare", "", "merchant_uid amount currency", (*Server).changePrepared)),
		op("GET /payments/prepare/{merchant_uid}", "", "", (*Server).getPrepared),
		op("GET /payments/{imp_uid}", "include_sandbox", "", (*Server).getPayment),
		op("GET /payments/{imp_uid}/balance", "", "", (*Server).getBalance),
	}
}

// wildcard reports whether a segment of a pattern is a {name}.
func wildcard(segment string) (name string, is bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// route finds the operation of a request. It works on the escaped path, so that an id may hold a slash.
func (s *Server) route(r *http.Request) routed {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	// Clients of this API write POST paths with a slash at the end, and an empty segment for the optional status of find.
	if r.Method == http.MethodPost || strings.HasPrefix(path, "payments/find") {
		path = strings.TrimSuffix(path, "/")
	}
	var q routed
	for escaped := range strings.SplitSeq(path, "/") {
		segment, err := url.PathUnescape(escaped)
		if err != nil || segment == "" || segment == "." || segment == ".." {
			return routed{}
		}
		q.path = append(q.path, segment)
	}
	for i := range s.routes {
		if !fits(s.routes[i].segments, q.path) {
			continue
		}
		if s.routes[i].method == r.Method {
			q.route = &s.routes[i]
			return q
		}
		q.allow = append(q.allow, s.routes[i].method)
	}
	return q
}

func fits(pattern, path []string) bool {
	return slices.EqualFunc(pattern, path, func(p, segment string) bool {
		_, is := wildcard(p)
		return is || p == segment
	})
}

// accept checks what the API checks before it does anything: the path, the method, the token, the names of the parameters.
func (s *Server) accept(in incoming, now time.Time) (*call, *answer) {
	q := in.routed
	refused := func(a answer) (*call, *answer) { return nil, &a }
	switch {
	case q.route == nil && q.allow == nil:
		return refused(fail(http.StatusNotFound, "no such path"))
	case q.route == nil:
		a := fail(http.StatusMethodNotAllowed, "the path does not take this method")
		a.header.Set("Allow", strings.Join(q.allow, ", "))
		return refused(a)
	case !q.route.open && !s.authorized(in.Request, now):
		return refused(fail(http.StatusUnauthorized, "Unauthorized"))
	}
	p := in.params
	if in.badBody != nil {
		return refused(fail(http.StatusBadRequest, in.badBody.Error()))
	}
	c := &call{route: q.route, now: now, path: map[string]string{}, params: p, userAgent: in.userAgent,
		requestID: in.Header.Get("X-Request-Id")}
	for i, segment := range q.route.segments {
		if name, is := wildcard(segment); is {
			c.path[name] = q.path[i]
		}
	}
	c.query = params{values: map[string]any{}, err: p.err}
	query, err := url.ParseQuery(in.URL.RawQuery)
	if err != nil {
		return refused(fail(http.StatusBadRequest, "the query is not a query"))
	}
	for name, values := range query {
		c.query.values[name] = queryValue(name, values)
	}
	c.query.known(q.route.query)
	c.params.known(q.route.body)
	if q.route.limited {
		params{values: map[string]any{"customer_uid": c.path["customer_uid"]}, err: p.err}.fit()
		c.params.fit()
	}
	if refusal := c.mistake(); refusal != nil {
		return nil, refusal
	}
	return c, nil
}

func queryValue(name string, values []string) any {
	if !strings.HasSuffix(name, "[]") {
		return values[len(values)-1]
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

// mistake is the answer to the first parameter that could not be read, nil if all could.
func (c *call) mistake() *answer {
	if err := *c.params.err; err != nil {
		return new(fail(http.StatusBadRequest, err.Error()))
	}
	return nil
}
