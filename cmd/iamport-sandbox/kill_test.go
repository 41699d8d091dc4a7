package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	kills       = 50
	killWorkers = 8
)

// answers are what the clients of a killed program know.
type answers struct {
	mu       sync.Mutex
	round    int
	paid     map[string]int // the round in which the charge of an order was answered
	refunded map[string]int
	keys     map[string]int
	booked   map[string]int
	unknown  []string // each order whose answer was lost
	orders   int
	count    atomic.Int64 // of all answers
}

// send returns the answer, ok false if it was lost.
func (p *program) send(path, body string) (e envelope, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		return e, false
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return e, false
	}
	defer answer.Body.Close() //nolint:errcheck // The body was read, or the answer is lost.
	var decoded struct {
		Code     int
		Message  string
		Response any
	}
	if json.NewDecoder(answer.Body).Decode(&decoded) != nil {
		return e, false
	}
	if p.answered != nil {
		p.answered.Add(1)
	}
	e.Code, e.Message = decoded.Code, decoded.Message
	e.Response, _ = decoded.Response.(map[string]any) // a schedule is a list
	return e, true
}

// work sends requests of all kinds until one has no answer.
func (a *answers) work(p *program, worker int) {
	for {
		a.mu.Lock()
		a.orders++
		n := a.orders
		a.mu.Unlock()
		order := fmt.Sprintf("order_%d", n)
		// Each order has a key of its own, which the same request as the charge stores.
		e, ok := p.send("/subscribe/payments/onetime", fmt.Sprintf(`{"merchant_uid":%q,"customer_uid":"key_%d",
			"card_number":"1234-1234-1234-1234","expiry":"2030-12","amount":3000}`, order, n))
		a.note(a.paid, order, ok && e.Response["status"] == "paid", &a.unknown)
		if ok && n%4 == 0 {
			e, ok = p.send("/payments/cancel", fmt.Sprintf(`{"merchant_uid":%q,"amount":1000,"checksum":3000}`, order))
			a.note(a.refunded, order, ok && e.Code == 0, nil)
		}
		if ok && n%4 == 1 {
			e, ok = p.send("/subscribe/customers/"+order, keyBody)
			a.note(a.keys, order, ok && e.Code == 0, nil)
		}
		if ok && n%4 == 2 {
			e, ok = p.send("/subscribe/payments/schedule", fmt.Sprintf(`{"customer_uid":"key_%d","schedules":
				[{"merchant_uid":"s_%s","amount":5,"schedule_at":%d}]}`, n, order, time.Now().Add(time.Hour).Unix()))
			a.note(a.booked, "s_"+order, ok && e.Code == 0, nil)
		}
		if !ok {
			return
		}
		time.Sleep(time.Duration(5+worker) * time.Millisecond)
	}
}

// note records that something was answered, or that the answer is not known.
func (a *answers) note(where map[string]int, uid string, answered bool, otherwise *[]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if answered {
		where[uid] = a.round
	} else if otherwise != nil {
		*otherwise = append(*otherwise, uid)
	}
}

// state is the answer of /_/state.
type state struct {
	Payments []struct {
		MerchantUID, CustomerUID, Status, Cancelled string
		ApprovedAt                                  time.Time
	}
	Customers []struct{ CustomerUID string }
	Schedules []struct{ MerchantUID string }
}

// state returns the newest objects, at most limit of each kind.
func (p *program) state(limit int) state {
	p.t.Helper()
	_, text := p.do("GET", fmt.Sprint("/_/state?limit=", limit), "", "")
	var s state
	require.NoError(p.t, json.Unmarshal([]byte(text), &s))
	return s
}

// check compares the books with what was answered since a round.
func (a *answers) check(t *testing.T, s state, since int) {
	t.Helper()
	charges, refunds, keys, booked := map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, k := range s.Customers {
		keys[k.CustomerUID] = true
	}
	for _, sch := range s.Schedules {
		booked[sch.MerchantUID] = true
	}
	for _, p := range s.Payments {
		if !p.ApprovedAt.IsZero() {
			charges[p.MerchantUID]++
			require.True(t, since > 0 || keys[p.CustomerUID], "the charge of %s is half done: its key is missing", p.MerchantUID)
		}
		refunds[p.MerchantUID] = p.Cancelled == "1000"
	}
	for uid, n := range charges {
		require.Equal(t, 1, n, "charges of %s", uid)
	}
	for name, all := range map[string]struct {
		answered map[string]int
		has      func(uid string) bool
	}{
		"charge":   {a.paid, func(uid string) bool { return charges[uid] == 1 }},
		"refund":   {a.refunded, func(uid string) bool { return refunds[uid] }},
		"key":      {a.keys, func(uid string) bool { return keys[uid] }},
		"schedule": {a.booked, func(uid string) bool { return booked[uid] }},
	} {
		for uid, round := range all.answered {
			require.True(t, round < since || all.has(uid), "the %s of %s was answered", name, uid)
		}
	}
}

// Each change that was answered survives SIGKILL, and no order is charged twice, also if it is sent again after a lost
// answer.
func TestKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	a := &answers{paid: map[string]int{}, refunded: map[string]int{}, keys: map[string]int{}, booked: map[string]int{}}
	resent := 0
	for n := range kills {
		p := start(t, "-db", file)
		p.answered = &a.count
		// What an earlier round answered is compared at the end, because a change that is lost stays lost.
		a.check(t, p.state(300), n)
		a.round = n + 1
		lost := a.unknown
		a.unknown = nil
		for _, order := range lost {
			// A lost charge is sent again; it is refused if it was executed.
			if e, ok := p.send("/subscribe/payments/onetime", fmt.Sprintf(`{"merchant_uid":%q,"customer_uid":"again_%s",
				"card_number":"1234-1234-1234-1234","expiry":"2030-12","amount":3000}`, order, order)); ok {
				require.True(t, e.Response["status"] == "paid" || e.Code == 1, e.Message)
				a.paid[order] = a.round
				resent++
			}
		}
		var workers sync.WaitGroup
		for worker := range killWorkers {
			workers.Go(func() { a.work(p, worker) })
		}
		// The program dies after some answers, however slow the computer is.
		for goal := a.count.Load() + int64(4+5*(n%8)); a.count.Load() < goal; {
			time.Sleep(time.Millisecond)
			require.NoError(t, t.Context().Err())
		}
		p.kill()
		workers.Wait()
	}
	p := start(t, "-db", file)
	a.check(t, p.state(1_000_000), 0)
	require.Greater(t, len(a.paid), 2*kills, "it was under load")
	require.Positive(t, resent, "answers were lost")
	require.NotEmpty(t, a.refunded)
	require.NotEmpty(t, a.keys)
	require.NotEmpty(t, a.booked)
	t.Logf("%d orders, %d of them answered, %d sent again; %d refunds, %d keys, %d schedules", a.orders, len(a.paid), resent,
		len(a.refunded), len(a.keys), len(a.booked))
}
