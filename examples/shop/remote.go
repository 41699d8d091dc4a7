package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/iamport-go/iamport"
)

// remote is a running cmd/iamport-sandbox, by the URLs that iamport does not have. As a
// world it has customers whose cards are over their limit; the rest are its -fault rules.
type remote struct {
	people
	url  string
	http *http.Client

	mu    sync.Mutex
	at    time.Time // of its clock
	asked time.Time // when that was, by the clock of the computer
	speed float64
}

// openRemote asks the sandbox for its clock.
func openRemote(ctx context.Context, rawURL string) (*remote, error) {
	r := &remote{url: strings.TrimSuffix(rawURL, "/"), http: &http.Client{Timeout: 30 * time.Second}}
	return r, r.ask(ctx, http.MethodGet, "/_/clock", nil)
}

// ask sends a request about the clock, which is answered with its state.
func (r *remote) ask(ctx context.Context, method, path string, form url.Values) error {
	body, err := r.send(ctx, method, path, form)
	if err != nil {
		return err
	}
	var clock struct {
		Now   time.Time `json:"now"`
		Speed float64   `json:"speed"`
	}
	if err := json.Unmarshal(body, &clock); err != nil {
		return fmt.Errorf("the answer about the clock: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.asked, r.speed = clock.Now, time.Now(), clock.Speed
	return nil
}

func (r *remote) send(ctx context.Context, method, path string, form url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, r.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := r.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // It was read.
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s of the sandbox: %s", method, path, answer.Status)
	}
	return body, err
}

// now returns the time of the clock of the sandbox.
func (r *remote) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at.Add(time.Duration(float64(time.Since(r.asked)) * r.speed))
}

// moveTo moves the clock forward to t, unless it is there already.
func (r *remote) moveTo(ctx context.Context, t time.Time) error {
	by := t.Sub(r.now()).Round(time.Second)
	if by <= 0 {
		return nil
	}
	return r.ask(ctx, http.MethodPost, "/_/clock/jump", url.Values{"by": {fmt.Sprintf("%ds", by/time.Second)}})
}

// morning decides which cards are over their limit today, and moves the clock. It does not
// wait for webhooks: they come while the run works, or after it.
func (r *remote) morning(ctx context.Context, today time.Time) error {
	due, err := customers(ctx, r.db, `state IN (?, ?) AND period_end <= ?`, stateActive, statePastDue, iamport.UnixTime(today))
	for _, c := range due {
		reason := url.Values{}
		if c.State == stateActive && dice("decline", renewalOrder(c)) < 0.2 {
			reason.Set("reason", "[2116] over the monthly limit")
		} else if dice("approve", c.Key, day(iamport.UnixTime(today))) > 0.3 {
			continue
		}
		_, failed := r.send(ctx, http.MethodPost, "/_/customers/"+c.CardUID+"/decline", reason)
		err = errors.Join(err, failed)
	}
	return errors.Join(err, r.moveTo(ctx, today))
}

func (r *remote) events(ctx context.Context, today time.Time) error { return r.act(ctx, today) }

func (r *remote) wait(context.Context) error { return nil }

// finish waits until no webhook has come for a second. It needs no other books than those
// that the report compares.
func (r *remote) finish(ctx context.Context) error {
	for before, quiet := -1, 0; quiet < 10; quiet++ {
		var now int
		if err := r.db.QueryRowContext(ctx, `SELECT COALESCE(SUM(count), 0) FROM webhooks`).Scan(&now); err != nil {
			return err
		}
		if now != before {
			before, quiet = now, 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}
