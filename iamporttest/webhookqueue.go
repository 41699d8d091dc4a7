package iamporttest

import (
	"net"
	"time"
)

// delivery is a webhook that is not delivered yet.
type delivery struct {
	*Webhook
	retries int
	resend  bool // the next request is not the first one
}

// dispatch delivers d at a time, now or later.
func (s *Server) dispatch(d *delivery, at, now time.Time) {
	if s.hooks.waiting == maxWaiting {
		d.Dropped = true
		return
	}
	s.hooks.waiting++
	s.requeue(d, at, now)
}

func (s *Server) requeue(d *delivery, at, now time.Time) {
	if at.After(now) {
		s.later(at, func(at time.Time) { s.requeue(d, at, at) })
		return
	}
	s.hooks.queue = append(s.hooks.queue, d)
	if !s.hooks.working {
		s.hooks.working = true
		go s.deliver()
	}
}

// deliver delivers the queue, one webhook after another, and ends when it is empty.
func (s *Server) deliver() {
	for {
		d, from := s.nextDelivery()
		if d == nil {
			return
		}
		attempt := WebhookAttempt{At: s.now()}
		// A webhook is about something that was saved.
		err := s.save()
		status := 0
		if err == nil {
			status, err = s.post(d, from)
		}
		if err != nil {
			attempt.Err = err.Error()
		} else {
			attempt.Status = status
		}
		s.delivered(d, attempt)
	}
}

func (s *Server) nextDelivery() (d *delivery, from string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &s.hooks
	if len(h.queue) == 0 {
		h.queue, h.working = nil, false
		return nil, ""
	}
	d, h.queue[0] = h.queue[0], nil
	h.queue = h.queue[1:]
	from = net.JoinHostPort(webhookSenders[h.sent%len(webhookSenders)], "443")
	h.sent++
	return d, from
}

// delivered records an attempt. A network error or 5xx is tried again if retries are left.
func (s *Server) delivered(d *delivery, attempt WebhookAttempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Attempts = append(d.Attempts, attempt)
	s.hooks.changes++
	if failed := attempt.Status == 0 || attempt.Status >= 500; failed && d.retries > 0 {
		d.retries--
		d.resend = true
		now := s.now()
		s.requeue(d, now.Add(webhookPause), now)
		return
	}
	h := &s.hooks
	if h.waiting--; h.waiting == 0 && h.idle != nil {
		close(h.idle)
		h.idle = nil
	}
}

// setAlarm makes what is due next run at its time without a request, so that its webhook is sent then. Without webhooks
// there is no timer, nor with the clock of [WithClock].
func (s *Server) setAlarm() {
	h := &s.hooks
	if !h.on || len(s.due) == 0 || s.clock != nil {
		return
	}
	at := s.due[0].at.Add(-time.Duration(s.offset.Load()))
	if h.alarm != nil {
		if h.alarmAt.Equal(at) {
			return
		}
		h.alarm.Stop()
	}
	h.alarmAt = at
	h.alarm = time.AfterFunc(time.Until(at), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		h.alarm = nil
		s.runDue(s.now())
	})
}
