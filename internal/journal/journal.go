// Package journal records in the memory of one process which attempts of which orders
// were made.
package journal

import (
	"strings"
	"sync"
	"time"
)

// Kept is how long an entry is kept after its last Begin or End. It is longer than
// any quiet period of the iamport package.
const Kept = 2 * time.Hour

// perCall is the maximum number of old entries that one call drops. A call adds at
// most one entry, so two are enough, and no call must drop a million.
const perCall = 2

// Memory is a journal in memory. The zero value is an empty one. It may be used by
// several goroutines at once. The time of a call depends on the entries of its own
// order, not on the number of orders.
type Memory struct {
	mu     sync.Mutex
	start  time.Time         // when it was first used
	orders map[string]*entry // the newest entry of each order
	ring   entry             // all entries by touched: ring.newer is the oldest one
}

// entry is one attempt of one order. A million entries may be in memory, so it is
// small: 80 bytes and the texts.
type entry struct {
	order, id string
	touched   time.Duration // its last Begin or End, since Memory.start
	free      bool          // it no longer holds the order
	next      *entry        // the previous entry of the same order
	older     *entry
	newer     *entry
}

// Begin records an attempt of an order. It records nothing if the id was used for
// this order (used is true), or if another attempt holds the order: wait is then the
// remaining time of the longest hold, with the given quiet period. wait is 0 if the
// attempt was recorded. With a quiet period of 0 or less no attempt holds the order.
func (m *Memory) Begin(order, id string, quiet time.Duration) (wait time.Duration, used bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for e := m.orders[order]; e != nil; e = e.next {
		if age := now - e.touched; age < Kept {
			if e.id == id {
				return 0, true
			}
			if !e.free {
				wait = max(wait, quiet-age)
			}
		}
	}
	if wait == 0 {
		m.add(order, id, now)
	}
	return wait, false
}

// End records how an attempt ended. With notCharged it ends the hold of this attempt;
// otherwise the attempt holds the order from now on. The last End of an attempt
// counts. If there is no entry, End makes one, unless notCharged.
func (m *Memory) End(order, id string, notCharged bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	e := m.orders[order]
	for e != nil && (e.id != id || now-e.touched >= Kept) {
		e = e.next
	}
	switch {
	case e != nil:
		unlink(e)
		e.free = notCharged
		m.append(e, now)
	case !notCharged:
		m.add(order, id, now)
	}
}

// now returns the time since the first call, by the monotonic clock, and drops a few
// old entries.
func (m *Memory) now() time.Duration {
	if m.orders == nil {
		m.start, m.orders = time.Now(), make(map[string]*entry)
		m.ring.older, m.ring.newer = &m.ring, &m.ring
	}
	now := time.Since(m.start)
	for range perCall {
		if e := m.ring.newer; e != &m.ring && now-e.touched >= Kept {
			m.drop(e)
		}
	}
	return now
}

func (m *Memory) add(order, id string, now time.Duration) {
	// Clones, because the caller's texts may be parts of a large text, such as a request
	// body, which would otherwise stay in memory.
	e := &entry{next: m.orders[order]}
	if e.next != nil {
		e.order, e.id = e.next.order, strings.Clone(id)
	} else {
		both := order + id // one text for both
		e.order, e.id = both[:len(order)], both[len(order):]
	}
	m.orders[e.order] = e
	m.append(e, now)
}

// drop removes an entry.
func (m *Memory) drop(e *entry) {
	unlink(e)
	last := m.orders[e.order]
	switch {
	case last != e:
		for last.next != e {
			last = last.next
		}
		last.next = e.next
	case e.next != nil:
		m.orders[e.order] = e.next
	default:
		delete(m.orders, e.order)
	}
}

// append makes e the newest entry of the ring.
func (m *Memory) append(e *entry, now time.Duration) {
	e.touched, e.older, e.newer = now, m.ring.older, &m.ring
	e.older.newer, e.newer.older = e, e
}

// unlink removes e from the ring.
func unlink(e *entry) { e.older.newer, e.newer.older = e.newer, e.older }
