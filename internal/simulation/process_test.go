package simulation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing/iotest"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// process is a program that makes calls. It may crash, and is then restarted.
type process struct {
	w  *world
	mu sync.Mutex
	in *incarnation
}

// incarnation is a process from a start to a crash, with its client.
type incarnation struct {
	process *process
	client  *iamport.Client
	ctx     context.Context // ends with the crash
	cancel  context.CancelFunc
}

func (w *world) newProcess() *process {
	p := &process{w: w}
	p.in = p.start()
	return p
}

func (p *process) start() *incarnation {
	in := &incarnation{process: p}
	in.ctx, in.cancel = context.WithCancel(context.Background())
	options := append(p.w.client(), iamport.WithHTTPClient(&http.Client{Transport: in}),
		iamport.WithJournal(&view{in: in, inner: p.w.journal}), iamport.WithLimiter(limiter{}))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, options...)
	if err != nil {
		panic(err)
	}
	in.client = client
	return in
}

// running returns the incarnation that takes calls now.
func (p *process) running() *incarnation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.in
}

// die crashes the process: from now on this incarnation sends and receives nothing,
// and its journal records nothing. A new incarnation replaces it.
func (in *incarnation) die() {
	p := in.process
	p.mu.Lock()
	defer p.mu.Unlock()
	if in.dead() {
		return
	}
	in.cancel()
	p.in = p.start()
}

func (in *incarnation) dead() bool { return in.ctx.Err() != nil }

var errCrashed = errors.New("the process has crashed")

// RoundTrip sends a request to the server under the id of its call.
func (in *incarnation) RoundTrip(r *http.Request) (*http.Response, error) {
	w, c := in.process.w, callOf(r.Context())
	if in.dead() {
		return nil, errCrashed
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel() // bodies of the server are in memory
	defer context.AfterFunc(in.ctx, cancel)()
	sent := r.WithContext(ctx)
	sent.Header = r.Header.Clone()
	if c == nil {
		return w.srv.RoundTrip(sent)
	}
	sent.Header.Set("X-Request-Id", c.id)
	if !movesMoney(r) {
		return w.srv.RoundTrip(sent)
	}
	c.at(beforeSend)
	if in.dead() {
		return nil, errCrashed
	}
	c.leave(sentMark(r))
	w.note(c, "sends %s with %s", r.URL.Path, r.UserAgent())
	resp, err := w.send(c, sent)
	c.answered(resp, err)
	c.at(afterSend)
	if in.dead() {
		return nil, errCrashed
	}
	return resp, err
}

// send sends a request that moves money, twice if the world's transport repeats
// requests.
func (w *world) send(c *call, r *http.Request) (*http.Response, error) {
	if !w.repeats || !newDice(w.seed, forMoney, c.worker, c.number, 999).chance(0.3) {
		return w.srv.RoundTrip(r)
	}
	c.exclude(repeatedPost)
	w.note(c, "the transport sends it twice")
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, _ = w.srv.RoundTrip(r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return w.srv.RoundTrip(r)
}

// answered records the answer to a request that moves money.
func (c *call) answered(resp *http.Response, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heardNo = time.Now()
	switch {
	case err != nil:
		c.refused = false
		c.lostAt = time.Now()
		c.w.note(c, "has no answer: %v", err)
	default:
		c.refused = isRefusal(resp)
		switch {
		case resp.StatusCode == http.StatusUnauthorized && resp.Header.Get("Content-Type") != html:
			c.waved++ // with any fault, only its token was checked
		case c.unreadable:
			c.lostAt = time.Now()
		}
		c.w.note(c, "has an answer: HTTP %d", resp.StatusCode)
	}
}

// isRefusal reports whether an answer is a refusal of the API. Its body can be read again.
func isRefusal(resp *http.Response) bool {
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(err)))
	}
	var answer struct {
		Code     int
		Response json.RawMessage
	}
	return json.Unmarshal(body, &answer) == nil && answer.Code != 0 && string(answer.Response) == "null" && resp.StatusCode < 500
}

// exclude records an exclusion of the call, and of its order from then on.
func (c *call) exclude(e exclusion) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beyond.add(e)
}

func movesMoney(r *http.Request) bool { return isCharge(r) || isRefund(r) }

func isCharge(r *http.Request) bool {
	path, is := strings.CutPrefix(r.URL.Path, "/subscribe/payments/")
	return is && r.Method == http.MethodPost && (path == "again" || path == "onetime" || strings.HasSuffix(path, "/retry"))
}

func isRefund(r *http.Request) bool { return r.URL.Path == "/payments/cancel" }

// sentMark reads the mark that a request carries, "" if it does not begin with one.
func sentMark(r *http.Request) string {
	rest, marked := strings.CutPrefix(r.UserAgent(), "iamport-go/"+iamport.Version+" (")
	mark, _, closed := strings.Cut(rest, ")")
	if !marked || !closed {
		return ""
	}
	return mark
}

// limiter delays calls.
type limiter struct{}

var errLimiter = errors.New("the limiter has failed")

// Wait sleeps for a time from the call's dice.
func (limiter) Wait(ctx context.Context) error {
	c := callOf(ctx)
	if c == nil || c.w.draining.Load() {
		return ctx.Err()
	}
	d := c.roll(forLimiter)
	again := c.w.longWaits && c.sent > 0
	if !again && !d.chance(c.w.limiterWaits) {
		return ctx.Err()
	}
	if d.chance(0.05) {
		return errLimiter
	}
	pause := d.spread(c.w.timeout/100, c.w.longestWait)
	if again || c.w.longWaits && d.chance(0.5) {
		pause = d.between(c.w.quiet, c.w.longestWait)
	}
	c.w.note(c, "waits %v for the limiter", pause)
	return sleep(ctx, pause)
}

// sleep waits for d, or returns the error of ctx if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
