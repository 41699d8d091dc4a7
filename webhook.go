package iamport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/iamport-go/iamport/internal/gate"
	"github.com/iamport-go/iamport/internal/runs"
	"github.com/iamport-go/iamport/internal/senders"
	"github.com/iamport-go/iamport/internal/webform"
)

// Event is what a webhook says. It is a claim: V1 webhooks have no signature, so everybody
// can send one. Look ImpUID up with [Client.GetPayment], as [Client.WebhookHandler] does,
// and trust only what that returns.
//
// Status is the state at the time of the event. The record may be ahead of it:
//
//	event                 happened                                   record that GetPayment returns
//	paid                  a payment was approved, also by a          paid; cancelled if it was refunded since
//	                      schedule, or a virtual account was paid
//	ready, vbank_issued   a virtual account was issued               ready: nothing is paid; paid if it was paid since
//	cancelled             a payment was refunded, all or a part      cancelled: see [Payment.Remaining] and CancelHistory
//	failed                a schedule ran, and the charge failed      failed: see FailReason; paid if it was tried again
//
// iamport sends nothing for other failures, and nothing for a refund by API unless
// EnableWebhook of the [CancelRequest] is set. An event may come several times, late, before
// the answer of the call that caused it, in another order than the events happened, or never.
type Event struct {
	ImpUID      string // iamport's id of the payment
	MerchantUID string // your order number, "" if the event has none
	Status      Status // see above; an unknown one passes through
	CustomerUID string // "" in all events that are documented
	// CancellationID is the id of a refund in CancelHistory of the payment, "" for other events.
	CancellationID string
	// Other holds the other members, such as event of an escrow of KG Inicis. A JSON value that
	// is no text is its JSON.
	Other url.Values
}

// ParseEvent reads a webhook: a JSON object or a form, whichever the console of iamport is set
// to, of at most 64 KiB. Anything else is an error whose text quotes nothing of the request;
// answer it with HTTP 400. imp_uid is required. A value of a known member must be text of at
// most 255 bytes without control characters, and must be there only once.
//
// [Client.WebhookHandler] does this, and asks the API whether the event is true.
func ParseEvent(r *http.Request) (*Event, error) {
	values, err := webform.Read(r)
	if err != nil {
		return nil, fmt.Errorf("iamport: webhook: %w", err)
	}
	e := &Event{Other: values}
	var status string
	for name, field := range map[string]*string{
		"imp_uid": &e.ImpUID, "merchant_uid": &e.MerchantUID, "status": &status,
		"customer_uid": &e.CustomerUID, "cancellation_id": &e.CancellationID,
	} {
		if *field, err = webform.Take(values, name); err != nil {
			return nil, fmt.Errorf("iamport: webhook: %w", err)
		}
	}
	if e.ImpUID == "" {
		return nil, errors.New("iamport: webhook: imp_uid is required")
	}
	e.Status = Status(status)
	return e, nil
}

// WebhookHandler returns a handler for the webhook URL of the console, or of NoticeURL. For
// each event it calls [Client.GetPayment] with the event's imp_uid, and then fn with the event
// and with the payment that the API returned. Only the payment is true: act on its Status,
// MerchantUID and Amount, and compare the amount with that of your order.
//
// fn may be called several times for one event, because iamport sends some twice, and again
// after an answer that is not 2xx. So do the work once by a unique key in your database, in
// the transaction that does the work, and return nil if the key is there already:
//
//	INSERT INTO webhooks (imp_uid, status, cancelled) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
//
// with p.ImpUID, p.Status and p.CancelAmount, which change with each state of a payment.
// fn is called for one event of a payment at a time in this process. Equal events that arrive
// while one is handled share the next look-up and call. ctx of fn ends at the time-out, not
// when the sender closes the connection. fn must not be nil.
//
// The answer has no body. iamport repeats an event only after a network error or 5xx, and only
// if PortOne has enabled that for the shop: once a minute, five times. So compare with
// [Client.Payments] every day.
//
//	200: fn returned nil, or the event is forged: there is no such payment, or its merchant_uid
//	     is another one. The test call of the console is one of these. fn is not called; see
//	     [WithForged]. Payments of test channels need a client with [WithSandbox].
//	400, 413, 415: it is no event; 405: it is no POST; 403: see [WithWebhookIPs]
//	500: fn returned an error or panicked
//	502: the look-up failed
//	503: too many events at once ([WithWebhookLimit]), or the time-out has passed
//
// API: GET /payments/{imp_uid}
func (c *Client) WebhookHandler(fn func(context.Context, *Event, *Payment) error, opts ...WebhookOption) http.Handler {
	h := &webhook{client: c, fn: fn, timeout: 10 * time.Second, lookups: gate.New(50, 16)}
	for _, opt := range opts {
		opt(h)
	}
	return h
}

