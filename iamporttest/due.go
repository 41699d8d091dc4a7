package iamporttest

import (
	"container/heap"
	"time"
)

// dueThing is something that the server does when its clock reaches a time.
type dueThing struct {
	at  time.Time
	n   int64 // of equal times, the one that was planned first comes first
	run func(at time.Time)
}

// dueHeap has the next thing in front.
type dueHeap []dueThing

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	if order := h[i].at.Compare(h[j].at); order != 0 {
		return order < 0
	}
	return h[i].n < h[j].n
}

func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is for container/heap.
func (h *dueHeap) Push(x any) { *h = append(*h, x.(dueThing)) }

// Pop is for container/heap.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = dueThing{} // releases what run holds
	*h = (*h)[:last]
	return x
}

// later plans run for the time at. It is given that time, however late it is called.
func (s *Server) later(at time.Time, run func(at time.Time)) {
	s.pushed++
	heap.Push(&s.due, dueThing{at: at, n: s.pushed, run: run})
}

// runDue does what was due by now, oldest first: schedules, charges that the PG decides, records that change, and
// requests that a fault postponed. It stands at the start of everything that looks at the state, so that no goroutine
// has to watch the clock.
func (s *Server) runDue(now time.Time) {
	for len(s.due) > 0 && !s.due[0].at.After(now) {
		next := heap.Pop(&s.due).(dueThing)
		next.run(next.at)
	}
}
