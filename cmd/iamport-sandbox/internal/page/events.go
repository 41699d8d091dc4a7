package page

import (
	"io"
	"net/http"
	"time"
)

const (
	// eventPause is the shortest time between two events, which a browser answers with a request.
	eventPause = 300 * time.Millisecond
	// eventIdle is how often a connection without events is written to, so that a lost one is noticed.
	eventIdle = 15 * time.Second
)

// events sends an event after each change (text/event-stream), until the browser leaves or the sandbox stops.
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	changed, stop := p.box.Changes.Subscribe()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(text string) bool {
		_, err := io.WriteString(w, text)
		return err == nil && http.NewResponseController(w).Flush() == nil
	}
	idle := time.NewTicker(eventIdle)
	defer idle.Stop()
	for text := "retry: 1000\n\n"; send(text); {
		select {
		case <-changed:
			text = "event: change\ndata:\n\n"
			if !p.sleep(r, eventPause) {
				return
			}
		case <-idle.C:
			text = ":\n\n"
		case <-r.Context().Done():
			return
		case <-p.closing:
			return
		}
	}
}

// sleep waits, and reports false if r ended or the sandbox stops.
func (p *Page) sleep(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-p.closing:
	}
	return false
}
