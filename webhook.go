package iamport

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/iamport-go/iamport/internal/foreign"
	"github.com/iamport-go/iamport/internal/gate"
	"github.com/iamport-go/iamport/internal/runs"
	"github.com/iamport-go/iamport/internal/senders"
	"github.com/iamport-go/iamport/internal/webform"
)

// Event is what a webhook says. It is a claim: V1 webhooks have no signature, so everybody
// can send one. Look ImpUID up with [Client.GetPayment], as [Client.WebhookHandler] does,
// and trust only what that returns.
//
// Status is the state at the time of the event, and the record may be ahead of it: the package
// comment lists both. An event may come several times, late, before the answer of the call that
// caused it, in another order than the events happened, or never.
type Event struct {
	ImpUID      string // iamport's id of the payment
	MerchantUID string // your order number, "" if the event has none
	Status      Status // an unknown one passes through
	CustomerUID string // "" in all events that are documented
	// CancellationID is the id of a refund in CancelHistory of the payment, "" for other events.
	CancellationID string
	// Other holds the other members, such as event of an escrow of KG Inicis. A JSON value that
	// is not a text is its JSON.
	Other url.Values
}

// ParseEvent reads a webhook: a JSON object or a form, whichever the console of iamport is set
// to, of at most 64 KiB and 100 members. Anything else is an error whose text quotes nothing of
// the request; answer it with HTTP 400. imp_uid is required. A known member must be a text of
// at most 255 bytes without control characters, or a number, and must be there only once. The
// body must not have been read before, for example by ParseForm.
//
// [Client.WebhookHandler] does this, and asks the API whether the event is true.
func ParseEvent(r *http.Request) (*Event, error) {
	form, err := webform.Read(r)
	if err != nil {
		return nil, fmt.Errorf("iamport: webhook: %w", err)
	}
	e := &Event{Other: form.Values}
	for name, field := range map[string]*string{
		"imp_uid": &e.ImpUID, "merchant_uid": &e.MerchantUID, "status": (*string)(&e.Status),
		"customer_uid": &e.CustomerUID, "cancellation_id": &e.CancellationID,
	} {
		if *field, err = form.Take(name); err != nil {
			return nil, fmt.Errorf("iamport: webhook: %w", err)
		}
	}
	if e.ImpUID == "" {
		return nil, errors.New("iamport: webhook: imp_uid is required")
	}
	return e, nil
}

// WebhookHandler returns a handler for the webhook URL of the console, or of NoticeURL. For
// each event it looks the payment up as [Client.GetPayment] does, and calls fn with the event
// and with the payment that the API returned. Trust only the payment: compare its MerchantUID,
// Amount and Currency with your order, and its Sandbox with what you expect, and act on its
// Status. fn must not be nil. The handler does not log an error of fn.
//
// fn may be called several times for one event: see the package comment, which shows how a
// unique key does the work once.
//
// One handler calls fn for one event of a payment at a time. Events that arrive during a call
// share the next look-up, and equal ones share the call. ctx of fn ends at the time-out, not when
// the sender leaves; Shutdown of the server does not wait for an fn whose sender has left.
//
// The answer has no body:
//
//	200: fn returned nil, or the event is forged and fn was not called ([WithForged]): there is no
//	     such payment, as in the test call of the console, or it has another merchant_uid
//	400, 413, 415: the request is not an event; 405: it is not a POST; 403: see [WithWebhookIPs]
//	500: fn returned an error or panicked; 502: the look-up failed
//	503: too many events at once ([WithWebhookLimit]), or the time-out has passed
//
// A payment that the API does not show yet, or one of a test channel without [WithSandbox],
// counts as forged. iamport repeats an event only after a network error or 5xx, and only where
// that is enabled for the shop. So compare with [Client.Payments] every day.
//
// API: GET /payments/{imp_uid}
func (c *Client) WebhookHandler(fn func(context.Context, *Event, *Payment) error, opts ...WebhookOption) http.Handler {
	h := &webhook{client: c, fn: fn, webhookOptions: webhookOptions{timeout: 10 * time.Second, perSecond: 50, atOnce: 16}}
	for _, option := range opts {
		if option != nil {
			option(&h.webhookOptions)
		}
	}
	h.lookups = gate.New(h.perSecond, h.atOnce)
	h.runs.Run = h.handle
	return h
}

