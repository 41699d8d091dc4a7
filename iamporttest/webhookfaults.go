package iamporttest

import (
	"math/rand/v2"
	"slices"
	"time"
)

// WebhookFault is what happens to one webhook. The zero WebhookFault is nothing.
type WebhookFault struct {
	// Delay is how much later the webhook is sent, by the server's clock.
	Delay time.Duration
	// Twice sends the webhook twice, one after the other.
	Twice bool
	// Drop does not send the webhook. It stays in the books.
	Drop bool
	// ImpUID, MerchantUID and Status are in the body instead of the true ones, if they are not "". To send a forged
	// webhook beside the true one, use [Server.SendWebhook].
	ImpUID, MerchantUID, Status string
	// ContentType is [WebhookJSON] or [WebhookForm] for this webhook; "" is that of the server.
	ContentType string
}

type queuedWebhookFault struct {
	merchantUID string
	fault       WebhookFault
}

// InjectWebhooks queues faults for the next webhooks of the order merchantUID, or of any order if merchantUID is "". Each
// webhook uses one fault, in the order of injection. It panics if the server sends no webhooks.
func (s *Server) InjectWebhooks(merchantUID string, faults ...WebhookFault) {
	if !s.hooks.on {
		panic("iamporttest: InjectWebhooks needs WithWebhooks or WithWebhookURL")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.hooks.faults = append(s.hooks.faults, queuedWebhookFault{merchantUID, f})
	}
}

// webhookFault takes the fault of the next webhook of an order.
func (s *Server) webhookFault(merchantUID string) WebhookFault {
	for i, queued := range s.hooks.faults {
		if queued.merchantUID == "" || queued.merchantUID == merchantUID {
			s.hooks.faults = slices.Delete(s.hooks.faults, i, i+1)
			return queued.fault
		}
	}
	return WebhookFault{}
}

// random draws times. The zero value draws 0.
type random struct{ source *rand.Rand }

func newRandom(seed uint64) random {
	return random{rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // a repeatable test, no secret
}

// below returns a time from 0 up to spread.
func (r random) below(spread time.Duration) time.Duration {
	if r.source == nil || spread <= 0 {
		return 0
	}
	return time.Duration(r.source.Int64N(int64(spread)))
}
