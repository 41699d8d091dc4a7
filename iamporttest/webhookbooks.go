package iamporttest

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The books keep only the newest webhooks, and only so many wait at once.
const (
	maxWebhooks = 10_000
	maxWaiting  = 100_000
)

// Webhook is one webhook in the books.
type Webhook struct {
	WebhookBody
	// URL and ContentType are those of the request, and Body is its text.
	URL, ContentType, Body string
	// At is when the event happened, by the server's clock.
	At time.Time
	// Dropped says that the webhook is never sent: because of a fault, or because 100,000 others are waiting.
	Dropped bool
	// Attempts are the requests so far, oldest first.
	Attempts []WebhookAttempt
}

// WebhookAttempt is one request of a webhook.
type WebhookAttempt struct {
	// At is when the request was sent, by the server's clock.
	At time.Time
	// Status is the HTTP status of the answer, 0 if there was none. Redirects are not followed.
	Status int
	// Err says why there was no answer.
	Err string
}

// Webhooks returns the webhooks so far, in the order of their events. A webhook that is sent twice is in the books
// twice. If there are more than 10,000, at least the newest 5,000 are kept.
func (s *Server) Webhooks() []Webhook {
	unlock := s.lockBooks()
	defer unlock()
	all := make([]Webhook, 0, len(s.hooks.book))
	for _, w := range s.hooks.book {
		c := *w
		c.Attempts = slices.Clone(w.Attempts)
		all = append(all, c)
	}
	return all
}

// WebhookChanges returns how often the result of [Server.Webhooks] has changed: once for each webhook and each attempt.
func (s *Server) WebhookChanges() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hooks.changes
}

// WaitWebhooks waits until every webhook of what has happened so far is delivered: the late ones too, and the last retry
// of a failed one. With [WithClock], these are sent only by a request or [Server.Sync] after their time. WaitWebhooks
// returns the error of ctx if ctx ends before. A handler must not call it.
func (s *Server) WaitWebhooks(ctx context.Context) error {
	unlock := s.lockBooks()
	h := &s.hooks
	if h.waiting == 0 {
		unlock()
		return nil
	}
	if h.idle == nil {
		h.idle = make(chan struct{})
	}
	idle := h.idle
	unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enterWebhook writes a webhook into the books.
func (s *Server) enterWebhook(b WebhookBody, url, contentType string, now time.Time) *Webhook {
	if contentType == "" {
		contentType = WebhookJSON
	}
	w := &Webhook{WebhookBody: b, URL: url, ContentType: contentType, Body: b.text(contentType), At: now}
	h := &s.hooks
	if len(h.book) == maxWebhooks {
		h.book = append(make([]*Webhook, 0, maxWebhooks), h.book[maxWebhooks/2:]...)
	}
	h.book = append(h.book, w)
	h.changes++
	return w
}

// text writes b in the form of contentType.
func (b WebhookBody) text(contentType string) string {
	fields := object{{"imp_uid", b.ImpUID}, {"merchant_uid", b.MerchantUID}, {"status", b.Status}}
	if b.CancellationID != "" {
		fields = append(fields, field{"cancellation_id", b.CancellationID})
	}
	if contentType != WebhookForm {
		return string(appendJSON(nil, fields))
	}
	var form []string
	for _, f := range fields {
		form = append(form, f.name+"="+url.QueryEscape(f.value.(string)))
	}
	return strings.Join(form, "&")
}
