package iamporttest

import (
	"container/heap"
	"time"
)

// dueThing is an action that the server runs when its clock reaches a time.
type dueThing struct {
	at  time.Time
	n   int64 // of equal times, the one that was planned first comes first
	run func(at time.Time)
}

// dueHeap has the next action first.
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

// later plans run for the time at. run gets that time even if it is called later.
func (s *Server) later(at time.Time, run func(at time.Time)) {
	s.pushed++
	heap.Push(&s.due, dueThing{at: at, n: s.pushed, run: run})
	s.setAlarm()
}

// runDue runs what is due now, oldest first: schedules, charges that the PG decides, records that change, and requests
// that a fault postponed. Every function that reads the state calls it first, so that only webhooks need a timer.
func (s *Server) runDue(now time.Time) {
	for len(s.due) > 0 && !s.due[0].at.After(now) {
		next := heap.Pop(&s.due).(dueThing)
		next.run(next.at)
	}
	s.setAlarm()
}
