package iamporttest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Snapshot is the state of a [Server] at one moment. It shares no memory with the server.
type Snapshot struct {
	// Now is the time by the server's clock.
	Now time.Time
	// The totals count all objects, also those that the lists leave out.
	TotalPayments, TotalCustomers, TotalSchedules int
	// The lists have the newest first: payments by their charge, customers by their last registration, schedules by
	// their booking.
	Payments  []PaymentState
	Customers []CustomerState
	Schedules []ScheduleState
}

// PaymentState is a payment in a [Snapshot]. Amounts are decimals such as "3000" or "10.5". Times that do not apply are
// zero.
type PaymentState struct {
	ImpUID, MerchantUID, CustomerUID  string
	Name, Currency, Amount, Cancelled string
	Status, FailReason                string
	CardNumber                        string // masked
	UserAgent                         string
	StartedAt, ApprovedAt             time.Time
	// ChangesAt is when the record changes by itself, as with [Pending].
	ChangesAt time.Time
}

// CustomerState is a stored card in a [Snapshot].
type CustomerState struct {
	CustomerUID, Name, Email, Tel string
	CardNumber                    string // masked
	Updated                       time.Time
	// DeclineReason is the reason of [Server.DeclineCustomer], "" if charges are not declined by it.
	DeclineReason string
}

// ScheduleState is a schedule in a [Snapshot]. Status is scheduled, executed or revoked.
type ScheduleState struct {
	MerchantUID, CustomerUID  string
	Name, Currency, Amount    string
	Status                    string
	At, ExecutedAt, RevokedAt time.Time
	// ImpUID and PaymentStatus are of the last attempt, "" if there is none.
	ImpUID, PaymentStatus string
}

// Snapshot returns the newest payments, customers and schedules, at most limit of each.
func (s *Server) Snapshot(limit int) Snapshot {
	unlock := s.lockBooks()
	defer unlock()
	keys := slices.SortedFunc(maps.Values(s.keys), func(a, b *billingKey) int {
		return cmp.Or(cmp.Compare(a.updated, b.updated), cmp.Compare(a.uid, b.uid))
	})
	return Snapshot{Now: s.now(), TotalPayments: len(s.payments), TotalCustomers: len(s.keys),
		TotalSchedules: len(s.schedules), Payments: newest(s.payments, limit, (*payment).state),
		Customers: newest(keys, limit, s.stateOf), Schedules: newest(s.schedules, limit, (*schedule).state)}
}

// SnapshotOrder returns all payments and the schedule under merchantUID. The totals are of this order, and there are no
// customers.
func (s *Server) SnapshotOrder(merchantUID string) Snapshot {
	unlock := s.lockBooks()
	defer unlock()
	payments := s.byOrder[merchantUID]
	var schedules []*schedule
	if sch := s.scheduleOf[merchantUID]; sch != nil {
		schedules = append(schedules, sch)
	}
	return Snapshot{Now: s.now(), TotalPayments: len(payments), TotalSchedules: len(schedules),
		Payments:  newest(payments, len(payments), (*payment).state),
		Schedules: newest(schedules, len(schedules), (*schedule).state)}
}

// newest returns the states of the last items, the last one first.
func newest[T, S any](items []T, limit int, state func(T) S) []S {
	list := make([]S, 0, max(0, min(limit, len(items))))
	for i := len(items) - 1; i >= 0 && len(list) < limit; i-- {
		list = append(list, state(items[i]))
	}
	return list
}

func (p *payment) state() PaymentState {
	state := PaymentState{ImpUID: p.impUID, MerchantUID: p.merchantUID, CustomerUID: p.customerUID, Name: p.name,
		Currency: p.currency, Amount: decimal(p.amount), Cancelled: decimal(p.cancelAmount), Status: p.status,
		FailReason: p.reason, UserAgent: p.userAgent, StartedAt: p.started, ApprovedAt: p.approvedAt}
	if p.card != nil {
		state.CardNumber = p.card.masked
	}
	if p.planned != nil {
		state.ChangesAt = p.planned.at
	}
	return state
}

func (s *Server) stateOf(k *billingKey) CustomerState {
	return CustomerState{CustomerUID: k.uid, Name: k.name, Email: k.email, Tel: k.tel, CardNumber: k.card.masked,
		Updated: time.Unix(k.updated, 0), DeclineReason: s.declining[k.uid]}
}

func (sch *schedule) state() ScheduleState {
	state := ScheduleState{MerchantUID: sch.merchantUID, CustomerUID: sch.customerUID, Name: sch.name,
		Currency: sch.currency, Amount: decimal(sch.amount), Status: sch.status, At: time.Unix(sch.at, 0)}
	if sch.executedAt != 0 {
		state.ExecutedAt = time.Unix(sch.executedAt, 0)
	}
	if sch.revokedAt != 0 {
		state.RevokedAt = time.Unix(sch.revokedAt, 0)
	}
	if p := sch.payment; p != nil {
		state.ImpUID, state.PaymentStatus = p.impUID, p.status
	}
	return state
}