type webhook struct {
	webhookOptions
	client  *Client
	fn      func(context.Context, *Event, *Payment) error
	lookups *gate.Gate
	runs    runs.Group[*Event, int]
	total   atomic.Int64 // forged events
}

type webhookOptions struct {
	timeout   time.Duration
	perSecond float64
	atOnce    int
	senders   senders.Filter                 // no Allowed: every sender is allowed
	forged    func(context.Context, Forgery) // may be nil
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w) // not every w has deadlines
	_ = control.SetReadDeadline(time.Now().Add(h.timeout))
	status := h.serve(r, func() { _ = control.SetReadDeadline(time.Time{}) })
	switch status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(h.timeout.Seconds()))))
	}
	w.WriteHeader(status)
}

// serve returns the HTTP status of the answer. It calls whole when it has read the body: net/http
// reads what is left of any other one before it answers, so the deadline must stay.
func (h *webhook) serve(r *http.Request, whole func()) int {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed
	}
	if h.senders.Allowed != nil && !h.senders.Allows(r) {
		return http.StatusForbidden
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	e, err := ParseEvent(r)
	if err != nil {
		return webform.Status(err)
	}
	whole()
	key := sha256.Sum256(fmt.Appendf(nil, "%q", *e))
	// A sender that closes the connection ends this wait, and not the run.
	status, ok := h.runs.Do(ctx, e.ImpUID, string(key[:]), e)
	if !ok {
		return http.StatusServiceUnavailable
	}
	return cmp.Or(status, http.StatusInternalServerError) // 0: fn ended its goroutine
}

// handle looks the payment of the events up, and calls fn for each event that is true.
func (h *webhook) handle(ctx context.Context, events []*runs.Item[*Event, int]) {
	var p *Payment
	err := h.call(ctx, func() (err error) {
		p, err = h.lookUp(ctx, events[0].Value.ImpUID)
		return err
	})
	_, invalid := errors.AsType[*InvalidRequestError](err)
	for _, event := range events {
		e := event.Value
		switch {
		case errors.Is(err, ErrNotFound):
			h.forgery(ctx, event, err)
		case invalid:
			event.Finish(http.StatusBadRequest)
		case errors.Is(err, gate.ErrFull), errors.Is(err, ErrRateLimited), ctx.Err() != nil:
			event.Finish(http.StatusServiceUnavailable)
		case err != nil, p.ImpUID != e.ImpUID, p.MerchantUID == "":
			event.Finish(http.StatusBadGateway)
		case e.MerchantUID != "" && e.MerchantUID != p.MerchantUID:
			h.forgery(ctx, event, errOtherMerchantUID)
		case h.call(ctx, func() error { return h.fn(ctx, e, p) }) != nil:
			event.Finish(http.StatusInternalServerError)
		default:
			event.Finish(http.StatusOK)
		}
	}
}

// lookUp waits until a look-up is allowed and makes it.
func (h *webhook) lookUp(ctx context.Context, impUID string) (*Payment, error) {
	leave, err := h.lookups.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return h.client.GetPayment(ctx, impUID)
}

// call calls a function of the user. A panic is logged and returned as an error.
func (h *webhook) call(ctx context.Context, f func() error) error {
	err := foreign.Guard(f)
	if p, ok := errors.AsType[*foreign.PanicError](err); ok {
		h.client.log.ErrorContext(ctx, "iamport webhook panicked", "type", p.Type, "stack", p.Stack)
	}
	return err
}

