package iamport

import (
	"maps"
	"sync"
	"time"
)

// attemptLog remembers what this client tried lately and could be mistaken for a
// later attempt of the same order: records are stamped in whole seconds, and the
// server's clock may be set.
type attemptLog struct {
	mu      sync.Mutex
	orders  map[string]attempts // by merchant_uid
	purgeAt int                 // the size at which old entries are dropped
}

type attempts struct {
	declined time.Time // when the last declined one began, by the server's clock
	open     bool      // one ended unknown: its record may still come up, or be there
	mixed    bool      // another was made beside or after an open one
	running  int       // how many are under way
	crowded  bool      // two of those under way overlap
	noted    time.Time // by the local clock
}

const (
	attemptMemory = 10 * time.Minute
	attemptsKept  = 1024
)

// begin notes that an attempt of an order is under way, until the func it returns
// is called.
func (l *attemptLog) begin(merchantUID string) (end func()) {
	l.note(merchantUID, func(a *attempts) {
		a.running++
		a.crowded = a.crowded || a.running > 1
		a.mixed = a.mixed || a.open
	})
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		a := l.orders[merchantUID]
		a.running--
		a.crowded = a.crowded && a.running > 0
		if a.running == 0 && a.declined.IsZero() && !a.open {
			delete(l.orders, merchantUID) // nothing to remember: the usual case
			return
		}
		l.orders[merchantUID] = a
	}
}

// crowded reports whether several attempts of an order overlap, so that a failed
// record cannot be told to be that of one of them.
func (l *attemptLog) crowded(merchantUID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.orders[merchantUID].crowded
}

// declined notes that an attempt of an order is on record as failed.
func (l *attemptLog) declined(merchantUID string, p *Payment) {
	l.note(merchantUID, func(a *attempts) {
		if began := p.began(); began.After(a.declined) {
			a.declined = began
		}
	})
}

// unknown notes that nobody knows what became of an attempt of an order.
func (l *attemptLog) unknown(merchantUID string) {
	l.note(merchantUID, func(a *attempts) { a.open, a.mixed = true, a.mixed || a.crowded })
}

// mixed reports whether a failed record of an order may be that of another attempt
// than the one that ended unknown.
func (l *attemptLog) mixed(merchantUID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.orders[merchantUID].mixed
}

func (l *attemptLog) note(merchantUID string, change func(*attempts)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if len(l.orders) >= max(l.purgeAt, attemptsKept) {
		maps.DeleteFunc(l.orders, func(_ string, a attempts) bool { return a.running == 0 && now.Sub(a.noted) > attemptMemory })
		l.purgeAt = 2 * len(l.orders)
	}
	if l.orders == nil {
		l.orders = make(map[string]attempts)
	}
	a := l.orders[merchantUID]
	change(&a)
	a.noted = now
	l.orders[merchantUID] = a
}

// before returns from which second on a failed record can be that of an attempt
// that began at since, and whether it is certain then: it is not once an attempt of
// the order has ended unknown.
func (l *attemptLog) before(merchantUID string, since time.Time) (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.orders[merchantUID]
	if !a.declined.IsZero() && !a.declined.Before(since) {
		since = a.declined.Add(time.Second)
	}
	return since, !a.open
}