type webhook struct {
	client  *Client
	fn      func(context.Context, *Event, *Payment) error
	timeout time.Duration
	lookups *gate.Gate
	senders senders.Filter                 // no Allowed: every sender is allowed
	forged  func(context.Context, Forgery) // may be nil
	total   atomic.Int64                   // forged events
	runs    runs.Group[int]
}

// ServeHTTP answers one event.
func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := h.serve(w, r)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(h.timeout.Seconds()))))
	}
	w.WriteHeader(status)
}

func (h *webhook) serve(w http.ResponseWriter, r *http.Request) int {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed
	}
	if len(h.senders.Allowed) > 0 && !h.senders.Allows(r) {
		return http.StatusForbidden
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	e, err := h.read(w, r)
	if err != nil {
		return webform.Status(err)
	}
	// A sender that closes the connection ends this wait, and not the run.
	status, _ := h.runs.Do(ctx, e.key(), e.ImpUID, http.StatusServiceUnavailable, func(ctx context.Context) int {
		return h.handle(ctx, e)
	})
	if status == 0 { // fn ended its goroutine
		status = http.StatusInternalServerError
	}
	return status
}

func (h *webhook) read(w http.ResponseWriter, r *http.Request) (*Event, error) {
	control := http.NewResponseController(w) // not every w has deadlines
	_ = control.SetReadDeadline(time.Now().Add(h.timeout))
	r.Body = http.MaxBytesReader(w, r.Body, webform.Size+1)
	e, err := ParseEvent(r)
	_ = control.SetReadDeadline(time.Time{})
	return e, err
}

// key is the same for equal events.
func (e *Event) key() string { return fmt.Sprintf("%q", *e) }

var errBusy = errors.New("too many webhooks at once")

// handle looks the event up and calls fn. It returns the HTTP status of the answer.
func (h *webhook) handle(ctx context.Context, e *Event) int {
	p, err := h.lookUp(ctx, e.ImpUID)
	_, invalid := errors.AsType[*InvalidRequestError](err)
	switch {
	case errors.Is(err, ErrNotFound):
		return h.forgery(ctx, e, err)
	case invalid:
		return http.StatusBadRequest
	case errors.Is(err, errBusy), errors.Is(err, ErrRateLimited), ctx.Err() != nil:
		return http.StatusServiceUnavailable
	case err != nil, p.ImpUID != e.ImpUID:
		return http.StatusBadGateway
	case e.MerchantUID != "" && e.MerchantUID != p.MerchantUID:
		return h.forgery(ctx, e, errOtherMerchantUID)
	}
	if err := h.call(ctx, func() error { return h.fn(ctx, e, p) }); err != nil {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

// lookUp waits until a look-up is allowed and makes it.
func (h *webhook) lookUp(ctx context.Context, impUID string) (*Payment, error) {
	leave, ok := h.lookups.Enter(ctx)
	if !ok {
		return nil, errBusy
	}
	defer leave()
	return h.client.GetPayment(ctx, impUID)
}

// call calls a function of the user and returns its panic as an error.
func (h *webhook) call(ctx context.Context, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panicked (%T)", r)
			h.client.log.LogAttrs(ctx, slog.LevelError, "iamport webhook panicked",
				slog.String("type", fmt.Sprintf("%T", r)), slog.String("stack", string(debug.Stack())))
		}
	}()
	return f()
}