// Forgery is an event that is not true, for [WithForged].
type Forgery struct {
	Event *Event
	// Err matches [ErrNotFound] if there is no such payment. Otherwise it has another merchant_uid.
	Err error
	// Total is how many events were forged so far. Equal events that share a look-up count once.
	Total int64
}

var errOtherMerchantUID = errors.New("iamport: webhook: the payment has another merchant_uid than the event")

func (h *webhook) forgery(ctx context.Context, event *runs.Item[*Event, int], err error) {
	defer event.Finish(http.StatusOK)
	forged := Forgery{Event: event.Value, Err: err, Total: h.total.Add(1)}
	if h.forged != nil {
		_ = h.call(ctx, func() error { h.forged(ctx, forged); return nil })
	}
}

// The addresses from which iamport sends webhooks, as its guide for V1 webhooks publishes them.
const (
	WebhookIP1 = "52.78.100.19"
	WebhookIP2 = "52.78.48.223"
	WebhookIP3 = "52.78.5.241"
)

// WebhookOption is an option of [Client.WebhookHandler].
type WebhookOption func(*webhookOptions)

// WithWebhookIPs answers 403 to senders that are not in allowed. Without arguments it allows the
// published addresses; PortOne has changed them before. The sender is the address of the
// connection, which behind a proxy or load balancer is the proxy's: without [WithTrustedProxies]
// every event is then refused, and iamport does not repeat it.
func WithWebhookIPs(allowed ...netip.Prefix) WebhookOption {
	allowed = slices.Clone(allowed)
	if len(allowed) == 0 {
		for _, published := range []string{WebhookIP1, WebhookIP2, WebhookIP3} {
			allowed = append(allowed, netip.MustParsePrefix(published+"/32"))
		}
	}
	return func(o *webhookOptions) { o.senders.Allowed = allowed }
}

// WithTrustedProxies makes [WithWebhookIPs] believe the X-Forwarded-For header of requests from
// these addresses: the sender is then the last address in the header that is none of them. Name
// only proxies that append to it the address from which they got the request.
func WithTrustedProxies(proxies ...netip.Prefix) WebhookOption {
	proxies = slices.Clone(proxies)
	return func(o *webhookOptions) { o.senders.Proxies = proxies }
}

// WithWebhookTimeout sets how long the reading of an event, its look-up and fn may take together.
// iamport waits 30 s for the answer to the first send of an event and 15 s in all for a repeated
// one. The default is 10 s; a d of 0 or less is ignored.
//
// fn must end when its context does: until then other events of its payment are answered 503. The
// time-out replaces ReadTimeout of the http.Server, not ReadHeaderTimeout. If a middleware wraps
// the ResponseWriter without an Unwrap method, the body is read without a time-out.
func WithWebhookTimeout(d time.Duration) WebhookOption {
	return func(o *webhookOptions) {
		if d > 0 {
			o.timeout = d
		}
	}
}

// WithWebhookLimit allows perSecond look-ups a second, and atOnce at the same time and in a
// burst, so that a flood of events does not become a flood of requests to the API. A look-up is
// repeated up to three times while the API fails. An event whose turn would come after its
// time-out is answered 503 at once, and so is one that arrives while 256 different events of its
// payment wait. A flood of forged events can delay true ones: use [WithWebhookIPs] against it.
// The default is 50 a second and 16; a value of 0 or less is ignored.
func WithWebhookLimit(perSecond float64, atOnce int) WebhookOption {
	return func(o *webhookOptions) {
		if perSecond > 0 {
			o.perSecond = perSecond
		}
		if atOnce > 0 {
			o.atOnce = atOnce
		}
	}
}

// WithForged calls f for each event that is not true, for a counter or an alarm. f may be called
// by several goroutines at once. The event is answered when f returns.
func WithForged(f func(context.Context, Forgery)) WebhookOption {
	return func(o *webhookOptions) { o.forged = f }
}
