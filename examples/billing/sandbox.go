package main

import (
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/iamport-go/iamport/iamporttest"
)

const (
	sandboxKey    = iamporttest.Key
	sandboxSecret = iamporttest.Secret
)

// How many of 100 orders have trouble.
const (
	declined   = 10
	lostBefore = 4
	lostAfter  = 4
	slow       = 2
	tooLate    = 1
	// atEveryTry is the part of the declined ones that no later try gets paid.
	atEveryTry = 0.4
)

// openSandbox opens the iamport of this run. It is a bad one: it charges an order as often as it is asked
// to, and shows a payment some time after it was made.
func (p plan) openSandbox(b books) (*iamporttest.Server, *trouble, error) {
	cards := make([]string, p.subscribers)
	for i := range cards {
		cards[i] = cardOf(i + 1)
	}
	server, err := iamporttest.Open(b, iamporttest.WithCustomers(cards...), iamporttest.WithoutRequestLog(),
		iamporttest.WithDuplicates(iamporttest.RefuseNone), iamporttest.WithLateRecords(200*time.Millisecond))
	if err != nil {
		return nil, nil, err
	}
	t := &trouble{plan: p, sent: map[string]bool{}, counts: map[string]int{}}
	server.InjectFunc(t.fault)
	_, err = server.Sync()
	return server, t, err
}

// trouble decides which charges fail, by the seed and the order alone.
type trouble struct {
	plan plan

	mu     sync.Mutex
	sent   map[string]bool
	counts map[string]int
}

// dice returns a number from 0 to 1 that depends on the seed and the names alone.
func (p plan) dice(names ...string) float64 {
	h := fnv.New64a()
	for _, name := range names {
		_, _ = h.Write([]byte(name + "\n"))
	}
	return rand.New(rand.NewPCG(p.seed, h.Sum64())).Float64()
}

// orderNumber are the first order number of a month, and the number of a try after a decline.
var orderNumber = regexp.MustCompile(`^(sub\d+-month\d+)(?:-(\d+))?$`)

// fault returns what goes wrong with a request.
func (t *trouble) fault(r *http.Request) *iamporttest.Fault {
	if r.Method != http.MethodPost || r.URL.Path != "/subscribe/payments/again" {
		return nil
	}
	var body struct {
		MerchantUID string `json:"merchant_uid"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil
	}
	parts := orderNumber.FindStringSubmatch(body.MerchantUID)
	if parts == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	first := !t.sent[body.MerchantUID]
	t.sent[body.MerchantUID] = true
	name, f := t.decide(parts[0], parts[1], parts[2], first)
	if f != nil {
		t.counts[name]++
	}
	return f
}

func (t *trouble) decide(order, month, try string, first bool) (string, *iamporttest.Fault) {
	number, _ := strconv.Atoi(try) // 0 for the first one
	if t.plan.dice("decline", month) < declined/100.0 {
		waits, _ := t.plan.waits()
		approved := len(waits) + 2 // after the last try
		if x := t.plan.dice("until", month); x > atEveryTry {
			approved = 2 + int((x-atEveryTry)/(1-atEveryTry)*float64(len(waits)))
		}
		if max(number, 1) < approved {
			return "declined", new(iamporttest.Decline("[2116] over the monthly limit"))
		}
	}
	if !first { // only the first request of an order is lost
		return "", nil
	}
	switch x := 100 * t.plan.dice("lost", order); {
	case x < lostBefore:
		return "lost before the charge", new(iamporttest.LoseBefore())
	case x < lostBefore+lostAfter:
		return "lost after the charge", new(iamporttest.LoseAfter())
	case x < lostBefore+lostAfter+slow:
		return "slow", new(iamporttest.Fault{}.Slow(timeout / 4))
	case x < lostBefore+lostAfter+slow+tooLate:
		return "too late", new(iamporttest.Fault{}.Slow(timeout * 3 / 2))
	default:
		return "", nil
	}
}

// tallies returns how often what went wrong since this process started.
func (t *trouble) tallies() (counts []tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range []string{"declined", "lost before the charge", "lost after the charge", "slow", "too late"} {
		counts = append(counts, tally{name, t.counts[name]})
	}
	return counts
}
