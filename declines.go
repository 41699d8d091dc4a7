package iamport

import (
	"maps"
	"sync"
	"time"
)

// declineLog remembers when declined attempts of an order began, as long as a
// later attempt of the same order could be mistaken for them: records are stamped
// in whole seconds, and two attempts fit into one.
type declineLog struct {
	mu      sync.Mutex
	began   map[string]time.Time // by merchant_uid, by the server's clock
	purgeAt int                  // the size at which old entries are dropped
}

const (
	declineMemory = time.Minute
	declinesKept  = 1024
)

func (l *declineLog) note(merchantUID string, p *Payment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.began == nil {
		l.began, l.purgeAt = make(map[string]time.Time), declinesKept
	}
	began := p.began()
	if len(l.began) >= l.purgeAt {
		maps.DeleteFunc(l.began, func(_ string, t time.Time) bool { return began.Sub(t) > declineMemory })
		l.purgeAt = max(declinesKept, 2*len(l.began))
	}
	if began.After(l.began[merchantUID]) {
		l.began[merchantUID] = began
	}
}

// after returns since, or the second after the last declined attempt if that is
// later.
func (l *declineLog) after(merchantUID string, since time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if began, ok := l.began[merchantUID]; ok && !began.Before(since) {
		return began.Add(time.Second)
	}
	return since
}
