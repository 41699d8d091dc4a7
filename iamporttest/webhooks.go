package iamporttest

import (
	"cmp"
	"net/http"
	"net/url"
	"time"
)

// The forms of a webhook's body, which a shop chooses in the console.
const (
	WebhookJSON = "application/json"
	WebhookForm = "application/x-www-form-urlencoded"
)

// WebhookBody is what a webhook says. It has neither an amount nor a customer_uid, and no signature.
type WebhookBody struct {
	ImpUID, MerchantUID string
	// Status is "paid", "failed" or "cancelled". A hand-made webhook may have any other.
	Status string
	// CancellationID is that of the refund. If it is "", the body does not have it.
	CancellationID string
}

// webhooks is the state of the webhooks. The mutex of the server guards it, apart from the settings.
type webhooks struct {
	// Settings.
	on          bool
	handler     http.Handler // nil: over the network
	url         string       // of the shop, set in the console
	urlSet      bool
	contentType string
	retries     int
	spread      time.Duration

	random  random
	faults  []queuedWebhookFault
	book    []*Webhook // the newest
	queue   []*delivery
	working bool // a goroutine delivers the queue
	sent    int
	changes int
	waiting int           // deliveries that are not over
	idle    chan struct{} // closed when none is waiting; nil while nobody waits for that
	alarm   *time.Timer   // runs what is due without a request
	alarmAt time.Time     // by the clock of the process
}

// defaultWebhookURL is the URL of the shop if there is a handler and no [WithWebhookURL].
const defaultWebhookURL = "https://shop.invalid/webhook"

// WithWebhooks makes the server send webhooks to h, in the process, whatever their URL is. The request that h gets has
// the URL's path and host, and as RemoteAddr one of the addresses that iamport publishes. The URL is
// https://shop.invalid/webhook without [WithWebhookURL].
//
// Webhooks are sent one after another, in the order of what happened, in a goroutine that ends when none is left. A
// webhook may arrive before, beside or after the answer of its charge. A schedule that is due runs without a request.
// If h panics, or does not return within 30 seconds, this counts as a network error; its context then ends. For a test
// in a testing/synctest bubble, make the server in the bubble.
func WithWebhooks(h http.Handler) Option {
	if h == nil {
		panic("iamporttest: WithWebhooks(nil)")
	}
	return func(s *Server) {
		s.hooks.on, s.hooks.handler = true, h
		if !s.hooks.urlSet {
			s.hooks.url = defaultWebhookURL
		}
	}
}

// WithWebhookURL sets the webhook URL of the shop, as in iamport's console; notice_url of a charge overrides it. Without
// [WithWebhooks] the server sends webhooks to it over the network, and to a notice_url only if its host is that of
// rawURL or a loopback address. With "" the shop has no URL, and only charges with a notice_url send webhooks.
// WithWebhookURL panics if rawURL is not an absolute http or https URL.
func WithWebhookURL(rawURL string) Option {
	if rawURL != "" {
		if u, err := url.Parse(rawURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			panic("iamporttest: WithWebhookURL: not an absolute http or https URL")
		}
	}
	return func(s *Server) {
		s.hooks.on, s.hooks.url, s.hooks.urlSet = true, rawURL, true
	}
}

// WithWebhookForm makes the bodies of webhooks forms instead of JSON.
func WithWebhookForm() Option {
	return func(s *Server) { s.hooks.contentType = WebhookForm }
}

// WithWebhookRetries makes the server send a webhook up to n times again, a minute apart by the server's clock, while
// the answer is a network error or 5xx. iamport does this on request, at most 5 times, and so does the server. The
// default is 0.
func WithWebhookRetries(n int) Option {
	return func(s *Server) { s.hooks.retries = min(max(0, n), 5) }
}

// WithShuffledWebhooks sends each webhook a random time below spread after its event, so that they arrive in another
// order. Equal seeds and equal events give equal times.
func WithShuffledWebhooks(seed uint64, spread time.Duration) Option {
	return func(s *Server) { s.hooks.random, s.hooks.spread = newRandom(seed), spread }
}

// notify sends the webhook of the new state of p. A failed charge has none, unless a schedule made it.
func (s *Server) notify(p *payment, now time.Time) {
	if p.status == "paid" || p.status == "failed" && p.usage == usageScheduled {
		s.announce(p, "", s.webhookURL(p), now)
	}
}

// webhookURL is where webhooks of p go, "" if the shop has no URL.
func (s *Server) webhookURL(p *payment) string {
	if p == nil {
		return s.hooks.url
	}
	return cmp.Or(p.noticeURL, s.hooks.url)
}

// announce sends a webhook with the state of p to url. It takes the fault that was injected for it.
func (s *Server) announce(p *payment, cancellationID, url string, now time.Time) {
	if !s.hooks.on || url == "" {
		return
	}
	body := WebhookBody{ImpUID: p.impUID, MerchantUID: p.merchantUID, Status: p.status, CancellationID: cancellationID}
	fault := s.webhookFault(p.merchantUID)
	body.ImpUID = cmp.Or(fault.ImpUID, body.ImpUID)
	body.MerchantUID = cmp.Or(fault.MerchantUID, body.MerchantUID)
	body.Status = cmp.Or(fault.Status, body.Status)
	copies := 1
	if fault.Twice {
		copies = 2
	}
	delay := max(0, fault.Delay) + s.hooks.random.below(s.hooks.spread)
	for range copies {
		w := s.enterWebhook(body, url, cmp.Or(fault.ContentType, s.hooks.contentType), now)
		if w.Dropped = fault.Drop; !w.Dropped {
			s.dispatch(&delivery{Webhook: w, retries: s.hooks.retries}, now.Add(delay), now)
		}
	}
}

// SendWebhook sends a webhook once, as the console sends one again: now, with a time-out of 15 seconds, without retries
// and without the faults of [Server.InjectWebhooks]. It goes to the URL of the payment if b has the imp_uid of one, and
// otherwise to the URL of the shop. Nothing in b has to be true: it may be forged. It panics if the server sends no
// webhooks.
func (s *Server) SendWebhook(b WebhookBody) {
	unlock := s.lockBooks()
	defer unlock()
	url := s.webhookURL(s.byImpUID[b.ImpUID])
	if !s.hooks.on || url == "" {
		panic("iamporttest: SendWebhook needs WithWebhooks or WithWebhookURL")
	}
	now := s.now()
	w := s.enterWebhook(b, url, s.hooks.contentType, now)
	s.dispatch(&delivery{Webhook: w, resend: true}, now, now)
}

// SendTestWebhook sends the webhook of the console's test call. Its payment does not exist.
func (s *Server) SendTestWebhook() {
	s.SendWebhook(WebhookBody{ImpUID: "imp_1234567890", MerchantUID: "merchant_1234567890", Status: "paid"})
}
