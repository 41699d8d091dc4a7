package iamporttest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// restore adds the objects of the documents to s and plans again what is due later.
func (s *Server) restore(documents []Document) error {
	var payments []*payment
	var schedules []savedSchedule
	for _, d := range documents {
		var err error
		switch d.Kind {
		case kindPayment:
			payments, err = appendJSONTo(payments, d, savedPayment.payment)
		case kindSchedule:
			schedules, err = appendJSONTo(schedules, d, func(saved savedSchedule) savedSchedule { return saved })
		case kindKey:
			var saved savedKey
			err = json.Unmarshal(d.JSON, &saved)
			s.keys[d.Key] = saved.key()
		case kindPrepared:
			var saved savedPreparation
			err = json.Unmarshal(d.JSON, &saved)
			s.prepared[d.Key] = &preparation{saved.MerchantUID, saved.Currency, saved.Amount.Rat}
		case kindDeclining:
			var reason string
			err = json.Unmarshal(d.JSON, &reason)
			s.declining[d.Key] = reason
		case kindToken:
			var expiry int64
			err = json.Unmarshal(d.JSON, &expiry)
			s.tokens[d.Key] = expiry
		case kindServer:
			err = json.Unmarshal(d.JSON, &s.sequence)
		default:
			err = errors.New("unknown kind of document")
		}
		if err != nil {
			return fmt.Errorf("%s %q: %w", d.Kind, d.Key, err)
		}
	}
	s.saving.sequence = s.sequence
	s.restorePayments(payments)
	return s.restoreSchedules(schedules)
}

func appendJSONTo[D, T any](list []T, d Document, convert func(D) T) ([]T, error) {
	var saved D
	if err := json.Unmarshal(d.JSON, &saved); err != nil {
		return list, err
	}
	return append(list, convert(saved)), nil
}

func (s *Server) restorePayments(payments []*payment) {
	slices.SortFunc(payments, func(a, b *payment) int { return cmp.Compare(a.sequence, b.sequence) })
	for _, p := range payments {
		s.record(p)
		if p.usage == usageIssue {
			p.onPaid = s.issue
		}
		if p.planned != nil {
			s.awaitChange(p)
		}
		if !p.approvedAt.IsZero() {
			s.approvals = append(s.approvals, p)
		}
	}
	slices.SortStableFunc(s.approvals, func(a, b *payment) int { return cmp.Compare(a.approval, b.approval) })
	for _, p := range s.approvals {
		s.approvedOf[p.merchantUID] = append(s.approvedOf[p.merchantUID], p)
	}
}

func (s *Server) restoreSchedules(schedules []savedSchedule) error {
	slices.SortFunc(schedules, func(a, b savedSchedule) int { return cmp.Compare(a.Number, b.Number) })
	for _, d := range schedules {
		last := s.byImpUID[d.ImpUID]
		if d.ImpUID != "" && last == nil {
			return fmt.Errorf("%s %q: its payment is not found", kindSchedule, d.MerchantUID)
		}
		sch := d.schedule(last)
		s.book(sch)
		if sch.status == statusScheduled {
			s.await(sch)
		}
	}
	return nil
}