// Forgery is an event that is not true, for [WithForged].
type Forgery struct {
	Event *Event
	// Err matches [ErrNotFound] if there is no payment with the event's imp_uid. Otherwise the
	// payment has another merchant_uid than the event.
	Err error
	// Total is the number of forged events of this handler so far, this one included. Equal
	// events that share a look-up count once.
	Total int64
}

var errOtherMerchantUID = errors.New("iamport: webhook: the payment has another merchant_uid than the event")

func (h *webhook) forgery(ctx context.Context, e *Event, err error) int {
	forged := Forgery{Event: e, Err: err, Total: h.total.Add(1)}
	if h.forged != nil {
		_ = h.call(ctx, func() error { h.forged(ctx, forged); return nil })
	}
	return http.StatusOK
}

// The addresses from which iamport sends webhooks, as the guide for V1 webhooks publishes them.
const (
	WebhookIP1 = "52.78.100.19"
	WebhookIP2 = "52.78.48.223"
	WebhookIP3 = "52.78.5.241"
)

// WebhookOption is an option of [Client.WebhookHandler].
type WebhookOption func(*webhook)

// WithWebhookIPs answers 403 to senders that are not in allowed. Without arguments it allows
// [WebhookIP1], [WebhookIP2] and [WebhookIP3]; PortOne has changed its addresses before. The
// sender is the address of the connection: behind a proxy set [WithTrustedProxies] too, because
// all senders have the proxy's address otherwise. Without this option every sender is allowed.
func WithWebhookIPs(allowed ...netip.Prefix) WebhookOption {
	if len(allowed) == 0 {
		for _, published := range []string{WebhookIP1, WebhookIP2, WebhookIP3} {
			allowed = append(allowed, netip.PrefixFrom(netip.MustParseAddr(published), 32))
		}
	}
	return func(h *webhook) { h.senders.Allowed = allowed }
}

// WithTrustedProxies makes [WithWebhookIPs] believe the X-Forwarded-For header of requests from
// these addresses: the sender is then the last address in the header that is none of them. Name
// only proxies that append to this header the address from which they got the request. It
// has no effect without WithWebhookIPs.
func WithTrustedProxies(proxies ...netip.Prefix) WebhookOption {
	return func(h *webhook) { h.senders.Proxies = proxies }
}

// WithWebhookTimeout sets how long an event may take until it is answered, its reading, its
// look-up and fn included. fn must end when its context does. An event of the same payment
// waits for an fn that does not, and is answered 503. iamport waits 30 s for the answer to the
// first send of an event and 15 s in all for a repeated one. The default is 10 s, also for a d
// of 0 or less.
func WithWebhookTimeout(d time.Duration) WebhookOption {
	return func(h *webhook) {
		if d > 0 {
			h.timeout = d
		}
	}
}

// WithWebhookLimit allows perSecond look-ups a second, and atOnce at the same time, so that a
// flood of events is none of requests to the API. An event waits for its look-up until its
// time-out. If its turn would come later, it is answered 503 at once, with Retry-After. The
// default is 50 a second and 16 at the same time, also for values of 0 or less.
func WithWebhookLimit(perSecond float64, atOnce int) WebhookOption {
	return func(h *webhook) {
		if perSecond > 0 && atOnce > 0 {
			h.lookups = gate.New(perSecond, atOnce)
		}
	}
}

// WithForged calls f for each event that is not true. It is for a counter, a log or an alarm,
// and may be called by several goroutines at once. The event is answered when f returns. An
// event whose payment the API does not show yet is one of these too.
func WithForged(f func(context.Context, Forgery)) WebhookOption {
	return func(h *webhook) { h.forged = f }
}
